namespace Kcopyd.Actors;

/// <summary>An error and where it was.</summary>
/// <param name="Error">What failed.</param>
/// <param name="Sector">First failing 512-byte sector on that device; -1 where the error has no place (a flush).</param>
/// <param name="Message">The same for people: names the device, the place and the cause.</param>
public sealed record IoFault(IoError Error, long Sector, string Message);
