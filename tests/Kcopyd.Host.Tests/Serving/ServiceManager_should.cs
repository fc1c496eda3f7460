using System.Net.Sockets;
using System.Text;
using Kcopyd.Host.Serving;
using Xunit;

namespace Kcopyd.Host.Tests.Serving;

public sealed class ServiceManager_should : CommandSpec
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task be_told_at_the_address_that_it_gives(bool isAbstract)
    {
        var path = isAbstract ? $"kcopyd-{Guid.NewGuid():N}" : Folder["notify"];
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(isAbstract ? "\0" + path : path));
        using var error = new StringWriter();
        await ServiceManager.NotifyAsync(ServiceManager.Ready, isAbstract ? "@" + path : path, error);
        var buffer = new byte[100];
        var count = await manager.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(("READY=1", ""), (Encoding.UTF8.GetString(buffer, 0, count), error.ToString()));
    }

    [Fact]
    public async Task be_missed_aloud()
    {
        using var error = new StringWriter();
        await ServiceManager.NotifyAsync(ServiceManager.Stopping, null, error);
        Assert.Equal("", error.ToString());
        await ServiceManager.NotifyAsync(ServiceManager.Stopping, Folder["nobody"], error);
        Assert.StartsWith($"kcopyd: the service manager at NOTIFY_SOCKET={Folder["nobody"]} cannot be notified of STOPPING=1: ",
            error.ToString(), StringComparison.Ordinal);
    }
}
