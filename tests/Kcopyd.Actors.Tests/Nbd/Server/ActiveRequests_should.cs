using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Server;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>Requests and their pieces are counted and reused.</summary>
public sealed class ActiveRequests_should
{
    private const int Large = 2 * ConnectionParts.Piece;

    private readonly ConnectionParts _parts = new();

    private ActiveRequests Requests => _parts.Requests;

    [Fact]
    public void use_a_request_and_its_piece_again()
    {
        var io = _parts.Flush(1);
        var request = io.Request;
        Assert.Equal(1, Requests.Count);
        Assert.True(Requests.Release(io));
        Requests.Release(request);
        Assert.Equal(0, Requests.Count);
        Assert.Same(io, _parts.Flush(2));
        Assert.Same(request, io.Request);
        Assert.Equal(2ul, request.Cookie);
    }

    [Fact]
    public void call_a_piece_the_last_when_no_other_is_left_and_none_follows()
    {
        var request = Write(1, length: 300);
        var (one, other, last) = (Piece(request, 100), Piece(request, 100), Piece(request, 50));
        Assert.False(Requests.Release(one));
        Assert.False(Requests.Release(other));
        Assert.False(Requests.Release(last));       // 50 bytes are not submitted yet
        Assert.True(Requests.Release(Piece(request, 50)));
    }

    [Fact]
    public void return_the_memory_of_a_piece_that_is_dropped_and_the_request_with_the_last_of_them()
    {
        var io = _parts.Read(1, Large);
        var memory = io.Block.Memory;
        Requests.Drop(io);
        Assert.Equal(0, Requests.Count);
        Assert.True(memory.Equals(_parts.Read(2, Large).Block.Memory));
    }

    [Fact]
    public void keep_a_request_that_continues_though_its_pieces_are_dropped()
    {
        var request = Write(1, length: 200);
        Requests.Drop(Piece(request, 100));
        Assert.Equal(1, Requests.Count);
        var last = Piece(request, 50);
        request.IsAbandoned = true;     // no more pieces follow
        Requests.Drop(last);
        Assert.Equal(0, Requests.Count);
    }

    [Fact]
    public void name_the_oldest_request_in_the_device()
    {
        var (older, newer) = (Write(1, length: 100), Write(2, length: 200));
        var (first, second, third) = (Piece(older, 50), Piece(newer, 200), Piece(older, 50));
        foreach (var io in new[] { second, third, first })
            Requests.Enter(io);
        Assert.Equal((3, "2 requests, of which the oldest is Write of 100 bytes at 0"), (Requests.InDevice, Requests.DescribeOldest()));
        Requests.Leave(first);
        Assert.Equal("2 requests, of which the oldest is Write of 200 bytes at 0", Requests.DescribeOldest());
        Requests.Leave(second);
        Assert.Equal((1, "Write of 100 bytes at 0"), (Requests.InDevice, Requests.DescribeOldest()));
    }

    private ServerRequest Write(ulong cookie, int length)
    {
        var request = Requests.Add();
        request.Prepare(cookie, NbdCommand.Write, CommandFlags.None, 0, length);
        return request;
    }

    private RequestIo Piece(ServerRequest request, int length)
    {
        request.Begun += length;
        return Requests.AddPiece(request);
    }
}
