using Akka.Actor;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Tracks the remaining work when a server stops or an export is removed. Used by the server's actor only.</summary>
/// <remarks>Invariant: a device is flushed once, when none of its exports is in use.</remarks>
internal sealed class ServerEnd(ExportTable exports)
{
    private readonly Dictionary<IActorRef, ConnectionHangs> _hanging = [];
    private readonly HashSet<IBlockDevice> _begun = [];
    private readonly HashSet<IBlockDevice> _flushing = [];
    private readonly List<string> _failures = [];
    private string? _hung;

    /// <summary>The outcome so far.</summary>
    public StopOutcome Outcome => new(_failures.Count == 0 ? null : string.Join(" ", _failures), _hung);

    /// <summary>True if the flushes of all writable devices have completed, with or without errors.</summary>
    public bool IsFlushed => _flushing.Count == 0 && exports.All.All(export => export.IsReadOnly || _begun.Contains(export.Device));

    /// <summary>Records a dropped connection that has requests in a device.</summary>
    public void Remember(ConnectionHangs hangs) => _hanging[hangs.Connection] = hangs;

    /// <summary>Called when a connection has ended, and with it all of its requests.</summary>
    public void Forget(IActorRef connection) => _hanging.Remove(connection);

    /// <summary>The next device to flush; null if there is none.</summary>
    /// <param name="isAlone">True if no connection is left.</param>
    public IBlockDevice? NextToFlush(bool isAlone)
    {
        var next = exports.All.FirstOrDefault(export => !export.IsReadOnly && !_begun.Contains(export.Device) && (isAlone || !IsInUse(export.Device)))?.Device;
        if (next is not null)
        {
            _begun.Add(next);
            _flushing.Add(next);
        }
        return next;
    }

    /// <summary>Called when a flush has completed.</summary>
    /// <returns>The error message; null on success.</returns>
    public string? Flushed(IBlockDevice device, IoError error)
    {
        _flushing.Remove(device);
        if (error is IoError.None or IoError.Closed)    // the owner who closed the device decided whether to flush it
            return null;
        var failure = $"{device.Name}: flush failed; what was written since the last good flush may be lost: {error}.";
        _failures.Add(failure);
        return failure;
    }

    /// <summary>A message about the requests of a removed export that are still in its device.</summary>
    public string Hung(ExportCore export)
    {
        var requests = _hanging.Values.Where(hangs => hangs.Export == export).Select(static hangs => hangs.Requests).ToList();
        if (export.HasLost)
            requests.Add("requests of connections that have failed, whose completion is not reported");
        var open = requests.Count == 0 ? "a connection does not respond" : string.Join("; ", requests);
        return $"Export '{export.Name}' is removed, but {export.Device.Name} has not completed all requests: {open}. "
            + "Do not reuse the device before they complete.";
    }

    /// <summary>Stops waiting: records the requests and flushes that are not complete.</summary>
    public void GiveUp()
    {
        var open = _hanging.Values.Select(static hangs => $"export '{hangs.Export.Name}', {hangs.Export.Device.Name}: {hangs.Requests}").ToList();
        open.AddRange(_flushing.Select(static device => $"{device.Name}: the flush"));
        // In use, but reported by no connection: the connection died with its requests, or hangs itself.
        open.AddRange(exports.All.Where(export => export.IsInUse && _hanging.Values.All(hangs => hangs.Export != export))
            .Select(static export => $"export '{export.Name}', {export.Device.Name}: requests of a connection that does not respond"));
        if (open.Count > 0)
            _hung = "Devices have not completed all requests, and the server has stopped waiting for them; "
                + $"data that clients wrote to them may not be on stable storage: {string.Join("; ", open)}.";
    }

    private bool IsInUse(IBlockDevice device) => exports.All.Concat(exports.AllRemoved).Any(export => export.Device == device && export.IsInUse);
}
