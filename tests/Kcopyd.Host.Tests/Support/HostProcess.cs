using System.Diagnostics;

namespace Kcopyd.Host.Tests;

/// <summary>The real command in a process of its own; killed with the test.</summary>
internal sealed class HostProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    public HostProcess(params string[] args)
        : this([], args)
    {
    }

    /// <summary>Runs it under another program, such as strace.</summary>
    public HostProcess(string[] under, string[] args)
    {
        // A shell that runs the tests in the background has them ignore SIGINT, and so would the command.
        _process = Process.Start(new ProcessStartInfo("env", ["--default-signal=INT", .. under, Path.Combine(AppContext.BaseDirectory, "kcopyd"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _output = _process.StandardOutput.ReadToEndAsync();
        _error = _process.StandardError.ReadToEndAsync();
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

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
