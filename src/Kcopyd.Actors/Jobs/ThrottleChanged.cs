using Akka.Actor;

namespace Kcopyd.Actors.Jobs;

internal sealed class ThrottleChanged : INoSerializationVerificationNeeded
{
    public static ThrottleChanged Instance { get; } = new();
}
