using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd.Protocol;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>Requests go from the input to the device, and from there to the answers: a whole connection without its actor.</summary>
public sealed class RequestPump_should
{
    private const int Piece = ConnectionParts.Piece;

    private readonly ConnectionParts _parts = new(maxRequests: 3);

    [Fact]
    public void begin_a_request_that_has_come_and_answer_it_when_the_device_has_done_it()
    {
        Run(new Packet().Request(NbdCommand.Read, 5, 4096, 512));
        var io = Assert.Single(_parts.InDevice);
        Assert.Equal((DeviceOperation.Read, 4096, 512, 1), (io.Operation, io.Offset, io.Length, _parts.Requests.InDevice));
        Assert.Equal([], Answers());
        _parts.Complete();
        Assert.Equal((0, NbdNumbers.SimpleReplyHeader + 512), (_parts.Requests.InDevice, Answers().Length));
    }

    [Fact]
    public void take_no_more_than_may_be_at_work_until_one_is_answered()
    {
        var packet = new Packet();
        for (var i = 0u; i < 5; i++)
            packet.Request(NbdCommand.Flush, i, 0, 0);
        Run(packet);
        Assert.Equal((3, true), (_parts.InDevice.Count, _parts.Pump.HasRequest));
        _parts.Complete();
        _parts.Pump.Run(takesNew: true);
        Assert.Equal((3, 4), (_parts.InDevice.Count, (int)_parts.InDevice.Last().Number));
    }

    [Fact]
    public void begin_the_pieces_of_a_write_as_they_come()
    {
        var data = new byte[Piece + 512];
        Run(new Packet().Request(NbdCommand.Write, 1, 0, (uint)data.Length).Raw(data.AsSpan(0, Piece - 1)));
        Assert.Empty(_parts.InDevice);
        Run(new Packet().Raw(data.AsSpan(0, 1)));
        Assert.Equal(Piece, Assert.Single(_parts.InDevice).Length);
        Assert.True(_parts.Pump.IsInRequest);
        _parts.Complete();
        Assert.Equal([], Answers());
        _parts.Turn.BeginNext();
        Run(new Packet().Raw(data.AsSpan(0, 512)));
        Assert.Equal((Piece, 512, false), (_parts.InDevice.Peek().Offset, _parts.InDevice.Peek().Length, _parts.Pump.IsInRequest));
        _parts.Complete();
        Assert.Equal([1ul], ConnectionParts.Cookies(Answers()));
    }

    [Fact]
    public void flush_behind_a_write_that_must_be_on_the_medium()
    {
        Run(new Packet().Request(NbdCommand.Write, 1, 0, 512, CommandFlags.Fua).Raw(new byte[512]));
        _parts.Complete();
        Assert.Equal((DeviceOperation.Flush, 0), (Assert.Single(_parts.InDevice).Operation, Answers().Length));
        _parts.Complete(IoError.NoSpace);
        Assert.Equal([1ul], ConnectionParts.Cookies(Answers()));
        Assert.Equal(1, _parts.Export.Status().Errors);
    }

    [Fact]
    public void refuse_a_write_outside_of_the_export_and_find_the_request_behind_its_payload()
    {
        Run(new Packet().Request(NbdCommand.Write, 1, 1 << 20, 512).Raw(new byte[512]).Request(NbdCommand.Flush, 2, 0, 0));
        Assert.Equal(DeviceOperation.Flush, Assert.Single(_parts.InDevice).Operation);
        _parts.Complete();
        Assert.Equal([1ul, 2], ConnectionParts.Cookies(Answers()));
    }

    [Fact]
    public void take_nothing_new_for_a_client_that_is_to_leave()
    {
        Run(new Packet().Request(NbdCommand.Write, 1, 0, 512).Raw(new byte[1]));
        _parts.Send(new Packet().Raw(new byte[511]).Request(NbdCommand.Flush, 2, 0, 0));
        _parts.Input.TakeRead();
        _parts.Pump.Run(takesNew: false);
        Assert.Equal(DeviceOperation.Write, Assert.Single(_parts.InDevice).Operation);
        Assert.False(_parts.Pump.IsInRequest);
    }

    [Fact]
    public void abandon_a_write_whose_payload_does_not_come()
    {
        Run(new Packet().Request(NbdCommand.Write, 1, 0, 512).Raw(new byte[100]));
        _parts.EndSending();
        _parts.Input.TakeRead();
        _parts.Pump.Run(takesNew: true);
        Assert.Equal((false, 0, 0), (_parts.Pump.IsInRequest, _parts.Requests.Count, _parts.Input.Available));
        Assert.Empty(_parts.InDevice);
    }

    [Fact]
    public void break_the_connection_of_a_client_that_has_lost_its_place()
    {
        Run(new Packet().Request(NbdCommand.Flush, 1, 0, 0, magic: 7).Request(NbdCommand.Flush, 2, 0, 0));
        Assert.Contains("invalid data instead of a request", _parts.Fault.Reason, StringComparison.Ordinal);
        Assert.Empty(_parts.InDevice);
    }

    [Fact]
    public void tell_the_extents_of_a_device_that_is_asked_again_behind_each()
    {
        var parts = new ConnectionParts(structured: true);
        parts.Send(new Packet().Request(NbdCommand.BlockStatus, 1, 0, 3 * 4096));
        parts.Pump.Run(takesNew: true);
        foreach (var isZero in (bool[])[false, true, true])
        {
            (parts.InDevice.Peek().Bytes, parts.InDevice.Peek().IsZero) = (4096, isZero);
            parts.Complete();
        }
        parts.Replies.Send();
        var expected = new Packet().U32(NbdNumbers.StructuredReplyMagic).U16((ushort)ChunkFlags.Done).U16((ushort)ChunkType.BlockStatus).U64(1).U32(20)
            .U32(1).U32(4096).U32(0).U32(8192).U32((uint)(ExtentFlags.Hole | ExtentFlags.Zero));
        Assert.Equal(expected.ToArray(), parts.Receive());
    }

    [Fact]
    public void allocate_nothing_for_a_request()
    {
        _parts.IsPrompt = true;
        var write = new Packet().Request(NbdCommand.Write, 1, 0, 4096).Raw(new byte[4096]).ToArray();
        var read = new Packet().Request(NbdCommand.Read, 2, 0, 4096).ToArray();
        Assert.Equal(0, Allocation.InEveryRun(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                Answer(write);
                Answer(read);
            }
        }));

        void Answer(byte[] request)
        {
            _parts.Turn.BeginNext();
            _parts.Send(request);
            if (_parts.Input.IsReading)
                _parts.Input.TakeRead();
            _parts.Pump.Run(takesNew: true);
            _parts.Replies.Send();
            _parts.Discard();
        }
    }

    private void Run(Packet packet)
    {
        _parts.Send(packet);
        if (_parts.Input.IsReading)
            _parts.Input.TakeRead();
        _parts.Pump.Run(takesNew: true);
    }

    private byte[] Answers()
    {
        _parts.Replies.Send();
        return _parts.Receive();
    }
}
