using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Reports;

public sealed class Story_should
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void tell_who_sends_what_to_whom_and_when_it_is_processed()
    {
        var story = StoryOf(Shop.Play);
        InOrder(story,
            "shop: starts",
            "world: test sends \"<start> & sell\" to /user/clerk on shop",
            "shop: /user/clerk processes \"<start> & sell\" from test",
            "shop: /user/clerk sends Sell { What = tea } to /user/store",
            "shop: /user/store processes Sell { What = tea } from /user/clerk");
    }

    [Fact]
    public void tell_that_a_stashed_message_is_processed_again()
    {
        InOrder(StoryOf(Shop.Play),
            "shop: /user/store processes Sell { What = tea } from /user/clerk",
            "shop: /user/store processes Open { } from test",
            "shop: /user/store unstashes Sell { What = tea }",
            "shop: /user/store processes Sell { What = tea } from /user/store");
    }

    [Fact]
    public void tell_of_an_ask_and_of_the_code_that_its_answer_lets_continue()
    {
        InOrder(StoryOf(Shop.Play),
            "world: test asks \"sold\" of /user/store on shop",
            "shop: /user/store processes \"sold\" from test",
            "shop: /user/store lets the test continue");
    }

    [Fact]
    public void tell_of_timers_and_of_what_happens_to_nodes_and_messages()
    {
        InOrder(StoryOf(Shop.Play),
            "warehouse: a timer sends Tick { } to /user/rack",
            "warehouse: /user/rack processes Tick { } from a timer",
            "warehouse: freezes",
            "warehouse: thaws",
            "world: test sends \"too late\" to /user/clerk on shop: a dead letter",
            "world: test sends \"lost\" to /user/rack on warehouse, which is killed before it processes it",
            "warehouse: is killed",
            "world: the test has told this");
    }

    [Fact]
    public void be_without_messages_unless_they_are_asked_for()
    {
        using var world = new World(1);
        world.AddNode("a").System.ActorOf(Props.Create(() => new Sink()), "sink").Tell("hello");
        world.RunUntilIdle();
        Assert.Equal(["    0.000000 a: starts"], world.Story);
        var text = new StringWriter();
        world.WriteStory(text, withMessages: false);
        Assert.DoesNotContain("hello", text.ToString(), StringComparison.Ordinal);
        world.WriteStory(text);
        Assert.Contains("hello", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void tell_only_of_the_last_messages_and_say_so()
    {
        var story = StoryOf(static async world =>
        {
            var sink = world.AddNode("a").System.ActorOf(Props.Create(() => new Sink()), "sink");
            for (var i = 0; i < 25; i++)
            {
                sink.Tell(i);
                await world.DelayAsync(Second);
            }
        }, new SimulationOptions { RecordedMessages = 4 });
        Assert.StartsWith("(The first ", story[0], StringComparison.Ordinal);
        Assert.DoesNotContain(story, static line => line.Contains(" sends 20 ", StringComparison.Ordinal));
        InOrder(story,
            "test sends 21 to /user/sink on a", "/user/sink processes 21 from test",
            "test sends 23 to /user/sink on a", "/user/sink processes 23 from test",
            "test sends 24 to", "/user/sink processes 24 from test");
        Assert.InRange(story.Count(static line => line.Contains(" processes ", StringComparison.Ordinal)), 1, 4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void not_change_the_history_by_recording(int seed)
    {
        SimulationResult Play(int recorded) => Simulation.Run(seed, Shop.Play, new SimulationOptions { RecordedMessages = recorded });
        Assert.Equal(Play(0), Play(500));
        Assert.Equal(Play(0), Play(3));
    }

    [Theory]
    [InlineData("OFF")]
    [InlineData("DEBUG")]
    public void not_change_the_history_by_its_log_level(string level) =>
        Assert.Equal(Simulation.Run(1, Shop.Play), Simulation.Run(1, Shop.Play, new SimulationOptions { LogLevel = level }));

    [Fact]
    public void leave_mailboxes_of_other_types_as_they_are_configured()
    {
        var config = ConfigurationFactory.ParseString($$"""
            by-size { mailbox-type = "{{typeof(ByValue).AssemblyQualifiedName}}" }
            few { mailbox-type = "Akka.Dispatch.BoundedMailbox", mailbox-capacity = 2, mailbox-push-timeout-time = 0s }
            many { mailbox-type = "Akka.Dispatch.UnboundedMailbox" }
            """);
        using var world = new World(1);
        var system = world.AddNode("a", config).System;
        var seen = new List<int>();
        foreach (var mailbox in (string[])["by-size", "few", "many"])
        {
            var actor = system.ActorOf(Props.Create(() => new List(seen)).WithMailbox(mailbox), mailbox);
            world.RunUntilIdle();
            actor.Tell(3);
            actor.Tell(1);
            actor.Tell(2);
            world.RunUntilIdle();
        }
        Assert.Equal([1, 2, 3, 3, 1, 3, 1, 2], seen);
        var story = new StringWriter();
        world.WriteStory(story);
        Assert.Contains("/user/many processes 3 from test", story.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("/user/few processes", story.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void tell_of_messages_in_the_words_of_their_types()
    {
        var story = StoryOf(static async world =>
        {
            var sink = world.AddNode("a").System.ActorOf(Props.Create(() => new Sink()), "sink");
            foreach (var message in (object[])[sink, 1.5, true, 'x', DayOfWeek.Friday, new List<int[]>(), new Sink.Plain(), new string('y', 100), "two\nlines"])
                sink.Tell(message);
            await world.DelayAsync(Second);
        });
        foreach (var text in (string[])["/user/sink", "1.5", "true", "x", "Friday", "List<Int32[]>", "Plain", $"\"{new string('y', 59)}…\"", "\"two lines\""])
            Assert.Contains(story, line => line.EndsWith($"/user/sink processes {text} from test", StringComparison.Ordinal));
    }

    private static List<string> StoryOf(Func<World, Task> test, SimulationOptions? options = null)
    {
        var story = new StringWriter();
        Simulation.Run(1, async world =>
        {
            await test(world);
            world.WriteStory(story);
        }, options);
        return [.. story.ToString().TrimEnd().Split(Environment.NewLine)];
    }

    private static void InOrder(List<string> story, params string[] parts)
    {
        var next = 0;
        foreach (var part in parts)
        {
            var at = story.FindIndex(next, line => line.Contains(part, StringComparison.Ordinal));
            Assert.True(at >= 0, $"'{part}' is missing after line {next}:{Environment.NewLine}{string.Join(Environment.NewLine, story)}");
            next = at + 1;
        }
    }

    private sealed class Sink : ReceiveActor
    {
        public sealed class Plain;

        public Sink() => ReceiveAny(static _ => { });
    }

    private sealed class List : ReceiveActor
    {
        public List(List<int> seen) => Receive<int>(seen.Add);
    }

    internal sealed class ByValue(Settings settings, Config config) : UnboundedPriorityMailbox(settings, config)
    {
        protected override int PriorityGenerator(object message) => message is int value ? value : int.MaxValue;
    }
}
