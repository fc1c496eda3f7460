using Akka.Actor;
using Kcopyd.Actors.TestKit.Disks;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Tests.Museum;

internal sealed class UnflushedCommit : SimulatedExhibit
{
    private const int Records = 8;
    private const int FlushEvery = 4;

    public override string Name => "unflushed commit";

    public override string Bug => "A journal acknowledges a record before it flushes the disk, and the power fails.";

    public override int Seeds => 20;

    protected override string Needs => "power cut";

    public override async Task Play(World world, bool isFixed)
    {
        var acknowledged = 0;
        var log = new WriteLog();
        await using var disk = BlockDevice.Memory(Records * IoRegion.SectorSize).WithRecording(log, isBlank: true);
        var node = world.AddNode("museum");
        Action<int> acknowledge = record => acknowledged = record;
        var journal = node.System.ActorOf(Props.Create(() => new Journal(disk, isFixed, acknowledge)));
        for (var record = 1; record <= Records; record++)
            journal.Tell(record);

        var goal = world.Random.Next(1, Records + 1);
        await world.UntilAsync(() => acknowledged >= goal, TimeSpan.FromSeconds(1));
        node.CutPower();
        var outcomes = PowerCuts.Enumerate(log, new() { From = log.Now }).Select(static cut => cut.Id).ToList();
        var cut = PowerCuts.Single(log, outcomes[world.Random.Next(outcomes.Count)]);
        for (var record = 1; record <= acknowledged; record++)
        {
            if (cut.Bytes(disk.Disk)[(record - 1) * IoRegion.SectorSize] != record)
                throw new BugFoundException($"Record {record} of {acknowledged} that were acknowledged is gone.");
        }
    }

    private sealed class Journal : ReceiveActor
    {
        public Journal(IBlockDevice disk, bool isFixed, Action<int> acknowledge) => ReceiveAsync<int>(async record =>
        {
            var sector = new byte[IoRegion.SectorSize];
            Array.Fill(sector, (byte)record);
            await disk.WriteExactlyAsync((record - 1) * IoRegion.SectorSize, sector);
            if (!isFixed)
                acknowledge(record);
            if (isFixed || record % FlushEvery == 0)
                await disk.FlushOrThrowAsync();
            if (isFixed)
                acknowledge(record);
        });
    }
}
