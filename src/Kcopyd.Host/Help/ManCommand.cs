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

    // The convention for reproducible packages.
    private static DateOnly Date => long.TryParse(Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH"), CultureInfo.InvariantCulture, out var seconds)
        ? DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime)
        : DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);

    /// <summary>Creates the command.</summary>
    /// <param name="console">The output.</param>
    /// <param name="root">Creates the root with all commands.</param>
    public static Command Create(CommandConsole console, Func<Command> root)
    {
        var folder = new Argument<string>("DIR")
        {
            Description = "The directory of the pages, such as ~/.local/share/man/man1. It is created if it does not exist; existing pages are replaced.",
        };
        var command = new Command(Name, "Writes the man pages: kcopyd.1, and a page such as kcopyd-copy.1 for each command.") { folder };
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
