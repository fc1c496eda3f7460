using Akka.Actor;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>What is left to do and to wait for when a server ends, or one of its exports. Used by the server's actor only.</summary>
/// <remarks>Invariant: a device is flushed once, when none of its exports is in use any more.</remarks>
internal sealed class ServerEnd(ExportTable exports)
{
    private readonly Dictionary<IActorRef, ConnectionHangs> _hanging = [];
    private readonly HashSet<IBlockDevice> _begun = [];
    private readonly HashSet<IBlockDevice> _flushing = [];
    private readonly List<string> _failures = [];
    private string? _hung;

    /// <summary>How it ended, as far as it has.</summary>
    public StopOutcome Outcome => new(_failures.Count == 0 ? null : string.Join(" ", _failures), _hung);

    /// <summary>True if every device that can be written was flushed, well or not.</summary>
    public bool IsFlushed => _flushing.Count == 0 && exports.All.All(export => export.IsReadOnly || _begun.Contains(export.Device));

    /// <summary>A connection was dropped, and has requests in a device.</summary>
    public void Remember(ConnectionHangs hangs) => _hanging[hangs.Connection] = hangs;

    /// <summary>A connection has ended: all of its requests have.</summary>
    public void Forget(IActorRef connection) => _hanging.Remove(connection);

    /// <summary>A device that is to be flushed now; null if there is none.</summary>
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

    /// <summary>A flush has ended.</summary>
    /// <returns>What went wrong, for people; null if nothing did.</returns>
    public string? Flushed(IBlockDevice device, IoError error)
    {
        _flushing.Remove(device);
        if (error is IoError.None or IoError.Closed)    // whoever disposed of the device before has flushed it, or not, as he likes
            return null;
        var failure = $"{device.Name}: flush failed; what was written since the last good flush may be lost: {error}.";
        _failures.Add(failure);
        return failure;
    }

    /// <summary>What of an export is still in its device, for people.</summary>
    public string Hung(ExportCore export)
    {
        var requests = _hanging.Values.Where(hangs => hangs.Export == export).Select(static hangs => hangs.Requests).ToList();
        if (export.HasLost)
            requests.Add("connections that have failed since, whose requests nobody waits for");
        return $"Export '{export.Name}' is removed, but {export.Device.Name} has not completed all requests: {(requests.Count == 0 ? "a connection does not answer" : string.Join("; ", requests))}. "
            + "Do not take the device for another use before they end.";
    }

    /// <summary>Time is up: names what is not done.</summary>
    public void GiveUp()
    {
        var open = _hanging.Values.Select(static hangs => $"export '{hangs.Export.Name}', {hangs.Export.Device.Name}: {hangs.Requests}").ToList();
        open.AddRange(_flushing.Select(static device => $"{device.Name}: the flush"));
        // In use, and no connection has said so: it died with its requests, or is itself stuck.
        open.AddRange(exports.All.Where(export => export.IsInUse && _hanging.Values.All(hangs => hangs.Export != export))
            .Select(static export => $"export '{export.Name}', {export.Device.Name}: requests of a connection that does not answer"));
        if (open.Count > 0)
            _hung = $"Devices have not completed what they were asked, and the server has stopped waiting for them; what clients wrote there may not be on stable storage: {string.Join("; ", open)}.";
    }

    private bool IsInUse(IBlockDevice device) => exports.All.Concat(exports.AllRemoved).Any(export => export.Device == device && export.IsInUse);
}
