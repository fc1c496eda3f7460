using System.Diagnostics;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>A program and its arguments.</summary>
internal sealed record ToolCommand(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>A script for bash, with the arguments as $1, $2, …</summary>
    public static ToolCommand Shell(string script, params IEnumerable<string> arguments) =>
        new("bash", ["-o", "pipefail", "-c", script, "bash", .. arguments]);

    /// <summary>A program, followed by a flush of what it wrote.</summary>
    public static ToolCommand Synced(string file, params IEnumerable<string> command) => Shell("f=$1; shift; \"$@\" && sync \"$f\"", [file, .. command]);

    public override string ToString() => $"{Path.GetFileName(Program)} {string.Join(' ', Arguments)}";
}

/// <summary>Runs one or more programs at once and measures the time from the start of the first to the end of the last.</summary>
internal static class ToolRun
{
    public static async Task<Effort> TimeAsync(IReadOnlyList<ToolCommand> commands, CancellationToken cancellationToken) =>
        (await RunAsync(commands, cancellationToken)).Effort;

    public static async Task<(Effort Effort, string Output)> RunAsync(IReadOnlyList<ToolCommand> commands, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var cpu = ResourceUsage.Children;
        var clock = Stopwatch.StartNew();
        var processes = new List<Process>(commands.Count);
        try
        {
            foreach (var command in commands)
                processes.Add(Start(command));
            // Kills the programs immediately, whatever else this program is doing: a cancelled run must not wait for a program that needs hours.
            await using var onCancel = cancellationToken.Register(() => processes.ForEach(Kill));
            var outputs = processes.Select(process => (
                Output: process.StandardOutput.ReadToEndAsync(CancellationToken.None),
                Error: process.StandardError.ReadToEndAsync(CancellationToken.None))).ToArray();
            foreach (var process in processes)
                await process.WaitForExitAsync(CancellationToken.None);
            var effort = new Effort(clock.Elapsed.TotalSeconds, ResourceUsage.Children - cpu);
            cancellationToken.ThrowIfCancellationRequested();
            for (var i = 0; i < processes.Count; i++)
            {
                if (processes[i].ExitCode != 0)
                    throw new ContenderFailedException($"{commands[i]}: exit status {processes[i].ExitCode}: {LastLines(await outputs[i].Error)}");
            }
            return (effort, await outputs[0].Output);
        }
        finally
        {
            processes.ForEach(Kill);
            processes.ForEach(process => process.Dispose());
        }
    }

    /// <summary>Runs a program that must succeed, and returns what it prints.</summary>
    public static async Task<string> OutputAsync(ToolCommand command, CancellationToken cancellationToken) =>
        (await RunAsync([command], cancellationToken)).Output;

    private static Process Start(ToolCommand command)
    {
        var start = new ProcessStartInfo(Toolbox.Find(command.Program) ?? command.Program, command.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Settings for this process (such as a startup hook) must not apply to the contenders.
        start.Environment.Remove("DOTNET_STARTUP_HOOKS");
        start.Environment["LC_ALL"] = "C";
        var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Exception notStarted) when (notStarted is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            process.Dispose();
            throw new ContenderFailedException($"{command} did not start: {notStarted.Message}", notStarted);
        }
        process.StandardInput.Close();
        return process;
    }

    private static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has already ended.
        }
    }

    private static string LastLines(string text) => string.Join("; ",
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(3).DefaultIfEmpty("nothing on stderr"));
}
