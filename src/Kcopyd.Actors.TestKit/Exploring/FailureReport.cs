using System.Globalization;
using System.Text;
using Kcopyd.Actors.TestKit.Reports;

namespace Kcopyd.Actors.TestKit.Exploring;

/// <summary>What a person needs to understand a failed run: the message of the exception, and two files where a folder is named.</summary>
internal static class FailureReport
{
    private const int StoryTail = 60;

    /// <summary>The exception that explains a failure.</summary>
    /// <param name="world">The world that failed, before it is disposed.</param>
    /// <param name="failure">Why.</param>
    /// <param name="files">The name of the files, which are written if the options or the environment name a folder; null for none.</param>
    public static SimulationFailedException Explain(World world, Exception failure, string? files)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"Seed {world.Seed} failed after {world.Steps:n0} steps and {world.Now} of simulated time: {failure.Message}");
        var options = OptionsText(world.Options);
        text.AppendLine(options.Length == 0 ? "Options: the defaults." : $"Options: {options}.");
        text.AppendLine(CultureInfo.InvariantCulture, $"To replay it, call {nameof(Simulation)}.{nameof(Simulation.Run)}({world.Seed}, …)"
            + $" with the same test and options, or set {SeedVariables.Of(world.Seed, world.Options)} if the test has many seeds.");
        if (files is not null && Folder(world.Options) is { } folder)
            text.AppendLine(WriteFiles(world, failure, folder, files));
        Append(text, "The last steps:", world.Engine.Log.Last());
        Append(text, "The story:", world.Story.Skip(Math.Max(0, world.Story.Count - StoryTail)));
        var message = text.ToString().TrimEnd();
        return failure is LeftSimulationException ? new LeftSimulationException(message, failure) : new SimulationFailedException(message, failure);
    }

    /// <summary>The options that differ from the defaults, in the order of their names.</summary>
    public static string OptionsText(SimulationOptions options)
    {
        var defaults = new SimulationOptions();
        return string.Join(", ",
            from option in typeof(SimulationOptions).GetProperties().OrderBy(static option => option.Name, StringComparer.Ordinal)
            let value = option.GetValue(options)
            where !Equals(value, option.GetValue(defaults))
            select string.Create(CultureInfo.InvariantCulture, $"{option.Name} = {Value(value)}"));
    }

    private static object Value(object? value) => value switch
    {
        null => "null",
        IEnumerable<string> names => $"[{string.Join(", ", names.Select(static name => $"\"{name}\""))}]",
        _ => value,
    };

    private static string? Folder(SimulationOptions options) =>
        options.ReportFolder ?? (Environment.GetEnvironmentVariable(SeedVariables.Reports) is { Length: > 0 } folder ? folder : null);

    // A folder that cannot be written must not hide why the run failed.
    private static string WriteFiles(World world, Exception failure, string folder, string files)
    {
        try
        {
            var path = Path.Combine(Path.GetFullPath(folder), files);
            Directory.CreateDirectory(Path.GetFullPath(folder));
            using (var diagram = File.CreateText($"{path}.svg"))
                Diagram.Write(world.Run, diagram, failure.Message);
            using (var story = File.CreateText($"{path}.txt"))
            {
                story.WriteLine($"Seed {world.Seed} failed: {failure.Message}");
                StoryWriter.Write(world.Run, story, withMessages: true);
            }
            return $"See {path}.svg (the messages as a picture) and {path}.txt (the whole story).";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"The report cannot be written to '{folder}': {exception.Message}";
        }
    }

    internal static ReadOnlySpan<char> FirstLine(string text) =>
        text.AsSpan(0, text.AsSpan().IndexOfAny('\r', '\n') is var end and >= 0 ? end : text.Length);

    private static void Append(StringBuilder text, string title, IEnumerable<string> lines)
    {
        var isFirst = true;
        foreach (var line in lines)
        {
            if (isFirst)
                text.AppendLine(title);
            isFirst = false;
            text.Append("  ").Append(FirstLine(line)).AppendLine();     // the stacks are in the file
        }
    }
}
