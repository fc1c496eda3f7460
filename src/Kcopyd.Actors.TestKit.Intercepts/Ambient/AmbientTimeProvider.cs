namespace Kcopyd.Actors.TestKit.Intercepts.Ambient;

/// <summary>The simulation's time on a thread in a simulation, the system's elsewhere. One object, because code keeps a time provider in static fields.</summary>
internal sealed class AmbientTimeProvider : TimeProvider
{
    public static readonly AmbientTimeProvider Instance = new();

    private AmbientTimeProvider()
    {
    }

    public override TimeZoneInfo LocalTimeZone => Here.LocalTimeZone;

    public override long TimestampFrequency => Here.TimestampFrequency;

    private static TimeProvider Here => Interception.Here("TimeProvider.System")?.Environment.Time ?? System;

    public override DateTimeOffset GetUtcNow() => Here.GetUtcNow();

    public override long GetTimestamp() => Here.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        Here.CreateTimer(callback, state, dueTime, period);
}
