using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>A running program, with its output captured as it is printed.</summary>
internal sealed partial class RunningTool : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new(), _error = new();
    private readonly string _command;

    public RunningTool(ProcessStartInfo start)
    {
        _command = $"{start.FileName} {string.Join(' ', start.ArgumentList)}";
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_error, line.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The output so far.</summary>
    public string Output => Text(_output);

    /// <summary>Waits until the program ends and returns its result; a program that does not end is killed and fails the test.</summary>
    public async Task<ToolResult> WaitAsync(TimeSpan patience)
    {
        using var timeout = new CancellationTokenSource(patience);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            await DisposeAsync();
            throw new TimeoutException($"{_command}\ndid not end within {patience}.\n{Text(_output)}\n{Text(_error)}");
        }
        return new ToolResult(_command, _process.ExitCode, Text(_output), Text(_error));
    }

    /// <summary>Waits until a condition holds that the program brings about; if the program ends before, the test fails.</summary>
    public async Task UntilAsync(Func<bool> condition, string what, TimeSpan? patience = null)
    {
        var deadline = Stopwatch.GetTimestamp() + (long)((patience ?? TimeSpan.FromSeconds(60)).TotalSeconds * Stopwatch.Frequency);
        while (!condition())
        {
            if (_process.HasExited)
            {
                var left = await WaitAsync(TimeSpan.FromSeconds(60));
                if (condition())
                    return;         // its last action made the condition true
                throw new InvalidOperationException($"{_command}\nended before {what}: {left}");
            }
            if (Stopwatch.GetTimestamp() > deadline)
                throw new TimeoutException($"{_command}\nstill not {what}.\n{Text(_output)}\n{Text(_error)}");
            await Task.Delay(5);     // files and other processes have no event to await
        }
    }

    /// <summary>Sends a signal to the program.</summary>
    public void Signal(int signal)
    {
        if (Kill(_process.Id, signal) != 0)
            throw new InvalidOperationException($"kill({_process.Id}, {signal}): {Marshal.GetLastPInvokeErrorMessage()}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            if (line is not null)
                text.Append(line).Append('\n');
        }
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
            return text.ToString();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
