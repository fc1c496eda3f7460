using System.CommandLine;
using Akka.Configuration;
using Kcopyd.Host.Help;
using Kcopyd.Host.Help.Completion;
using Kcopyd.Host.Serving;
using Kcopyd.Host.Snapshots;
using Kcopyd.Host.Transfers;

namespace Kcopyd.Host;

/// <summary>The complete command, from its arguments to its exit status. Runs in any process, so that tests need not start one.</summary>
internal static class KcopydCommand
{
    /// <summary>Runs the command.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="console">The output.</param>
    /// <param name="cancellationToken">Interrupts the command: the job is cancelled, and what was copied is reported.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(string[] args, CommandConsole console, CancellationToken cancellationToken = default)
    {
        var isJson = args.TakeWhile(static word => word != "--").Contains("--json");
        try
        {
            return await RunParsedAsync(args, console, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception wrong) when (wrong is UsageException or ConfigurationException)     // the latter for a setting in the environment
        {
            return End("refused", wrong.Message, ExitCodes.Usage, "");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return End("cancelled", "interrupted.", ExitCodes.Interrupted, "");
        }
        catch (FailureException failed)
        {
            return End("failed", failed.Message, ExitCodes.Errors, "");
        }
        catch (OutputException failed)
        {
            await console.Error.WriteLineAsync($"kcopyd: {failed.Message}").ConfigureAwait(false);
            return ExitCodes.Errors;
        }
        catch (Exception unexpected)
        {
            var report = $"an unexpected error, which is a bug; please report it: {unexpected.Message}";
            return End("failed", report, ExitCodes.Errors, $"{unexpected}{Environment.NewLine}");
        }

        int End(string verdict, string message, int exitCode, string more)
        {
            console.Error.Write($"{string.Concat(message.Split('\n').Select(static line => $"kcopyd: {line}{Environment.NewLine}"))}{more}");
            try
            {
                if (isJson)
                    console.Out.WriteLine(JsonRefusal.Of(verdict, message));
            }
            catch (OutputException failed)
            {
                console.Error.WriteLine($"kcopyd: {failed.Message}");
            }
            return exitCode;
        }
    }

    private static async Task<int> RunParsedAsync(string[] args, CommandConsole console, CancellationToken cancellationToken)
    {
        var root = CreateRoot(console, args.Contains);
        // A region begins with '@', which would otherwise introduce a response file.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (CommandLineCheck.Find(parsed, args) is { Count: > 0 } errors)
            throw new UsageException(string.Join('\n', [.. errors, "Try 'kcopyd --help', or --help after the name of a command."]));
        CommandLog.Level = LogLevelOption.Read(parsed);
        var streams = new InvocationConfiguration
        {
            Output = console.Out,
            Error = console.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        return await parsed.InvokeAsync(streams, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Creates the command and all its subcommands.</summary>
    /// <param name="console">The output.</param>
    /// <param name="isUsed">True if a command that is expensive to create is used at all.</param>
    internal static RootCommand CreateRoot(CommandConsole console, Func<string, bool> isUsed)
    {
        Command All() => CreateRoot(console, static _ => true);
        var root = new RootCommand("Copies regions of files and block devices to many destinations at once, with a result for each.")
        {
            CopyCommand.Create(console),
            ZeroCommand.Create(console),
            CompareCommand.Create(console),
            SnapshotCommand.Create(console, isUsed(SnapshotCommand.Name)),
            ServeCommand.Create(console, isUsed(ServeCommand.Name)),
            DemoCommand.Create(console),
            CompletionCommand.Create(console, All),
            ManCommand.Create(console, All),
        };
        CommandLineCheck.Harden(root);
        HelpText.Use(root);
        return root;
    }
}
