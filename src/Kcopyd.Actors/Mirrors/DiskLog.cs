using Kcopyd.Actors.BlockIo;

namespace Kcopyd.Actors.Mirrors;

/// <summary>A log in the kernel's format, with the label in its unused bytes. Used by the mirror's actor only.</summary>
/// <remarks>Invariants: the image in memory is what the device holds, except after a failed write, when the next one writes it all; and only one write is in
/// flight, so that none overtakes another.</remarks>
/// <param name="device">The device.</param>
/// <param name="image">The log as read or prepared, in whole units of the device.</param>
/// <param name="isOnDevice">False if the device does not hold the image yet.</param>
internal sealed class DiskLog(IBlockDevice device, Memory<byte> image, bool isOnDevice) : IMirrorLog
{
    private readonly long _unit = DiskLogFormat.Unit(device);
    private readonly byte[] _label = new byte[MirrorLabel.Size];
    private readonly byte[] _bits = new byte[image.Length - DiskLogFormat.BitsAt];
    private bool _mustWriteAll = !isOnDevice;
    private Action<IoError> _ended = null!;
    private DeviceSequence _sequence = null!;

    public IBlockDevice Device => device;

    /// <summary>Connects it to the mirror's actor.</summary>
    public void Attach(IIoWorkers workers) => _sequence = new DeviceSequence(workers);

    public void Record(RegionSet clean, MirrorLabel label, bool flush, Action<IoError> ended)
    {
        var (from, to) = Update(clean, label);
        if (_mustWriteAll)
            (from, to) = (0, image.Length);
        if (from < to)
        {
            var start = (int)(from & -_unit);
            var end = (int)((to + _unit - 1) & -_unit);
            _sequence.Write(start, image[start..end]);
        }
        else if (!flush)
        {
            ended(IoError.None);
            return;
        }
        if (flush)
            _sequence.Flush();
        _mustWriteAll = true;       // until it has succeeded
        _ended = ended;
        _sequence.Start(device, Ended);
    }

    private void Ended(IoError error)
    {
        _mustWriteAll = error != IoError.None;
        _ended(error);
    }

    // Writes the changes into the image, and returns the range of its bytes that changed.
    private (int From, int To) Update(RegionSet clean, MirrorLabel label)
    {
        var (from, to) = (image.Length, 0);
        label.Write(_label);
        Replace(MirrorLabel.Offset, _label, ref from, ref to);
        var bits = _bits.AsSpan(0, (int)(DiskLogFormat.SizeOf(clean.Size) - DiskLogFormat.BitsAt));
        DiskLogFormat.WriteBits(bits, clean);
        Replace(DiskLogFormat.BitsAt, bits, ref from, ref to);
        return (from, to);
    }

    private void Replace(int at, ReadOnlySpan<byte> with, ref int from, ref int to)
    {
        var old = image.Span.Slice(at, with.Length);
        var first = old.CommonPrefixLength(with);
        if (first == with.Length)
            return;
        var last = with.Length;
        while (old[last - 1] == with[last - 1])
            last--;
        with[first..last].CopyTo(old[first..]);
        (from, to) = (Math.Min(from, at + first), Math.Max(to, at + last));
    }
}
