using Kcopyd.Actors;
using Kcopyd.Actors.Nbd;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Nbd;

/// <summary>Our client with the common servers.</summary>
public sealed class NbdServers_should : EngineTest
{
    private const int Length = 8 << 20;

    private async Task<NbdBlockDevice> OpenAsync(NbdUri uri, NbdClientOptions? options = null) => Own(await Actors.Kcopyd().OpenNbdDeviceAsync(uri, options));

    public static TheoryData<string> Servers => ["nbdkit memory", "nbdkit file", "nbdkit simple", "qemu-nbd raw", "qemu-nbd qcow2"];

    private async Task<NbdPeer> ServeAsync(string server)
    {
        Requires.Tools("nbdkit", "qemu-nbd", "qemu-img");
        if (server == "qemu-nbd qcow2")
            await Tool.OutputAsync("qemu-img", "create", "-q", "-f", "qcow2", Folder["disk"], $"{Length}");
        else
            Folder.EmptyFile("disk", Length);
        return Own(await (server switch
        {
            "nbdkit memory" => NbdPeer.NbdkitAsync(Folder, "s", "memory", $"{Length}"),
            "nbdkit file" => NbdPeer.NbdkitAsync(Folder, "s", "file", Folder["disk"]),
            "nbdkit simple" => NbdPeer.NbdkitAsync(Folder, "s", "--no-sr", "--filter=nozero", "memory", $"{Length}"),
            "qemu-nbd raw" => NbdPeer.QemuNbdAsync(Folder, "s", "--format=raw", "--discard=unmap", Folder["disk"]),
            _ => NbdPeer.QemuNbdAsync(Folder, "s", "--format=qcow2", "--discard=unmap", Folder["disk"]),
        }));
    }

    [SkippableTheory]
    [MemberData(nameof(Servers))]
    public async Task hold_what_is_written_zeroed_and_copied_through_a_device_of_ours(string server)
    {
        var device = await OpenAsync((await ServeAsync(server)).Uri);
        Assert.Equal(Length, device.Length);
        var source = Folder.RandomFile("source", Length);
        var model = File.ReadAllBytes(source);

        Assert.True((await Client.CopyAsync(OpenSource(source).Whole(), [device.Whole()], CopyFlags.Flush | CopyFlags.Verify)).IsSuccess);
        var random = new Random(1);
        for (var i = 0; i < 60; i++)
        {
            var (sector, count) = (random.Next(Length / 512 - 300), random.Next(1, 300));
            if (i % 3 == 0)
            {
                Assert.True((await Client.ZeroAsync([device.Region(sector, count)])).IsSuccess);
                model.AsSpan(sector * 512, count * 512).Clear();
            }
            else
            {
                var data = new byte[count * 512];
                random.NextBytes(data);
                var written = i % 3 == 1 ? await device.WriteAsync(sector * 512, data) : await device.WriteThroughAsync(sector * 512, data);
                Assert.Equal(IoResult.Success(data.Length), written);
                data.CopyTo(model.AsSpan(sector * 512));
            }
        }
        Assert.True((await device.FlushAsync()).IsSuccess);

        File.WriteAllBytes(Folder["expected"], model);
        Assert.True((await Client.CopyAsync(device.Whole(), [Create(Folder["copy"], Length).Whole()])).IsSuccess);
        await Files.AssertIdenticalAsync(Folder["expected"], Folder["copy"]);
        // Another client sees the same.
        await Tool.OutputAsync("nbdcopy", device.Name, Folder["copied"]);
        await Files.AssertIdenticalAsync(Folder["expected"], Folder["copied"]);
    }

    [SkippableTheory]
    [InlineData("nbdkit memory")]
    [InlineData("nbdkit file")]
    [InlineData("qemu-nbd raw")]
    [InlineData("qemu-nbd qcow2")]
    public async Task say_where_their_holes_are_and_nobody_reads_them(string server)
    {
        var device = await OpenAsync((await ServeAsync(server)).Uri);
        Assert.True((device.Features & DeviceFeatures.Map) != 0);
        var data = File.ReadAllBytes(Folder.RandomFile("data", 1 << 20));
        Assert.Equal(IoResult.Success(data.Length), await device.WriteAsync(2 << 20, data));
        Assert.True((await device.FlushAsync()).IsSuccess);

        var result = await Client.CopyAsync(device.Whole(), [Create(Folder["copy"], Length).Whole()]);

        Assert.True(result.IsSuccess, result.ToString());
        Assert.Equal(Length - data.Length, result.Offloaded.Holes);
        await Tool.OutputAsync("nbdcopy", device.Name, Folder["copied"]);
        await Files.AssertIdenticalAsync(Folder["copied"], Folder["copy"]);
    }

    [SkippableFact]
    public async Task have_their_block_sizes_obeyed()
    {
        Requires.Tools("nbdkit");
        var peer = Own(await NbdPeer.NbdkitAsync(Folder, "s", "--filter=blocksize-policy", "memory", $"{Length}",
            "blocksize-minimum=4096", "blocksize-preferred=65536", "blocksize-maximum=131072", "blocksize-error-policy=error"));
        var device = await OpenAsync(peer.Uri);
        Assert.Equal((4096, 4096), (device.Alignment, device.LogicalBlockSize));
        Assert.Equal(IoError.Invalid, (await device.ReadAsync(512, new byte[4096])).Error);
        Assert.Equal(IoResult.Success(131072 - 4096), await device.WriteAsync(4096, new byte[1 << 20]));     // up to the end of a preferred block

        var source = Folder.RandomFile("source", Length);
        Assert.True((await Client.CopyAsync(OpenSource(source).Whole(), [device.Whole()], CopyFlags.Flush | CopyFlags.Verify)).IsSuccess);
    }

    [SkippableFact]
    public async Task have_their_errors_reported_as_what_they_are()
    {
        Requires.Tools("nbdkit");
        var peer = Own(await NbdPeer.NbdkitAsync(Folder, "s", "--filter=error", "memory", $"{Length}",
            "error-pread=EIO", "error-pread-rate=100%", "error-pwrite=ENOSPC", "error-pwrite-rate=100%"));
        var device = await OpenAsync(peer.Uri);
        Assert.Equal(IoResult.Failure(IoError.Io), await device.ReadAsync(0, new byte[512]));
        Assert.Equal(IoResult.Failure(IoError.NoSpace), await device.WriteAsync(0, new byte[512]));

        var result = await Client.CopyAsync(device.Whole(), [Create(Folder["copy"], Length).Whole()]);
        Assert.True(result.ReadError || result.Offloaded.Holes == Length);      // memory that was never written is a hole
        result = await Client.CopyAsync(OpenSource(Folder.RandomFile("source", Length)).Whole(), [device.Whole()]);
        Assert.Equal(1UL, result.WriteErrors);
    }

    [SkippableFact]
    public async Task be_used_over_several_connections_where_they_allow_it()
    {
        Requires.Tools("nbdkit");
        var peer = Own(await NbdPeer.NbdkitAsync(Folder, "s", "--filter=log", "memory", $"{Length}", "logfile=" + Folder["log"]));
        var device = await OpenAsync(peer.Uri, new NbdClientOptions { Connections = 3 });
        Assert.True(device.Info.CanMultiConn);
        Assert.True((await Client.CopyAsync(OpenSource(Folder.RandomFile("source", Length)).Whole(), [device.Whole()])).IsSuccess);
        var log = File.ReadAllText(Folder["log"]);
        for (var connection = 1; connection <= 3; connection++)
            Assert.Contains($"connection={connection} Write", log, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("nbdkit")]
    [InlineData("qemu-nbd")]
    public async Task be_trusted_under_TLS_only_for_what_their_certificates_say(string server)
    {
        Requires.Tools("nbdkit", "qemu-nbd");
        var certificates = PemFolder.Make(Folder, "pki");
        var peer = Own(await (server == "nbdkit"
            ? NbdPeer.NbdkitAsync(Folder, "s", "--tls=require", "--tls-certificates=" + certificates, "--tls-verify-peer", "memory", $"{Length}")
            : NbdPeer.QemuNbdAsync(Folder, "s", "--object", $"tls-creds-x509,id=tls0,endpoint=server,verify-peer=on,dir={certificates}",
                "--tls-creds=tls0", "--format=raw", Folder.EmptyFile("disk", Length))));
        var uri = NbdUri.Parse($"nbds+unix:///?socket={peer.Path}&tls-certificates={certificates}&tls-hostname=localhost");
        var device = await OpenAsync(uri);
        var source = Folder.RandomFile("source", Length);
        Assert.True((await Client.CopyAsync(OpenSource(source).Whole(), [device.Whole()], CopyFlags.Flush | CopyFlags.Verify)).IsSuccess);

        async Task AssertRefusedAsync(NbdUri other, string hint) =>
            Assert.Contains(hint, (await Assert.ThrowsAsync<NbdException>(() => Actors.Kcopyd().OpenNbdDeviceAsync(other))).Message, StringComparison.Ordinal);
        await AssertRefusedAsync(uri with { TlsHostname = "elsewhere" }, "tls-hostname");
        await AssertRefusedAsync(uri with { TlsCertificates = PemFolder.Make(Folder, "other") }, "than the one in");
        await AssertRefusedAsync(peer.Uri, "nbds");

        // The servers check the client's certificate only after they have reported success.
        var (none, other) = (PemFolder.Make(Folder, "none"), PemFolder.Make(Folder, "stranger"));
        foreach (var folder in new[] { none, other })
            File.Copy(Path.Combine(certificates, "ca-cert.pem"), Path.Combine(folder, "ca-cert.pem"), overwrite: true);
        File.Delete(Path.Combine(none, "client-cert.pem"));
        await AssertRefusedAsync(uri with { TlsCertificates = none }, "requires a client certificate, and there is none");
        await AssertRefusedAsync(uri with { TlsCertificates = other }, "the client's certificate 'CN=client'");
    }

    [SkippableFact]
    public async Task be_refused_where_they_have_no_TLS_and_the_address_wants_it()
    {
        Requires.Tools("nbdkit");
        var peer = Own(await NbdPeer.NbdkitAsync(Folder, "s", "memory", $"{Length}"));
        var uri = peer.Uri with { IsTls = true, TlsCertificates = PemFolder.Make(Folder, "pki") };
        var refused = await Assert.ThrowsAsync<NbdException>(() => Actors.Kcopyd().OpenNbdDeviceAsync(uri));
        Assert.Contains("refuses TLS", refused.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task lose_nothing_of_a_copy_under_which_they_are_killed_with_a_cache_that_was_not_flushed()
    {
        Requires.Tools("nbdkit");
        var source = Folder.RandomFile("source", 4 * Length);
        var peer = Own(await NbdPeer.NbdkitAsync(Folder, "s", "--filter=delay", "--filter=cache",
            "file", Folder.EmptyFile("disk", 4 * Length), "cache=writeback", "wdelay=10ms"));
        var device = await OpenAsync(peer.Uri);
        var copy = Client.CopyAsync(OpenSource(source).Whole(), [device.Whole()], CopyFlags.Flush, out var job);

        for (var kills = 1; kills <= 2; kills++)
        {
            var reached = kills * Length;
            await ProgressAsync(job, progress => progress.Destinations[0].Bytes >= reached);
            await peer.KillAsync();
            await peer.StartAsync();
        }

        var result = await copy.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(result.IsSuccess, result.ToString());
        await peer.KillAsync();
        await Files.AssertIdenticalAsync(source, Folder["disk"]);
    }
}
