using System.Globalization;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>The C program: compiles it here, and uses the time that it measures itself where its start must not count.</summary>
internal static class FloorProgram
{
    private const string Source = "kcopyd.floor.c";

    public static async Task<string> CompileAsync(string folder, CancellationToken cancellationToken)
    {
        string source = Path.Combine(folder, "floor.c"), program = Path.Combine(folder, "floor");
        using (var resource = typeof(FloorProgram).Assembly.GetManifestResourceStream(Source)!)
        using (var file = File.Create(source))
            await resource.CopyToAsync(file, cancellationToken);
        try
        {
            if (Toolbox.Find("gcc") is not null)
                await ToolRun.OutputAsync(new ToolCommand("gcc", "-O2", "-pthread", "-o", program, source), cancellationToken);
        }
        catch (ContenderFailedException failed)
        {
            throw new PeersException($"the C program could not be compiled (apt-get install gcc libc6-dev): {failed.Message}");
        }
        return program;
    }

    /// <summary>Copies 4 KiB pairs with <paramref name="threads"/> threads; timed by the program, without its start.</summary>
    public static Contender Pairs(Arena arena, bool direct, int threads, long pairs, CopyFiles files) =>
        new(threads == 1 ? "C, 1 thread" : $"C, {threads} threads", ContenderKind.Floor, async token =>
        {
            var command = new ToolCommand(arena.Floor, "pairs", direct ? "direct" : "buffered", $"{threads}", $"{pairs}", files.Source, files.Destinations[0]);
            var (_, output) = await ToolRun.RunAsync([command], token);
            var figures = output.Split(' ');
            return new Effort(double.Parse(figures[0], CultureInfo.InvariantCulture), double.Parse(figures[1], CultureInfo.InvariantCulture));
        }) { Missing = Toolbox.Missing("gcc") };
}
