using System.Diagnostics;
using Akka.Actor;
using Kcopyd.Actors.Nbd;
using Spectre.Console;

namespace Kcopyd.Host.Serving;

/// <summary>Shows a table of the exports on a terminal while they are served; elsewhere only messages.</summary>
internal sealed class ServeView(NbdServer server, Func<IReadOnlyList<ServedExport>> served, CommandConsole console)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private IAnsiConsole? _terminal;    // set while the table is shown

    /// <summary>Shows the exports until the command is interrupted or the server stops.</summary>
    /// <returns>False if the server stopped without an interruption.</returns>
    public async Task<bool> WatchAsync(CancellationToken interruption)
    {
        var interrupted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var registration = interruption.Register(interrupted.SetResult);
        await using var registrationLease = registration.ConfigureAwait(false);
        var end = Task.WhenAny(interrupted.Task, server.Actor.WatchAsync(CancellationToken.None));
        if (console.IsTerminal)
            await ShowAsync(end).ConfigureAwait(false);
        return await end.ConfigureAwait(false) == interrupted.Task;
    }

    /// <summary>Writes a line to standard error, above the table. Thread-safe.</summary>
    public void Say(string line)
    {
        if (Volatile.Read(ref _terminal) is { } terminal)
            terminal.WriteLine(line);
        else
            console.Error.WriteLine(line);
    }

    private async Task ShowAsync(Task end)
    {
        var terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new TerminalOutput(console.Error),
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
        });
        var rates = new ExportRates();
        await terminal.Live(new Table()).StartAsync(async screen =>
        {
            Volatile.Write(ref _terminal, terminal);
            do
                screen.UpdateTarget(await TableAsync(rates).ConfigureAwait(false));
            while (await Task.WhenAny(end, Task.Delay(Interval)).ConfigureAwait(false) != end);
            Volatile.Write(ref _terminal, null);
        }).ConfigureAwait(false);
    }

    private async Task<Table> TableAsync(ExportRates rates)
    {
        var exports = served();
        var statuses = server.GetExports();
        rates.Look(statuses, Stopwatch.GetTimestamp());
        var hasSnapshots = exports.Any(static export => export.Snapshot is not null);
        string[] columns = ["export", "device", "clients", "requests/s", "read/s", "written/s", "errors", .. hasSnapshots ? ["store"] : Array.Empty<string>()];
        var table = new Table().Border(TableBorder.Simple);
        for (var i = 0; i < columns.Length; i++)
            table.AddColumn(new TableColumn(columns[i]) { Alignment = i < 2 ? Justify.Left : Justify.Right, NoWrap = i != 1 });
        foreach (var export in exports)
        {
            if (statuses.FirstOrDefault(status => status.Name == export.Export.Name) is not { } status)
                continue;       // just removed
            var cells = ExportRow.Of(status, export.Path, rates,
                export.Snapshot is null ? null : await export.Snapshot.GetStatusAsync().ConfigureAwait(false));
            table.AddRow([.. cells.Take(columns.Length).Select(Markup.Escape)]);
        }
        return table;
    }
}
