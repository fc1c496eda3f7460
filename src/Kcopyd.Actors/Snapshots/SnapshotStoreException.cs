namespace Kcopyd.Actors.Snapshots;

/// <summary>A COW store cannot be used: the message names the device, what is wrong with it, and the remedy.</summary>
public sealed class SnapshotStoreException : IOException
{
    /// <summary>Made by the library.</summary>
    public SnapshotStoreException(string message) : base(message) { }

    /// <summary>Made by the library.</summary>
    public SnapshotStoreException(string message, Exception inner) : base(message, inner) { }

    /// <summary>For serializers.</summary>
    public SnapshotStoreException() { }
}
