using Kcopyd.Actors.Nbd;

namespace Kcopyd.Actors.TestKit;

/// <summary>NBD servers and clients on the simulated network.</summary>
public static class NbdExtensions
{
    /// <summary>Lets a server listen on a node's address in the simulated network.</summary>
    /// <param name="options">The options, whose addresses are <see cref="System.Net.IPEndPoint"/>s; only their ports count.</param>
    /// <param name="node">The node on which the server runs. The options are valid for its present life.</param>
    public static NbdServerOptions On(this NbdServerOptions options, Node node)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(node);
        return options with { Transport = node.NbdTransport, TimeProvider = node.Time };
    }

    /// <summary>Lets a client connect from a node through the simulated network. The host of an address is the name of a node.</summary>
    /// <param name="options">The options.</param>
    /// <param name="node">The node on which the client runs. The options are valid for its present life.</param>
    public static NbdClientOptions On(this NbdClientOptions options, Node node)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(node);
        return options with { Transport = node.NbdTransport, TimeProvider = node.Time };
    }
}
