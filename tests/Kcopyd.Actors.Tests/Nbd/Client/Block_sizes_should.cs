using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Client;
using Kcopyd.Actors.Nbd.Protocol;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Client;

/// <summary>The block sizes that a server announces for requests.</summary>
public sealed class Block_sizes_should : NbdClientSpec
{
    private const int MiB = 1 << 20;

    [Theory]
    [InlineData(1, 512, 512, 512, 512)]
    [InlineData(512, 4096, uint.MaxValue, 4096, 32 * MiB)]
    [InlineData(65536, 65536, 64 * MiB, 65536, 32 * MiB)]
    [InlineData(512, 64 * MiB, 64 * MiB, 32 * MiB, 32 * MiB)]
    [InlineData(4096, 65536, 3 * 65536, 65536, 3 * 65536)]
    public void be_obeyed(uint minimum, uint preferred, uint maximum, int expectedPreferred, int expectedPayload)
    {
        var terms = new NbdTerms().WithBlockSizes(minimum, preferred, maximum);
        Assert.Equal(((int)minimum, expectedPreferred, expectedPayload, null),
            (terms.MinimumBlockSize, terms.PreferredBlockSize, terms.MaximumPayload, terms.Complaint));
    }

    [Theory]
    [InlineData(0, 0, 0, 1, 4096, 32 * MiB)]
    [InlineData(3, 4096, 4096, 1, 4096, 32 * MiB)]
    [InlineData(131072, 131072, 131072, 1, 4096, 32 * MiB)]
    [InlineData(0x20000, 0x100000, 2, 1, 4096, 32 * MiB)]           // little-endian 512, 4096, 32 MiB
    [InlineData(512, 256, 8192, 512, 4096, 8192)]
    [InlineData(512, 5000, 65536, 512, 4096, 65536)]
    [InlineData(8192, 4096, 65536, 8192, 8192, 65536)]
    [InlineData(512, 4096, 1000, 512, 512, 512)]
    [InlineData(512, 4096, 10_000, 512, 4096, 9728)]
    [InlineData(512, 4096, 100, 512, 4096, 32 * MiB)]
    [InlineData(1, 1, 65536, 1, 4096, 65536)]
    public async Task be_obeyed_as_far_as_they_can_be_and_warned_of_where_no_server_may_have_them(
        uint minimum, uint preferred, uint maximum, int expectedMinimum, int expectedPreferred, int expectedPayload)
    {
        await EventFilter.Warning(contains: $"at least {minimum}, preferably {preferred} and at most {maximum} bytes").ExpectOneAsync(async () =>
        {
            var device = await OpenAsync(Serve(new FakeExport { Blocks = (minimum, preferred, maximum) }, static connection => connection.SwallowAsync()));
            Assert.Equal((expectedMinimum, expectedPreferred, expectedPayload),
                (device.Info.MinimumBlockSize, device.Info.PreferredBlockSize, (int)device.Info.MaximumPayload));
        });
    }

    [Theory]
    [InlineData(1000, 512)]
    [InlineData((1 << 20) - 1, 4096)]
    [InlineData(65535, 65536)]
    public async Task be_refused_where_the_size_is_no_multiple_of_the_smallest(long length, uint minimum)
    {
        var server = Serve(new FakeExport(length) { Blocks = (minimum, 65536, 1 << 20) }, static connection => connection.SwallowAsync());
        var refused = await RefusedAsync(server);
        Assert.Contains($"{length} bytes and takes blocks of {minimum}", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"the last {length % minimum} bytes", refused.Message, StringComparison.Ordinal);
        Assert.Equal(length, (await Soon(NbdBlockDevice.QueryAsync(server.Uri))).Length);     // a query is answered
    }

    [Fact]
    public async Task end_requests_that_must_be_cut_where_a_preferred_block_does()
    {
        var seen = new List<(long, uint)>();
        var device = await OpenAsync(Serve(new FakeExport(1 << 20) { Blocks = (512, 65536, 150_016) }, async connection =>
        {
            while (await connection.RequestAsync() is { } request)
            {
                seen.Add((request.Offset, request.Length));
                await connection.SimpleAsync(request.Cookie);
            }
        }));
        var buffer = new byte[400_000 / 512 * 512];
        for (var done = 0; done < buffer.Length;)
            done += (int)(await Soon(device.WriteAsync(512 + done, buffer.AsMemory(done)).AsTask())).Bytes;
        Assert.Equal([(512, 130_560), (131_072, 131_072), (262_144, (uint)(buffer.Length + 512 - 262_144))], seen);
    }

    [Theory]
    [InlineData(NbdError.Overflow)]
    [InlineData(NbdError.Invalid)]
    internal async Task be_obeyed_by_zeroes_and_trims_once_the_server_has_refused_a_longer_one(NbdError refusal)
    {
        var seen = new List<(NbdCommand, uint)>();
        var device = await OpenAsync(Serve(new FakeExport(1L << 40), async connection =>
        {
            while (await connection.RequestAsync() is { } request)
            {
                seen.Add((request.Command, request.Length));
                await connection.SimpleAsync(request.Cookie, request.Length > 32 * MiB ? refusal : NbdError.None);
            }
        }));
        Assert.Equal(IoResult.Success(32 * MiB), await Soon(device.PunchAsync(0, 1L << 39).AsTask()));
        Assert.Equal(IoResult.Success(32 * MiB), await Soon(device.DiscardAsync(0, 1L << 39).AsTask()));
        Assert.Equal([(NbdCommand.WriteZeroes, 1u << 30), (NbdCommand.WriteZeroes, 32 * MiB), (NbdCommand.Trim, 32 * MiB)], seen);
    }
}
