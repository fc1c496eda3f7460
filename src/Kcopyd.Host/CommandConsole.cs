namespace Kcopyd.Host;

/// <summary>Where the command speaks: the result on <paramref name="Out"/>, everything else on <paramref name="Error"/>.</summary>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="IsTerminal">True if standard error is a terminal, where a bar can be drawn.</param>
internal sealed record CommandConsole(TextWriter Out, TextWriter Error, bool IsTerminal);
