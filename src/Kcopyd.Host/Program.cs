using System.Runtime.InteropServices;
using Kcopyd.Host;

// The first signal cancels the job; a second one ends the process as signals do.
using var interruption = new CancellationTokenSource();
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);

var exitCode = await KcopydCommand.RunAsync(args, new CommandConsole(Console.Out, Console.Error, !Console.IsErrorRedirected), interruption.Token).ConfigureAwait(false);

// Not by a return, which would wait for threads that have nothing more to do.
Environment.Exit(exitCode);

void Cancel(PosixSignalContext signal)
{
    signal.Cancel = !interruption.IsCancellationRequested;
    interruption.Cancel();
}
