using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;

namespace Kcopyd.Host.Help;

/// <summary>A page as <c>--help</c> prints it.</summary>
internal static class HelpText
{
    private const int MinWidth = 40, MaxWidth = 100;

    /// <summary>Makes <c>--help</c> print these pages.</summary>
    public static void Use(RootCommand root)
    {
        foreach (var help in root.Options.OfType<HelpOption>())
            help.Action = new Print();
    }

    /// <summary>The text of a page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="width">Columns of the terminal.</param>
    public static string Of(CommandPage page, int width)
    {
        var text = new HelpWriter(Math.Clamp(width, MinWidth, MaxWidth));
        text.Paragraph(page.Summary, 0);
        text.Section("Usage");
        text.Paragraph(page.Usage, 2);
        if (page.Commands.Count > 0)
            text.Section("Commands");
        foreach (var command in page.Commands)
            text.Item(string.Join(' ', command.Operands.Select(static operand => operand.Text).Prepend(command.Words[^1])), command.Summary);
        if (page.Operands.Count > 0)
            text.Section("Operands");
        foreach (var operand in page.Operands)
            text.Item(operand.Name, operand.Description);
        text.Section("Options");
        foreach (var option in page.Options)
            text.Item(option.Heading, option.Description);
        foreach (var section in page.Notes.Sections)
        {
            text.Section(section.Title);
            text.Paragraph(section.Text, 2);
            foreach (var item in section.Items)
                text.Item(item.Word, item.Text);
        }
        text.Section("Exit status");
        foreach (var status in page.Notes.Statuses)
            text.Item(status.Word, status.Text);
        if (page.Notes.Examples.Count > 0)
            text.Section("Examples");
        foreach (var example in page.Notes.Examples)
        {
            text.Paragraph(example.Text, 2);
            text.Lines(example.Line, 4);
        }
        return text.ToString();
    }

    private sealed class Print : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var page = CommandPage.Of(parseResult.CommandResult.Command);
            parseResult.InvocationConfiguration.Output.Write(Of(page, Console.IsOutputRedirected ? MaxWidth : Console.WindowWidth));
            return ExitCodes.Success;
        }
    }
}

/// <summary>Paragraphs, wrapped between words.</summary>
internal sealed class HelpWriter(int width)
{
    // The column where the meaning of a word begins.
    private const int Indent = 6;

    private readonly StringBuilder _text = new();

    public void Section(string title) => _text.Append('\n').Append(title).Append(":\n");

    /// <summary>Writes a word on its own line, and its meaning below.</summary>
    public void Item(string word, string meaning)
    {
        _text.Append(' ', 2).Append(word);
        // The meaning of a short word begins on the same line.
        var start = word.Length <= Indent - 4 ? Indent - 2 - word.Length : -1;
        if (start < 0)
            _text.Append('\n');
        Wrap(meaning, Indent, start < 0 ? Indent : start);
    }

    public void Paragraph(string text, int indent)
    {
        if (text.Length > 0)
            Wrap(text, indent, indent);
    }

    /// <summary>Writes lines verbatim.</summary>
    public void Lines(string lines, int indent)
    {
        foreach (var line in lines.Split('\n'))
            _text.Append(' ', indent).Append(line).Append('\n');
    }

    public override string ToString() => _text.ToString();

    private void Wrap(string text, int indent, int first)
    {
        _text.Append(' ', first);
        var column = indent;
        foreach (var word in text.Split(' '))
        {
            if (column > indent && column + 1 + word.Length > width)
            {
                _text.Append('\n').Append(' ', indent);
                column = indent;
            }
            else if (column > indent)
            {
                _text.Append(' ');
                column++;
            }
            _text.Append(word);
            column += word.Length;
        }
        _text.Append('\n');
    }
}
