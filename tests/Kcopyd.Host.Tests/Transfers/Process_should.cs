using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

public sealed class Process_should : IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task exit_with_130_after_a_signal_and_report_what_was_copied(string signal)
    {
        var source = _folder.Random("source", 16 << 20);
        using var process = new HostProcess("copy", source, _folder["copy"], "--rate", "1M", "--subjob", "64K", "--json");
        await process.UntilAsync(() => File.Exists(_folder["copy"]));
        process.Signal(signal);
        var outcome = await process.EndAsync();
        Assert.Equal(130, outcome.ExitCode);
        Assert.Contains("interrupted", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(1UL, outcome.WriteErrors);
        var bytes = outcome.Json.GetProperty("bytes").GetInt32();
        Assert.InRange(bytes, 0, (16 << 20) - 1);
        Assert.Equal(_folder.Read("source").Take(bytes), _folder.Read("copy").Take(bytes));
    }

    [Fact]
    public async Task tell_who_sends_USR1_how_far_it_is_and_go_on()
    {
        var source = _folder.Random("source", 3 << 20);
        using var process = new HostProcess("copy", source, _folder["copy"], "--rate", "1M", "--subjob", "64K", "--progress", "none");
        await process.UntilAsync(() => File.Exists(_folder["copy"]));
        await process.UntilAsync(() =>
        {
            process.Signal("USR1");
            return process.ErrorSoFar.Contains(" of 3.0 MiB (", StringComparison.Ordinal);
        });
        var outcome = await process.EndAsync();
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains($"{_folder["copy"]}: ", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(_folder.Read("source"), _folder.Read("copy"));
    }

    [Theory]
    [InlineData("copy 'SOURCE' 'OUT' >/dev/full", 1, "standard output cannot be written: No space left on device")]
    [InlineData("copy 'SOURCE' 'OUT' >&-", 1, "standard output is closed")]
    [InlineData("copy 'SOURCE' 'OUT' >&- 2>&-", 1, "")]
    [InlineData("copy 'SOURCE' 'OUT' <&- >&- 2>&-", 1, "")]
    [InlineData("copy 'SOURCE' 'OUT' 2>/dev/full", 0, "")]
    [InlineData("copy 'SOURCE' 'OUT' 2>&-", 0, "")]
    [InlineData("--help >/dev/full", 1, "standard output cannot be written: No space left on device")]
    [InlineData("copy --help >/dev/full", 1, "standard output cannot be written: No space left on device")]
    [InlineData("--version >&-", 1, "standard output is closed")]
    [InlineData("copy 'SOURCE' --json >/dev/full", 2, "Required argument 'DEST' missing")]
    public async Task end_in_order_whatever_its_streams_are(string command, int exitCode, string message)
    {
        var source = _folder.Random("source", 100_000);
        using var process = HostProcess.Shell($"KCOPYD {command}"
            .Replace("SOURCE", source, StringComparison.Ordinal).Replace("OUT", _folder["copy"], StringComparison.Ordinal));
        var outcome = await process.EndAsync();
        Assert.True(outcome.ExitCode == exitCode, $"{outcome.ExitCode}: {outcome.Error}");
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", outcome.Error, StringComparison.Ordinal);
        if (command.Contains("'OUT'", StringComparison.Ordinal))
            Assert.Equal(_folder.Read("source"), _folder.Read("copy"));
    }

    [Fact]
    public async Task find_a_file_whose_name_is_not_UTF_8()
    {
        _folder.Random("source", 100_000);
        using var process = HostProcess.Shell($"cd '{Path.GetDirectoryName(_folder["x"])}' && name=$(printf 'a\\377\\344z') && cp source \"$name\" && "
            + "KCOPYD copy \"$name\" \"$name.copy\" --json && cmp source \"$name.copy\" && rm \"$name\" \"$name.copy\"");
        var outcome = await process.EndAsync();
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal("a\uFFFD\uFFFDz.copy", outcome.Json.GetProperty("destinations")[0].GetProperty("path").GetString());
    }

    [Fact]
    public async Task resume_by_its_map_file_after_kill_9()
    {
        var source = _folder.Random("source", (24 << 20) + 1);
        using (var process = new HostProcess("copy", source, _folder["a"], _folder["b"], "--rate", "3M", "--mapfile", _folder["map"]))
        {
            await process.UntilAsync(() => File.Exists(_folder["map"]) && File.ReadAllText(_folder["map"]).Contains("  +\n", StringComparison.Ordinal));
            process.Signal("KILL");
            Assert.Equal(137, (await process.EndAsync()).ExitCode);
        }
        Assert.NotEqual(_folder.Read("source"), _folder.Read("a"));

        using var second = new HostProcess("copy", source, _folder["a"], _folder["b"], "--mapfile", _folder["map"], "--json");
        var outcome = await second.EndAsync();
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("resuming", outcome.Error, StringComparison.Ordinal);
        Assert.InRange(outcome.Json.GetProperty("bytes").GetInt32(), 1, 23 << 20);
        Assert.Equal(_folder.Read("source"), _folder.Read("a"));
        Assert.Equal(_folder.Read("source"), _folder.Read("b"));
    }

    [Fact]
    public async Task show_the_demo_without_a_word_on_standard_error()
    {
        using var process = new HostProcess("demo");
        var outcome = await process.EndAsync();
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains("write errors  00100000", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(7, outcome.Out.Split("identical").Length - 1);
        Assert.Contains("DIFFERS: write failed at sector 12345", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("the callback ran inside the client: 'chunk 42'", outcome.Out, StringComparison.Ordinal);
        var folder = outcome.Out.Split("random data, in ")[1].Split('\n')[0];
        Assert.False(Directory.Exists(folder), $"{folder} is left behind");
    }

    [Fact]
    public async Task print_nothing_but_the_object_with_json_and_nothing_at_all_on_standard_error_when_all_is_well()
    {
        var source = _folder.Random("source", 100_000);
        using var process = new HostProcess("copy", source, _folder["a"], "--json");
        var outcome = await process.EndAsync();
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Equal(100_000, outcome.Json.GetProperty("bytes").GetInt32());
    }

    // The process ends as soon as all output is written, and not before.
    [Fact]
    public async Task have_said_everything_when_it_ends_also_what_no_pipe_holds_at_once()
    {
        var source = _folder.Random("source", 5000);
        var sink = $"/dev/{string.Concat(Enumerable.Repeat("./", 900))}null";
        var full = sink.Replace("null", "full", StringComparison.Ordinal);
        using var process = new HostProcess(["copy", source, .. Enumerable.Repeat(sink, 32), .. Enumerable.Repeat(full, 32), "--ignore-errors", "--json"]);
        var outcome = await process.EndAsync();
        Assert.Equal(1, outcome.ExitCode);
        Assert.True(outcome.Out.Length > 100_000 && outcome.Error.Length > 50_000, $"{outcome.Out.Length}, {outcome.Error.Length}");
        Assert.Equal(0xFFFFFFFF_00000000, outcome.WriteErrors);
        Assert.Equal(64, outcome.Json.GetProperty("destinations").GetArrayLength());
        Assert.Equal(32, outcome.Error.Split("kcopyd: ").Length - 1);
        Assert.EndsWith("\n", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task log_to_standard_error_and_nowhere_else()
    {
        var source = _folder.Random("source", 100_000);
        using var process = new HostProcess("copy", source, _folder["a"], "--json", "--log-level", "debug");
        var outcome = await process.EndAsync();
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(100_000, outcome.Json.GetProperty("bytes").GetInt32());
        Assert.Contains(" DBG] ", outcome.Error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(100_000, "--ignore-errors", "/dev/null", 0b001UL)]
    [InlineData(0, "--ignore-errors", "/dev/null", 0b001UL)]        // a new empty file is flushed, too
    [InlineData(100_000, "--sequential", "/dev/full", 0b101UL)]     // so is a file that was written before another destination failed
    public async Task report_a_flush_that_fails(int length, string option, string other, ulong writeErrors)
    {
        Tool.Need("strace", "strace");
        var source = _folder.Random("source", length);
        var copy = _folder["copy"];
        using var process = new HostProcess(
            ["strace", "-f", "-qq", "-o", "/dev/null", "-P", copy, "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO"],
            ["copy", source, copy, _folder["good"], other, option, "--json"]);
        var outcome = await process.EndAsync();
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal(writeErrors, outcome.WriteErrors);
        Assert.Contains($"{copy}: flush failed", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(_folder.Read("source"), _folder.Read("good"));
    }

    public void Dispose() => _folder.Dispose();
}
