using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Host.Tests.Fuzzing;

/// <summary>
/// Random command lines, over files of all kinds, run by the real command. KCOPYD_FUZZ_SEED replays one of them; KCOPYD_FUZZ_RUNS sets their number and
/// KCOPYD_FUZZ_FIRST_SEED the first seed.
/// </summary>
public sealed class CommandLine_should(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);        // then, once it handles signals, it is terminated
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);          // for the end after the signal, on a busy machine
    private static readonly int[] Statuses = [ExitCodes.Success, ExitCodes.Errors, ExitCodes.Usage, ExitCodes.SnapshotLost, ExitCodes.Interrupted];

    [Fact]
    public async Task end_whatever_it_is_with_a_status_of_its_own_and_change_nothing_where_it_is_refused()
    {
        var failures = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var statuses = new System.Collections.Concurrent.ConcurrentDictionary<int, int>();
        var terminated = 0;
        var watch = Stopwatch.StartNew();
        var (first, runs) = Number("KCOPYD_FUZZ_SEED", -1) is var seed and >= 0
            ? (seed, 1) : (Number("KCOPYD_FUZZ_FIRST_SEED", 1), Number("KCOPYD_FUZZ_RUNS", 100));
        await Parallel.ForEachAsync(Enumerable.Range(first, runs), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (number, _) =>
        {
            var run = await RunAsync(number);
            statuses.AddOrUpdate(run.Status, 1, static (_, count) => count + 1);
            Interlocked.Add(ref terminated, run.IsTerminated ? 1 : 0);
            if (run.Complaint is { } complaint)
                failures.Enqueue($"seed {number}: {complaint}");
        });
        var counts = string.Join(", ", statuses.OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Value} with status {pair.Key}"));
        output.WriteLine($"{runs} command lines in {watch.Elapsed.TotalSeconds:f0} s: {counts}; {terminated} were terminated; {failures.Count} failures");
        Assert.True(failures.IsEmpty, string.Join("\n\n", failures.Order().Take(10)));
    }

    private static async Task<Run> RunAsync(int seed)
    {
        var random = new Random(seed);
        using var folder = new FuzzedFolder(random);
        var args = FuzzedCommandLine.Of(random);
        var input = random.Next(3) switch { 0 => "<image", 1 => "<&-", _ => "</dev/null" };
        var to = random.Next(6) switch { 0 => ">/dev/full", 1 => ">&-", _ => "" };
        var before = folder.Look();
        string[] command = [HostProcess.AllSignals, "sh", "-c", $"exec \"$@\" {input} {to}", "sh", HostProcess.Command, .. args];
        using var process = Process.Start(new ProcessStartInfo("env", command)
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (said, wrong) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        var isTerminated = !await EndsAsync(process, Patience) && !await EndsBeforeItTakesSignalsAsync(process);
        if (isTerminated)
        {
            Tool.Run("sh", "-c", $"kill -s TERM {process.Id} 2>/dev/null || true");        // it may have ended in the meantime
            if (!await EndsAsync(process, Grace))
            {
                process.Kill(entireProcessTree: true);
                return new Run(-1, true, $"{Line()}\nhangs, and does not end on SIGTERM\n{await wrong}");
            }
        }
        return new Run(process.ExitCode, isTerminated,
            Complain(await said, await wrong) is { } complaint ? $"{Line()}\nexit status {process.ExitCode}: {complaint}\n{await wrong}" : null);

        string Line() => $"kcopyd {string.Join(' ', args.Select(static word => word.Length > 60 ? $"'{word[..60]}…'" : $"'{word}'"))} {input} {to}";

        string? Complain(string said, string wrong)
        {
            if (!Statuses.Contains(process.ExitCode))
                return "which is not a status of the command";
            if (wrong.Contains("which is a bug", StringComparison.Ordinal) || wrong.Contains("Unhandled", StringComparison.Ordinal)
                || wrong.Contains("   at ", StringComparison.Ordinal))
                return "an unexpected exception";
            if (process.ExitCode != ExitCodes.Success && wrong.Length == 0 && said.Length == 0 && !isTerminated)
                return "without any output";
            if (process.ExitCode == ExitCodes.Usage && folder.Look() is var after && after != before)
                return $"refused, but changed:\n{Changes(before, after)}";
            if (to.Length == 0 && process.ExitCode == ExitCodes.Usage && args.TakeWhile(static word => word != "--").Contains("--json") && !IsJson(said))
                return $"--json, but no JSON: {said}";
            return null;
        }
    }

    // On a busy machine the runtime may take longer than the patience to start. Until then a signal would end the process without a status of ours.
    private static async Task<bool> EndsBeforeItTakesSignalsAsync(Process process)
    {
        var began = Stopwatch.GetTimestamp();
        while (!HostProcess.TakesSignals(process.Id) && Stopwatch.GetElapsedTime(began) < Grace)
        {
            if (await EndsAsync(process, TimeSpan.FromMilliseconds(50)))
                return true;
        }
        return false;
    }

    private static async Task<bool> EndsAsync(Process process, TimeSpan patience)
    {
        using var timeout = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static string Changes(string before, string after)
    {
        var (old, now) = (before.Split('\n'), after.Split('\n'));
        return string.Join('\n', [.. old.Except(now).Select(static line => $"- {line}"), .. now.Except(old).Select(static line => $"+ {line}")]);
    }

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private sealed record Run(int Status, bool IsTerminated, string? Complaint);
}
