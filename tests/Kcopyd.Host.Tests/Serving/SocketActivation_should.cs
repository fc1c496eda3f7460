using Kcopyd.Host.Serving;
using Xunit;

namespace Kcopyd.Host.Tests.Serving;

public sealed class SocketActivation_should
{
    private const int Own = 77;

    [Fact]
    public void count_the_descriptors_from_3_on_and_know_their_names()
    {
        Assert.Equal([new PassedSocket(3, "disk"), new PassedSocket(4, "")], Read("2", "77", "disk"));
        Assert.Equal("descriptor 3 ('disk') of LISTEN_FDS", Read("1", "77", "disk")[0].ToString());
        Assert.Equal([new PassedSocket(3, "")], Read("1", "77", null));
        Assert.Empty(Read("0", "77", null));
    }

    [Theory]
    [InlineData(null, "77")]
    [InlineData("1", null)]
    [InlineData("1", "76")]
    [InlineData("1", "077")]
    [InlineData("rubbish", "76")]
    public void leave_alone_what_is_for_another_process(string? fds, string? pid) => Assert.Empty(Read(fds, pid, null));

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("two")]
    [InlineData("1025")]
    [InlineData("99999999999")]
    public void refuse_what_is_no_number_of_sockets(string fds) =>
        Assert.Contains($"LISTEN_FDS is '{fds}'", Assert.Throws<UsageException>(() => Read(fds, "77", null)).Message, StringComparison.Ordinal);

    [Fact]
    public void say_which_descriptor_is_not_open() =>
        Assert.Contains("descriptor 1000 of LISTEN_FDS is not a socket",
            Assert.Throws<UsageException>(() => new PassedSocket(1000, "").Open()).Message, StringComparison.Ordinal);

    private static IReadOnlyList<PassedSocket> Read(string? fds, string? pid, string? names) =>
        SocketActivation.Read(name => name switch { "LISTEN_FDS" => fds, "LISTEN_PID" => pid, "LISTEN_FDNAMES" => names, _ => null }, Own);
}
