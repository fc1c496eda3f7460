using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>The bytes of a client arrive over a pipe, in parts of any size.</summary>
public sealed class ClientInput_should
{
    private readonly ConnectionParts _parts = new();

    [Fact]
    public void give_what_has_come_and_keep_the_rest()
    {
        _parts.Send([1, 2, 3, 4, 5, 6]);
        Assert.True(_parts.Input.Fill(4));
        Assert.Equal([1, 2, 3, 4], Take(4));
        Assert.Equal(2, _parts.Input.Available);
        Assert.Equal([5, 6], Take(2));
    }

    [Fact]
    public void call_back_once_when_bytes_come_that_had_to_be_waited_for()
    {
        Assert.False(_parts.Input.Fill(4));
        Assert.False(_parts.Input.Fill(4));
        Assert.Equal((true, 0), (_parts.Input.IsReading, _parts.Reads));
        _parts.Send([1, 2, 3, 4]);
        Assert.Equal(1, _parts.Reads);
        _parts.Input.TakeRead();
        Assert.True(_parts.Input.Fill(4));
        Assert.Equal([1, 2, 3, 4], Take(4));
    }

    [Fact]
    public void keep_a_part_until_the_rest_comes()
    {
        _parts.Send([1, 2]);
        Assert.False(_parts.Input.Fill(4));
        Assert.Equal((true, 0), (_parts.Input.IsReading, _parts.Input.Available));
        _parts.Send([3, 4, 5]);
        _parts.Input.TakeRead();
        Assert.True(_parts.Input.Fill(4));
        Assert.Equal([1, 2, 3, 4, 5], Take(5));
    }

    [Fact]
    public void end_when_the_client_closes_its_side_and_still_give_what_came_before()
    {
        _parts.Send([1, 2, 3]);
        _parts.EndSending();
        Assert.False(_parts.Input.Fill(4));
        Assert.Equal((true, false, 3), (_parts.Input.IsEnded, _parts.Input.IsReading, _parts.Input.Available));
        Assert.True(_parts.Input.Fill(3));
        Assert.False(_parts.Fault.IsBroken);
    }

    [Fact]
    public void report_a_stream_that_broke_and_read_no_more_from_it()
    {
        Assert.False(_parts.Input.Fill(1));
        _parts.EndSending(new IOException("It broke."));
        _parts.Input.TakeRead();
        Assert.Contains("it broke", _parts.Fault.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.False(_parts.Input.Fill(1));
        Assert.Equal((false, 0), (_parts.Input.IsReading, _parts.Input.Available));
    }

    [Fact]
    public void read_nothing_for_a_connection_that_is_broken()
    {
        _parts.Fault.Report("the server stops", Akka.Event.LogLevel.InfoLevel);
        _parts.Send([1]);
        Assert.False(_parts.Input.Fill(1));
        Assert.False(_parts.Input.IsReading);
    }

    [Fact]
    public void throw_away_what_comes_behind_a_goodbye()
    {
        _parts.Send([1, 2, 3]);
        Assert.True(_parts.Input.Fill(1));
        _parts.Input.End();
        Assert.Equal((true, 0), (_parts.Input.IsEnded, _parts.Input.Available));
        Assert.False(_parts.Input.Fill(1));
        Assert.False(_parts.Input.IsReading);
    }

    private byte[] Take(int count)
    {
        var bytes = new byte[count];
        _parts.Input.Take(bytes);
        return bytes;
    }
}
