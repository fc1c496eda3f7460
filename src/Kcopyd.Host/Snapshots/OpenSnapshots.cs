using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>The purpose for which snapshots are opened; it determines whether a snapshot that is not intact stops the command.</summary>
internal enum SnapshotUse
{
    /// <summary>To read or write them: each must be intact.</summary>
    Snapshots,
    /// <summary>To protect them from writes to their origin, which continues even if they fail, as in the kernel.</summary>
    Origin,
    /// <summary>To merge the first, which must be intact; the others are protected.</summary>
    Merge,
}

/// <summary>An origin with its open snapshots. The caller owns the files.</summary>
internal sealed class OpenSnapshots : IAsyncDisposable
{
    private readonly List<OpenSnapshot> _snapshots = [];
    private readonly bool _ownsEngine;
    private IReadOnlyList<string>? _closed;

    private OpenSnapshots(Engine engine, bool ownsEngine, SnapshotOrigin origin)
    {
        Engine = engine;
        _ownsEngine = ownsEngine;
        Origin = origin;
    }

    public Engine Engine { get; }

    public SnapshotOrigin Origin { get; }

    /// <summary>The snapshot of COW.</summary>
    public Snapshot First => _snapshots[0].Snapshot;

    /// <summary>In the order of the files.</summary>
    public IReadOnlyList<OpenSnapshot> All => _snapshots;

    /// <summary>Opens all snapshots before anything can be written.</summary>
    /// <exception cref="UsageException">A store cannot be used.</exception>
    /// <exception cref="FailureException">A device failed, or a snapshot that is needed is invalid.</exception>
    public static Task<OpenSnapshots> OpenAsync(SnapshotFiles files, SnapshotOptions options, SnapshotUse use, LogLevel? logLevel = null) =>
        OpenAsync(files, options, use, Engine.Start(logLevel ?? CommandLog.Level ?? LogLevel.Error), ownsEngine: true, "origin");

    /// <summary>Opens all snapshots in an engine that outlives them.</summary>
    /// <param name="files">The files.</param>
    /// <param name="options">The options.</param>
    /// <param name="use">The purpose.</param>
    /// <param name="running">The engine.</param>
    /// <param name="name">The origin's name in the engine.</param>
    /// <exception cref="UsageException">A store cannot be used.</exception>
    /// <exception cref="FailureException">A device failed, or a snapshot that is needed is invalid.</exception>
    public static Task<OpenSnapshots> OpenAsync(SnapshotFiles files, SnapshotOptions options, SnapshotUse use, Engine running, string name) =>
        OpenAsync(files, options, use, running, ownsEngine: false, name);

    private static async Task<OpenSnapshots> OpenAsync(
        SnapshotFiles files, SnapshotOptions options, SnapshotUse use, Engine engine, bool ownsEngine, string name)
    {
        var opened = new OpenSnapshots(engine, ownsEngine, engine.System.Kcopyd().CreateSnapshotOrigin(files.Origin, name, leaveOpen: true));
        try
        {
            // Snapshots to protect from a merge are opened before the merged one.
            var cows = files.All.Skip(1).ToList();
            for (var i = use == SnapshotUse.Merge ? 1 : 0; i < cows.Count; i++)
            {
                opened._snapshots.Add(
                    await opened.OpenAsync(cows[i].Operand, cows[i].Device, options, isProtected: use != SnapshotUse.Snapshots).ConfigureAwait(false));
            }
            if (use == SnapshotUse.Merge)
            {
                opened._snapshots.Insert(0,
                    await opened.OpenAsync(cows[0].Operand, cows[0].Device, options with { ForMerge = true }, isProtected: false).ConfigureAwait(false));
            }
            return opened;
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Opens one more snapshot, while the others are in use.</summary>
    /// <param name="operand">The store's argument.</param>
    /// <param name="cow">The store; stays open when the snapshot is closed.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="UsageException">The store cannot be used or created.</exception>
    /// <exception cref="FailureException">A device failed, or the snapshot is invalid.</exception>
    public async Task<Snapshot> AddAsync(Operand operand, FileBlockDevice cow, SnapshotOptions options)
    {
        var added = await OpenAsync(operand, cow, options, isProtected: false).ConfigureAwait(false);
        _snapshots.Add(added);
        return added.Snapshot;
    }

    /// <summary>Closes one snapshot, while the others are in use.</summary>
    public async Task RemoveAsync(OpenSnapshot one)
    {
        await one.Snapshot.DisposeAsync().ConfigureAwait(false);
        _snapshots.Remove(one);
    }

    public async Task<SnapshotStatus[]> GetStatusesAsync() =>
        await Task.WhenAll(_snapshots.Select(static one => one.Snapshot.GetStatusAsync())).ConfigureAwait(false);

    /// <summary>Closes everything.</summary>
    /// <returns>Messages for the user about snapshots that could not be closed.</returns>
    public async Task<IReadOnlyList<string>> CloseAsync()
    {
        if (_closed is { } closed)
            return closed;
        foreach (var (snapshot, _) in _snapshots)
            await snapshot.DisposeAsync().ConfigureAwait(false);
        var statuses = await GetStatusesAsync().ConfigureAwait(false);
        _closed = [.. statuses.Where(static status => status.Problem == SnapshotProblem.NotClosed).Select(StoreErrors.After).OfType<string>()];
        await Origin.DisposeAsync().ConfigureAwait(false);
        if (_ownsEngine)
            Engine.Dispose();
        return _closed;
    }

    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    private async Task<OpenSnapshot> OpenAsync(Operand operand, FileBlockDevice cow, SnapshotOptions options, bool isProtected)
    {
        try
        {
            var isUnclean = options is { Mode: StoreMode.Open, Unclean: not UncleanStores.Accept }
                && await StoreReader.HeadAsync(cow, options.AcceptOrigin).ConfigureAwait(false) is { Header.Valid: not 0, Label.IsUnclean: true };
            var how = options with { LeaveOpen = true, Unclean = isProtected && isUnclean ? UncleanStores.Keep : options.Unclean };
            var snapshot = await Origin.OpenSnapshotAsync(cow, how).ConfigureAwait(false);
            if (await snapshot.GetStatusAsync().ConfigureAwait(false) is not { State: SnapshotState.Invalid } invalid)
                return new OpenSnapshot(snapshot, isProtected && isUnclean ? StoreErrors.Unclean(operand) : null);
            if (isProtected)
                return new OpenSnapshot(snapshot, StoreErrors.Invalid(invalid));
            await snapshot.DisposeAsync().ConfigureAwait(false);
            throw new FailureException(StoreErrors.Invalid(invalid));
        }
        catch (SnapshotStoreException unusable)
        {
            throw StoreErrors.Of(operand, unusable);
        }
    }
}

/// <summary>An open snapshot.</summary>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="Notice">A message that says why the snapshot must not be read, although its origin is in use; null if it is intact.</param>
internal sealed record OpenSnapshot(Snapshot Snapshot, string? Notice);
