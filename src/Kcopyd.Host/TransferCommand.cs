using System.Diagnostics;

namespace Kcopyd.Host;

/// <summary>What <c>copy</c> and <c>zero</c> do: check everything, open everything, run the jobs, say how it ended.</summary>
internal static class TransferCommand
{
    public static IReadOnlyList<Target> Destinations(string[] texts) =>
        [.. texts.Select((text, i) => Target.Parse(texts.Length == 1 ? "DEST" : $"DEST {i + 1}", text))];

    /// <exception cref="UsageException">It cannot begin.</exception>
    public static async Task<int> RunAsync(Target? source, IReadOnlyList<Target> destinations, TransferOptions options, CommandConsole console, CancellationToken cancellationToken)
    {
        var plan = await TransferPlan.MakeAsync(source, destinations, options).ConfigureAwait(false);
        var session = options.Mapfile is null ? null : await MapfileSession.OpenAsync(options.Mapfile, plan, options).ConfigureAwait(false);
        var devices = await OpenTransfer.OpenAsync(plan, options).ConfigureAwait(false);
        await using var devicesLease = devices.ConfigureAwait(false);

        using var engine = Engine.Start(options.LogLevel);
        var client = engine.CreateClient(options, destinations.Count);
        await using var clientLease = client.ConfigureAwait(false);

        if (session is { Finished: > 0 and var finished } && options.Progress != ProgressMode.None)
            await console.Error.WriteLineAsync($"kcopyd: resuming: {ByteSize.Format(finished)} of {ByteSize.Format(plan.Length)} are finished already.").ConfigureAwait(false);
        var progress = new LatestProgress(destinations.Count);
        var result = new TransferResult(plan, options);
        var started = Stopwatch.GetTimestamp();
        var transfer = new Transfer(client, devices, options.Flags, progress, cancellationToken);
        var work = session is null || plan.Length == 0 ? transfer.RunAsync(result) : session.RunAsync(transfer, result, cancellationToken);
        await ProgressView.For(options.Progress, console).WatchAsync(work, progress, result).ConfigureAwait(false);
        await work.ConfigureAwait(false);
        result.Elapsed = Stopwatch.GetElapsedTime(started);

        await Report.WriteAsync(result, options, console).ConfigureAwait(false);
        return result.IsCancelled ? ExitCodes.Interrupted : result.IsSuccess ? ExitCodes.Success : ExitCodes.Errors;
    }
}
