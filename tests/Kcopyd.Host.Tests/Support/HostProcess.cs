using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace Kcopyd.Host.Tests;

/// <summary>The real command in a process of its own; killed with the test.</summary>
internal sealed partial class HostProcess : IDisposable
{
    public static readonly string Command = Given ?? Path.Combine(AppContext.BaseDirectory, "kcopyd");

    private const int User1 = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;
    private readonly StringBuilder _errorSoFar = new();

    /// <summary>The command that is tested instead of the one that was built beside the tests, such as a native one; null if none was given.</summary>
    public static string? Given => Environment.GetEnvironmentVariable("KCOPYD_COMMAND") is { Length: > 0 } path ? Path.GetFullPath(path) : null;

    public HostProcess(params string[] args)
        : this([], args)
    {
    }

    /// <summary>Runs it under another program, such as strace.</summary>
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

    /// <summary>The argument of <c>env</c> that gives a program its signals: a background job of a shell ignores SIGINT, what nohup started SIGHUP, and so
    /// would the program.</summary>
    public const string AllSignals = "--default-signal";

    private static Process Start(params IEnumerable<string> command) => Process.Start(new ProcessStartInfo("env", [AllSignals, .. command])
    {
        RedirectStandardInput = true,       // and nothing is ever written there
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    /// <summary>True while it has a file open.</summary>
    public bool HasOpen(string path)
    {
        try
        {
            return Directory.GetFiles($"/proc/{_process.Id}/fd").Any(fd => new FileInfo(fd).LinkTarget == path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;       // the descriptor was closed, or the process ended or becomes another program
        }
    }

    /// <summary>True if a process of the command takes SIGINT, SIGTERM, SIGHUP and SIGUSR1: the last is the last that it asks for, and nothing before the
    /// command does.</summary>
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

    /// <summary>What it has said on standard error.</summary>
    public string ErrorSoFar
    {
        get
        {
            lock (_errorSoFar)
                return _errorSoFar.ToString();
        }
    }

    /// <summary>A line of the shell, in which KCOPYD is the command.</summary>
    public static HostProcess Shell(string line) => new(Start("sh", "-c", line.Replace("KCOPYD", $"'{Command}'", StringComparison.Ordinal)));

    /// <summary>Runs the command to its end, and passes on what it says, line by line.</summary>
    /// <returns>Its exit status.</returns>
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

    /// <summary>Waits until a condition holds that the process brings about.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        var began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (_process.HasExited)
            {
                var said = await _error;
                Assert.True(condition(), $"exited with {_process.ExitCode} before: {said}");        // or it did that last of all
                return;
            }
            Assert.True(Stopwatch.GetElapsedTime(began) < Patience, $"nothing of what was waited for in {Patience}: {ErrorSoFar}");
            await Task.Delay(20);
        }
    }

    public async Task<Outcome> EndAsync()
    {
        var end = _process.WaitForExitAsync();
        Assert.True(await Task.WhenAny(end, Task.Delay(Patience)) == end, $"no end in {Patience}: {ErrorSoFar}");
        return new Outcome(_process.ExitCode, await _output, await _error);
    }

    // Not by a program: until that has started on a machine that is busy, the moment for which the test has waited is over.
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
