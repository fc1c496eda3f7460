using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Kcopyd.Host.Tests.Serving;

/// <summary>Snapshots taken while their origin is served.</summary>
public sealed class ServeControl_should : ServeSpec
{
    private const int Length = 64 * 4096;

    private static readonly byte[] Sevens = [.. Enumerable.Repeat((byte)7, 4096)], Eights = [.. Enumerable.Repeat((byte)8, 4096)];

    private string Origin { get; }

    private byte[] Frozen { get; }

    private string Control => $"unix:{Folder["c"]}";

    public ServeControl_should()
    {
        Origin = Folder.Random("disk.img", Length);
        Frozen = Folder.Read("disk.img");
    }

    [Fact]
    public async Task take_a_snapshot_of_what_was_written_by_then_and_serve_it_for_reading()
    {
        await using (var served = await ServeAsync(Origin, "--control", Control, "--listen", $"unix:{Socket}"))
        {
            await using var disk = await TinyClient.ConnectAsync(Socket, "");
            await disk.WriteAsync(0, Sevens);
            var created = await DoAsync("snapshot", "create", Origin, Folder["a.cow"], "--size", "1M", "--serve", Control, "--name", "monday");
            Assert.Equal($"{Folder["a.cow"]}: a snapshot of {Origin} in chunks of 4.0 KiB; 1.0 MiB are reserved for it; served read-only as 'monday'\n"
                + "snapshot 16/2048 16\n", created.Out);
            await disk.WriteAsync(0, Eights);
            await disk.WriteAsync(8192, Eights);
            await DoAsync("snapshot", "create", Origin, Folder["b.cow"], "--size", "1M", "--serve", Control);
            await disk.WriteAsync(4096, Sevens);

            await using var monday = await TinyClient.ConnectAsync(Socket, "monday");
            Assert.Equal((byte[])[.. Sevens, .. Frozen[4096..]], await monday.ReadAsync(0, Length));
            await using var b = await TinyClient.ConnectAsync(Socket, "b.cow");
            Assert.Equal((byte[])[.. Eights, .. Frozen[4096..8192], .. Eights, .. Frozen[12288..]], await b.ReadAsync(0, Length));

            var status = (await DoAsync("snapshot", "status", "--serve", Control, "--json")).Json.EnumerateArray().ToList();
            Assert.Equal(["", "monday", "b.cow"], status.Select(one => one.GetProperty("name").GetString()));
            Assert.Equal([1, 1, 1], status.Select(one => one.GetProperty("connections").GetInt32()));
            Assert.Equal("snapshot 40/2048 16", status[1].GetProperty("snapshot").GetProperty("text").GetString());
            Assert.Contains($"'monday' ({Folder["a.cow"]}): 1 client, read-only, snapshot of {Origin}: snapshot 40/2048 16\n",
                (await DoAsync("snapshot", "status", Folder["a.cow"], "--serve", Control)).Out, StringComparison.Ordinal);
        }
        Assert.False(Path.Exists(Folder["c"]));
        // A store created while its origin was served is a store like any other.
        await DoAsync("snapshot", "export", Origin, Folder["a.cow"], Folder["out"]);
        Assert.Equal((byte[])[.. Sevens, .. Frozen[4096..]], Folder.Read("out"));
    }

    [Fact]
    public async Task delete_a_snapshot_that_nobody_reads_and_grow_another()
    {
        await using var served = await ServeAsync(Origin, "--control", Control, "--listen", $"unix:{Socket}");
        await DoAsync("snapshot", "create", Origin, Folder["a.cow"], "--size", "64K", "--serve", Control);
        await using (await TinyClient.ConnectAsync(Socket, "a.cow"))
            Assert.Contains($"COW '{Folder["a.cow"]}' is in use: 1 client reads its export 'a.cow'",
                (await RefusedAsync("snapshot", "delete", Folder["a.cow"], "--serve", Control)).Error, StringComparison.Ordinal);
        Assert.Equal($"{Folder["a.cow"]}: 1.0 MiB\nsnapshot 16/2048 16\n",
            (await DoAsync("snapshot", "grow", Folder["a.cow"], "--size", "1M", "--serve", Control)).Out);
        await using (var disk = await TinyClient.ConnectAsync(Socket, ""))
            await disk.WriteAsync(0, new byte[Length]);
        await using (var a = await TinyClient.ConnectAsync(Socket, "a.cow"))
            Assert.Equal(Frozen, await a.ReadAsync(0, Length));
        await DeletedAsync("a.cow");
        Assert.False(File.Exists(Folder["a.cow"]));
        await Assert.ThrowsAnyAsync<IOException>(() => TinyClient.ConnectAsync(Socket, "a.cow"));
        await DoAsync("snapshot", "create", Origin, Folder["a.cow"], "--size", "64K", "--serve", Control);      // its name and its file are free
    }

    [Fact]
    public async Task tell_where_a_snapshot_and_its_origin_differ_while_both_are_served()
    {
        await using var served = await ServeAsync(Origin, "--control", Control, "--listen", $"unix:{Socket}");
        await DoAsync("snapshot", "create", Origin, Folder["a.cow"], "--size", "1M", "--serve", Control);
        Assert.Equal("", (await DoAsync("snapshot", "diff", Origin, Folder["a.cow"], "--serve", Control)).Out);
        await using var disk = await TinyClient.ConnectAsync(Socket, "");
        foreach (var chunk in new[] { 5, 3, 4, 63, 0 })
            await disk.WriteAsync(chunk * 4096, Sevens);
        Assert.Equal("0 4096\n12288 12288\n258048 4096\n", (await DoAsync("snapshot", "diff", Origin, Folder["a.cow"], "--serve", Control)).Out);
        var json = (await DoAsync("snapshot", "diff", Origin, Folder["a.cow"], "--serve", Control, "--json")).Json;
        Assert.Equal((4096, 5 * 4096, 3),
            (json.GetProperty("chunkSize").GetInt32(), json.GetProperty("bytes").GetInt32(), json.GetProperty("ranges").GetArrayLength()));
        Assert.Contains($"is a snapshot of '{Origin}', not of '{Folder["other"]}'",
            (await RefusedAsync("snapshot", "diff", Folder.Random("other", Length), Folder["a.cow"], "--serve", Control)).Error, StringComparison.Ordinal);
        // A page begins where the previous one ended.
        var page = (await ExchangeAsync($$"""{"op":"diff","cow":"{{Folder["a.cow"]}}","from":16384}""" + "\n")).GetProperty("diff");
        Assert.Equal([16384L, 258048], page.GetProperty("ranges").EnumerateArray().Select(range => range.GetProperty("offset").GetInt64()));
        Assert.False(page.TryGetProperty("next", out _));
    }

    [Fact]
    public async Task tell_them_in_pages_where_they_are_many()
    {
        const int Chunks = Host.Snapshots.DiffPage.Most + 5;
        await using (var file = File.Create(Folder["large"]))
            file.SetLength(1024L * Chunks);
        await DoAsync("snapshot", "create", Folder["large"], Folder["a.cow"], "--size", "128M", "--sparse", "--chunk", "512");
        await MarkEveryOtherAsync(Folder["a.cow"], Chunks);
        await using var served = await ServeAsync("--snapshot", $"{Folder["large"]},{Folder["a.cow"]}", "--control", Control, "--listen", $"unix:{Socket}");
        var ranges = (await DoAsync("snapshot", "diff", Folder["large"], Folder["a.cow"], "--serve", Control, "--json")).Json.GetProperty("ranges");
        Assert.Equal(Enumerable.Range(0, Chunks).Select(i => 1024L * i), ranges.EnumerateArray().Select(range => range.GetProperty("offset").GetInt64()));
    }

    [Fact]
    public async Task keep_a_store_whose_merge_is_not_complete_until_that_is_said()
    {
        await DoAsync("snapshot", "create", Origin, Folder["a.cow"], "--size", "1M");
        await DoAsync("snapshot", "write", Origin, Folder["a.cow"], "--at", "0", "--from", Folder.Write("bytes", Sevens));
        await Snapshots.SnapshotCommandSpec.BeginMergeAsync(Origin, Folder["a.cow"]);
        var copy = Path.Combine(Directory.CreateDirectory(Folder["elsewhere"]).FullName, "copy");
        File.Copy(Folder["a.cow"], copy);
        await using var served = await ServeAsync("--snapshot", $"{Origin},{Folder["a.cow"]}", "--control", Control, "--listen", $"unix:{Socket}");
        Assert.Contains($"COW '{Folder["a.cow"]}' is half merged: its origin '{Origin}' holds neither", await served.ErrorAsync(), StringComparison.Ordinal);
        Assert.Contains("is half merged: a merge into",
            (await RefusedAsync("snapshot", "delete", Folder["a.cow"], "--serve", Control)).Error, StringComparison.Ordinal);
        Assert.Contains("is half merged",
            (await RefusedAsync("snapshot", "create", Origin, copy, "--force", "--serve", Control)).Error, StringComparison.Ordinal);
        await DoAsync("snapshot", "delete", Folder["a.cow"], "--force", "--serve", Control);
        Assert.False(File.Exists(Folder["a.cow"]));
    }

    // The storage remains under another name, as that of a block device does.
    [Fact]
    public async Task give_back_what_a_store_was_on_when_it_is_deleted()
    {
        await DoAsync("snapshot", "create", Origin, Folder["a.cow"], "--size", "1M");
        Tool.Run("ln", Folder["a.cow"], Folder["storage"]);
        await using var served = await ServeAsync("--snapshot", $"{Origin},{Folder["a.cow"]}", "--control", Control, "--listen", $"unix:{Socket}");
        var other = Folder.Random("other", Length);
        Assert.Contains("is in use", (await RefusedAsync("snapshot", "create", other, Folder["storage"], "--force")).Error, StringComparison.Ordinal);
        await DoAsync("snapshot", "delete", Folder["a.cow"], "--serve", Control);
        await DoAsync("snapshot", "create", other, Folder["storage"]);
        Assert.Contains("is in use", (await RefusedAsync("snapshot", "merge", Origin, Folder["storage"])).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task refuse_what_cannot_be_done_and_leave_nothing_behind()
    {
        var other = Folder.Random("other", Length, seed: 3);
        await using var served = await ServeAsync(Origin, "--control", Control, "--listen", $"unix:{Socket}");
        foreach (var (message, args) in new (string, string[])[]
        {
            ("ORIGIN '{other}' is not served here", ["create", "{other}", "{new}", "--size", "1M"]),
            ("COW '{other}' holds data", ["create", "{disk.img}", "{other}"]),
            ("COW '{disk.img}' is ", ["create", "{disk.img}", "{disk.img}"]),
            ("COW '{new}' does not exist; to create it, say how large", ["create", "{disk.img}", "{new}"]),
            ("COW '{new}' has 4096 bytes: a COW store needs two chunks", ["create", "{disk.img}", "{new}", "--size", "4K"]),
            ("an export '' already exists", ["create", "{disk.img}", "{new}", "--size", "1M", "--name", ""]),
            ("COW '{other}' is not the store of a snapshot that is served here", ["delete", "{other}"]),
            ("COW '{other}' is not the store of a snapshot that is served here", ["diff", "{disk.img}", "{other}"]),
            ("--compare reads both, and what is served changes in the meantime: leave it out.", ["diff", "{disk.img}", "{other}", "--compare"]),
            ("the server decides what it accepts: leave out the options for that.", ["diff", "{disk.img}", "{other}", "--accept-unclean"]),
        })
        {
            var outcome = await RefusedAsync(["snapshot", .. args.Select(InFolder), "--serve", Control]);
            Assert.Contains(InFolder(message), outcome.Error, StringComparison.Ordinal);
            Assert.False(File.Exists(Folder["new"]));
        }
        Assert.Single((await DoAsync("snapshot", "status", "--serve", Control, "--json")).Json.EnumerateArray());
        Assert.Contains("Is 'kcopyd serve --control unix:/nowhere' running?",
            (await RefusedAsync("snapshot", "status", "--serve", "unix:/nowhere")).Error, StringComparison.Ordinal);
        Assert.Contains("--read-only writes nothing",
            (await RefusedAsync("serve", other, "--read-only", "--control", Control)).Error, StringComparison.Ordinal);
        Assert.Contains($"--control '{Control}' cannot be listened on",
            (await RefusedAsync("serve", other, "--listen", $"unix:{Folder["s2"]}", "--control", Control)).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "that is not a request")]
    [InlineData("no json", "that is not a request")]
    [InlineData("""{"op":"status","froce":true}""", "froce")]
    [InlineData("""{"op":"format"}""", "there is no request 'format'; there are status, create, diff, grow and delete.")]
    [InlineData("""{"op":"create","cow":"a"}""", "cow 'a': must be an absolute path.")]
    [InlineData("""{"op":"create","cow":"/a","chunk":5}""", "chunk 5: must be a power of two")]
    [InlineData("""{"op":"diff"}""", "the request needs cow.")]
    [InlineData("""{"op":"grow"}""", "the request needs cow.")]
    [InlineData("""{"op":"delete"}""", "the request needs cows.")]
    [InlineData("long", "a request has more than 65536 bytes.")]
    public async Task answer_what_is_no_request(string line, string message)
    {
        await using var served = await ServeAsync(Origin, "--control", Control, "--listen", $"unix:{Socket}");
        var reply = await ExchangeAsync(line == "long" ? new string(' ', 65536) : line + "\n");
        Assert.Equal("refused", reply.GetProperty("code").GetString());
        Assert.Contains(message, reply.GetProperty("error").GetString(), StringComparison.Ordinal);
        await DoAsync("snapshot", "status", "--serve", Control);
    }

    [Fact]
    public async Task serve_others_while_a_client_asks_for_nothing_and_end_in_spite_of_it()
    {
        await using var served = await ServeAsync(Origin, "--control", Control, "--listen", $"unix:{Socket}");
        using var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await silent.ConnectAsync(new UnixDomainSocketEndPoint(Folder["c"]));
        await DoAsync("snapshot", "status", "--serve", Control);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Folder["c"]));
        Assert.Equal(0, (await served.InterruptAsync()).ExitCode);
    }

    // Gives every other chunk an exception. Hundreds of thousands of writes to the origin would take too long.
    private static async Task MarkEveryOtherAsync(string cow, int chunks)
    {
        const int Records = 512 / 16;
        await using var file = File.OpenWrite(cow);
        for (var (i, area) = (0, 1L); i < chunks; i += Records, area += Records + 1)
        {
            var records = new byte[512];
            for (var at = 0; at < Records && i + at < chunks; at++)
            {
                System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(records.AsSpan(16 * at), 2L * (i + at));
                System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(records.AsSpan(16 * at + 8), area + 1 + at);
            }
            file.Position = area * 512;
            await file.WriteAsync(records);
        }
    }

    private async Task<JsonElement> ExchangeAsync(string text)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Folder["c"]));
        await socket.SendAsync(Encoding.UTF8.GetBytes(text));
        using var reader = new StreamReader(new NetworkStream(socket));
        return JsonDocument.Parse((await reader.ReadLineAsync())!).RootElement;
    }

    // The server counts a client that has left until it notices.
    private async Task DeletedAsync(string name)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await DoAsync("snapshot", "status", Folder[name], "--serve", Control, "--json")).Json[0].GetProperty("connections").GetInt32() > 0)
            await Task.Delay(10, patience.Token);
        Assert.Equal($"deleted {Folder[name]}\n", (await DoAsync("snapshot", "delete", Folder[name], "--serve", Control)).Out);
    }

    private string InFolder(string text)
    {
        foreach (var name in new[] { "disk.img", "other", "new" })
            text = text.Replace($"{{{name}}}", Folder[name], StringComparison.Ordinal);
        return text;
    }

    private static async Task<Outcome> DoAsync(params string[] args)
    {
        var outcome = await RunAsync(args);
        Assert.True(outcome is { ExitCode: 0, Error: "" }, $"{string.Join(' ', args)}: {outcome.ExitCode}: {outcome.Error}");
        return outcome;
    }

    private static async Task<Outcome> RefusedAsync(params string[] args)
    {
        var outcome = await RunAsync(args);
        Assert.True(outcome is { ExitCode: 2, Out: "" }, $"{string.Join(' ', args)}: {outcome.ExitCode}: {outcome.Error}");
        return outcome;
    }
}
