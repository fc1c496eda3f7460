using Kcopyd.Actors;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Host.Common;

/// <summary>
/// The exports of NBD servers that a command uses, in the words of the command line. Each is connected to once, when it is first looked at, and that connection
/// is kept until the command ends: a server may have one place, or end with its first client. Nothing here runs for a command without an address.
/// </summary>
internal sealed class RemoteDevices(LogLevel logLevel, CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly Dictionary<NbdUri, NbdBlockDevice> _open = [];

    /// <summary>Where they live; null while there are none.</summary>
    public Engine? Engine { get; private set; }

    /// <summary>The export of an operand. It stays this object's, and may be disposed by others when they are done with it.</summary>
    /// <exception cref="UsageException">The server is not there, or refuses.</exception>
    public async Task<NbdBlockDevice> OpenAsync(Operand operand)
    {
        var uri = operand.Uri!;
        if (_open.TryGetValue(uri, out var device))
            return device;
        Engine ??= Engine.Start(logLevel);
        try
        {
            return _open[uri] = await Engine.System.Kcopyd().OpenNbdDeviceAsync(uri, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (NbdException refused)
        {
            throw new UsageException($"{operand.Argument}: {refused.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var device in _open.Values)
            await device.DisposeAsync().ConfigureAwait(false);
        Engine?.Dispose();
    }

    /// <summary>The export that was surveyed, for a region.</summary>
    /// <exception cref="UsageException">The region does not suit its blocks.</exception>
    public static IBlockDevice Fit(Survey survey, long length)
    {
        var (operand, device) = (survey.Operand, survey.Remote!);
        return operand.Start % device.Alignment == 0 && (length % device.Alignment == 0 || operand.Start + length == device.Length)
            ? device
            : throw new UsageException($"{operand}: its server wants multiples of {device.Alignment} bytes, and this is {operand.Start}+{length}; align the region.");
    }

    /// <summary>What tells two exports apart.</summary>
    public static object Storage(NbdUri uri) => (uri.Host, uri.Socket is null ? uri.Port : 0, uri.Socket is null ? null : Path.GetFullPath(uri.Socket), uri.Export);
}
