using System.Runtime.InteropServices;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>
/// The first SIGINT, SIGTERM or SIGHUP cancels the run. Should that not end it in time (a disk may take its time to flush, and what is in
/// flight cannot be taken back), or at a second signal, everything is cleaned up from here and the process ends.
/// </summary>
internal sealed partial class Interruption : IDisposable
{
    private const int Interrupted = 130;
    private const int SigInt = 2, DefaultHandler = 0;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _signals;
    private readonly Cleanup _cleanup;
    private Timer? _deadline;

    public Interruption(Cleanup cleanup)
    {
        _cleanup = cleanup;
        // A script's background job is born deaf to SIGINT, and .NET leaves it so; somebody who sends it nevertheless means it.
        SetHandler(SigInt, DefaultHandler);
        _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _deadline?.Dispose();
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_source.IsCancellationRequested)
        {
            EndNow();
            return;
        }
        Console.Error.WriteLine("interrupted: cleaning up");
        _deadline = new Timer(_ => EndNow(), null, s_patience, Timeout.InfiniteTimeSpan);
        _source.Cancel();
    }

    private void EndNow()
    {
        Task.Run(_cleanup.Dispose).Wait(s_patience);
        Exit(Interrupted);      // Environment.Exit would wait for who hangs
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int status);
}
