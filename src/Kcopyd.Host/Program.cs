using System.Runtime.InteropServices;
using Kcopyd.Host;

var console = StandardStreams.Open();

// The first signal cancels the job; a second one terminates the process. Closing the terminal (SIGHUP) counts as an interruption, too.
using var interruption = new CancellationTokenSource();
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
using var onHangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Cancel);

// The signal that dd uses.
const PosixSignal UserDefined1 = (PosixSignal)10;
using var onUser = PosixSignalRegistration.Create(UserDefined1, signal =>
{
    signal.Cancel = true;
    console.AskForProgress();
});

var exitCode = await KcopydCommand.RunAsync(CommandLineArguments.Decoded(args), console, interruption.Token).ConfigureAwait(false);

// A return would wait for threads that have nothing left to do.
Environment.Exit(exitCode);

void Cancel(PosixSignalContext signal)
{
    signal.Cancel = !interruption.IsCancellationRequested;
    interruption.Cancel();
}
