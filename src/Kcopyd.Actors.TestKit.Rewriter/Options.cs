namespace Kcopyd.Actors.TestKit.Rewriter;

/// <summary>The command line.</summary>
internal sealed class Options
{
    public const string Usage = """
        Usage: Kcopyd.Actors.TestKit.Rewriter FOLDER [ASSEMBLY...] [--search FOLDER]... [--strong-named] [--report]

        Redirects the clocks, timers and random numbers of assemblies in FOLDER to the simulation of the test kit, in place. Outside a
        simulation the assemblies behave as before. An assembly that is rewritten already is left alone.

          ASSEMBLY        file name, or name without .dll; without any, all assemblies except those of .NET, of the test kit, of xunit,
                          and those with a strong name
          --search        where else the assemblies they refer to are; may be repeated
          --strong-named  rewrite assemblies with a strong name too; their signature becomes invalid, which .NET does not check
          --report        print what was redirected, and what leaves a simulation and is not redirected
          @FILE           arguments from a file, one a line

        """;

    private static readonly string[] NotOfUsers = ["System.", "Microsoft.", "xunit.", "Kcopyd.Actors.TestKit.", "Mono.Cecil."];

    public string Folder { get; private set; } = "";

    public List<string> Names { get; } = [];

    public List<string> SearchFolders { get; } = [];

    public bool StrongNamed { get; private set; }

    public bool Report { get; private set; }

    public bool Help { get; private set; }

    public static Options Parse(IEnumerable<string> arguments)
    {
        var options = new Options();
        using var rest = arguments.SelectMany(Expand).GetEnumerator();
        while (rest.MoveNext())
            options.Take(rest.Current, rest);
        if (options.Help)
            return options;
        if (options.Folder.Length == 0)
            throw new OptionsException("The folder is missing. --help shows the arguments.");
        foreach (var folder in options.SearchFolders.Prepend(options.Folder))
        {
            if (!Directory.Exists(folder))
                throw new OptionsException($"The folder '{folder}' does not exist.");
        }
        return options;
    }

    /// <summary>The files to rewrite, in the order of their names.</summary>
    public IEnumerable<string> Assemblies()
    {
        if (Names.Count == 0)
        {
            return Directory.EnumerateFiles(Folder, "*.dll")
                .Where(f => !Array.Exists(NotOfUsers, p => Path.GetFileName(f).StartsWith(p, StringComparison.OrdinalIgnoreCase)))
                .Order(StringComparer.Ordinal);
        }
        return Names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(name =>
        {
            var file = Path.Combine(Folder, Path.GetExtension(name).ToUpperInvariant() is ".DLL" or ".EXE" ? name : name + ".dll");
            return File.Exists(file) ? file : throw new OptionsException($"The assembly '{file}' does not exist.");
        });
    }

    private static string[] Expand(string argument)
    {
        if (!argument.StartsWith('@'))
            return [argument];
        var file = argument[1..];
        if (!File.Exists(file))
            throw new OptionsException($"The file of arguments '{file}' does not exist.");
        return Array.FindAll(File.ReadAllLines(file), l => l.Length != 0);
    }

    private void Take(string argument, IEnumerator<string> rest)
    {
        switch (argument)
        {
            case "--help" or "-h" or "-?":
                Help = true;
                break;
            case "--strong-named":
                StrongNamed = true;
                break;
            case "--report":
                Report = true;
                break;
            case "--search":
                SearchFolders.Add(rest.MoveNext() ? rest.Current : throw new OptionsException("--search needs a folder."));
                break;
            case ['-', ..]:
                throw new OptionsException($"'{argument}' is not an option. --help shows the arguments.");
            case var folder when Folder.Length == 0:
                Folder = folder;
                break;
            default:
                Names.Add(argument);
                break;
        }
    }
}

/// <summary>The command line is wrong; the message is for the user.</summary>
internal sealed class OptionsException(string message) : Exception(message);
