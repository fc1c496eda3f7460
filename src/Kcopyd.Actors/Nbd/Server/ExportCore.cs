using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>An export and what connections count there. Any thread.</summary>
internal sealed class ExportCore(NbdExport export)
{
    private int _connections;
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

    /// <summary>True once it was removed: those who use it are to leave.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>What a client may do. All connections use the one device, and a flush of it covers whatever was answered before, on any of
    /// them: that is what several connections need.</summary>
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

    public void Enter() => Interlocked.Increment(ref _connections);

    public void Leave() => Interlocked.Decrement(ref _connections);

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

    public NbdExportStatus Status() => new(Name, Device.Name, Length, IsReadOnly, Volatile.Read(ref _connections), Volatile.Read(ref _requests), Volatile.Read(ref _errors),
        Volatile.Read(ref _read), Volatile.Read(ref _written));
}

/// <summary>What a connection has done since it last said so.</summary>
internal record struct ExportCounts(long Requests, long Errors, long BytesRead, long BytesWritten);
