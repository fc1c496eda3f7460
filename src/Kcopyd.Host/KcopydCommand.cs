using System.CommandLine;
using Akka.Configuration;
using Kcopyd.Host.Serving;
using Kcopyd.Host.Snapshots;
using Kcopyd.Host.Transfers;

namespace Kcopyd.Host;

/// <summary>The whole command, from its arguments to its exit status; runs in any process, so that tests need none of their own.</summary>
internal static class KcopydCommand
{
    /// <summary>Runs it.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="console">Where it speaks.</param>
    /// <param name="cancellationToken">The interruption: the job is cancelled and what was copied is reported.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(string[] args, CommandConsole console, CancellationToken cancellationToken = default)
    {
        var root = new RootCommand("Copies regions of files and block devices to many destinations at once, with a result for each.")
        {
            CopyCommand.Create(console),
            ZeroCommand.Create(console),
            SnapshotCommand.Create(console, isUsed: args.Contains(SnapshotCommand.Name)),
            ServeCommand.Create(console, isUsed: args.Contains(ServeCommand.Name)),
            DemoCommand.Create(console),
        };
        CommandLineCheck.Harden(root);
        // A region begins with '@', which would name a response file.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var errors = parsed.Errors.Select(static error => error.Message.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal)).ToList();
        if (CommandLineCheck.Find(parsed, args) is { } meant)
            errors.Insert(0, meant);
        if (errors.Count > 0)
        {
            foreach (var error in errors.Distinct())
                await console.Error.WriteLineAsync($"kcopyd: {error}").ConfigureAwait(false);
            await console.Error.WriteLineAsync("Try 'kcopyd --help', or --help after the name of a command.").ConfigureAwait(false);
            return ExitCodes.Usage;
        }
        try
        {
            var streams = new InvocationConfiguration { Output = console.Out, Error = console.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(streams, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception wrong) when (wrong is UsageException or ConfigurationException)     // the latter of the environment's choice
        {
            await console.Error.WriteLineAsync($"kcopyd: {wrong.Message}").ConfigureAwait(false);
            return ExitCodes.Usage;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await console.Error.WriteLineAsync("kcopyd: interrupted.").ConfigureAwait(false);
            return ExitCodes.Interrupted;
        }
        catch (FailureException failed)
        {
            await console.Error.WriteLineAsync($"kcopyd: {failed.Message}").ConfigureAwait(false);
            return ExitCodes.Errors;
        }
    }
}
