using System.Text.Json;
using Kcopyd.Actors;
using Kcopyd.Actors.Nbd;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Nbd;

/// <summary>Programs of other projects, what they do, and the kinds of device that we serve to them.</summary>
public sealed class Programs_should : ServerTest
{
    [SkippableTheory]
    [InlineData("file"), InlineData("memory"), InlineData("snapshot")]
    public async Task Nbdinfo_lists_and_tells(string device)
    {
        var served = await DeviceAsync(device, 3 * MiB + 512);
        var socket = Serve(served, null,
            new NbdExport("two", BlockDevice.Memory(MiB)) { Description = "small" },
            new NbdExport("locked", BlockDevice.Memory(MiB)) { ReadOnly = true });
        Assert.Equal($"{3 * MiB + 512}", (await RunAsync("nbdinfo", "--size", Uri(socket))).Trim());
        using var list = JsonDocument.Parse(await RunAsync("nbdinfo", "--list", "--json", Uri(socket)));
        Assert.Equal(["", "locked", "two"],
            list.RootElement.GetProperty("exports").EnumerateArray().Select(static export => export.GetProperty("export-name").GetString()));
        Assert.Equal("small", list.RootElement.GetProperty("exports")[2].GetProperty("description").GetString());
        using var info = JsonDocument.Parse(await RunAsync("nbdinfo", "--json", Uri(socket)));
        var export = info.RootElement.GetProperty("exports")[0];
        foreach (var can in new[] { "can_flush", "can_fua", "can_zero", "can_fast_zero", "can_df", "can_cache", "can_multi_conn" })
            Assert.True(export.GetProperty(can).GetBoolean(), can);
        await RunAsync("nbdinfo", "--is", "read-only", Uri(socket, "locked"));
        Assert.NotEqual(0, (await Tool.RunAsync("nbdinfo", Uri(socket, "tw"))).ExitCode);        // only the exact name is found
    }

    [SkippableFact]
    public async Task Nbdinfo_maps_the_holes_of_a_file()
    {
        var image = Folder["sparse.img"];
        using (var file = File.OpenHandle(image, FileMode.CreateNew, FileAccess.ReadWrite))
        {
            RandomAccess.SetLength(file, 8L << 30);     // more than one block status request covers
            RandomAccess.Write(file, new byte[MiB].Select(static _ => (byte)1).ToArray(), 1L << 30);
        }
        var socket = Serve(Own(BlockDevice.Open(image, new() { ReadOnly = true })));
        using var map = JsonDocument.Parse(await RunAsync("nbdinfo", "--map", "--json", Uri(socket)));
        Assert.Equal(
            [(0, 1L << 30, 3), (1L << 30, MiB, 0), ((1L << 30) + MiB, (7L << 30) - MiB, 3)],
            map.RootElement.EnumerateArray().Select(static extent =>
                (extent.GetProperty("offset").GetInt64(), extent.GetProperty("length").GetInt64(), extent.GetProperty("type").GetInt32())));
        Assert.Contains("hole,zero", await RunAsync("nbdinfo", "--map", "--totals", Uri(socket)), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("file", ""), InlineData("file", "--request-size=33554432")]
    [InlineData("file", "--connections=4 --requests=64"), InlineData("file", "--synchronous")]
    [InlineData("file", "--allocated"), InlineData("file", "--flush --destination-is-zero")]
    [InlineData("memory", "--connections=4"), InlineData("snapshot", ""), InlineData("snapshot", "--connections=4")]
    public async Task Nbdcopy_copies_there_and_back(string device, string options)
    {
        var image = RandomFile("image", 40 * MiB);
        using (var file = File.OpenHandle(image, access: FileAccess.ReadWrite))
            RandomAccess.Write(file, new byte[8 * MiB], 16 * MiB);      // zeroes, which nbdcopy sends as a request for zeroes
        var served = await DeviceAsync(device, 40 * MiB);
        var socket = Serve(served);
        var arguments = options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        await RunAsync("nbdcopy", [.. arguments, image, Uri(socket)]);
        await Files.AssertIdenticalAsync(image, await ContentAsync(served));
        await RunAsync("nbdcopy", [.. arguments.Where(static option => option != "--destination-is-zero"), Uri(socket), Folder["back"]]);
        await Files.AssertIdenticalAsync(image, Folder["back"]);
    }

    [SkippableFact]
    public async Task Nbdcopy_copies_from_one_export_to_another()
    {
        var from = Own(BlockDevice.Open(RandomFile("image", 24 * MiB), new() { ReadOnly = true }));
        var to = Own(BlockDevice.Memory(24 * MiB));
        var socket = Serve(from, null, new NbdExport("to", to));
        await RunAsync("nbdcopy", "--connections=4", Uri(socket), Uri(socket, "to"));
        await Files.AssertIdenticalAsync(Folder["image"], await ContentAsync(to));
    }

    [SkippableTheory]
    [InlineData("file"), InlineData("memory"), InlineData("snapshot")]
    public async Task Qemu_img_converts_compares_and_maps(string device)
    {
        var image = RandomFile("image", 24 * MiB);
        var served = await DeviceAsync(device, 24 * MiB);
        var socket = Serve(served);
        await RunAsync("qemu-img", "convert", "-n", "-W", "-m", "16", "-f", "raw", "-O", "raw", image, Uri(socket));
        await RunAsync("qemu-img", "compare", "-f", "raw", "-F", "raw", image, Uri(socket));
        await Files.AssertIdenticalAsync(image, await ContentAsync(served));
        await RunAsync("qemu-img", "convert", "-f", "raw", "-O", "qcow2", Uri(socket), Folder["back.qcow2"]);
        await RunAsync("qemu-img", "compare", "-f", "qcow2", "-F", "raw", Folder["back.qcow2"], image);
        using var map = JsonDocument.Parse(await RunAsync("qemu-img", "map", "-f", "raw", "--output=json", Uri(socket)));
        Assert.Equal(24 * MiB, map.RootElement.EnumerateArray().Sum(static extent => extent.GetProperty("length").GetInt64()));
        await RunAsync("qemu-img", "bench", "-f", "raw", "-c", "2000", "-d", "32", "-w", "--flush-interval=100", Uri(socket));
    }

    [SkippableTheory]
    [InlineData("file"), InlineData("memory"), InlineData("snapshot")]
    public async Task Qemu_io_does_every_operation(string device)
    {
        var served = await DeviceAsync(device, 16 * MiB);
        var socket = Serve(served);
        // Asynchronous operations do not overlap; each is read back by its pattern.
        var script = new[]
        {
            "write -P 0x11 0 1M", "write -f -P 0x22 1M 64k", "write -P 0x33 1234 777", "aio_write -P 0x44 2M 512k", "aio_write -P 0x55 3M 512k", "aio_flush",
            "write -P 0xff 4M 4M", "write -z 4M 1M", "write -z -u 5M 1M", "write -z -f 6M 512k", "discard 7M 1M", "flush",
            "read -P 0x11 0 1234", "read -P 0x33 1234 777", "read -P 0x22 1M 64k", "read -P 0x44 2M 512k", "read -P 0x55 3M 512k",
            "read -P 0 4M 1M", "read -P 0 5M 1M", "read -P 0 6M 512k", "read -P 0xff 6815744 508k", "aio_read -P 0x44 2M 512k", "aio_flush",
        };
        var output = await RunAsync("qemu-io", ["-f", "raw", .. script.SelectMany(static command => new[] { "-c", command }), Uri(socket)]);
        Assert.DoesNotContain("failed", output, StringComparison.OrdinalIgnoreCase);
    }

    [SkippableTheory]
    [InlineData("file"), InlineData("memory"), InlineData("snapshot")]
    public async Task Fio_verifies_what_it_wrote(string device)
    {
        var served = await DeviceAsync(device, 32 * MiB);
        var output = await RunAsync("fio", "--name=verify", "--ioengine=nbd", $"--uri={Uri(Serve(served))}",
            "--rw=randrw", "--bsrange=4k-128k", "--iodepth=32", "--size=32m", "--verify=crc32c", "--verify_fatal=1", "--randseed=5");
        Assert.Contains("err= 0", output, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("file"), InlineData("snapshot")]
    public async Task Nbdkit_serves_ours_on(string device)
    {
        var image = RandomFile("image", 16 * MiB);
        var served = await DeviceAsync(device, 16 * MiB);
        var socket = Serve(served);
        var nbdkit = Own(await NbdPeer.NbdkitAsync(Folder, "proxy", "nbd", $"uri={Uri(socket)}"));
        await RunAsync("nbdcopy", image, Uri(nbdkit.Path));
        await RunAsync("nbdcopy", Uri(nbdkit.Path), Folder["back"]);
        await Files.AssertIdenticalAsync(image, Folder["back"]);
        await Files.AssertIdenticalAsync(image, await ContentAsync(served));
    }
}
