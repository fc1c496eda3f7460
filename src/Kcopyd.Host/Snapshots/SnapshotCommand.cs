using System.CommandLine;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot …</c></summary>
internal static class SnapshotCommand
{
    public const string Name = "snapshot";

    /// <summary>Makes it.</summary>
    /// <param name="console">Where it speaks.</param>
    /// <param name="isUsed">False leaves its own commands away: no other command has to make them at its start.</param>
    public static Command Create(CommandConsole console, bool isUsed)
    {
        var command = new Command(Name, "Snapshots of a disk or image in copy-on-write stores of the kernel's format: take, read, write, export, compare, merge, roll back, delete.");
        if (isUsed)
        {
            foreach (var one in new[]
            {
                CreateCommand.Create(console), StatusCommand.Create(console), ListCommand.Create(console), WriteCommand.Create(console),
                ReadCommand.Create(console), ExportCommand.Create(console), DiffCommand.Create(console), MergeCommand.Create(console),
                RollbackCommand.Create(console), GrowCommand.Create(console), DeleteCommand.Create(console),
            })
            {
                if (!one.Options.Any(static option => option.Name == "--log-level"))
                    one.Add(LogLevelOption.Create("error if nothing is said, and what is wrong is said by the command itself"));
                command.Add(one);
            }
        }
        return command;
    }
}
