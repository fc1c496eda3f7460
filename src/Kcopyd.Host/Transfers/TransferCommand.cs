using System.Diagnostics;
using Akka.Actor;
using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>Runs <c>copy</c> and <c>zero</c>: checks and locks everything, checks again what may have changed, opens everything, runs the jobs, reports the
/// result.</summary>
internal static class TransferCommand
{
    public static IReadOnlyList<Operand> Destinations(string[] texts) =>
        [.. texts.Select((text, i) => Operand.Parse(texts.Length == 1 ? "DEST" : $"DEST {i + 1}", text))];

    /// <exception cref="UsageException">The transfer cannot start.</exception>
    public static async Task<int> RunAsync(
        Operand? source, IReadOnlyList<Operand> destinations, TransferOptions options, CommandConsole console, CancellationToken cancellationToken)
    {
        var remotes = new RemoteDevices(options.LogLevel, cancellationToken);
        await using var remotesLease = remotes.ConfigureAwait(false);
        var plan = await TransferPlan.MakeAsync(source, destinations, options, remotes).ConfigureAwait(false);
        return await RunAsync(plan, null, remotes.Engine, options, console, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs a plan whose source may already be open.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="source">The open source, locked by the caller; null opens the source of the plan.</param>
    /// <param name="running">The engine; null starts one.</param>
    /// <param name="options">The options of the transfer.</param>
    /// <param name="console">The output.</param>
    /// <param name="cancellationToken">Interrupts the transfer.</param>
    /// <exception cref="UsageException">The transfer cannot start.</exception>
    public static async Task<int> RunAsync(
        TransferPlan plan, IBlockDevice? source, Engine? running, TransferOptions options, CommandConsole console, CancellationToken cancellationToken)
    {
        var ranges = options.Ranges is null ? null : CopyRanges.Read(options.Ranges, console);
        using var locks = StorageLocks.Take([.. Claims(plan, isSourceLocked: source is not null)], options.Force, console);
        plan = await plan.MakeAgainAsync(options).ConfigureAwait(false);
        var record = await RecordedCopy.OpenAsync(plan, options, ranges).ConfigureAwait(false);
        var isBegun = record is { IsBegun: true };
        OverwriteCheck.Check(plan, options, isBegun);
        var carried = await OverwriteCheck.WarnAsync(plan, isBegun, console).ConfigureAwait(false);
        if (options.DryRun)
        {
            var report = options.Json ? DryRun.Json(plan, options, record, carried) : DryRun.Text(plan, options, record, carried);
            await console.Out.WriteLineAsync(report).ConfigureAwait(false);
            return ExitCodes.Success;
        }
        return await RunLockedAsync(plan, record, source, running, options, console, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<int> RunLockedAsync(
        TransferPlan plan, RecordedCopy? record, IBlockDevice? source, Engine? running, TransferOptions options, CommandConsole console,
        CancellationToken cancellationToken)
    {
        // Local devices are opened before the actor system starts, so that errors are reported sooner.
        var devices = await TransferDevices.OpenAsync(plan, options, console, source, cancellationToken).ConfigureAwait(false);
        await using var devicesLease = devices.ConfigureAwait(false);

        using var started = running is null ? Engine.Start(options.LogLevel) : null;
        var client = CreateClient((running ?? started!).System, options, plan.Destinations.Count);
        await using var clientLease = client.ConfigureAwait(false);

        if (record is { Finished: > 0 and var finished } && options.Progress != ProgressMode.None)
        {
            var line = $"kcopyd: resuming: {ByteSize.Format(finished)} of {ByteSize.Format(plan.Length)} already finished.";
            await console.Error.WriteLineAsync(line).ConfigureAwait(false);
        }
        if (CommandLog.IsDebug)
            OffloadLog.Write(plan.Source is null ? null : devices.Source, devices.Destinations, client.Settings.Offload, options);
        var progress = new LatestProgress(plan.Destinations.Count);
        var result = new TransferResult(plan, options);
        var begun = Stopwatch.GetTimestamp();
        var jobs = new TransferJobs(client, devices, options.Flags, progress, cancellationToken);
        var work = record is null || plan.Length == 0 ? jobs.RunWholeAsync(result) : record.RunAsync(jobs, result, cancellationToken);
        var view = ProgressView.For(options.Progress, console, progress, result);
        using (console.AnswerProgress(view.ShowNow))
        {
            await view.WatchAsync(work).ConfigureAwait(false);
            await work.ConfigureAwait(false);
        }
        result.Elapsed = Stopwatch.GetElapsedTime(begun);
        if (CommandLog.IsDebug)
            OffloadLog.Write(result);
        devices.Unfinished = result.IsStopped && record is null && plan.Source is not null ? result : null;

        await Report.WriteAsync(result, options, plan.IsOnStandardOutput ? console with { Out = console.Error } : console).ConfigureAwait(false);
        return result.IsCancelled ? ExitCodes.Interrupted : result.IsSuccess ? ExitCodes.Success : ExitCodes.Errors;
    }

    private static IEnumerable<(Operand Operand, bool Writes)> Claims(TransferPlan plan, bool isSourceLocked)
    {
        if (plan.Source is not null && !isSourceLocked)
            yield return (plan.Source.Operand, false);
        foreach (var destination in plan.Destinations)
            yield return (destination.Operand, true);
    }

    public static KcopydClient CreateClient(ActorSystem system, TransferOptions options, int destinations) => system.Kcopyd().CreateClient(
        "command",
        system.Kcopyd().Settings with
        {
            MaxDestinations = destinations,
            SubJobSize = options.SubJobSize,
            Offload = options.Offload ?? system.Kcopyd().Settings.Offload,
        },
        new KcopydThrottle(options.Throttle, options.Rate));
}
