using Kcopyd.Actors.Snapshots;
using Kcopyd.Host.Snapshots;

namespace Kcopyd.Host.Tests.Snapshots;

/// <summary>Runs <c>kcopyd snapshot …</c> in this process, with bytes on its standard input and from its standard output.</summary>
public abstract class SnapshotCommandSpec : CommandSpec
{
    internal const int Length = 200 * 4096 + 512;      // the last chunk is partial

    /// <summary>An origin of random bytes.</summary>
    protected string Origin { get; }

    protected string Cow => Folder["cow"];

    protected byte[] Frozen { get; }

    protected SnapshotCommandSpec()
    {
        Origin = Folder.Random("origin", Length);
        Frozen = Folder.Read("origin");
    }

    internal static Task<Outcome> SnapshotAsync(params string[] args) => RunAsync(["snapshot", .. args]);

    /// <summary>Runs the command; fails the test unless it succeeds and writes nothing to standard error.</summary>
    internal static async Task<Outcome> DoAsync(params string[] args)
    {
        var outcome = await SnapshotAsync(args);
        Xunit.Assert.True(outcome is { ExitCode: 0, Error: "" }, $"{string.Join(' ', args)}: {outcome.ExitCode}: {outcome.Error}");
        return outcome;
    }

    internal async Task CreateAsync(params string[] options) => await DoAsync(["create", Origin, Cow, "--size", "2M", .. options]);

    /// <summary>Leaves a store in the state of a merge that ended before its first run was merged.</summary>
    internal static async Task BeginMergeAsync(string origin, string cow)
    {
        await using var files = await SnapshotFiles.OpenAsync(origin, writesOrigin: true, [cow], writesCows: true);
        await using var opened = await OpenSnapshots.OpenAsync(files, new SnapshotOptions { Mode = StoreMode.Open }, SnapshotUse.Merge);
    }

    internal static async Task<(Outcome Outcome, byte[] Bytes)> PipeAsync(byte[] input, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var bytes = new MemoryStream();
        var console = new CommandConsole(output, error, IsTerminal: false) { OpenInput = () => new Pipe(input), OpenOutput = () => bytes };
        var exitCode = await KcopydCommand.RunAsync(["snapshot", .. args], console);
        return (new Outcome(exitCode, output.ToString(), error.ToString()), bytes.ToArray());
    }

    // Like a pipe: returns a few bytes at a time and has no known length.
    private sealed class Pipe(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, 777)], cancellationToken);
    }
}
