using Kcopyd.Actors;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Nbd;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Nbd;

/// <summary>Servers that exist but do not answer: stopped, or behind a network that drops all packets.</summary>
public sealed class Silent_servers_should : EngineTest
{
    private const int Length = 16 << 20;

    private static readonly NbdClientOptions Impatient = new()
    {
        RequestTimeout = TimeSpan.FromMilliseconds(500), ConnectTimeout = TimeSpan.FromMilliseconds(500), ReconnectLimit = TimeSpan.FromSeconds(1),
    };

    // On a busy machine, a server that answers may repeatedly need longer than half a second.
    private static readonly NbdClientOptions Patient = new()
    {
        RequestTimeout = TimeSpan.FromSeconds(3), ConnectTimeout = TimeSpan.FromSeconds(10), ReconnectLimit = TimeSpan.FromMinutes(1),
    };

    public static TheoryData<string> Servers => ["nbdkit", "qemu-nbd"];

    private async Task<NbdPeer> ServeAsync(string server, string disk) => Own(await (server == "nbdkit"
        ? NbdPeer.NbdkitAsync(Folder, "s", "--filter=delay", "file", disk, "delay-read=5ms", "delay-write=5ms")
        : NbdPeer.QemuNbdAsync(Folder, "s", "--format=raw", disk)));

    // Slow, so that the copy does not end before it is disturbed.
    private Task<CopyResult> CopyAsync(NbdBlockDevice device, string copy, out KcopydJob job) =>
        Client.CopyAsync(device.Whole(), [Create(copy, Length).WithDelay(TimeSpan.FromMilliseconds(5)).Whole()], CopyFlags.IgnoreError, out job);

    [SkippableTheory]
    [MemberData(nameof(Servers))]
    public async Task end_a_copy_within_the_limits_where_they_are_frozen_for_good(string server)
    {
        var peer = await ServeAsync(server, Folder.RandomFile("disk", Length));
        await using var device = await Actors.Kcopyd().OpenNbdDeviceAsync(peer.Uri, Impatient);
        var copying = CopyAsync(device, Folder["copy"], out var job);
        await ProgressAsync(job, static progress => progress.Destinations[0].Bytes > 0);
        await peer.FreezeAsync();

        var result = await copying.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(IoError.NoDevice, result.ReadFault!.Error);
        Assert.Empty(result.Unreadable);        // a missing server is not a bad sector
        Assert.Equal(NbdDeviceState.Failed, device.State);
        await device.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));
    }

    [SkippableTheory]
    [MemberData(nameof(Servers))]
    public async Task be_waited_for_and_used_again_where_they_thaw(string server)
    {
        var disk = Folder.RandomFile("disk", Length);
        var peer = await ServeAsync(server, disk);
        await using var device = await Actors.Kcopyd().OpenNbdDeviceAsync(peer.Uri, Patient);
        var copying = CopyAsync(device, Folder["copy"], out var job);
        await ProgressAsync(job, static progress => progress.Destinations[0].Bytes > 0);
        await peer.FreezeAsync();
        await UntilAsync(() => device.State == NbdDeviceState.Reconnecting);
        await peer.ThawAsync();

        Assert.True((await copying.WaitAsync(TimeSpan.FromSeconds(60))).IsSuccess);
        await Files.AssertIdenticalAsync(disk, Folder["copy"]);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task be_noticed_behind_a_network_that_drops_what_is_sent_and_used_again_when_it_does_not(bool isMended)
    {
        Requires.Tools("nbdkit");
        var disk = Folder.RandomFile("disk", Length);
        await using var machine = await NetworkNamespace.CreateAsync();
        await using var server = machine.Start("nbdkit", "--foreground", "-i", machine.Address, "-P", Folder["pid"],
            "--filter=delay", "file", disk, "delay-read=5ms");
        await server.UntilAsync(() => File.Exists(Folder["pid"]) && new FileInfo(Folder["pid"]).Length > 0, "ready to serve");
        await using var device = await Actors.Kcopyd().OpenNbdDeviceAsync(new NbdUri { Host = machine.Address }, isMended ? Patient : Impatient);
        var copying = CopyAsync(device, Folder["copy"], out var job);
        await ProgressAsync(job, static progress => progress.Destinations[0].Bytes > 0);
        await machine.CutAsync();
        await UntilAsync(() => device.State != NbdDeviceState.Connected);
        if (isMended)
            await machine.MendAsync();

        var result = await copying.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(isMended, result.IsSuccess);
        if (isMended)
            await Files.AssertIdenticalAsync(disk, Folder["copy"]);
        else
            Assert.Equal(IoError.NoDevice, result.ReadFault!.Error);
        await device.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));
    }

    [SkippableTheory]
    [MemberData(nameof(Servers))]
    public async Task not_hold_up_the_end_of_the_actor_system(string server)
    {
        var peer = await ServeAsync(server, Folder.EmptyFile("disk", Length));
        var device = await Actors.Kcopyd().OpenNbdDeviceAsync(peer.Uri);
        await peer.FreezeAsync();
        var writes = Enumerable.Range(0, 16).Select(i => device.WriteAsync(i << 20, new byte[1 << 20]).AsTask()).ToList();

        await Actors.Terminate().WaitAsync(TimeSpan.FromSeconds(60));

        Assert.All(await Task.WhenAll(writes).WaitAsync(TimeSpan.FromSeconds(60)), static written => Assert.Equal(IoError.Closed, written.Error));
        await device.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds())
            await Task.Delay(5, patience.Token);
    }
}
