using System.Diagnostics;
using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>Runs <c>compare</c>: locks and opens everything for reading, compares window by window, prints the differences.</summary>
internal static class CompareRun
{
    private const int MaxOthers = 64;
    private const long Window = 64 << 20;       // bytes: bounds the list of differences of a job
    private const int InFlight = 2;             // windows: one completes while the next one runs

    /// <exception cref="UsageException">The comparison cannot start.</exception>
    public static async Task<int> RunAsync(
        Operand first, IReadOnlyList<Operand> others, CompareOptions options, CommandConsole console, CancellationToken cancellationToken)
    {
        if (others.Count > MaxOthers)
            throw new UsageException($"{others.Count} to compare; one command compares at most {MaxOthers}. Use several commands.");
        if (options.Lists && others.Count > 1)
            throw new UsageException("--list takes one B: its lines do not name the file.");
        if (options.Lists && options.Transfer.Json)
            throw new UsageException("--list and --json would both go to standard output; --json includes the ranges.");
        var remotes = new RemoteDevices(options.Transfer.LogLevel, cancellationToken);
        await using var remotesLease = remotes.ConfigureAwait(false);
        using var locks = StorageLocks.Take([.. others.Prepend(first).Select(static operand => (operand, false))], options.Transfer.Force, console);
        var from = await Survey.OfSourceAsync(first, remotes).ConfigureAwait(false);
        var to = new List<Survey>(others.Count);
        foreach (var other in others)
            to.Add(await Survey.OfSourceAsync(other, remotes).ConfigureAwait(false));
        foreach (var stream in to.Prepend(from).Where(static survey => survey.Kind == OperandKind.Stream))
            throw new UsageException($"{stream.Operand} is a stream, which cannot be compared: copy it to a file, or use cmp.");
        var plan = new TransferPlan(from, to, to.Prepend(from).Min(static survey => LengthOf(survey)));
        if (plan.Length == long.MaxValue)
            throw new UsageException($"{from.Operand} has no size; say how much: '@0+LENGTH:{from.Operand.Path}'.");
        if (to.Find(static survey => survey.Kind == OperandKind.Sink) is { } sink)
            throw new UsageException($"{sink.Operand} stores nothing that could be compared; omit it.");
        return await RunAsync(plan, remotes.Engine, options, console, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<int> RunAsync(
        TransferPlan plan, Engine? running, CompareOptions options, CommandConsole console, CancellationToken cancellationToken)
    {
        var devices = await OpenAsync(plan, options.Transfer).ConfigureAwait(false);
        await using var devicesLease = devices.ConfigureAwait(false);
        using var started = running is null ? Engine.Start(options.Transfer.LogLevel) : null;
        var client = TransferCommand.CreateClient((running ?? started!).System, options.Transfer, plan.Destinations.Count);
        await using var clientLease = client.ConfigureAwait(false);

        var progress = new LatestProgress(plan.Destinations.Count);
        var result = new CompareResult(plan);
        var begun = Stopwatch.GetTimestamp();
        var flags = options.Transfer.Flags | (options.StopsAtFirst ? CopyFlags.None : CopyFlags.IgnoreError);
        var work = CompareAsync(new TransferJobs(client, devices, flags, progress, cancellationToken), result, options, console, cancellationToken);
        var mode = options.Lists ? ProgressMode.None : options.Transfer.Progress;
        var view = ProgressView.For(mode, console, progress, new TransferResult(plan, options.Transfer));
        using (console.AnswerProgress(view.ShowNow))
        {
            await view.WatchAsync(work).ConfigureAwait(false);
            await work.ConfigureAwait(false);
        }
        result.Elapsed = Stopwatch.GetElapsedTime(begun);
        await CompareReport.WriteAsync(result, options, console).ConfigureAwait(false);
        return result.IsCancelled ? ExitCodes.Interrupted : result.IsEqual ? ExitCodes.Success : ExitCodes.Errors;
    }

    private static async Task CompareAsync(
        TransferJobs jobs, CompareResult result, CompareOptions options, CommandConsole console, CancellationToken cancellationToken)
    {
        var length = jobs.Devices.Plan.Length;
        var window = options.Transfer.Hashes ? Math.Max(1, length) : Window;        // a hash covers everything, in order
        var inFlight = new Queue<Task<CopyResult>>();
        for (long at = 0; at < length && !IsOver(); at += window)
        {
            inFlight.Enqueue(jobs.RunAsync(at, Math.Min(window, length - at)));
            if (inFlight.Count == InFlight)
                await TakeAsync().ConfigureAwait(false);
        }
        while (inFlight.Count > 0)
            await TakeAsync().ConfigureAwait(false);
        if (cancellationToken.IsCancellationRequested)
            result.IsCancelled = true;

        bool IsOver() => cancellationToken.IsCancellationRequested || result.ReadFault is not null || (options.StopsAtFirst && !result.IsEqual);

        async Task TakeAsync()
        {
            var compared = await inFlight.Dequeue().ConfigureAwait(false);
            result.Add(compared);
            if (!options.Lists)
                return;
            foreach (var range in result.TakeListed())
                await console.Out.WriteLineAsync($"{range.Offset} {range.Length}").ConfigureAwait(false);
        }
    }

    private static async Task<TransferDevices> OpenAsync(TransferPlan plan, TransferOptions options)
    {
        var opened = new List<IBlockDevice>();
        try
        {
            foreach (var survey in plan.Destinations.Prepend(plan.Source!))
            {
                var how = new BlockDeviceOptions { Io = options.Io, ReadOnly = true };
                opened.Add(survey.Kind == OperandKind.Remote
                    ? RemoteDevices.Fit(survey, plan.Length)
                    : await DeviceOpening.OpenForAsync(survey.Operand, plan.Length, how).ConfigureAwait(false));
            }
            return TransferDevices.Of(plan, opened[0], [.. opened.Skip(1)]);
        }
        catch
        {
            foreach (var device in opened)
                await device.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The number of bytes to compare; <see cref="long.MaxValue"/> for a character device.</summary>
    /// <exception cref="UsageException">The region extends past the end.</exception>
    public static long LengthOf(Survey survey)
    {
        var (start, length) = (survey.Operand.Start, survey.Operand.Length);
        return survey.Kind == OperandKind.Sink ? length ?? long.MaxValue
            : start > survey.Size || length > survey.Size - start
                ? throw new UsageException($"{survey.Operand} has {survey.Size} bytes; {start}+{length ?? 0} reaches past its end.")
            : length ?? survey.Size - start;
    }
}
