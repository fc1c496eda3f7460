using Akka.Event;
using Kcopyd.Actors.Nbd.Protocol;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>Answers go over a pipe to a client that reads them when the test says so.</summary>
public sealed class ReplyWriter_should
{
    private const int Large = 2 * ConnectionParts.Piece;    // more than the pipe buffers

    private readonly ConnectionParts _parts = new();

    [Fact]
    public void gather_answers_and_send_them_together()
    {
        Reply(1, 2, 3);
        Assert.Empty(_parts.Receive());
        Assert.True(_parts.Replies.HasOutput);
        _parts.Replies.Send();
        Assert.Equal([1ul, 2, 3], ConnectionParts.Cookies(_parts.Receive()));
        Assert.Equal((false, 0), (_parts.Replies.HasOutput, _parts.Requests.Count));
    }

    [Fact]
    public void announce_once_what_is_to_go_out_behind_the_mailbox()
    {
        _parts.Replies.SendSoon();
        Assert.Equal(0, _parts.Announced);
        Reply(1);
        _parts.Replies.SendSoon();
        Reply(2);
        _parts.Replies.SendSoon();
        Assert.Equal(1, _parts.Announced);
        _parts.Replies.Send();
        Assert.Equal([1ul, 2], ConnectionParts.Cookies(_parts.Receive()));
        Reply(3);
        _parts.Replies.SendSoon();
        Assert.Equal(2, _parts.Announced);
    }

    [Fact]
    public void send_at_once_when_many_answers_wait()
    {
        Reply([.. Enumerable.Range(1, 15).Select(static i => (ulong)i)]);
        Assert.Empty(_parts.Receive());
        Reply(16);
        Assert.Equal(16, ConnectionParts.Cookies(_parts.Receive()).Length);
    }

    [Fact]
    public void put_data_behind_its_header()
    {
        var io = _parts.Read(1, 512);
        io.Memory.Span.Fill(7);
        _parts.Replies.Reply(io);
        _parts.Replies.Send();
        var answer = _parts.Receive();
        Assert.Equal(NbdNumbers.SimpleReplyHeader + 512, answer.Length);
        Assert.All(answer[NbdNumbers.SimpleReplyHeader..], static value => Assert.Equal(7, value));
    }

    [Fact]
    public void keep_answers_while_a_send_is_under_way_and_send_them_behind_it()
    {
        _parts.Replies.Reply(_parts.Read(1, Large));
        Assert.True(_parts.Replies.IsSending);
        Reply(2, 3);
        _parts.Replies.SendSoon();
        _parts.Replies.Send();
        Assert.Equal((0, 0, 2), (_parts.Announced, _parts.Sends, _parts.Requests.Count));
        Assert.Equal(NbdNumbers.SimpleReplyHeader + Large, _parts.Receive().Length);
        Assert.Equal(1, _parts.Sends);
        _parts.Replies.Sent();
        Assert.Equal((false, true), (_parts.Replies.IsSending, _parts.Replies.HasOutput));
        _parts.Replies.Send();
        Assert.Equal([2ul, 3], ConnectionParts.Cookies(_parts.Receive()));
    }

    [Fact]
    public void lend_the_memory_of_what_is_sent_until_the_stream_has_taken_it()
    {
        var sent = _parts.Read(1, Large);
        var memory = sent.Block.Memory;
        _parts.Replies.Reply(sent);
        Assert.False(memory.Equals(_parts.Read(2, Large).Block.Memory));
        _parts.Receive();
        _parts.Replies.Sent();
        Assert.True(memory.Equals(_parts.Read(3, Large).Block.Memory));
    }

    [Fact]
    public void drop_what_waits_and_its_memory_when_the_connection_is_broken()
    {
        _parts.Replies.Reply(_parts.Read(1, Large));
        var waiting = _parts.Read(2, Large);
        var memory = waiting.Block.Memory;
        _parts.Replies.Reply(waiting);
        _parts.Fault.Report("the server stops", LogLevel.InfoLevel);
        _parts.Receive();
        _parts.Replies.Sent();
        Assert.Equal((0, false), (_parts.Requests.Count, _parts.Replies.HasOutput));
        Assert.True(memory.Equals(_parts.Read(3, Large).Block.Memory) || memory.Equals(_parts.Read(4, Large).Block.Memory));
        _parts.Replies.Send();
        Assert.Empty(_parts.Receive());
    }

    [Fact]
    public void report_a_stream_that_broke()
    {
        Reply(1);
        _parts.BreakOutput(new IOException("It broke."));
        _parts.Replies.Send();
        Assert.Contains("it broke", _parts.Fault.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.False(_parts.Replies.IsSending);
    }

    [Fact]
    public void report_a_stream_that_broke_while_a_send_was_under_way()
    {
        _parts.Replies.Reply(_parts.Read(1, Large));
        _parts.BreakOutput(new IOException("It broke."));
        Assert.Equal((1, false), (_parts.Sends, _parts.Fault.IsBroken));
        _parts.Replies.Sent();
        Assert.Contains("it broke", _parts.Fault.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.False(_parts.Replies.IsSending);
    }

    [Fact]
    public void count_an_answer_before_it_is_sent()
    {
        _parts.Replies.Reply(_parts.Read(1, 512));
        var failed = _parts.Read(2, 512);
        failed.Request.Error = NbdError.Io;
        _parts.Replies.Reply(failed);
        Assert.Equal(0, _parts.Export.Status().Requests);
        _parts.Replies.Send();
        var status = _parts.Export.Status();
        Assert.Equal((2, 1, 512), (status.Requests, status.Errors, status.BytesRead));
    }

    private void Reply(params ulong[] cookies)
    {
        foreach (var cookie in cookies)
            _parts.Replies.Reply(_parts.Flush(cookie));
    }
}
