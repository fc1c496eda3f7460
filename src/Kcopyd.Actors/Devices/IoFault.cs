namespace Kcopyd.Actors;

/// <summary>An error and its position.</summary>
/// <param name="Error">The error.</param>
/// <param name="Sector">First failing 512-byte sector on that device; -1 if the error has no position (a flush).</param>
/// <param name="Message">The same as a message for the user: names the device, the position and the cause.</param>
public sealed record IoFault(IoError Error, long Sector, string Message);
