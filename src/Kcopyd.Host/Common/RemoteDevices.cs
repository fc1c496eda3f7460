using Akka.Actor;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Host.Common;

/// <summary>Exports of NBD servers, in the words of the command line. Nothing here runs for a command without an address.</summary>
internal static class RemoteDevices
{
    /// <exception cref="UsageException">The server is not there, or refuses.</exception>
    public static async Task<NbdExportInfo> QueryAsync(Target target)
    {
        try
        {
            return await NbdBlockDevice.QueryAsync(target.Uri!).ConfigureAwait(false);
        }
        catch (NbdException refused)
        {
            throw new UsageException($"{target.Argument}: {refused.Message}");
        }
    }

    /// <summary>Opens an export for a region.</summary>
    /// <exception cref="UsageException">It cannot be opened, or the region does not suit its blocks.</exception>
    public static async Task<NbdBlockDevice> OpenAsync(Target target, long length, bool isReadOnly, ActorSystem system)
    {
        NbdBlockDevice device;
        try
        {
            device = await NbdBlockDevice.OpenAsync(system, target.Uri!, new NbdClientOptions { ReadOnly = isReadOnly }).ConfigureAwait(false);
        }
        catch (NbdException refused)
        {
            throw new UsageException($"{target.Argument}: {refused.Message}");
        }
        if (target.Start % device.Alignment == 0 && (length % device.Alignment == 0 || target.Start + length == device.Length))
            return device;
        var alignment = device.Alignment;
        await device.DisposeAsync().ConfigureAwait(false);
        throw new UsageException($"{target}: its server wants multiples of {alignment} bytes, and this is {target.Start}+{length}; align the region.");
    }

    /// <summary>What tells two exports apart.</summary>
    public static object Storage(NbdUri uri) => (uri.Host, uri.Socket is null ? uri.Port : 0, uri.Socket is null ? null : Path.GetFullPath(uri.Socket), uri.Export);
}
