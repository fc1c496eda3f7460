using System.Runtime.InteropServices;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>
/// The first SIGINT, SIGTERM or SIGHUP cancels the run. If that does not end it in time (a disk may be slow to flush, and I/O in flight cannot be
/// cancelled), or at a second signal, this cleans up everything and ends the process.
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
        // A background job of a script starts with SIGINT ignored, and .NET keeps that; a SIGINT sent to this process is meant for it.
        SetHandler(SigInt, DefaultHandler);
        PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];
        _signals = [.. signals.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];
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
        Exit(Interrupted);      // Environment.Exit would wait for threads that hang
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int status);
}
