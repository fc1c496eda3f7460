using System.Text.Json;

namespace Kcopyd.Host.Tests;

/// <summary>Runs the command in this process; or the file that KCOPYD_COMMAND names, in a separate process. Each test has its own folder.</summary>
public abstract class CommandSpec : IDisposable
{
    public TempFolder Folder { get; } = new();

    internal static async Task<Outcome> RunAsync(params string[] args)
    {
        if (HostProcess.Given is not null)
        {
            using var process = new HostProcess(args);
            return await process.EndAsync();
        }
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await KcopydCommand.RunAsync(args, new CommandConsole(output, error, IsTerminal: false));
        return new Outcome(exitCode, output.ToString(), error.ToString());
    }

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }
}

internal sealed record Outcome(int ExitCode, string Out, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    public ulong WriteErrors => Convert.ToUInt64(Json.GetProperty("writeErrors").GetString(), 16);
}
