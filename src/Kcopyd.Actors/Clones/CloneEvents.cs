namespace Kcopyd.Actors.Clones;

/// <summary>Published on the actor system's event stream when all regions of a clone are hydrated and this is committed: the source is no longer
/// needed.</summary>
/// <param name="Status">The clone's status.</param>
public sealed record CloneHydrated(CloneStatus Status);

/// <summary>Published on the actor system's event stream when the background hydration fails to copy regions. They stay unhydrated, and are tried
/// again.</summary>
/// <param name="Name">The clone's name.</param>
/// <param name="Offset">The first byte that was to be copied.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Error">The error.</param>
/// <param name="OnSource">True if the source could not be read, false if the destination could not be written.</param>
/// <param name="Pause">The hydration pauses for this time.</param>
public sealed record CloneHydrationFailed(string Name, long Offset, long Length, IoError Error, bool OnSource, TimeSpan Pause);

/// <summary>Published on the actor system's event stream when a commit failed and the clone became <see cref="CloneMode.ReadOnly"/> or
/// <see cref="CloneMode.Failed"/>. Regions that were written since the last commit are read from the source again, as after a power cut. Open the clone again
/// when the cause is removed.</summary>
/// <param name="Status">The clone's status.</param>
/// <param name="Error">The error of the commit.</param>
public sealed record CloneReadOnly(CloneStatus Status, IoError Error);
