using System.Diagnostics;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Host.Serving;
using Xunit;

namespace Kcopyd.Host.Tests.Serving;

public sealed class ServeView_should : ServeSpec
{
    [Fact]
    public async Task show_a_table_of_the_exports_on_a_terminal_and_still_only_results_on_standard_output()
    {
        var file = Folder.Random("[bold]disk.img", 4096);
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var interruption = new CancellationTokenSource();
        await interruption.CancelAsync();      // after the first look
        var exitCode = await KcopydCommand.RunAsync(["serve", file, "--listen", $"unix:{Socket}"],
            new CommandConsole(output, error, IsTerminal: true), interruption.Token);
        Assert.Equal(0, exitCode);
        Assert.Contains("requests/s", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("(default)", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, output.ToString().TrimEnd().Split('\n').Length);
    }

    [Fact]
    public void count_what_is_done_a_second_between_two_looks()
    {
        var rates = new ExportRates();
        rates.Look([Status(100, 1000, 50)], 0);
        Assert.Equal(default, rates.Of("e"));
        rates.Look([Status(300, 1000, 2098)], 2 * Stopwatch.Frequency);
        Assert.Equal(["e", "disk", "3", "100", "0 B", "1.0 KiB", "4", ""], ExportRow.Of(Status(300, 1000, 2098), "disk", rates, null));
    }

    [Theory]
    [InlineData(SnapshotState.Active, "25.0 %")]
    [InlineData(SnapshotState.Invalid, "Invalid")]
    public void say_how_full_a_store_is_or_what_is_wrong_with_it(SnapshotState state, string cell) =>
        Assert.Equal(cell, ExportRow.Of(
            Status(0, 0, 0), "cow", new ExportRates(), new SnapshotStatus("cow", state, 100, 400, 16, 7, 4096, StoreKind.Persistent, null))[^1]);

    private static NbdExportStatus Status(long requests, long read, long written) => new("e", "disk", 4096, false, 3, requests, 4, read, written);
}
