using System.Text;
using Kcopyd.Actors.IO;
using Spectre.Console;

namespace Kcopyd.Host.Common;

/// <summary>Standard error as a terminal, with its own size: standard output may be a pipe.</summary>
internal sealed class TerminalOutput : IAnsiConsoleOutput
{
    private const int StandardError = 2;
    private const int DefaultWidth = 80, DefaultHeight = 24;

    private readonly (int Columns, int Rows)? _size = LibC.TerminalSize(StandardError);

    public TerminalOutput(TextWriter writer) => Writer = writer;

    public TextWriter Writer { get; }

    public bool IsTerminal => true;

    public int Width => _size?.Columns ?? DefaultWidth;

    public int Height => _size?.Rows ?? DefaultHeight;

    public void SetEncoding(Encoding encoding)
    {
        // The writer already has an encoding.
    }
}
