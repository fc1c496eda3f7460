using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace Kcopyd.Host.Tests;

/// <summary>The real command in a separate process, which is killed when the test ends.</summary>
internal sealed partial class HostProcess : IDisposable
{
    public static readonly string Command = Given ?? Path.Combine(AppContext.BaseDirectory, "kcopyd");

    private const int User1 = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;
    private readonly StringBuilder _errorSoFar = new();

    /// <summary>The command to test instead of the one that was built with the tests, such as a native one; null if none was given.</summary>
    public static string? Given => Environment.GetEnvironmentVariable("KCOPYD_COMMAND") is { Length: > 0 } path ? Path.GetFullPath(path) : null;

    public HostProcess(params string[] args)
        : this([], args)
    {
    }

    /// <summary>Runs the command under another program, such as strace.</summary>
    public HostProcess(string[] under, string[] args)
        : this(Start([.. under, Command, .. args]))
    {
    }

    private HostProcess(Process process)
    {
        _process = process;
        _output = _process.StandardOutput.ReadToEndAsync();
        _error = ReadErrorAsync();
    }

    /// <summary>The argument of <c>env</c> that resets a program's signal handling: a background job of a shell ignores SIGINT, and a program that nohup
    /// started ignores SIGHUP; their child processes inherit that.</summary>
    public const string AllSignals = "--default-signal";

    private static Process Start(params IEnumerable<string> command) => Process.Start(new ProcessStartInfo("env", [AllSignals, .. command])
    {
        RedirectStandardInput = true,       // never written to
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    /// <summary>True while the process has this file open.</summary>
    public bool HasOpen(string path)
    {
        try
        {
            return Directory.GetFiles($"/proc/{_process.Id}/fd").Any(fd => new FileInfo(fd).LinkTarget == path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;       // the descriptor was closed, or the process has ended or is executing another program
        }
    }

    /// <summary>True if a process of the command handles SIGINT, SIGTERM, SIGHUP and SIGUSR1: it registers for SIGUSR1 last, and nothing before the command
    /// registers for that signal.</summary>
    public static bool TakesSignals(int process)
    {
        try
        {
            var caught = File.ReadLines($"/proc/{process}/status").First(static line => line.StartsWith("SigCgt:", StringComparison.Ordinal)).Split('\t')[1];
            return (ulong.Parse(caught, NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> (User1 - 1) & 1) != 0;
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The process's output on standard error so far.</summary>
    public string ErrorSoFar
    {
        get
        {
            lock (_errorSoFar)
                return _errorSoFar.ToString();
        }
    }

    /// <summary>Runs a line of shell script, in which KCOPYD stands for the command.</summary>
    public static HostProcess Shell(string line) => new(Start("sh", "-c", line.Replace("KCOPYD", $"'{Command}'", StringComparison.Ordinal)));

    /// <summary>Runs the command to its end and passes its output on, line by line.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken interruption)
    {
        using var process = Start([Command, .. args]);
        await using var onInterrupt = interruption.Register(() => Signal(process, "INT"));
        await Task.WhenAll(PassAsync(process.StandardOutput, output),
            PassAsync(process.StandardError, error), process.WaitForExitAsync(CancellationToken.None));
        return process.ExitCode;

        static async Task PassAsync(StreamReader from, TextWriter to)
        {
            while (await from.ReadLineAsync(CancellationToken.None) is { } line)
                await to.WriteLineAsync(line);
        }
    }

    public void Signal(string name) => Signal(_process, name);

    /// <summary>Waits until the process has made a condition true.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        var began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (_process.HasExited)
            {
                var said = await _error;
                Assert.True(condition(), $"exited with {_process.ExitCode} before: {said}");        // its last action may have made it true
                return;
            }
            Assert.True(Stopwatch.GetElapsedTime(began) < Patience, $"the condition did not become true within {Patience}: {ErrorSoFar}");
            await Task.Delay(20);
        }
    }

    public async Task<Outcome> EndAsync()
    {
        var end = _process.WaitForExitAsync();
        Assert.True(await Task.WhenAny(end, Task.Delay(Patience)) == end, $"the process did not end within {Patience}: {ErrorSoFar}");
        return new Outcome(_process.ExitCode, await _output, await _error);
    }

    // Not with a program such as kill: by the time it has started on a busy machine, the moment that the test waited for is over.
    private static void Signal(Process process, string name)
    {
        var signal = name switch { "HUP" => 1, "INT" => 2, "KILL" => 9, "USR1" => User1, "TERM" => 15, _ => throw new ArgumentException(name, nameof(name)) };
        Assert.True(Kill(process.Id, signal) == 0, $"SIG{name}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    private async Task<string> ReadErrorAsync()
    {
        var buffer = new char[4096];
        while (await _process.StandardError.ReadAsync(buffer) is > 0 and var count)
        {
            lock (_errorSoFar)
                _errorSoFar.Append(buffer, 0, count);
        }
        return ErrorSoFar;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
