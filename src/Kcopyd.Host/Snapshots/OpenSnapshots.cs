using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>An origin with its snapshots, at work. The files are the caller's.</summary>
internal sealed class OpenSnapshots : IAsyncDisposable
{
    private readonly List<Snapshot> _snapshots = [];

    private readonly bool _ownsEngine;

    private OpenSnapshots(Engine engine, bool ownsEngine, SnapshotOrigin origin)
    {
        Engine = engine;
        _ownsEngine = ownsEngine;
        Origin = origin;
    }

    public Engine Engine { get; }

    public SnapshotOrigin Origin { get; }

    /// <summary>That of COW.</summary>
    public Snapshot First => _snapshots[0];

    public IReadOnlyList<Snapshot> All => _snapshots;

    /// <summary>Opens all snapshots before anything can be written.</summary>
    /// <exception cref="UsageException">A store cannot be used.</exception>
    /// <exception cref="FailureException">A snapshot is invalid.</exception>
    public static Task<OpenSnapshots> OpenAsync(SnapshotFiles files, SnapshotOptions options, LogLevel logLevel = LogLevel.Error) =>
        OpenAsync(files, options, Engine.Start(logLevel), ownsEngine: true, "origin");

    /// <summary>The same, of an engine that goes on when they are closed.</summary>
    /// <param name="files">The files.</param>
    /// <param name="options">How.</param>
    /// <param name="running">The engine.</param>
    /// <param name="name">The origin's name there.</param>
    /// <exception cref="UsageException">A store cannot be used.</exception>
    /// <exception cref="FailureException">A snapshot is invalid.</exception>
    public static Task<OpenSnapshots> OpenAsync(SnapshotFiles files, SnapshotOptions options, Engine running, string name) =>
        OpenAsync(files, options, running, ownsEngine: false, name);

    private static async Task<OpenSnapshots> OpenAsync(SnapshotFiles files, SnapshotOptions options, Engine engine, bool ownsEngine, string name)
    {
        var opened = new OpenSnapshots(engine, ownsEngine, engine.System.CreateSnapshotOrigin(files.Origin, name, leaveOpen: true));
        try
        {
            foreach (var (target, cow) in files.All.Skip(1))
                await opened.OpenAsync(target, cow, options).ConfigureAwait(false);
            return opened;
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async Task<SnapshotStatus[]> GetStatusesAsync() => await Task.WhenAll(_snapshots.Select(snapshot => snapshot.GetStatusAsync())).ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        foreach (var snapshot in _snapshots)
            await snapshot.DisposeAsync().ConfigureAwait(false);
        await Origin.DisposeAsync().ConfigureAwait(false);
        if (_ownsEngine)
            Engine.Dispose();
    }

    private async Task OpenAsync(Target target, IBlockDevice cow, SnapshotOptions options)
    {
        try
        {
            _snapshots.Add(await Origin.OpenSnapshotAsync(cow, options with { LeaveOpen = true }).ConfigureAwait(false));
        }
        catch (SnapshotStoreException unusable)
        {
            throw StoreErrors.Usage(target, unusable);
        }
        if (await _snapshots[^1].GetStatusAsync().ConfigureAwait(false) is { State: SnapshotState.Invalid } status)
            throw new FailureException(StoreErrors.Invalid(status));
    }
}
