using Xunit;
using static Kcopyd.Actors.KcopydProtocol;

namespace Kcopyd.Actors.Tests.Client;

public sealed class Serialization_should : EngineSpec
{
    public static TheoryData<object> Messages
    {
        get
        {
            var fault = new IoFault(IoError.NoSpace, 77, "disk: write failed at sector 77: NoSpace (errno 28)");
            var region = new DeviceRegion("disk", 1L << 40, 1L << 33);
            return new(
                new Copy(region, [region, new("mirror", 0, 8)], CopyFlags.IgnoreError | CopyFlags.VerifyHash, "context"),
                new Zero([region], CopyFlags.Sequential, 12),
                new CancelJob(long.MaxValue), new SetDeadline(6, TimeSpan.FromSeconds(1.5)), new PauseJob(2), new ResumeJob(3), new GetProgress(4),
                GetStatus.Instance, Destroy.Instance, new SetThrottle(50, 1L << 40),
                new JobAccepted(5, "context"), new JobRefused("to[2]", "because", 13L), new JobRefused(null, "because", null),
                new Copy(region, [region], CopyFlags.CompareOnly, DayOfWeek.Friday) { Acknowledge = true, RequestId = "request 1" },
                new GetResult("request 1"), new RequestNotFound("request 2"),
                new JobNotFound(6), Done.Instance, new Refused("because"), new ClientDestroyed("resync"),
                new CopyResult { JobId = 7, Length = 4096, DestinationCount = 3, Context = "context" },
                new CopyResult
                {
                    JobId = 8, Length = 1L << 41, DestinationCount = 2, ReadError = true, WriteErrors = 1UL << 63, IsCancelled = true, Context = 5,
                    ReadFault = fault, Unreadable = [new(512, 1024), new(1L << 40, 512)], SourceSha256 = "ab", Offloaded = new(1, 2, 3, 1L << 41, 5, 6, 7),
                    Destinations = [new(4096, fault, "cd"), new(1L << 41, null, null) { Unchanged = 5, Differences = [new(1, 2)] }], OmittedRanges = 3,
                },
                new CopyResult { Refusal = "because", WriteErrors = 1, DestinationCount = 1, Context = 'x' },
                new JobProgress(9, JobState.Verifying, 1L << 41, 5, [new(5, fault), new(6, null)]),
                new ClientStatus("resync", true, 3, [1, 2], 16, 2, [new(3, "token"), new(4, null)], 1, 2, 3, 4));
        }
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void bring_every_message_back_as_it_was(object message) => Assert.Equivalent(message, RoundTrip(message), strict: true);

    [Fact]
    public void name_every_message_of_the_protocol_here()
    {
        var tried = Messages.Cast<object[]>().Select(row => row[0].GetType()).Append(typeof(SubscribeProgress)).Append(typeof(UnsubscribeProgress)).ToHashSet();
        var all = typeof(KcopydProtocol).GetNestedTypes().Where(type => type is { IsInterface: false } && type != typeof(DeviceRegion));
        Assert.Empty(all.Except(tried));
    }

    [Fact]
    public void bring_a_subscriber_back_as_the_same_actor()
    {
        var back = (SubscribeProgress)RoundTrip(new SubscribeProgress(1, TimeSpan.FromSeconds(2), TestActor));
        Assert.Equal((1, TimeSpan.FromSeconds(2), TestActor), (back.JobId, back.Interval, back.Subscriber));
        Assert.Equal(TestActor, ((UnsubscribeProgress)RoundTrip(new UnsubscribeProgress(1, TestActor))).Subscriber);
    }

    [Fact]
    public async Task carry_a_result_as_the_engine_makes_it()
    {
        var result = await Soon(Client().CopyAsync(Random(4 * Piece).Whole(), Whole(Mirrors(3, 4 * Piece)), CopyFlags.VerifyHash));
        var back = (CopyResult)RoundTrip(result);
        Assert.True(back.IsSuccess);
        Assert.Equal(result.Destinations, back.Destinations);
        Assert.Equal(result.ToString(), back.ToString());
        var plain = await Soon(Client().CopyAsync(Random(4 * Piece).Whole(), Whole(Mirrors(3, 4 * Piece))));
        Assert.Equal(plain.Destinations, ((CopyResult)RoundTrip(plain)).Destinations);
    }

    public enum Colour
    {
        Red,
        Green,
    }

    [Theory]
    [InlineData("text")]
    [InlineData(5)]
    [InlineData(5L)]
    [InlineData((byte)5)]
    [InlineData(5.5)]
    [InlineData(5.5f)]
    [InlineData(true)]
    [InlineData('x')]
    [InlineData(Colour.Green)]
    [InlineData(DayOfWeek.Friday)]
    public void bring_a_context_back_as_what_it_was(object context)
    {
        Assert.Equal(context, ((Copy)RoundTrip(new Copy(new("a", 0, 1), [new("b", 0, 1)], Context: context))).Context);
        Assert.Equal(context, ((JobAccepted)RoundTrip(new JobAccepted(1, context))).Context);
        Assert.Equal(context, ((JobRefused)RoundTrip(new JobRefused("to", "because", context))).Context);
        Assert.Equal(context, ((CopyResult)RoundTrip(new CopyResult { Context = context })).Context);
        Assert.Equal(context, ((CopyResult)RoundTrip(RoundTrip(new CopyResult { Context = context }))).Context);
    }

    private object RoundTrip(object message)
    {
        var serializer = Sys.Serialization.FindSerializerFor(message);
        var manifest = Akka.Serialization.Serialization.ManifestFor(serializer, message);
        return Sys.Serialization.Deserialize(serializer.ToBinary(message), serializer.Identifier, manifest);
    }
}
