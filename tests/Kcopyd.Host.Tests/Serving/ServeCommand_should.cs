using System.Net.Sockets;
using System.Text.Json;
using Xunit;

namespace Kcopyd.Host.Tests.Serving;

public sealed class ServeCommand_should : ServeSpec
{
    private static readonly byte[] Sevens = [.. Enumerable.Repeat((byte)7, 4096)];

    [Fact]
    public async Task serve_a_file_say_where_and_tell_at_the_end_what_was_done()
    {
        var file = Folder.Random("disk.img", 1 << 20);
        var before = Folder.Read("disk.img");
        await using var served = await ServeAsync(file, "--listen", $"unix:{Socket}");
        Assert.Equal($"ready nbd+unix:///?socket={Socket}", served.Ready);
        await using (var client = await TinyClient.ConnectAsync(Socket, ""))
        {
            Assert.Equal(1 << 20, client.Length);
            Assert.Equal(before[8192..12288], await client.ReadAsync(8192, 4096));
            await client.WriteAsync(4096, Sevens);
        }
        var outcome = await served.InterruptAsync();
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.EndsWith($"'' ({file}): 2 requests, 4.0 KiB read, 4.0 KiB written, 0 errors\n", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(Sevens, Folder.Read("disk.img")[4096..8192]);
        Assert.Equal(["disk.img"], Folder.Names);
    }

    [Fact]
    public async Task answer_what_was_begun_and_disconnect_clients_that_stay_when_it_is_interrupted()
    {
        var file = Folder.Random("disk.img", 1 << 20);
        await using var served = await ServeAsync(file, "--listen", $"unix:{Socket}");
        await using var client = await TinyClient.ConnectAsync(Socket, "");
        await client.WriteAsync(0, Sevens);
        Assert.Equal(0, (await served.InterruptAsync()).ExitCode);
        await Assert.ThrowsAnyAsync<IOException>(() => client.ReadAsync(0, 4096));
        Assert.False(Path.Exists(Socket));
    }

    [Fact]
    public async Task give_several_files_the_names_that_they_have_and_that_were_said()
    {
        var (a, b, c) = (Folder.Random("a.img", 4096), Folder.Random("b.img", 8192), Folder.Random("c.img", 16384));
        await using var served = await ServeAsync(a, b, "--export", $"third={c}", "--listen", $"unix:{Socket}");
        foreach (var (name, length) in new[] { ("a.img", 4096), ("b.img", 8192), ("third", 16384) })
        {
            await using var client = await TinyClient.ConnectAsync(Socket, name);
            Assert.Equal(length, client.Length);
        }
        await Assert.ThrowsAnyAsync<IOException>(() => TinyClient.ConnectAsync(Socket, ""));
    }

    [Fact]
    public async Task serve_one_file_under_two_names_as_one_device()
    {
        var file = Folder.Random("disk.img", 1 << 20);
        await using var served = await ServeAsync(file, "--export", $"again={file}", "--listen", $"unix:{Socket}");
        await using var one = await TinyClient.ConnectAsync(Socket, "");
        await using var other = await TinyClient.ConnectAsync(Socket, "again");
        await one.WriteAsync(0, Sevens);
        Assert.Equal(Sevens, await other.ReadAsync(0, 4096));
    }

    [Fact]
    public async Task listen_on_several_addresses_and_say_the_ports_that_it_got()
    {
        var file = Folder.Random("disk.img", 4096);
        await using var served = await ServeAsync(file, "--listen", "127.0.0.1:0", "--listen", $"unix:{Socket}", "--json");
        var address = new Uri(JsonDocument.Parse(served.Ready).RootElement.GetProperty("ready").GetString()!);
        Assert.Equal(("nbd", "127.0.0.1", "/"), (address.Scheme, address.Host, address.AbsolutePath));
        using (var client = new TcpClient())
            await client.ConnectAsync(address.Host, address.Port);
        var outcome = await served.InterruptAsync();
        var lines = outcome.Out.TrimEnd().Split('\n');
        Assert.Equal($$"""{"ready":"nbd+unix:///?socket={{Socket}}"}""", lines[1]);
        var export = JsonDocument.Parse(lines[2]).RootElement.GetProperty("exports")[0];
        Assert.Equal((file, 4096, 0),
            (export.GetProperty("path").GetString(), export.GetProperty("length").GetInt32(), export.GetProperty("errors").GetInt32()));
    }

    [Fact]
    public async Task open_for_reading_only_and_share_the_file_with_those_who_read_if_it_was_told_so()
    {
        var file = Folder.Random("disk.img", 4096);
        await using var served = await ServeAsync(file, "--read-only", "--listen", $"unix:{Socket}");
        await using var second = await ServeAsync(file, "--read-only", "--listen", $"unix:{Folder["s2"]}");
        await using var client = await TinyClient.ConnectAsync(Socket, "");
        Assert.Equal(Folder.Read("disk.img"), await client.ReadAsync(0, 4096));
        await Assert.ThrowsAsync<Xunit.Sdk.EqualException>(() => client.WriteAsync(0, Sevens));
    }

    [Fact]
    public async Task keep_other_commands_off_what_is_written_and_let_them_at_it_afterwards()
    {
        var file = Folder.Random("disk.img", 4096);
        await using var served = await ServeAsync(file, "--listen", $"unix:{Socket}");
        var second = await RunAsync("serve", file, "--listen", $"unix:{Folder["s2"]}");
        Assert.Equal(2, second.ExitCode);
        Assert.Contains($"FILE '{file}' is in use: {file} is locked by process", second.Error, StringComparison.Ordinal);
        await served.InterruptAsync();
        await using var third = await ServeAsync(file, "--listen", $"unix:{Folder["s2"]}");
    }

    [Fact]
    public async Task list_its_options_in_its_help_and_cost_other_commands_nothing()
    {
        Assert.Contains("serve", (await RunAsync("--help")).Out, StringComparison.Ordinal);
        var help = (await RunAsync("serve", "--help")).Out;
        string[] names =
        [
            "FILE", "--export", "--snapshot", "--listen", "--read-only", "--tls-certificates", "--tls-verify-peer", "--tls", "--io", "--pid-file",
            "--max-connections", "--json", "--log-level",
        ];
        Assert.All(names, name => Assert.Contains(name, help, StringComparison.Ordinal));
    }
}
