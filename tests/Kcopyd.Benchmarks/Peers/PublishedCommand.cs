using System.Runtime.InteropServices;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>Our command as users install it: a native program.</summary>
internal static class PublishedCommand
{
    public static async Task<string> PublishAsync(string folder, TextWriter log, CancellationToken cancellationToken)
    {
        await log.WriteLineAsync("publishing kcopyd");
        return await MakeAsync(folder, ["publish", "-r", RuntimeInformation.RuntimeIdentifier], cancellationToken);
    }

    /// <summary>Our command from a plain build, compiled while it runs.</summary>
    public static Task<string> BuildAsync(string folder, CancellationToken cancellationToken) => MakeAsync(folder, ["build"], cancellationToken);

    private static async Task<string> MakeAsync(string folder, string[] options, CancellationToken cancellationToken)
    {
        try
        {
            // Without build servers, which would outlive this program.
            await ToolRun.OutputAsync(new ToolCommand(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
                [.. options, Project, "-c", "Release", "-o", folder, "-nodeReuse:false", "-p:UseSharedCompilation=false"]), cancellationToken);
        }
        catch (ContenderFailedException failed)
        {
            throw new PeersException($"kcopyd could not be built; for 'peers', give an executable with --command: {failed.Message}");
        }
        return Path.Combine(folder, "kcopyd");
    }

    private static string Project
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                var project = Path.Combine(folder.FullName, "src/Kcopyd.Host/Kcopyd.Host.csproj");
                if (File.Exists(project))
                    return project;
            }
            throw new PeersException($"no folder above {AppContext.BaseDirectory} contains src/Kcopyd.Host: give a kcopyd executable with --command");
        }
    }
}
