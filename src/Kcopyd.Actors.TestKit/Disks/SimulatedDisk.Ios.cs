namespace Kcopyd.Actors.TestKit.Disks;

/// <content>Issues I/Os and carries them out.</content>
public sealed partial class SimulatedDisk
{
    private const byte Garbage = 0xEE;      // written to the buffer by a read that is still in progress after its call threw

    /// <inheritdoc/>
    public ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer) =>
        new(Issue(new SimulatedIo(this, DiskIoKind.Read, offset, buffer.Length) { Buffer = buffer }), 0);

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) =>
        new(Issue(new SimulatedIo(this, DiskIoKind.Write, offset, buffer.Length) { Data = buffer }), 0);

    /// <inheritdoc/>
    public ValueTask<IoResult> WriteZeroesAsync(long offset, long length) =>
        new(Issue(new SimulatedIo(this, DiskIoKind.WriteZeroes, offset, length)), 0);

    /// <inheritdoc/>
    public ValueTask<IoResult> DiscardAsync(long offset, long length) => new(Issue(new SimulatedIo(this, DiskIoKind.Discard, offset, length)), 0);

    /// <inheritdoc/>
    public ValueTask<ExtentResult> MapAsync(long offset, long length) => new(Issue(new SimulatedIo(this, DiskIoKind.Map, offset, length)), 0);

    /// <inheritdoc/>
    public ValueTask<IoResult> FlushAsync() => new(Issue(new SimulatedIo(this, DiskIoKind.Flush, 0, 0)), 0);

    /// <inheritdoc/>
    public OffloadKinds CloneKinds(IBlockDevice source) => source is SimulatedDisk ? _options.Clones : OffloadKinds.None;

    /// <inheritdoc/>
    public ValueTask<IoResult> CloneFromAsync(IBlockDevice source, long sourceOffset, long offset, long length, OffloadKinds kind) =>
        source is SimulatedDisk disk
            ? new(Issue(new SimulatedIo(this, DiskIoKind.Clone, offset, length) { Source = disk, SourceOffset = sourceOffset, Method = kind }), 0)
            : new(IoResult.Failure(IoError.NotSupported));

    /// <summary>An I/O takes effect, and its caller continues.</summary>
    internal void Complete(SimulatedIo io)
    {
        if (io.IsCompleted && io.Slot < 0)
        {
            io.Signal();        // its process was frozen when it completed
            return;
        }
        Land(io);
        if (io.IsCompleted)
        {
            io.Buffer.Span.Fill(Garbage);
            _options.Observer?.Released(io);
            return;
        }
        var result = io.Life == _life ? Perform(io) : IoResult.Failure(IoError.NoDevice);
        io.DoneOrder = ++_clock;
        io.End(Step, result);
        _engine.Note(result.Bytes);
        _options.Observer?.Completed(io);
        _options.Observer?.Released(io);
        _engine.Resume(io.Process, io);
    }

    private SimulatedIo Issue(SimulatedIo io)
    {
        if (!_engine.IsInside)
        {
            Schedule(io);       // reports that another thread did it, and never completes
            return io;
        }
        (io.Process, io.Life, io.IssueOrder) = (_engine.Running, _life, ++_clock);
        io.Slot = _inFlight.Count;
        _inFlight.Add(io);
        var number = io.Kind == DiskIoKind.Flush ? 0 : ++_transfers;
        if (number > 0 && number == Faults.FailsAt)
            io.Fail(IoError.Io);
        if ((number > 0 && number == Faults.ThrowsAt) || (io.Kind == DiskIoKind.Clone && Faults.CloneThrows))
            io.Throw(new IOException($"{Name} has vanished."));
        _options.Observer?.Issued(io);
        _engine.Note(io.Offset ^ ((long)io.Kind << 56) ^ ((long)io.Length << 24));
        if (io.Exception is not null && Faults.ThrowsAtOnce)
        {
            io.End(Step, IoResult.Failure(IoError.NoDevice));
            _options.Observer?.Completed(io);
            Schedule(io);       // what it was given, it still uses
            throw io.Exception;
        }
        if (_fate.Occurs(DiskFault.Stall, Faults.StallRate))
            _stalled.Add(io);
        else if (_fate.Chance(Faults.AtOnceRate))
            Complete(io);
        else
            Schedule(io);
        return io;
    }

    private void Schedule(SimulatedIo io)
    {
        if (Faults.MaxLatency == TimeSpan.Zero)
            _engine.Add(null, io);
        else
            _engine.After(Faults.MinLatency + (Faults.MaxLatency - Faults.MinLatency) * _random.NextDouble(), null, io);
    }

    private void Land(SimulatedIo io)
    {
        var last = _inFlight[^1];
        _inFlight[io.Slot] = last;
        last.Slot = io.Slot;
        _inFlight.RemoveAt(_inFlight.Count - 1);
        io.Slot = -1;
    }

    private IoResult Perform(SimulatedIo io)
    {
        Age();
        var (bytes, error) = _fate.Of(io);
        switch (io.Kind)
        {
            case DiskIoKind.Map:
                io.Extent = error == IoError.None ? _fate.Extent(io) : ExtentResult.Failure(error);
                return new IoResult(io.Extent.IsZero ? io.Extent.Length : 0, error);
            case DiskIoKind.Flush when error == IoError.None:
                _storage.Flush(io);
                break;
            case DiskIoKind.Flush:
                _storage.FailFlush(io, new Survival(_random, 0));
                break;
            case DiskIoKind.Read when bytes > 0:
                _storage.Content.AsSpan((int)io.Offset, bytes).CopyTo(io.Buffer.Span);
                _defects.Used(io.Offset, bytes, _engine.Now);
                break;
            case DiskIoKind.Discard when bytes > 0:
                Discard(io, bytes);
                break;
            case DiskIoKind.Write or DiskIoKind.WriteZeroes or DiskIoKind.Clone when bytes > 0:
                Change(io, bytes);
                break;
        }
        return io.Exception is null ? new IoResult(bytes, error) : IoResult.Failure(IoError.NoDevice);
    }

    // Only whole blocks are discarded.
    private void Discard(SimulatedIo io, int bytes)
    {
        var begin = (io.Offset + LogicalBlockSize - 1) / LogicalBlockSize * LogicalBlockSize;
        var end = io.Offset + bytes == Length ? Length : (io.Offset + bytes) / LogicalBlockSize * LogicalBlockSize;
        if (begin < end)
            Store(io, begin, (int)(end - begin), default);
    }

    private void Change(SimulatedIo io, int bytes)
    {
        var data = io.Kind switch
        {
            DiskIoKind.Write => io.Data.Span[..bytes],
            DiskIoKind.Clone => io.Source!.Content.Span.Slice((int)io.SourceOffset, bytes),
            _ => default,
        };
        if (++_changes == Faults.GarblesAt)
        {
            var garbled = data.IsEmpty ? new byte[bytes] : data.ToArray();
            garbled[0] ^= 0x55;
            Store(io, io.Offset, bytes, garbled);
            _defects.Mark(io.Offset, 1);
        }
        else if (_fate.Occurs(DiskFault.LostWrite, Faults.LostWriteRate))
        {
            _defects.Mark(io.Offset, bytes);
        }
        else if (_fate.Occurs(DiskFault.TornWrite, Faults.TornWriteRate))
        {
            var part = _fate.SomeOf(bytes);
            if (part > 0)
                Store(io, io.Offset, part, data.IsEmpty ? data : data[..part]);
            _defects.Mark(io.Offset + part, bytes - part);
        }
        else if (_fate.Occurs(DiskFault.MisdirectedWrite, Faults.MisdirectedWriteRate))
        {
            var place = _random.NextInt64(Length - bytes + 1) / LogicalBlockSize * LogicalBlockSize;
            Store(io, place, bytes, data);
            _defects.Mark(place, bytes);
            _defects.Mark(io.Offset, bytes);
        }
        else
        {
            Store(io, io.Offset, bytes, data);
        }
    }

    private void Store(SimulatedIo io, long offset, int bytes, ReadOnlySpan<byte> data)
    {
        _storage.Write(io, offset, bytes, data);
        _defects.Written(offset, bytes, _engine.Now);
    }

    // Faults that no I/O causes.
    private void Age()
    {
        if (Length == 0)
            return;
        if (_fate.Occurs(DiskFault.BitRot, Faults.BitRotRate))
            FlipBit(_random.NextInt64(Length), _random.Next(8));
        if (_fate.Occurs(DiskFault.LatentError, Faults.LatentErrorRate))
            _defects.Decay(_random.NextInt64((Length + LogicalBlockSize - 1) / LogicalBlockSize), _engine.Now, Faults.LatentErrorAge);
    }
}
