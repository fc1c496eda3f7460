using System.Runtime.CompilerServices;
using Akka.Actor;
using Kcopyd.Actors.TestKit.Checking;
using Kcopyd.Actors.TestKit.Disks;
using Kcopyd.Actors.Tests;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests;

/// <summary>Compiles and runs the examples of docs/test-kit.md that need no cluster.</summary>
public sealed class Test_kit_page_should
{
    [Fact]
    public void show_only_code_that_compiles_here_or_in_the_tests_of_clusters_or_of_the_attribute() => DocsPage.ShowsOnlyCodeOf(
        "test-kit.md", least: 40, ThisFile(),
        Path.Combine(Path.GetDirectoryName(ThisFile())!, "../Kcopyd.Actors.TestKit.Cluster.Tests/Test_kit_page.cs"),
        Path.Combine(Path.GetDirectoryName(ThisFile())!, "../Kcopyd.Actors.TestKit.Xunit.Tests/Test_kit_page.cs"));

    [Fact]
    public void find_the_ticket_that_is_sold_twice()
    {
        var failure = Assert.Throws<SimulationFailedException>(Sell_each_ticket_once);
        Assert.Contains("of 100 seeds failed", failure.Message, StringComparison.Ordinal);
    }

    private static void Sell_each_ticket_once() => Simulation.RunMany(1, 100, async world =>
    {
        var system = world.AddNode("shop").System;
        var store = system.ActorOf(Props.Create(() => new Store(1)));
        for (var i = 0; i < 2; i++)
            system.ActorOf(Props.Create(() => new Clerk(store)));

        await world.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(1, await store.Ask<int>("sold"));
    });

    [Fact]
    public async Task enumerate_what_a_power_cut_leaves_of_a_log()
    {
        var log = new WriteLog();
        await using var disk = BlockDevice.Memory(1 << 20).WithRecording(log);
        await AppendAsync(disk, records: 5);

        foreach (var cut in PowerCuts.Enumerate(log))
        {
            await using var left = cut.Open(disk.Disk);
            Assert.True(await IsConsistentAsync(left), cut.Description);
        }
    }

    [Fact]
    public void notice_a_read_that_returns_what_was_overwritten()
    {
        var history = new History<RegisterInput<int>, int>();
        var write = history.Call("a", RegisterInput.Write(1));
        RegisterInput.Acknowledge(history, write);
        var read = history.Call("b", RegisterInput.Read<int>());
        history.Return(read, 0);

        var result = Linearizability.CheckRegister(history, initial: 0);
        Assert.False(result.IsLinearizable, result.ToString());
    }

    // A sector for each record, with its number in every byte; the next is written when the one before is durable.
    private static async Task AppendAsync(RecordingDevice disk, int records)
    {
        for (var i = 0; i < records; i++)
        {
            var record = new byte[512];
            record.AsSpan().Fill((byte)(i + 1));
            Assert.True((await disk.WriteAsync(i * 512, record)).IsSuccess);
            Assert.True((await disk.FlushAsync()).IsSuccess);
        }
    }

    // No record is there without those before it.
    private static async Task<bool> IsConsistentAsync(MemoryBlockDevice left)
    {
        var bytes = new byte[5 * 512];
        Assert.True((await left.ReadAsync(0, bytes)).IsSuccess);
        var records = Enumerable.Range(0, 5).TakeWhile(i => bytes[i * 512] == i + 1).Count();
        return bytes.AsSpan(records * 512).IndexOfAnyExcept((byte)0) < 0;
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;

    private sealed class Store : ReceiveActor
    {
        public Store(int left)
        {
            var sold = 0;
            Receive<string>(message => message == "left", _ => Sender.Tell(left));
            Receive<string>(message => message == "take", _ => (left, sold) = (left - 1, sold + 1));
            Receive<string>(_ => Sender.Tell(sold));
        }
    }

    private sealed class Clerk : ReceiveActor
    {
        public Clerk(IActorRef store)
        {
            Receive<int>(left => left > 0, _ => store.Tell("take"));
            store.Tell("left");
        }
    }
}
