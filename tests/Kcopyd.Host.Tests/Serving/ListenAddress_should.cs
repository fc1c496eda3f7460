using System.Net;
using Kcopyd.Host.Common;
using Kcopyd.Host.Serving;
using Xunit;

namespace Kcopyd.Host.Tests.Serving;

public sealed class ListenAddress_should
{
    [Fact]
    public async Task know_the_zone_of_an_IPv6_address_and_say_it_as_clients_have_it()
    {
        var endPoint = Assert.IsType<IPEndPoint>(Assert.Single(await ListenAddress.ParseAsync("[fe80::1%lo]:10809")));
        Assert.NotEqual(0, endPoint.Address.ScopeId);
        Assert.Equal($"nbd://[fe80::1%25{endPoint.Address.ScopeId}]:10809/", ListenAddress.Uri(endPoint, isTls: false));
    }

    [Fact]
    public async Task want_the_zone_of_an_address_that_is_nothing_without_it() => Assert.Contains("needs the interface that it is on, such as [fe80::1%eth0]:10809",
        (await Assert.ThrowsAsync<UsageException>(() => ListenAddress.ParseAsync("[fe80::1]:10809"))).Message, StringComparison.Ordinal);
}
