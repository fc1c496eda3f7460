using System.Globalization;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>A network namespace with one address, like another machine, and a link to it that can be cut without notice to either side.</summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private readonly string _name = $"kcopyd-{Environment.ProcessId}";
    private readonly string _link = $"kcopyd{Environment.ProcessId}";
    // From 198.18.0.0/15, which is reserved for network tests.
    private readonly string _here, _there;

    private NetworkNamespace()
    {
        var subnet = Environment.ProcessId % (1 << 14) * 4;
        (_here, _there) = (Of(subnet + 1), Of(subnet + 2));

        static string Of(int host) => string.Create(CultureInfo.InvariantCulture, $"198.18.{host >> 8}.{host & 255}");
    }

    /// <summary>The address in the namespace.</summary>
    public string Address => _there;

    public static async Task<NetworkNamespace> CreateAsync()
    {
        Requires.Root("make a network namespace");
        Requires.Tools("ip");
        var made = new NetworkNamespace();
        var added = await Tool.RunAsync("ip", "netns", "add", made._name);
        Requires.That(added.ExitCode == 0, $"needs network namespaces ({added.Error.Trim()})");
        try
        {
            var peer = made._link + "p";
            await Tool.OutputAsync("ip", "link", "add", made._link, "type", "veth", "peer", "name", peer, "netns", made._name);
            await Tool.OutputAsync("ip", "addr", "add", made._here + "/30", "dev", made._link);
            await Tool.OutputAsync("ip", "link", "set", made._link, "up");
            await Tool.OutputAsync("ip", "-n", made._name, "addr", "add", made._there + "/30", "dev", peer);
            await Tool.OutputAsync("ip", "-n", made._name, "link", "set", peer, "up");
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a program in the namespace.</summary>
    public RunningTool Start(string program, params IEnumerable<string> arguments) => Tool.Start("ip", ["netns", "exec", _name, program, .. arguments]);

    /// <summary>Drops everything that the namespace sends from now on.</summary>
    public Task CutAsync() => Tool.OutputAsync("ip", "-n", _name, "route", "add", "blackhole", _here + "/32");

    /// <summary>Restores the link.</summary>
    public Task MendAsync() => Tool.OutputAsync("ip", "-n", _name, "route", "del", "blackhole", _here + "/32");

    // Deleting the namespace also deletes the link.
    public async ValueTask DisposeAsync() => await Tool.RunAsync("ip", "netns", "del", _name);
}
