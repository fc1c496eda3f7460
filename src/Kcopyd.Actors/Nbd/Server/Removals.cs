using Akka.Actor;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>An export was removed: its clients receive the replies to their outstanding requests, within a time limit.</summary>
/// <param name="Export">The closed export.</param>
/// <param name="Hung">Receives a message about the requests that are still in the device when the time limit expires.</param>
internal sealed record DrainExport(ExportCore Export, Completion<string> Hung) : INoSerializationVerificationNeeded;

/// <summary>Tells a connection that uses the export to answer the requests that have begun, and end.</summary>
internal sealed record LeaveExport(ExportCore Export) : INoSerializationVerificationNeeded;

/// <summary>Tells a connection that uses the export to end now. I/Os in the device complete unanswered.</summary>
internal sealed record DropExport(ExportCore Export) : INoSerializationVerificationNeeded;

/// <summary>The time limit for the clients of a removed export has expired.</summary>
internal sealed record ExportDrainTimedOut(DrainExport Drain) : INoSerializationVerificationNeeded;

/// <summary>The time limit for the device of a removed export has expired.</summary>
internal sealed record ExportDeviceTimedOut(DrainExport Drain) : INoSerializationVerificationNeeded;

/// <summary>Sent by a dropped connection that has requests in the device.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="Export">The export that the connection uses.</param>
/// <param name="Requests">A message that names the client, the number of its requests, and the oldest of them.</param>
internal sealed record ConnectionHangs(IActorRef Connection, ExportCore Export, string Requests) : INoSerializationVerificationNeeded;
