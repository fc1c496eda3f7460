using System.CommandLine;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot …</c></summary>
internal static class SnapshotCommand
{
    public const string Name = "snapshot";

    /// <summary>Creates the command.</summary>
    /// <param name="console">The console that it writes to.</param>
    /// <param name="isUsed">False omits its subcommands, so that other commands do not create them at startup.</param>
    public static Command Create(CommandConsole console, bool isUsed)
    {
        var command = new Command(Name, "Snapshots of a disk or image in copy-on-write stores in the kernel's format: "
            + "take, read, write, export, compare, merge, roll back, delete.");
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
                    one.Add(LogLevelOption.Create("the default is error, and the command itself reports what is wrong"));
                command.Add(one);
            }
        }
        return command;
    }
}
