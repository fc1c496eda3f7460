namespace Kcopyd.Actors.TestKit.Rewriter;

/// <summary>Redirects the clocks, timers and random numbers of assemblies to a simulation.</summary>
internal static class Program
{
    private static int Main(string[] args) => Run(args, Console.Out, Console.Error);

    /// <summary>0: every assembly is rewritten, or was already; 1: one is not; 2: the arguments are wrong.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter errors)
    {
        try
        {
            var options = Options.Parse(args);
            if (options.Help)
            {
                output.Write(Options.Usage);
                return 0;
            }
            var table = ReplacementTable.OfIntercepts();
            var rewriter = new AssemblyRewriter(table, [options.Folder, .. options.SearchFolders]);
            var failed = false;
            foreach (var path in options.Assemblies())
            {
                var result = rewriter.Rewrite(path, required: options.Names.Count != 0, options.StrongNamed);
                failed |= result.Error is not null;
                result.Write(options.Report, output, errors);
            }
            return failed ? 1 : 0;
        }
        catch (OptionsException e)
        {
            errors.WriteLine($"error KCR0001: {e.Message}");
            return 2;
        }
    }
}
