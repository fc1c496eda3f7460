namespace Kcopyd.Actors.Snapshots;

/// <summary>Opens or creates a store before its snapshot is attached to the origin's actor.</summary>
internal static class SnapshotOpening
{
    /// <exception cref="ArgumentException">The options or the device are wrong.</exception>
    /// <exception cref="SnapshotStoreException">The store cannot be used.</exception>
    public static async ValueTask<SnapshotCore> OpenAsync(OriginCore origin, IBlockDevice cow, SnapshotOptions options)
    {
        OptionChecks.Check(origin, cow, options);
        var threshold = options.FillThreshold ?? origin.Settings.FillThreshold;
        var name = options.Name ?? cow.Name;
        var asked = new StoreGeometry(options.ChunkSize ?? origin.Settings.ChunkSize);
        if (options.Store == StoreKind.Transient)
        {
            OptionChecks.CheckAlignment(origin, cow, asked);
            return new SnapshotCore(origin, name, cow, options, asked, new TransientStore(asked), new ExceptionTable(), threshold) { IsNew = true };
        }
        var found = await FindAsync(cow, options).ConfigureAwait(false);
        var head = found ?? await NewStore.MakeAsync(origin, cow, asked, options).ConfigureAwait(false);
        var label = LabelWhenOpen(origin, cow, head, options);
        var image = await StoreReader.LoadAsync(cow, head, origin.Device.Length, options.AcceptTruncated, largestPage: options.MaxPage)
            .ConfigureAwait(false);
        OptionChecks.CheckAlignment(origin, cow, image.Geometry);
        // An empty store has nothing to merge. It may still have the mark, because a merge by the kernel leaves it.
        if (label is not null && image.IsValid && !cow.IsReadOnly)
            label = label with { IsMerging = image.Table.Count > 0 && (label.IsMerging || options.ForMerge) };
        var store = new PersistentStore(image, StoreReader.HeadSize(cow));
        var isUnclean = head.Label is { IsUnclean: true };
        var snapshot = new SnapshotCore(origin, name, cow, options, image.Geometry, store, image.Table, threshold)
        {
            IsNew = found is null,
            LabelWhenOpen = label,
            Refusal = image.IsValid && options.Unclean == UncleanStores.Refuse && isUnclean ? SnapshotStoreLabel.UncleanRefusal(cow.Name) : null,
            StaysUnclean = options.Unclean == UncleanStores.Keep && isUnclean,
        };
        snapshot.Become(image.IsValid ? SnapshotState.Active : SnapshotState.Invalid, image.Problem, image.Reason);
        return snapshot;
    }

    /// <returns>Null if a store must be created.</returns>
    private static async ValueTask<StoreHead?> FindAsync(IBlockDevice cow, SnapshotOptions options)
    {
        if (options.Mode == StoreMode.Replace)
            return null;
        StoreHead? head;
        try
        {
            head = await StoreReader.HeadAsync(cow, options.AcceptOrigin).ConfigureAwait(false);
        }
        catch (SnapshotStoreException other) when (other.Reason == SnapshotStoreError.OtherData && options.Mode != StoreMode.Open)
        {
            return null;        // NewStore reports which data it is
        }
        if (head is null && options.Mode == StoreMode.Open)
            throw new SnapshotStoreException(SnapshotStoreError.NoStore, cow.Name, " holds no COW store", "; create one with StoreMode.Create.");
        if (head is not null && options.Mode == StoreMode.Create)
            throw new SnapshotStoreException(SnapshotStoreError.HoldsStore, cow.Name, " holds a COW store already",
                "; open it with StoreMode.Open or, if its snapshot is no longer needed, create a new one with StoreMode.Replace.");
        return head;
    }

    /// <summary>Checks that the store belongs to the origin, and returns its label for the time that it is open.</summary>
    /// <remarks>If the origin is writable, the store is marked as unclean before the first write, because its own device may fail later: then nothing can be
    /// recorded there, not even that the snapshot is invalid. With a read-only origin, and in a merge, no write can make the store stale.</remarks>
    private static SnapshotStoreLabel? LabelWhenOpen(OriginCore origin, IBlockDevice cow, StoreHead head, SnapshotOptions options)
    {
        var label = head.Label;
        if (!options.AcceptOrigin)
            label?.CheckIsOf(cow.Name, origin.Device.Length, origin.Identity);
        if (head.Header.Valid == 0)
            return label;
        if (options is { ForMerge: true, Unclean: UncleanStores.Keep } && label is { IsUnclean: true })
            throw new ArgumentException(
                $"{cow.Name} is unclean, and cannot be merged with UncleanStores.Keep. Use UncleanStores.Accept, or omit ForMerge.", nameof(options));
        if (cow.IsReadOnly)
            return label;
        var isWritten = !origin.Device.IsReadOnly && !options.ForMerge;
        if (label is null)
            return isWritten || options.AcceptOrigin || options.ForMerge ? SnapshotStoreLabel.For(origin.Device, origin.Identity, isWritten) : null;
        if (options.AcceptOrigin || isWritten)
            label = label with { OriginLength = origin.Device.Length, OriginKey = origin.Identity.Key ?? label.OriginKey, OriginName = origin.Identity.Name };
        return label with { IsUnclean = isWritten || (label.IsUnclean && options.Unclean != UncleanStores.Accept) };
    }
}
