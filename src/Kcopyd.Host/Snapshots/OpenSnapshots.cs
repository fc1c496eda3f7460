using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>An origin with its snapshots, at work. The files are the caller's.</summary>
internal sealed class OpenSnapshots : IAsyncDisposable
{
    private readonly List<Snapshot> _snapshots = [];

    private OpenSnapshots(Engine engine, SnapshotOrigin origin)
    {
        Engine = engine;
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
    public static async Task<OpenSnapshots> OpenAsync(SnapshotFiles files, SnapshotOptions options, LogLevel logLevel = LogLevel.Error)
    {
        var engine = Engine.Start(logLevel);
        var opened = new OpenSnapshots(engine, engine.System.CreateSnapshotOrigin(files.Origin, "origin", leaveOpen: true));
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
