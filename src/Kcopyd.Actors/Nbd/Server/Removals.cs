using Akka.Actor;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>An export was removed: its clients get the answers to what they have asked, for a while.</summary>
/// <param name="Export">The export, which is closed.</param>
/// <param name="Hung">Gets what is still in the device when the server waits no longer.</param>
internal sealed record DrainExport(ExportCore Export, TaskCompletionSource<string> Hung) : INoSerializationVerificationNeeded;

/// <summary>To a connection: answer what has begun, and end, if it is this export that you use.</summary>
internal sealed record LeaveExport(ExportCore Export) : INoSerializationVerificationNeeded;

/// <summary>To a connection: end now, if it is this export that you use. What is in the device ends unanswered.</summary>
internal sealed record DropExport(ExportCore Export) : INoSerializationVerificationNeeded;

/// <summary>Time is up for the clients of a removed export.</summary>
internal sealed record ExportDrainTimedOut(DrainExport Drain) : INoSerializationVerificationNeeded;

/// <summary>Time is up for the device of a removed export.</summary>
internal sealed record ExportDeviceTimedOut(DrainExport Drain) : INoSerializationVerificationNeeded;

/// <summary>From a connection that was dropped: so much of it is in the device.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="Export">What it uses.</param>
/// <param name="Requests">The client, the number of its requests, and the oldest of them, for people.</param>
internal sealed record ConnectionHangs(IActorRef Connection, ExportCore Export, string Requests) : INoSerializationVerificationNeeded;
