using System.Globalization;
using System.Text;

namespace Kcopyd.Host.Help;

/// <summary>A page for man(1), in man macros.</summary>
internal static class ManPage
{
    /// <summary>The text of a page.</summary>
    /// <param name="page">The page.</param>
    /// <param name="version">The version of the program.</param>
    /// <param name="date">The date of the release.</param>
    /// <param name="related">The file names of the pages under "See also".</param>
    public static string Of(CommandPage page, string version, DateOnly date, IEnumerable<string> related)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $".TH {page.FileName.ToUpperInvariant()} 1 {date:yyyy-MM-dd} \"kcopyd {version}\" \"User Commands\"\n");
        Section("Name");
        text.Append(Escape(page.FileName)).Append(" \\- ").Append(Line(char.ToLowerInvariant(page.Title[0]) + page.Title[1..]));
        Section("Synopsis");
        text.Append(".nh\n").Append(".B ").Append(Line(page.Name)).Append(Line(page.Usage[(page.Name.Length + 1)..])).Append(".hy\n");
        Section("Description");
        text.Append(Line(page.Summary));
        Items("Commands", page.Commands.Select(static command => new NoteItem($"{command.FileName}(1)", command.Summary)));
        Items("Operands", page.Operands.Select(static operand => new NoteItem(operand.Text, operand.Description)));
        Items("Options", page.Options.Select(static option => new NoteItem(option.Heading, option.Description)));
        foreach (var section in page.Notes.Sections)
        {
            Section(section.Title);
            if (section.Text.Length > 0)
                text.Append(Line(section.Text));
            foreach (var item in section.Items)
                Item(item);
        }
        Items("Exit status", page.Notes.Statuses);
        if (page.Notes.Examples.Count > 0)
            Section("Examples");
        foreach (var example in page.Notes.Examples)
        {
            if (example != page.Notes.Examples[0])
                text.Append(".PP\n");
            text.Append(Line(example.Text)).Append(".PP\n.nf\n.RS 4\n");
            foreach (var line in example.Line.Split('\n'))
                text.Append(Line(line));
            text.Append(".RE\n.fi\n");
        }
        Section("See also");
        text.Append(string.Join(",\n", related.Select(static name => $".BR {Escape(name)} (1)"))).Append('\n');
        return text.ToString();

        void Section(string title) => text.Append(".SH ").Append(title.ToUpperInvariant()).Append('\n');

        void Items(string title, IEnumerable<NoteItem> items)
        {
            var all = items.ToList();
            if (all.Count > 0)
                Section(title);
            all.ForEach(Item);
        }

        void Item(NoteItem item) => text.Append(".TP\n.B ").Append(Line(item.Word)).Append(Line(item.Text));
    }

    // A line that begins with a dot or an apostrophe would be a roff request.
    private static string Line(string text) => (text[0] is '.' or '\'' ? "\\&" : "") + Escape(text) + '\n';

    private static string Escape(string text) => text.Replace("\\", "\\e", StringComparison.Ordinal)
        .Replace("-", "\\-", StringComparison.Ordinal).Replace("\"", "\\(dq", StringComparison.Ordinal)
        .Replace("'", "\\(aq", StringComparison.Ordinal).Replace("~", "\\(ti", StringComparison.Ordinal).Replace("^", "\\(ha", StringComparison.Ordinal);
}
