using Akka;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>An export, the number of its connections, and its counters. Any thread.</summary>
/// <remarks>Invariant: no connection enters a closed export, and a connection leaves when none of its requests is in the device: once <see cref="Drained"/> has
/// completed, no request is or will be in the device. A connection that died with requests in the device never leaves, because their completion is not
/// reported.</remarks>
internal sealed class ExportCore(NbdExport export, Completions completions)
{
    private readonly Lock _lock = new();
    private int _connections;
    private int _lost;      // connections that died with requests in the device
    private bool _isClosed;
    private long _requests, _errors, _read, _written;

    public string Name => export.Name;

    public string? Description => export.Description;

    public IBlockDevice Device => export.Device;

    public long Length { get; } = export.Device.Length;

    public int Alignment => export.Device.Alignment;

    public bool IsReadOnly { get; } = export.ReadOnly || export.Device.IsReadOnly;

    public bool CanDiscard => (Device.Features & DeviceFeatures.Discard) != 0;

    public bool CanZeroFast => (Device.Features & DeviceFeatures.WriteZeroes) != 0;

    public bool HasMap => (Device.Features & DeviceFeatures.Map) != 0;

    /// <summary>Completes when the export is closed and no request of any connection is in the device.</summary>
    public Completion<Done> Drained { get; } = new(completions);

    /// <summary>True while connections use the export.</summary>
    public bool IsInUse => Volatile.Read(ref _connections) > 0;

    /// <summary>True if a connection has died with requests in the device.</summary>
    public bool HasLost => Volatile.Read(ref _lost) > 0;

    /// <summary>The transmission flags for a client. Multiple connections are allowed because all of them use one device, and a flush of it covers everything
    /// answered before on any of them.</summary>
    public TransmissionFlags Flags(bool structured)
    {
        var flags = TransmissionFlags.HasFlags | TransmissionFlags.SendFlush | TransmissionFlags.CanMultiConn | TransmissionFlags.SendCache;
        if (structured)
            flags |= TransmissionFlags.SendDf;
        if (IsReadOnly)
            return flags | TransmissionFlags.ReadOnly;
        flags |= TransmissionFlags.SendFua | TransmissionFlags.SendWriteZeroes | TransmissionFlags.SendFastZero;
        return CanDiscard ? flags | TransmissionFlags.SendTrim : flags;
    }

    /// <returns>False if the export is closed: the connection must not use it.</returns>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_isClosed)
                return false;
            _connections++;
            return true;
        }
    }

    /// <summary>Called when a connection ends.</summary>
    /// <param name="isQuiet">False if requests of the connection are in the device.</param>
    public void Leave(bool isQuiet)
    {
        lock (_lock)
        {
            _connections--;
            if (!isQuiet)
                _lost++;
        }
        CompleteIfDrained();
    }

    /// <summary>Closes the export to new connections, because it is removed or the server stops.</summary>
    public void Close()
    {
        lock (_lock)
            _isClosed = true;
        CompleteIfDrained();
    }

    public void Count(in ExportCounts counts)
    {
        Interlocked.Add(ref _requests, counts.Requests);
        if (counts.Errors != 0)
            Interlocked.Add(ref _errors, counts.Errors);
        if (counts.BytesRead != 0)
            Interlocked.Add(ref _read, counts.BytesRead);
        if (counts.BytesWritten != 0)
            Interlocked.Add(ref _written, counts.BytesWritten);
    }

    private void CompleteIfDrained()
    {
        lock (_lock)
        {
            if (_isClosed && _connections + _lost == 0)
                Drained.SetResult(Done.Instance);
        }
    }

    public NbdExportStatus Status() => new(Name, Device.Name, Length, IsReadOnly, Volatile.Read(ref _connections), Volatile.Read(ref _requests),
        Volatile.Read(ref _errors), Volatile.Read(ref _read), Volatile.Read(ref _written));
}

/// <summary>The work of a connection since it last published its counters.</summary>
internal record struct ExportCounts(long Requests, long Errors, long BytesRead, long BytesWritten);
