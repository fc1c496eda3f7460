using Kcopyd.Actors;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Host.Common;

/// <summary>
/// The NBD exports that a command uses, with errors in the terms of the command line. The command connects to each export once, when it is first examined, and
/// keeps that connection until the command ends: a server may accept a single client, or end with its first client. A command without addresses runs none of
/// this.
/// </summary>
internal sealed class RemoteDevices(LogLevel logLevel, CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly Dictionary<NbdUri, NbdBlockDevice> _open = [];

    /// <summary>The actor system of the connections; null while there are none.</summary>
    public Engine? Engine { get; private set; }

    /// <summary>Opens the export of an operand. This object owns it; a caller may also dispose it when done with it.</summary>
    /// <exception cref="UsageException">The server is not available, or refuses the connection.</exception>
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

    /// <summary>Returns the surveyed export for a region.</summary>
    /// <exception cref="UsageException">The region does not match the block size of the export.</exception>
    public static IBlockDevice Fit(Survey survey, long length)
    {
        var (operand, device) = (survey.Operand, survey.Remote!);
        return operand.Start % device.Alignment == 0 && (length % device.Alignment == 0 || operand.Start + length == device.Length)
            ? device
            : throw new UsageException($"{operand}: its server requires multiples of {device.Alignment} bytes, and this is {operand.Start}+{length}; "
                + "align the region.");
    }

    /// <summary>Returns the identity of an export.</summary>
    public static object Storage(NbdUri uri) =>
        (uri.Host, uri.Socket is null ? uri.Port : 0, uri.Socket is null ? null : Path.GetFullPath(uri.Socket), uri.Export);
}
