namespace Kcopyd.Actors.TestKit.Reports;

/// <summary>Writes the story of a run as text.</summary>
internal static class StoryWriter
{
    public static void Write(Run run, TextWriter writer, bool withMessages)
    {
        if (withMessages && run.Engine.Messages.Dropped is > 0 and var dropped)
            writer.WriteLine($"(The first {dropped:n0} messages are not recorded. Raise {nameof(SimulationOptions.RecordedMessages)} to see more.)");
        foreach (var item in ReportEvent.Of(run, withMessages))
            writer.WriteLine(item.ToString());
    }
}
