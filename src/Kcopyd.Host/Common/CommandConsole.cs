namespace Kcopyd.Host.Common;

/// <summary>Where the command speaks: the result on <paramref name="Out"/>, everything else on <paramref name="Error"/>.</summary>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="IsTerminal">True if standard error is a terminal on which a bar can be drawn.</param>
internal sealed record CommandConsole(TextWriter Out, TextWriter Error, bool IsTerminal)
{
    private Action? _progress;

    /// <summary>Takes warnings; null has them on <see cref="Error"/>.</summary>
    public Action<string>? TakeWarning { get; init; }

    /// <summary>Says something that a user should know, although the command continues.</summary>
    public void Warn(string warning)
    {
        if (TakeWarning is { } take)
            take(warning);
        else
            Error.WriteLine($"kcopyd: warning: {warning}");
    }

    /// <summary>Opens standard input for bytes.</summary>
    public Func<Stream> OpenInput { get; init; } = DescriptorStream.StandardInput;

    /// <summary>Opens standard output for bytes.</summary>
    public Func<Stream> OpenOutput { get; init; } = DescriptorStream.StandardOutput;

    /// <summary>Somebody wants to know how far the command is. Any thread; nothing happens while it does nothing that takes long.</summary>
    public void AskForProgress() => Volatile.Read(ref _progress)?.Invoke();

    /// <summary>Says how to answer that, until the result is disposed.</summary>
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
