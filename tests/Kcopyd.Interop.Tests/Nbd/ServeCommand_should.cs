using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Nbd;

/// <summary>The built command in its own process, with clients of other projects.</summary>
[Trait(KcopydProcess.Trait, KcopydProcess.Kcopyd)]
public sealed class ServeCommand_should : CommandTest
{
    private const int Terminate = 15;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private string Socket => Folder["s"];

    [SkippableFact]
    public async Task list_its_exports_take_writes_and_end_in_order_when_it_is_terminated()
    {
        Requires.Tools("nbdinfo", "qemu-io");
        var (a, b) = (await ImageAsync("a.img"), await ImageAsync("b.img"));
        var served = await ServeAsync(a, b);
        var list = await Tool.OutputAsync("nbdinfo", "--list", Address(""));
        Assert.Contains("export=\"a.img\"", list, StringComparison.Ordinal);
        Assert.Contains("export=\"b.img\"", list, StringComparison.Ordinal);
        await QemuAsync("b.img", "write -P 5 64k 128k", "flush", "read -P 5 64k 128k", "read -P 1 0 64k");

        served.Signal(Terminate);
        var ended = await served.WaitAsync(Patience);
        Assert.True(ended is { ExitCode: 0, Error: "" }, ended.ToString());
        Assert.Contains("'a.img'", ended.Output, StringComparison.Ordinal);
        Assert.Contains("128.0 KiB written", ended.Output, StringComparison.Ordinal);
        Assert.False(Path.Exists(Socket));
        var bytes = await File.ReadAllBytesAsync(b);
        Assert.All(bytes[(64 << 10)..(192 << 10)], one => Assert.Equal(5, one));
    }

    [SkippableFact]
    public async Task end_while_a_client_is_at_work_and_take_its_address_again_after_kill_9()
    {
        Requires.Tools("nbdcopy", "qemu-io", "cmp", "stdbuf");
        var image = await ImageAsync("a.img");
        var served = await ServeAsync(image);
        await using var client = Tool.Start("stdbuf", "-o0", "qemu-io", "-f", "raw", "-c", "write -P 6 0 64k", "-c", "sleep 60000", Address(""));
        await client.UntilAsync(() => client.Output.Contains("wrote 65536", StringComparison.Ordinal), "answered");
        served.Signal(Terminate);
        Assert.Equal(0, (await served.WaitAsync(Patience)).ExitCode);

        var killed = await ServeAsync(image);
        killed.Signal(KcopydProcess.Kill);
        await killed.WaitAsync(Patience);
        Assert.True(Path.Exists(Socket));
        await ServeAsync(image);
        await Tool.OutputAsync("nbdcopy", Address(""), Folder["copy"]);
        await Tool.OutputAsync("cmp", image, Folder["copy"]);      // .NET would try to lock the file, which the server has locked
    }

    [SkippableFact]
    public async Task serve_a_snapshot_that_differs_from_its_origin_after_a_write_to_it()
    {
        Requires.Tools("qemu-io");
        var image = await ImageAsync("disk.img");
        Assert.Equal(0, (await KcopydProcess.RunAsync("snapshot", "create", image, Folder["disk.cow"], "--size", "4M")).ExitCode);
        var served = await ServeAsync("--snapshot", $"{image},{Folder["disk.cow"]}");
        await QemuAsync("disk.img", "write -P 9 4k 64k", "read -P 9 4k 64k");
        await QemuAsync("disk.cow", "read -P 1 0 1M", "write -P 3 512k 4k", "read -P 3 512k 4k");
        await QemuAsync("disk.img", "read -P 1 512k 4k");
        served.Signal(KcopydProcess.Interrupt);
        var ended = await served.WaitAsync(Patience);
        Assert.True(ended is { ExitCode: 0, Error: "" }, ended.ToString());
        Assert.Equal(0, (await KcopydProcess.RunAsync("snapshot", "export", image, Folder["disk.cow"], Folder["out"])).ExitCode);
        var snapshot = await File.ReadAllBytesAsync(Folder["out"]);
        Assert.Equal((1, 3), (snapshot[4096], snapshot[512 << 10]));
    }

    [SkippableFact]
    public async Task take_a_snapshot_of_one_moment_while_a_client_writes()
    {
        Requires.Tools("qemu-io", "nbdcopy", "stdbuf");
        var image = await ImageAsync("disk.img");
        var served = await ServeAsync(image, "--control", $"unix:{Folder["control"]}");
        await QemuAsync("", "write -P 2 512k 64k");
        // Each write is one request of 256 KiB with a different byte.
        var commands = Enumerable.Range(3, 200).SelectMany(pattern => new[] { "-c", $"write -P {pattern} 0 256k", "-c", "sleep 20" });
        await using (var writer = Tool.Start("stdbuf", ["-oL", "qemu-io", "-f", "raw", .. commands, Address("")]))
        {
            await writer.UntilAsync(() => writer.Output.Contains("wrote", StringComparison.Ordinal), "wrote");
            var before = Written();
            var created = await KcopydProcess.RunAsync("snapshot", "create", image, Folder["disk.cow"], "--size", "4M", "--serve", $"unix:{Folder["control"]}");
            var after = Written();
            Assert.True(created is { ExitCode: 0, Error: "" }, created.ToString());
            Assert.Contains("served read-only as 'disk.cow'", created.Output, StringComparison.Ordinal);
            await Tool.OutputAsync("nbdcopy", Address("disk.cow"), Folder["early"]);
            var seen = Wrote(writer);
            await writer.UntilAsync(() => Wrote(writer) > seen, "wrote more");
            await Tool.OutputAsync("nbdcopy", Address("disk.cow"), Folder["late"]);

            var early = await File.ReadAllBytesAsync(Folder["early"]);
            Assert.InRange(early[0], before, after);
            Assert.All(early[..(256 << 10)], one => Assert.Equal(early[0], one));
            Assert.All(early[(256 << 10)..(512 << 10)], one => Assert.Equal(1, one));
            Assert.All(early[(512 << 10)..(576 << 10)], one => Assert.Equal(2, one));
            await Files.AssertIdenticalAsync(Folder["early"], Folder["late"]);
            Assert.Equal(0, (await writer.WaitAsync(Patience)).ExitCode);
        }
        await QemuAsync("", "read -P 202 0 256k");
        var refused = await Tool.RunAsync("qemu-io", "-f", "raw", "-c", "write -P 9 0 4k", Address("disk.cow"));
        Assert.True(refused.ExitCode != 0 && !refused.Output.Contains("wrote", StringComparison.Ordinal), refused.ToString());
        served.Signal(Terminate);
        var ended = await served.WaitAsync(Patience);
        Assert.True(ended is { ExitCode: 0, Error: "" }, ended.ToString());
        Assert.Equal(0, (await KcopydProcess.RunAsync("snapshot", "export", image, Folder["disk.cow"], Folder["out"])).ExitCode);
        await Files.AssertIdenticalAsync(Folder["early"], Folder["out"]);

        // What the file shows now: the writer's output is read later.
        byte Written()
        {
            using var file = File.OpenRead(image);
            return (byte)file.ReadByte();
        }
        static int Wrote(RunningTool writer) => writer.Output.Split("wrote 262144").Length - 1;
    }

    [SkippableFact]
    public async Task refuse_plain_text_where_tls_is_required_and_take_it_where_it_is_not()
    {
        Requires.Tools("nbdinfo", "openssl");
        var image = await ImageAsync("a.img");
        await CertificatesAsync(Folder["tls"]);
        var served = await ServeAsync(image, "--tls-certificates", Folder["tls"]);
        var plain = await Tool.RunAsync("nbdinfo", "--size", Address(""));
        Assert.NotEqual(0, plain.ExitCode);
        Assert.Equal("1048576", (await Tool.OutputAsync("nbdinfo", "--size", SecureAddress)).Trim());
        served.Signal(Terminate);
        var ended = await served.WaitAsync(Patience);
        Assert.StartsWith($"ready nbds+unix:///?socket={Socket}\n", ended.Output, StringComparison.Ordinal);

        await ServeAsync(image, "--tls-certificates", Folder["tls"], "--tls", "optional");
        Assert.Equal("1048576", (await Tool.OutputAsync("nbdinfo", "--size", Address(""))).Trim());
        Assert.Equal("1048576", (await Tool.OutputAsync("nbdinfo", "--size", SecureAddress)).Trim());
    }

    [SkippableFact]
    public async Task take_only_clients_with_a_certificate_if_it_was_told_so()
    {
        Requires.Tools("nbdinfo", "openssl");
        await CertificatesAsync(Folder["tls"]);
        await ServeAsync(await ImageAsync("a.img"), "--tls-certificates", Folder["tls"], "--tls-verify-peer");
        Assert.Equal("1048576", (await Tool.OutputAsync("nbdinfo", "--size", SecureAddress)).Trim());
        File.Delete(Path.Combine(Folder["tls"], "client-cert.pem"));
        File.Delete(Path.Combine(Folder["tls"], "client-key.pem"));
        Assert.NotEqual(0, (await Tool.RunAsync("nbdinfo", "--size", SecureAddress)).ExitCode);
    }

    [SkippableFact]
    public async Task report_a_flush_that_fails_at_the_end()
    {
        Requires.Tools("strace", "qemu-io");
        var image = await ImageAsync("a.img");
        // strace runs as a child of the command (-D), so that the command receives the signal. The client does not flush, because it would receive the error.
        var served = Own(Tool.Start("strace", ["-D", "-f", "-qq", "-o", "/dev/null", "-P", image,
            "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO",
            .. KcopydProcess.Command, "serve", image, "--listen", $"unix:{Socket}"]));
        await served.UntilAsync(() => served.Output.StartsWith("ready ", StringComparison.Ordinal), "ready");
        var written = await Tool.RunAsync("qemu-io", "-t", "unsafe", "-f", "raw", "-c", "write -P 5 0 4k", Address(""));
        Assert.Contains("wrote 4096", written.Output, StringComparison.Ordinal);
        served.Signal(Terminate);
        var ended = await served.WaitAsync(Patience);
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains($"kcopyd: {image}: flush failed; what was written since the last good flush may be lost", ended.Error, StringComparison.Ordinal);
    }

    private string SecureAddress => $"nbds+unix:///?socket={Socket}&tls-certificates={Folder["tls"]}&tls-hostname=localhost";

    private string Address(string export) => $"nbd+unix:///{export}?socket={Socket}";

    private async Task<string> ImageAsync(string name)
    {
        await File.WriteAllBytesAsync(Folder[name], [.. Enumerable.Repeat((byte)1, 1 << 20)]);
        return Folder[name];
    }

    private async Task<RunningTool> ServeAsync(params string[] args)
    {
        var served = Own(KcopydProcess.Start(["serve", .. args, "--listen", $"unix:{Socket}"]));
        await served.UntilAsync(() => served.Output.StartsWith("ready ", StringComparison.Ordinal), "ready");
        return served;
    }

    private async Task QemuAsync(string export, params string[] commands)
    {
        var output = await Tool.OutputAsync("qemu-io", ["-f", "raw", .. commands.SelectMany(command => new[] { "-c", command }), Address(export)]);
        Assert.DoesNotContain("fail", output, StringComparison.OrdinalIgnoreCase);
    }

    // As docs/nbd.md creates them.
    private static async Task CertificatesAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        string File(string name) => Path.Combine(folder, name);
        await Tool.OutputAsync("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-subj", "/CN=kcopyd test authority",
            "-keyout", File("ca-key.pem"), "-out", File("ca-cert.pem"));
        foreach (var (role, usage) in new[] { ("server", "serverAuth"), ("client", "clientAuth") })
        {
            await Tool.OutputAsync("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost", "-addext", $"extendedKeyUsage={usage}", "-addext", "basicConstraints=critical,CA:FALSE",
                "-CA", File("ca-cert.pem"), "-CAkey", File("ca-key.pem"), "-keyout", File($"{role}-key.pem"), "-out", File($"{role}-cert.pem"));
        }
    }
}
