using Xunit;

namespace Kcopyd.Host.Tests.Transfers;

/// <summary>Pipes, standard input and output, files without a length.</summary>
public sealed class StreamCopies_should : CommandSpec
{
    private const int Length = 3_000_001;

    [Theory]
    [InlineData("cat source | KCOPYD copy - a b")]
    [InlineData("KCOPYD copy - a b <source")]
    [InlineData("KCOPYD copy /dev/stdin a b <source")]
    [InlineData("gzip -c source | gzip -dc | KCOPYD copy - a b --json")]
    [InlineData("mkfifo pipe; cat source >pipe & KCOPYD copy pipe a b")]
    [InlineData("KCOPYD copy source - | KCOPYD copy - a b")]
    [InlineData("KCOPYD copy source - b | cat >a")]
    [InlineData("KCOPYD copy source b - >a")]
    [InlineData("KCOPYD copy source /dev/stdout b >a")]
    [InlineData("KCOPYD copy source /dev/fd/1 b --json >a")]
    [InlineData("mkfifo pipe; cat pipe >a & KCOPYD copy source pipe b && wait")]
    [InlineData("bash -c 'KCOPYD copy <(cat source) a b'")]
    [InlineData("bash -c 'KCOPYD copy source >(cat >a) b'; while ! cmp -s source a; do :; done")]
    public async Task move_every_byte_and_nothing_else(string command)
    {
        Folder.Random("source", Length);
        using var process = Shell(command);
        var outcome = await process.EndAsync();
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal(Folder.Read("source"), Folder.Read("a"));
        Assert.Equal(Folder.Read("source"), Folder.Read("b"));
    }

    [Theory]
    [InlineData("KCOPYD copy source - >a")]
    [InlineData("KCOPYD copy source /dev/stdout >a")]
    [InlineData("KCOPYD copy source /proc/self/fd/1 >a")]
    [InlineData("KCOPYD copy source - | cat >a")]
    [InlineData("touch a; KCOPYD copy source a >>a")]
    public async Task keep_the_report_out_of_the_data(string command)
    {
        Folder.Random("source", Length);
        using var process = Shell(command);
        var outcome = await process.EndAsync();
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("copied 2.9 MiB in", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(Folder.Read("source"), Folder.Read("a"));
    }

    [Theory]
    [InlineData("a writer that never comes", "copy", "{pipe}", "{a}")]
    [InlineData("a reader that never comes", "copy", "{source}", "{pipe}")]
    [InlineData("a writer that is silent", "copy", "-", "{a}")]
    [InlineData("a reader that does not read", "copy", "{source}", "{held}")]
    public async Task end_by_a_signal_instead_of_waiting_for(string other, params string[] args)
    {
        Folder.Random("source", Length);
        Tool.Run("mkfifo", Folder["pipe"]);
        Tool.Run("mkfifo", Folder["held"]);
        using var held = File.Open(Folder["held"], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var process = new HostProcess([.. args.Select(InFolder)]);
        await process.UntilAsync(() => process.HasOpen(Folder["a"]) || process.HasOpen(Folder["source"]));
        process.Signal("TERM");
        var outcome = await process.EndAsync();
        Assert.True(outcome.ExitCode == 130, $"{other}: {outcome.ExitCode}, {outcome.Error}");
        Assert.Contains("interrupted", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task read_a_file_that_does_not_know_its_length_to_its_end()
    {
        Assert.Equal(0, (await RunAsync("copy", "/proc/version", Folder["a"])).ExitCode);
        Assert.Equal(File.ReadAllText("/proc/version"), File.ReadAllText(Folder["a"]));
    }

    [Fact]
    public async Task take_as_much_of_a_stream_as_the_region_says_and_refuse_one_that_is_shorter()
    {
        Folder.Random("source", Length);
        using var process = Shell("cat source | KCOPYD copy @0+4K:- a");
        Assert.Equal(0, (await process.EndAsync()).ExitCode);
        Assert.Equal(Folder.Read("source")[..4096], Folder.Read("a"));

        using var shorter = Shell("head -c 1000 source | KCOPYD copy @0+4K:- b");
        var outcome = await shorter.EndAsync();
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("-: read failed at sector 1: the device ended before the transfer was whole", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task say_who_left()
    {
        Folder.Random("source", Length);
        using var process = Shell("KCOPYD copy source - b --ignore-errors | head -c 100 >a");
        var outcome = await process.EndAsync();
        Assert.Contains("-: write failed at sector ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("Broken pipe (errno 32)", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(Folder.Read("source"), Folder.Read("b"));
    }

    [Theory]
    [InlineData("--verify needs operands that can be read and written more than once, and SOURCE '-' is a stream", "copy", "-", "{new}", "--verify")]
    [InlineData("--mapfile needs", "copy", "-", "{new}", "--mapfile", "{map}")]
    [InlineData("--retries needs", "copy", "-", "{new}", "--retries", "2", "--ignore-errors")]
    [InlineData("--reverse needs", "copy", "{source}", "-", "--reverse")]
    [InlineData("SOURCE '-' is a stream, which has no START", "copy", "@4K:-", "{new}")]
    [InlineData("DEST '-' cannot be read back", "copy", "{source}", "-", "--verify")]
    [InlineData("DEST '-' has no size; say how much", "zero", "-")]
    public async Task be_refused_where_a_stream_cannot_do_it(string message, params string[] args)
    {
        Folder.Random("source", 1000);
        var outcome = await RunAsync([.. args.Select(InFolder)]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.Equal(["source"], Folder.Names);
    }

    private string InFolder(string argument) => argument[0] == '{' ? Folder[argument[1..^1]] : argument;

    private HostProcess Shell(string command) => HostProcess.Shell($"cd '{Path.GetDirectoryName(Folder["x"])}' && {command}");
}
