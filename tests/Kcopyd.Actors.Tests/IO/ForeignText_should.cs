using Kcopyd.Actors.IO;
using Xunit;

namespace Kcopyd.Actors.Tests.IO;

public sealed class ForeignText_should
{
    [Theory]
    [InlineData("a\u001B[2Jb", "a?[2Jb")]           // clears the screen
    [InlineData("a\rb\nc\td\0e\u007Ff", "a?b?c?d?e?f")]
    [InlineData("a\u0085b\u009Bc", "a?b?c")]        // next line, and the 8-bit control sequence introducer
    [InlineData("a\u2028b\u2029c", "a?b?c")]        // line and paragraph separators
    [InlineData("a\u202Egpj.exe", "a?gpj.exe")]     // right-to-left override
    [InlineData("\u202A\u202B\u202C\u202D\u2066\u2067\u2068\u2069\u200E\u200F\u061C", "???????????")]
    [InlineData("a\u200Bb\u200Cc\u200Dd\u2060e\uFEFFf\u00ADg", "a?b?c?d?e?f?g")]
    [InlineData("a\u034Fb\u3164c\uFE0Fd\uDB40\uDD00e\uDB40\uDC41f", "a?b?c?d?e?f")]     // invisible, but not format characters; a tag
    [InlineData("Füße, 中文, \uD83D\uDE00 'quoted' \\e", "Füße, 中文, \uD83D\uDE00 'quoted' \\e")]
    public void show_nothing_that_a_terminal_obeys_or_that_cannot_be_seen(string text, string shown) => Assert.Equal(shown, ForeignText.Printable(text));

    [Fact]      // lone surrogates, which stand for bytes of paths that are not text; an attribute cannot hold them
    public void show_what_is_no_character_as_the_replacement_character() => Assert.Equal("a\uFFFDb\uFFFDc", ForeignText.Printable("a\uD800b\uDC80c"));

    [Fact]
    public void show_every_character_of_the_basic_plane_as_itself_or_as_one_that_is_harmless()
    {
        for (var character = '\0'; character < char.MaxValue; character++)
        {
            var shown = ForeignText.Printable($"{character}");
            Assert.True(shown == $"{character}" || shown is "?" or "\uFFFD");
            Assert.DoesNotContain(shown, char.IsControl);
        }
    }

    [Fact]
    public void cut_what_is_too_long_but_no_character_in_two()
    {
        Assert.Equal(new string('x', 256), ForeignText.Printable(new string('x', 256)));
        Assert.Equal(new string('x', 256) + "…", ForeignText.Printable(new string('x', 1 << 20)));
        Assert.Equal("abc…", ForeignText.Printable("abc\uD83D\uDE00d", 4));
        Assert.Equal(4096, ForeignText.Path(new string('x', 4096)).Length);
        Assert.Equal(1025, ForeignText.Phrase(new string('x', 1 << 20)).Length);
    }

    [Fact]
    public void take_bytes_that_are_no_utf8() => Assert.Equal("a\uFFFDb?", ForeignText.Printable([(byte)'a', 0xFF, (byte)'b', 0x1B]));

    [Fact]
    public void leave_the_end_of_a_sentence_to_the_sentence_around_it() => Assert.Equal("it is gone", ForeignText.Phrase("it is gone. \r\n"));
}
