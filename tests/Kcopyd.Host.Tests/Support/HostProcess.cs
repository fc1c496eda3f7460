using System.Diagnostics;
using System.Text;

namespace Kcopyd.Host.Tests;

/// <summary>The real command in a process of its own; killed with the test.</summary>
internal sealed class HostProcess : IDisposable
{
    public static readonly string Command = Given ?? Path.Combine(AppContext.BaseDirectory, "kcopyd");

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
    {
        // A shell that runs the tests in the background has them ignore SIGINT, and so would the command.
        _process = Process.Start(new ProcessStartInfo("env", ["--default-signal=INT", .. under, Command, .. args])
        {
            RedirectStandardInput = true,       // and nothing is ever written there
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _output = _process.StandardOutput.ReadToEndAsync();
        _error = ReadErrorAsync();
    }

    private HostProcess(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _output = _process.StandardOutput.ReadToEndAsync();
        _error = ReadErrorAsync();
    }

    /// <summary>True while it has a file open.</summary>
    public bool HasOpen(string path)
    {
        try
        {
            return Directory.GetFiles($"/proc/{_process.Id}/fd").Any(fd => new FileInfo(fd).LinkTarget == path);
        }
        catch (IOException)
        {
            return false;       // one that was closed meanwhile
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
    public static HostProcess Shell(string line) => new(new ProcessStartInfo("sh", ["-c", line.Replace("KCOPYD", $"'{Command}'", StringComparison.Ordinal)])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    });

    /// <summary>Runs the command to its end, and passes on what it says, line by line.</summary>
    /// <returns>Its exit status.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken interruption)
    {
        using var process = Process.Start(new ProcessStartInfo("env", ["--default-signal=INT", Command, .. args])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await using var onInterrupt = interruption.Register(() => Tool.Run("kill", "-s", "INT", $"{process.Id}"));
        await Task.WhenAll(PassAsync(process.StandardOutput, output), PassAsync(process.StandardError, error), process.WaitForExitAsync(CancellationToken.None));
        return process.ExitCode;

        static async Task PassAsync(StreamReader from, TextWriter to)
        {
            while (await from.ReadLineAsync(CancellationToken.None) is { } line)
                await to.WriteLineAsync(line);
        }
    }

    public void Signal(string name) => Tool.Run("kill", "-s", name, $"{_process.Id}");

    /// <summary>Waits until a condition holds that the process brings about.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"exited with {_process.ExitCode} before: {await _error}");
            await Task.Delay(20, patience.Token);
        }
    }

    public async Task<Outcome> EndAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(patience.Token);
        return new Outcome(_process.ExitCode, await _output, await _error);
    }

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
