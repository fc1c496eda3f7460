using System.CommandLine;
using System.Globalization;
using System.Reflection;

namespace Kcopyd.Host.Help;

/// <summary><c>kcopyd man DIR</c></summary>
internal static class ManCommand
{
    public const string Name = "man";

    private static string Version =>
        typeof(ManCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    // As everything does that makes packages which can be made again.
    private static DateOnly Date => long.TryParse(Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH"), CultureInfo.InvariantCulture, out var seconds)
        ? DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime)
        : DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);

    /// <summary>Makes it.</summary>
    /// <param name="console">Where it speaks.</param>
    /// <param name="root">Makes every command there is.</param>
    public static Command Create(CommandConsole console, Func<Command> root)
    {
        var folder = new Argument<string>("DIR")
        {
            Description = "Where they go, such as ~/.local/share/man/man1. It is made if it is not there; pages of these names are replaced.",
        };
        var command = new Command(Name, "Writes the man pages: kcopyd.1, and kcopyd-copy.1 and so on for each command.") { folder };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = parsed.GetRequiredValue(folder);
            var all = CommandPage.Of(root()).All.ToList();
            try
            {
                Directory.CreateDirectory(path);
                foreach (var page in all)
                {
                    var related = all.Select(static other => other.FileName).Where(name => name != page.FileName);
                    var text = ManPage.Of(page, Version, Date, related);
                    await File.WriteAllTextAsync(Path.Combine(path, page.FileName + ".1"), text, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                throw new FailureException($"DIR '{path}': {refused.Message}");
            }
            await console.Out.WriteLineAsync($"{all.Count} pages in {path}").ConfigureAwait(false);
            return ExitCodes.Success;
        });
        return command;
    }
}
