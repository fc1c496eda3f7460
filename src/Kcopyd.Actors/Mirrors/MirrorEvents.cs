namespace Kcopyd.Actors.Mirrors;

/// <summary>Published on the actor system's event stream when a leg has failed and is no longer used.</summary>
/// <param name="Mirror">The mirror's name.</param>
/// <param name="Leg">The leg, counted from 0.</param>
/// <param name="Device">Its name.</param>
/// <param name="Error">The error that ended its use.</param>
public sealed record MirrorLegFailed(string Mirror, int Leg, string Device, IoError Error);

/// <summary>Published on the actor system's event stream when all legs in use have become equal.</summary>
/// <param name="Mirror">The mirror's name.</param>
public sealed record MirrorInSync(string Mirror);

/// <summary>Published on the actor system's event stream when a region could not be copied because its source could not be read.</summary>
/// <param name="Mirror">The mirror's name.</param>
/// <param name="Offset">The region's first byte.</param>
/// <param name="Error">The error of the read.</param>
public sealed record MirrorRecoveryFailed(string Mirror, long Offset, IoError Error);

/// <summary>Published on the actor system's event stream when the log could not be written. Writes that need it fail until it can be written again.</summary>
/// <param name="Mirror">The mirror's name.</param>
/// <param name="Device">The log's device.</param>
/// <param name="Error">The error.</param>
public sealed record MirrorLogFailed(string Mirror, string Device, IoError Error);

/// <summary>Published on the actor system's event stream when a range that a leg could not read has been rewritten from another leg.</summary>
/// <param name="Mirror">The mirror's name.</param>
/// <param name="Leg">The leg, counted from 0.</param>
/// <param name="Offset">The first byte.</param>
/// <param name="Length">Bytes.</param>
public sealed record MirrorRangeRepaired(string Mirror, int Leg, long Offset, long Length);
