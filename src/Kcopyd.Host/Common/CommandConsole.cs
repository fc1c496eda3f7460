namespace Kcopyd.Host.Common;

/// <summary>Where the command speaks: the result on <paramref name="Out"/>, everything else on <paramref name="Error"/>.</summary>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="IsTerminal">True if standard error is a terminal, where a bar can be drawn.</param>
internal sealed record CommandConsole(TextWriter Out, TextWriter Error, bool IsTerminal)
{
    /// <summary>Opens standard input for bytes.</summary>
    public Func<Stream> OpenInput { get; init; } = Console.OpenStandardInput;

    /// <summary>Opens standard output for bytes.</summary>
    public Func<Stream> OpenOutput { get; init; } = Console.OpenStandardOutput;
}
