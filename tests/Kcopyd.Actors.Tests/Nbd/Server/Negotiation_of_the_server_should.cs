using System.Buffers.Binary;
using System.Text;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

public sealed class Negotiation_of_the_server_should : NbdServerSpec
{
    private NbdServer Two() => Serve([
        new NbdExport("disk", BlockDevice.Memory(1 << 20)) { Description = "the first" },
        new NbdExport("disk2", BlockDevice.Memory(4096)) { ReadOnly = true }]);

    [Fact]
    public async Task list_the_exports_by_their_names()
    {
        var client = await GreetAsync(Two());
        var replies = await client.OptionAsync(NbdOption.List);
        Assert.Equal([NbdOptionReply.Server, NbdOptionReply.Server, NbdOptionReply.Ack], replies.Select(reply => reply.Type));
        Assert.Equal(["disk", "disk2"],
            replies.SkipLast(1).Select(reply => Encoding.UTF8.GetString(reply.Data.AsSpan(4, BinaryPrimitives.ReadInt32BigEndian(reply.Data)))));
        Assert.Equal(NbdOptionReply.Invalid, await client.AskAsync(NbdOption.List, [0]));
    }

    [Fact]
    public async Task tell_about_an_export_and_go_on()
    {
        var client = await GreetAsync(Two());
        var terms = Terms.Of(await client.OptionAsync(NbdOption.Info, Packet.Go("disk", NbdInfo.Name, NbdInfo.Description, NbdInfo.BlockSize)));
        Assert.Equal(1 << 20, terms.Length);
        Assert.Equal("disk", terms.Text(NbdInfo.Name));
        Assert.Equal("the first", terms.Text(NbdInfo.Description));
        Assert.Equal((1u, 4096u, (uint)NbdNumbers.MaxPayload), terms.BlockSizes);
        Assert.Equal(
            TransmissionFlags.HasFlags | TransmissionFlags.SendFlush | TransmissionFlags.SendFua | TransmissionFlags.SendTrim
            | TransmissionFlags.SendWriteZeroes | TransmissionFlags.SendFastZero | TransmissionFlags.CanMultiConn | TransmissionFlags.SendCache, terms.Flags);

        terms = await client.GoAsync("disk2");
        Assert.Equal(4096, terms.Length);
        Assert.True(terms.Flags.HasFlag(TransmissionFlags.ReadOnly));
        Assert.Null(terms.BlockSizes);
        Assert.Equal(new byte[4096], await client.GoodReadAsync(0, 4096));
    }

    [Theory]
    [InlineData(false, 134)]
    [InlineData(true, 10)]
    public async Task begin_with_a_name_alone_and_send_the_zeroes_unless_they_are_not_wanted(bool noZeroes, int bytes)
    {
        var client = await ConnectAsync(Two());
        await client.GreetAsync(noZeroes ? ClientFlags.FixedNewstyle | ClientFlags.NoZeroes : ClientFlags.FixedNewstyle);
        await client.SendAsync(new Packet().Option(NbdOption.ExportName, "disk"u8));
        var answer = await client.ReadAsync(bytes);
        Assert.Equal(1 << 20, BinaryPrimitives.ReadInt64BigEndian(answer));
        var flags = (TransmissionFlags)BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(8));
        Assert.True(flags.HasFlag(TransmissionFlags.HasFlags | TransmissionFlags.SendFlush));
        Assert.All(answer[10..], zero => Assert.Equal(0, zero));
        Assert.Equal(NbdError.None, await client.WriteAsync(100, [1, 2, 3]));
    }

    [Fact]
    public async Task keep_its_place_behind_an_option_that_it_does_not_know()
    {
        var client = await GreetAsync(Two());
        await client.SendAsync(new Packet()
            .Option((NbdOption)4711, new byte[1000])
            .Option(NbdOption.ExtendedHeaders, [])
            .Option((NbdOption)uint.MaxValue, new byte[65_536])
            .Option(NbdOption.List, []));
        Assert.Equal(NbdOptionReply.Unsupported, Assert.Single(await client.RepliesAsync((NbdOption)4711)).Type);
        Assert.Equal(NbdOptionReply.Unsupported, Assert.Single(await client.RepliesAsync(NbdOption.ExtendedHeaders)).Type);
        Assert.Equal(NbdOptionReply.Unsupported, Assert.Single(await client.RepliesAsync((NbdOption)uint.MaxValue)).Type);
        Assert.Equal(3, (await client.RepliesAsync(NbdOption.List)).Count);
    }

    [Fact]
    public async Task skip_an_option_that_is_too_big_and_go_on()
    {
        var client = await GreetAsync(Two());
        Assert.Equal(NbdOptionReply.TooBig, await client.AskAsync(NbdOption.Info, new byte[65_537]));
        Assert.Equal(NbdOptionReply.TooBig, await client.AskAsync((NbdOption)99, new byte[1 << 20]));
        await client.GoAsync("disk");
    }

    [Fact]
    public async Task answer_an_abort_and_hang_up()
    {
        var client = await GreetAsync(Two());
        Assert.Equal(NbdOptionReply.Ack, await client.AskAsync(NbdOption.Abort));
        await client.EndsAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("dis")]
    [InlineData("disk3")]
    [InlineData("disk\0")]
    [InlineData("DISK")]
    [InlineData("disk/")]
    public async Task know_exports_by_their_exact_names_only_and_go_on_without(string name)
    {
        var client = await GreetAsync(Two());
        Assert.Equal(NbdOptionReply.Unknown, await client.AskAsync(NbdOption.Info, Packet.Go(name)));
        Assert.Equal(NbdOptionReply.Unknown, await client.AskAsync(NbdOption.Go, Packet.Go(name)));
        await client.GoAsync("disk");
    }

    [Fact]
    public async Task refuse_data_whose_lengths_do_not_add_up()
    {
        var client = await GreetAsync(Two());
        byte[][] wrong =
        [
            [],
            [0, 0],
            new Packet().Text("disk").ToArray(),
            new Packet().Text("disk").U16(1).ToArray(),
            new Packet().Text("disk").U16(0).U16(0).ToArray(),
            new Packet().U32(5).Raw("disk"u8).ToArray(),
            new Packet().U32(uint.MaxValue).Raw("disk"u8).U16(0).ToArray(),
            new Packet().U32(2).Raw([0xff, 0xfe]).U16(0).ToArray(),
        ];
        foreach (var data in wrong)
        {
            Assert.Equal(NbdOptionReply.Invalid, await client.AskAsync(NbdOption.Info, data));
            Assert.Equal(NbdOptionReply.Invalid, await client.AskAsync(NbdOption.Go, data));
        }
        await client.GoAsync("disk");
    }

    [Fact]
    public async Task demand_of_a_client_that_it_asks_for_block_sizes_where_not_every_size_will_do()
    {
        var server = Serve(BlockDevice.Memory(1 << 20, alignment: 512));
        var client = await GreetAsync(server);
        Assert.Equal(NbdOptionReply.BlockSizeRequired, await client.AskAsync(NbdOption.Go, Packet.Go("")));
        var terms = await client.GoAsync("", NbdInfo.BlockSize);
        Assert.Equal(512u, terms.BlockSizes!.Value.Smallest);
        Assert.Equal(NbdError.None, await client.WriteAsync(512, new byte[1024]));
        Assert.Equal(NbdError.Invalid, await client.WriteAsync(1, new byte[512]));
        Assert.Equal(NbdError.Invalid, await client.WriteAsync(512, new byte[100]));
        Assert.Equal(NbdError.Invalid, (await client.ReadAtAsync(511, 512)).Error);

        // A client that uses NBD_OPT_EXPORT_NAME cannot ask.
        var old = await GreetAsync(server);
        await old.SendAsync(new Packet().Option(NbdOption.ExportName, []));
        await old.EndsAsync();
    }

    [Fact]
    public async Task refuse_metadata_contexts_without_structured_replies()
    {
        var client = await GreetAsync(Two());
        Assert.Equal(NbdOptionReply.Invalid, await client.AskAsync(NbdOption.SetMetaContext, Packet.Contexts("disk", NbdNumbers.BaseAllocation)));
        Assert.Equal(NbdOptionReply.Invalid, await client.AskAsync(NbdOption.StructuredReply, [1]));
        Assert.Equal(NbdOptionReply.Ack, await client.AskAsync(NbdOption.StructuredReply));
        Assert.True((await client.GoAsync("disk")).Flags.HasFlag(TransmissionFlags.SendDf));
    }

    [Fact]
    public async Task list_and_choose_the_one_context_that_there_is()
    {
        var client = await GreetAsync(Two());
        await client.StructuredAsync();
        foreach (var queries in new string[][] { [], ["base:"], ["qemu:dirty-bitmap:x", NbdNumbers.BaseAllocation] })
            Assert.Equal(2, (await client.OptionAsync(NbdOption.ListMetaContext, Packet.Contexts("disk", queries))).Count);
        foreach (var queries in new string[][] { [], ["base:"], ["base:allocation2"], ["x"] })
            Assert.Equal(NbdOptionReply.Ack, await client.AskAsync(NbdOption.SetMetaContext, Packet.Contexts("disk", queries)));
        Assert.Equal(NbdOptionReply.Unknown, await client.AskAsync(NbdOption.SetMetaContext, Packet.Contexts("nothing", NbdNumbers.BaseAllocation)));
        Assert.Equal(NbdOptionReply.Invalid, await client.AskAsync(NbdOption.SetMetaContext, new Packet().Text("disk").U32(uint.MaxValue).ToArray()));
        Assert.Equal(NbdOptionReply.Invalid, await client.AskAsync(NbdOption.SetMetaContext, [.. Packet.Contexts("disk", NbdNumbers.BaseAllocation), 0]));
    }

    [Theory]
    [InlineData("disk", "disk", true)]
    [InlineData("disk2", "disk", false)]
    public async Task bind_a_context_to_the_export_that_it_was_chosen_for(string chosen, string used, bool isKnown)
    {
        var client = await GreetAsync(Two());
        await client.StructuredAsync(chosen);
        await client.GoAsync(used);
        var chunk = Assert.Single(await client.ChunksAsync(await client.BeginAsync(NbdCommand.BlockStatus, 0, 4096)));
        Assert.Equal(isKnown ? NbdError.None : NbdError.Invalid, chunk.Error);
    }

    [Fact]
    public async Task forget_a_context_when_another_choice_fails()
    {
        var client = await GreetAsync(Two());
        await client.StructuredAsync("disk");
        Assert.Equal(NbdOptionReply.Unknown, await client.AskAsync(NbdOption.SetMetaContext, Packet.Contexts("nothing", NbdNumbers.BaseAllocation)));
        await client.GoAsync("disk");
        Assert.Equal(NbdError.Invalid, Assert.Single(await client.ChunksAsync(await client.BeginAsync(NbdCommand.BlockStatus, 0, 4096))).Error);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(uint.MaxValue)]
    public async Task turn_away_a_client_with_flags_that_it_does_not_know(uint flags)
    {
        var client = await ConnectAsync(Two());
        await client.GreetAsync((ClientFlags)flags);
        await client.EndsAsync();
    }

    [Fact]
    public async Task turn_away_what_does_not_speak_the_protocol()
    {
        var server = Two();
        var client = await ConnectAsync(server);
        await client.ReadAsync(18);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        await client.EndsAsync();
        await UseAsync(server, "disk");
    }
}
