namespace Kcopyd.Host.Common;

/// <summary>The output of the command: the result goes to <paramref name="Out"/>, everything else to <paramref name="Error"/>.</summary>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="IsTerminal">True if standard error is a terminal that can show a progress bar.</param>
internal sealed record CommandConsole(TextWriter Out, TextWriter Error, bool IsTerminal)
{
    private Action? _progress;

    /// <summary>Receives warnings; if null, they go to <see cref="Error"/>.</summary>
    public Action<string>? TakeWarning { get; init; }

    /// <summary>Reports a condition that the user should know about; the command continues.</summary>
    public void Warn(string warning)
    {
        if (TakeWarning is { } take)
            take(warning);
        else
            Error.WriteLine($"kcopyd: warning: {warning}");
    }

    /// <summary>Opens standard input as a stream of bytes.</summary>
    public Func<Stream> OpenInput { get; init; } = DescriptorStream.StandardInput;

    /// <summary>Opens standard output as a stream of bytes.</summary>
    public Func<Stream> OpenOutput { get; init; } = DescriptorStream.StandardOutput;

    /// <summary>Requests a progress report. Can be called from any thread; ignored while no long operation is running.</summary>
    public void AskForProgress() => Volatile.Read(ref _progress)?.Invoke();

    /// <summary>Sets the handler of <see cref="AskForProgress"/> until the result is disposed.</summary>
    public IDisposable AnswerProgress(Action answer)
    {
        Volatile.Write(ref _progress, answer);
        return new Answer(this);
    }

    private sealed class Answer(CommandConsole console) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref console._progress, null);
    }
}
