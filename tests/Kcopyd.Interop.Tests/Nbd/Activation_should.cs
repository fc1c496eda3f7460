using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Nbd;

/// <summary><c>kcopyd serve</c> started by programs that pass it sockets and wait until it is ready, and beside servers that use its address.</summary>
public sealed partial class Activation_should : CommandTest
{
    private const int Terminate = 15;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task let_nbdinfo_start_the_server_and_have_standard_output_for_itself()
    {
        Requires.Tools("nbdinfo");
        var info = await Tool.RunAsync("nbdinfo", ["--size", "--", "[", .. KcopydProcess.Command, "serve", await ImageAsync("a.img", 1), "]"]);
        Assert.Equal((0, "1048576\n", ""), (info.ExitCode, info.Output, info.Error));
    }

    [SkippableFact]
    public async Task let_nbdcopy_copy_from_one_server_that_it_starts_to_another()
    {
        Requires.Tools("nbdcopy");
        var (a, b) = (await ImageAsync("a.img", 1), await ImageAsync("b.img", 0));
        await Tool.OutputAsync("nbdcopy", ["--", "[", .. KcopydProcess.Command, "serve", a, "]", Folder["out"]]);
        await Files.AssertIdenticalAsync(a, Folder["out"]);
        await Tool.OutputAsync("nbdcopy", ["--", "[", .. KcopydProcess.Command, "serve", a, "]", "[", .. KcopydProcess.Command, "serve", b, "]"]);
        await Files.AssertIdenticalAsync(a, b);
    }

    [SkippableFact]
    public async Task take_the_sockets_of_systemd_and_leave_their_names()
    {
        Requires.Tools("systemd-socket-activate", "nbdinfo");
        var (unix, image) = (Folder["s"], await ImageAsync("a.img", 1));
        var served = Own(Tool.Start("systemd-socket-activate", ["-l", unix, "--fdname=disk", .. KcopydProcess.Command, "serve", image, "--json"]));
        await served.UntilAsync(() => Path.Exists(unix), "listening");
        Assert.Equal("1048576\n", await Tool.OutputAsync("nbdinfo", "--size", $"nbd+unix:///?socket={unix}"));
        Assert.Equal($$"""{"ready":"nbd+unix:///?socket={{unix}}"}""" + "\n", served.Output);
        served.Signal(Terminate);
        var ended = await served.WaitAsync(Patience);
        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.True(Path.Exists(unix));
    }

    [SkippableFact]
    public async Task tell_the_service_manager_when_clients_can_connect_and_when_it_ends()
    {
        Requires.Tools("env");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(Folder["notify"]));
        var served = Own(Tool.Start("env", [$"NOTIFY_SOCKET={Folder["notify"]}", .. KcopydProcess.Command, "serve", await ImageAsync("a.img", 1),
            "--listen", $"unix:{Folder["s"]}", "--pid-file", Folder["pid"]]));
        Assert.Equal("READY=1", await ReceiveAsync(manager));
        Assert.Equal($"{served.Id}\n", await File.ReadAllTextAsync(Folder["pid"]));
        served.Signal(Terminate);
        Assert.Equal("STOPPING=1", await ReceiveAsync(manager));
        Assert.Equal(0, (await served.WaitAsync(Patience)).ExitCode);
        Assert.False(Path.Exists(Folder["pid"]));
    }

    [SkippableFact]
    public async Task refuse_sockets_beside_addresses_and_what_does_not_listen()
    {
        Requires.Tools("sh");
        var image = await ImageAsync("a.img", 1);
        foreach (var (more, why) in new[] { ("--listen 127.0.0.1:0", "leave out --listen"), ("", "descriptor 3 of LISTEN_FDS does not listen") })
        {
            var command = string.Join(' ', KcopydProcess.Command.Select(static word => $"'{word}'"));
            var refused = await Tool.RunAsync("sh", "-c", $"export LISTEN_FDS=1 LISTEN_PID=$$; exec {command} serve '{image}' {more} 3<'{image}'");
            Assert.True(refused.ExitCode == 2 && refused.Error.Contains(why, StringComparison.Ordinal), refused.ToString());
        }
    }

    [SkippableFact]
    public async Task not_share_its_address_with_a_second_command()
    {
        var (a, b) = (await ImageAsync("a.img", 1), await ImageAsync("b.img", 0));
        var first = Own(KcopydProcess.Start("serve", a, "--listen", "127.0.0.1:0", "--listen", $"unix:{Folder["s"]}"));
        await first.UntilAsync(() => first.Output.Split('\n').Length == 3, "ready");
        var port = Port().Match(first.Output).Groups[1].Value;
        foreach (var listen in new[] { $"127.0.0.1:{port}", $"unix:{Folder["s"]}" })
        {
            var second = await KcopydProcess.RunAsync("serve", b, "--listen", listen);
            Assert.True(second is { ExitCode: 2, Output: "" }, second.ToString());
            Assert.Contains("Another server listens there", second.Error, StringComparison.Ordinal);
        }
        first.Signal(Terminate);
        Assert.Equal(0, (await first.WaitAsync(Patience)).ExitCode);
    }

    [SkippableFact]
    public async Task listen_on_all_addresses_of_IPv4_and_of_IPv6_side_by_side()
    {
        Requires.Root("make a network namespace");
        Requires.Tools("unshare", "ip");
        var script = "ip link set lo up; exec " + string.Join(' ', KcopydProcess.Command.Select(static word => $"'{word}'"))
            + $" serve '{await ImageAsync("a.img", 1)}' --tls-certificates '{PemFolder.Make(Folder, "tls")}' --listen 0.0.0.0:10809 --listen '[::]:10809'";
        var served = Own(Tool.Start("unshare", "-n", "sh", "-c", script));
        await served.UntilAsync(() => served.Output == "ready nbds://0.0.0.0:10809/\nready nbds://[::]:10809/\n", "ready");
    }

    [SkippableFact]
    public async Task have_names_with_slashes()
    {
        Requires.Tools("nbdinfo");
        var served = Own(KcopydProcess.Start("serve", "--export", $"vm/disk={await ImageAsync("a.img", 1)}", "--listen", $"unix:{Folder["s"]}"));
        await served.UntilAsync(() => served.Output.Length > 0, "ready");
        Assert.Equal("1048576\n", await Tool.OutputAsync("nbdinfo", "--size", $"nbd+unix:///vm/disk?socket={Folder["s"]}"));
    }

    [SkippableFact]
    public async Task be_described_by_units_that_systemd_takes()
    {
        Requires.Tools("systemd-analyze");
        var page = await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../docs/nbd.md"));
        var units = Unit().Matches(page);
        Assert.Equal(["kcopyd-disk.socket", "kcopyd-disk.service"], units.Select(unit => unit.Groups[1].Value));
        foreach (Match unit in units)
        {
            // With an existing program, because systemd checks that it exists.
            var text = unit.Groups[2].Value.Replace("/usr/bin/kcopyd", Tool.Find("env")!, StringComparison.Ordinal);
            await File.WriteAllTextAsync(Folder[unit.Groups[1].Value], text);
        }
        var verified = await Tool.RunAsync("systemd-analyze", "verify", Folder["kcopyd-disk.socket"], Folder["kcopyd-disk.service"]);
        Assert.True(verified.ExitCode == 0 && !verified.Error.Contains("kcopyd-disk", StringComparison.Ordinal), verified.ToString());
        // The command accepts the arguments of ExecStart.
        var words = ExecStart().Match(units[1].Groups[2].Value).Groups[1].Value.Split(' ');
        Assert.Equal("serve", words[0]);
        var started = await KcopydProcess.RunAsync(words);
        Assert.Contains($"'{words[1]}' does not exist", started.Error, StringComparison.Ordinal);
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;

    private async Task<string> ImageAsync(string name, byte content)
    {
        await File.WriteAllBytesAsync(Folder[name], [.. Enumerable.Repeat(content, 1 << 20)]);
        return Folder[name];
    }

    private static async Task<string> ReceiveAsync(Socket manager)
    {
        var buffer = new byte[100];
        using var patience = new CancellationTokenSource(Patience);
        return Encoding.UTF8.GetString(buffer, 0, await manager.ReceiveAsync(buffer, patience.Token));
    }

    [GeneratedRegex(@"127\.0\.0\.1:(\d+)/")]
    private static partial Regex Port();

    [GeneratedRegex(@"```ini\n# /etc/systemd/system/(\S+)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Unit();

    [GeneratedRegex("^ExecStart=/usr/bin/kcopyd (.*)$", RegexOptions.Multiline)]
    private static partial Regex ExecStart();
}
