using System.Diagnostics;
using System.Runtime.CompilerServices;
using Kcopyd.Host.Tests.Serving;
using Xunit;

namespace Kcopyd.Host.Tests.Snapshots;

/// <summary>The lines of docs/snapshots.md, run by a shell.</summary>
public sealed class Backups_page_should : IDisposable
{
    private const int Length = 8 << 20;

    private readonly TempFolder _folder = new();

    [Fact]
    public async Task restore_what_the_disk_was_on_each_day()
    {
        _folder.Random("disk.img", Length);
        var expected = _folder.Read("disk.img");
        foreach (var (day, length) in new[] { ("mon", 300_000), ("tue", 1_000_001), ("wed", 10) })
            _folder.Random($"{day}.update", length, seed: length);
        await RunAsync("## A full and three incremental backups");

        Assert.Equal(expected, _folder.Read("full.img"));
        foreach (var day in new[] { "mon", "tue" })
            _folder.Read($"{day}.update").CopyTo(expected, 1 << 20);
        Assert.Equal(expected, _folder.Read("restored.img"));
        Tool.Run(Path.Combine(AppContext.BaseDirectory, "kcopyd"), "copy", "--ranges", _folder["wed.ranges"], _folder["wed.img"], _folder["restored.img"]);
        Assert.Equal(_folder.Read("disk.img"), _folder.Read("restored.img"));
        Assert.Equal(["wed.cow"], _folder.Names.Where(name => name.EndsWith(".cow", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task restore_what_a_disk_was_that_is_served_and_written_all_the_time()
    {
        var image = _folder.Random("disk.img", Length);
        var expected = _folder.Read("disk.img");
        foreach (var (day, length) in new[] { ("mon", 300_032), ("tue", 1_000_448) })
            _folder.Random($"{day}.update", length, seed: length);
        await using (var served = new Served([image, "--listen", $"unix:{_folder["disk.sock"]}", "--control", $"unix:{_folder["disk.control"]}"]))
        {
            await served.ReadyAsync();
            await RunAsync("### With a running server");
        }
        Assert.Equal(expected, _folder.Read("full.img"));
        foreach (var day in new[] { "mon", "tue" })
            _folder.Read($"{day}.update").CopyTo(expected, 1 << 20);
        Assert.Equal(expected, _folder.Read("restored.img"));
        Assert.Equal(expected, _folder.Read("disk.img"));
        Assert.Equal(["tue.cow"], _folder.Names.Where(name => name.EndsWith(".cow", StringComparison.Ordinal)));
    }

    public void Dispose() => _folder.Dispose();

    private async Task RunAsync(string section)
    {
        var start = new ProcessStartInfo("bash", ["-e", "-o", "pipefail", "-c", Script(section)])
        {
            WorkingDirectory = _folder[""],
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["PATH"] = $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}";
        using var shell = Process.Start(start)!;
        var output = shell.StandardOutput.ReadToEndAsync();
        var error = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, $"{await output}\n{error}");
    }

    private static string Script(string title, [CallerFilePath] string here = "")
    {
        var page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/snapshots.md"));
        var section = page[page.IndexOf(title, StringComparison.Ordinal)..];
        return section.Split("```sh\n")[1].Split("```")[0];
    }
}
