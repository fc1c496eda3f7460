using System.Globalization;
using System.Xml.Linq;
using Akka.Actor;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Reports;

public sealed class Diagram_should
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void name_the_nodes_the_actors_the_messages_and_the_lines_of_the_story()
    {
        var texts = Texts(DiagramOf(Shop.Play));
        Assert.Superset(new HashSet<string> { "test", "shop", "warehouse", "/user/store", "/user/clerk", "/user/rack" }, texts);
        Assert.Superset(new HashSet<string> { "\"<start> & sell\"", "Sell { What = tea }", "unstashed Sell { What = tea }", "Tick { }", "\"sold\" ?" }, texts);
        Assert.Superset(
            new HashSet<string> { "\"lost\" (lost)", "\"too late\" (dead letter)", "warehouse: is killed", "world: the test has told this" }, texts);
    }

    [Fact]
    public void stay_within_its_borders()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var picture = DiagramOf(Shop.Play, seed);
            var (width, height) = (Number(picture, "width"), Number(picture, "height"));
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"0 0 {width} {height}"), picture.Attribute("viewBox")!.Value);
            foreach (var element in picture.Descendants())
            {
                (string Name, double Limit)[] limits =
                    [("x", width), ("x1", width), ("x2", width), ("cx", width), ("y", height), ("y1", height), ("y2", height), ("cy", height)];
                foreach (var (name, limit) in limits)
                {
                    if (element.Attribute(name) is not null)
                        Assert.InRange(Number(element, name), 0, limit);
                }
                if (element.Name == Svg + "rect")
                {
                    Assert.InRange(Number(element, "width"), 1, width - Number(element, "x"));
                    Assert.InRange(Number(element, "height"), 1, height - Number(element, "y"));
                }
                if (element.Name == Svg + "line")
                    Assert.True(Number(element, "y2") >= Number(element, "y1"), $"A message goes back in time: {element}");
            }
        }
    }

    [Fact]
    public void end_the_lifelines_of_a_node_where_it_is_killed_and_mark_the_time_in_which_it_is_frozen()
    {
        var picture = DiagramOf(Shop.Play);
        double Text(string content) =>
            Number(picture.Descendants(Svg + "text").Single(text => text.Nodes().OfType<XText>().Single().Value == content), "y") - 4;

        var frozen = picture.Descendants(Svg + "rect").Single(static rectangle => rectangle.Attribute("class")!.Value == "frozen");
        Assert.Equal(Text("warehouse: freezes"), Number(frozen, "y"), 0.1);
        Assert.Equal(Text("warehouse: thaws"), Number(frozen, "y") + Number(frozen, "height"), 0.1);

        var lives = picture.Descendants(Svg + "line").Where(static line => line.Attribute("class")!.Value == "life").ToList();
        Assert.Contains(lives, life => Math.Abs(Number(life, "y2") - Text("warehouse: is killed")) < 0.1);
    }

    [Fact]
    public void show_the_last_events_of_a_long_run_and_say_how_many_are_cut_off()
    {
        var picture = DiagramOf(static async world =>
        {
            var sink = world.AddNode("a").System.ActorOf(Props.Create(() => new Sink()), "sink");
            for (var i = 0; i < 200; i++)
            {
                sink.Tell(i);
                await world.DelayAsync(TimeSpan.FromSeconds(1));
            }
        });
        var texts = Texts(picture);
        Assert.Contains(texts, static text => text.StartsWith("The last 150 events. ", StringComparison.Ordinal));
        Assert.Contains("199", texts);
        Assert.DoesNotContain("100", texts);
    }

    [Fact]
    public void hold_any_text_that_a_message_can_have()
    {
        var texts = Texts(DiagramOf(static async world =>
        {
            var sink = world.AddNode("a").System.ActorOf(Props.Create(() => new Sink()), "sink");
            sink.Tell("]]>\0\u0001\uFFFF\uD800 \n<!--");
            sink.Tell(new Broken());
            await world.DelayAsync(TimeSpan.FromSeconds(1));
        }));
        Assert.Contains(texts, static text => text.StartsWith("\"]]>", StringComparison.Ordinal) && text.EndsWith("<!--\"", StringComparison.Ordinal));
        Assert.Contains("Broken (its ToString threw NotSupportedException)"[..39] + "…", texts);
    }

    internal static XElement DiagramOf(Func<World, Task> test, int seed = 1)
    {
        var picture = new StringWriter();
        Simulation.Run(seed, async world =>
        {
            await test(world);
            world.WriteDiagram(picture);
        });
        return XDocument.Parse(picture.ToString()).Root!;
    }

    internal static HashSet<string> Texts(XElement picture) =>
        [.. picture.Descendants(Svg + "text").Select(static text => string.Concat(text.Nodes().OfType<XText>().Select(static part => part.Value)))];

    private static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private sealed class Sink : ReceiveActor
    {
        public Sink() => ReceiveAny(static _ => { });
    }

    private sealed class Broken
    {
        public override string ToString() => throw new NotSupportedException();
    }
}
