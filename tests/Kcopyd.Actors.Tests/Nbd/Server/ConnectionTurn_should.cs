using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>A connection submits a limited amount of work per turn. The clock stands still until a test advances it.</summary>
public sealed class ConnectionTurn_should
{
    private const int Piece = ConnectionParts.Piece, Page = 4096, MaxAhead = 8, Milliseconds = 8;

    private readonly ConnectionParts _parts = new();

    [Fact]
    public void be_over_when_its_bytes_have_begun_until_others_have_had_theirs()
    {
        _parts.Turn.Charge(Piece - Page);
        Assert.False(_parts.Turn.IsOver());
        _parts.Turn.Charge(Page);
        Assert.True(_parts.Turn.IsOver());
        Assert.True(_parts.Turn.IsOver());
        Assert.Equal(1, _parts.Later.Runs);
        _parts.Turn.BeginNext();
        Assert.False(_parts.Turn.IsOver());
    }

    [Fact]
    public void charge_a_small_request_like_a_page()
    {
        for (var i = 0; i < Piece / Page; i++)
        {
            Assert.False(_parts.Turn.IsOver());
            _parts.Turn.Charge(0);
        }
        Assert.True(_parts.Turn.IsOver());
    }

    [Fact]
    public void pause_while_many_IOs_are_ahead_of_the_thread()
    {
        CountAhead(MaxAhead - 1);
        Assert.False(_parts.Turn.IsOver());
        CountAhead(1);
        Assert.True(_parts.Turn.IsOver());
        Assert.True(_parts.Turn.IsOver());
        Assert.Equal((1, 0), (_parts.Soon.Runs, _parts.Later.Runs));
        _parts.Turn.BeginMessage();
        Assert.False(_parts.Turn.IsOver());
    }

    [Fact]
    public void ask_the_thread_again_after_it_was_called_back()
    {
        CountAhead(MaxAhead);
        Assert.True(_parts.Turn.IsOver());
        _parts.Turn.BeginMessage();
        CountAhead(MaxAhead);
        Assert.True(_parts.Turn.IsOver());
        Assert.Equal(1, _parts.Soon.Runs);
        _parts.Turn.Resume();
        Assert.True(_parts.Turn.IsOver());
        Assert.Equal(2, _parts.Soon.Runs);
    }

    [Fact]
    public void begin_anew_with_the_clock()
    {
        _parts.Turn.LookAtClock();
        _parts.Turn.Charge(Piece - Page);
        _parts.Clock.Advance(Milliseconds - 1);
        _parts.Turn.LookAtClock();
        _parts.Turn.Charge(Page);
        Assert.True(_parts.Turn.IsOver());      // not yet
        _parts.Turn.BeginNext();
        _parts.Turn.Charge(Piece - Page);
        _parts.Clock.Advance(1);
        _parts.Turn.LookAtClock();
        _parts.Turn.Charge(Page);
        Assert.False(_parts.Turn.IsOver());
    }

    [Fact]
    public void not_begin_anew_with_the_clock_while_it_waits_for_others()
    {
        _parts.Turn.Charge(Piece);
        Assert.True(_parts.Turn.IsOver());
        _parts.Clock.Advance(Milliseconds);
        _parts.Turn.LookAtClock();
        Assert.True(_parts.Turn.IsOver());
    }

    [Fact]
    public void be_greedy_from_a_full_turn_until_one_of_which_little_is_used()
    {
        Assert.False(_parts.Turn.IsGreedy);
        _parts.Turn.Charge(Piece);
        Assert.True(_parts.Turn.IsOver());
        Assert.True(_parts.Turn.IsGreedy);
        _parts.Turn.BeginNext();
        Use((Piece / 4) + 1);
        Assert.True(_parts.Turn.IsGreedy);
        Use(Piece / 4);
        Assert.False(_parts.Turn.IsGreedy);
    }

    private void Use(int bytes)
    {
        _parts.Turn.Charge(bytes);
        _parts.Clock.Advance(Milliseconds);
        _parts.Turn.LookAtClock();
    }

    private void CountAhead(int ios)
    {
        for (var i = 0; i < ios; i++)
            _parts.Turn.CountAhead();
    }
}
