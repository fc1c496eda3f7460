using System.CommandLine;

namespace Kcopyd.Host.Transfers;

/// <summary><c>kcopyd demo</c></summary>
internal static class DemoCommand
{
    public static Command Create(CommandConsole console)
    {
        var command = new Command(
            "demo", "Demonstrates the engine in a temporary folder: one copy to eight files, of which one fails, and a prepared callback.");
        command.SetAction((_, cancellationToken) => RunAsync(console, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CommandConsole console, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("kcopyd-demo-");
        try
        {
            using var engine = Engine.Start(LogLevel.Warning);
            var isExpected = await new Demo(engine.System, folder.FullName, console.Out).RunAsync(cancellationToken).ConfigureAwait(false);
            return isExpected ? ExitCodes.Success : ExitCodes.Errors;
        }
        catch (OperationCanceledException)
        {
            await console.Error.WriteLineAsync("kcopyd: interrupted.").ConfigureAwait(false);
            return ExitCodes.Interrupted;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
