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
        var devices = await OpenTransfer.OpenAsync(plan, options).ConfigureAwait(false);
        await using var devicesLease = devices.ConfigureAwait(false);

        var engine = await Engine.StartAsync(options.LogLevel).ConfigureAwait(false);
        await using var engineLease = engine.ConfigureAwait(false);
        var client = engine.CreateClient(options, destinations.Count);
        await using var clientLease = client.ConfigureAwait(false);

        var progress = new LatestProgress(destinations.Count);
        var result = new TransferResult(plan);
        var started = Stopwatch.GetTimestamp();
        var transfer = new Transfer(client, devices, options.Flags, progress, cancellationToken);
        await transfer.RunAsync(result).ConfigureAwait(false);
        result.Elapsed = Stopwatch.GetElapsedTime(started);

        await Report.WriteAsync(result, options, console).ConfigureAwait(false);
        return result.IsCancelled ? ExitCodes.Interrupted : result.IsSuccess ? ExitCodes.Success : ExitCodes.Errors;
    }
}
