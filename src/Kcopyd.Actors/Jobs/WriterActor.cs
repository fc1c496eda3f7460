using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Jobs;

/// <summary>
/// One destination's part of a sub-job: clones or writes it, zeroes the range, flushes the device, or reads back and compares. Reports the
/// <see cref="DestinationIo"/> to the client.
/// </summary>
internal sealed partial class WriterActor : WorkerActor
{
    // After this many consecutive blocks that cannot be written, the destination counts as dead; trying every block would take forever.
    private const int MaxBadBlocksInARow = 16;

    private const int ReadBackSize = 64 * 1024;     // bytes; at most ZeroPages.Memory.Length

    private readonly ILoggingAdapter _log = Context.System.Log;
    private DestinationIo _io = null!;
    private Transfer _transfer;
    private WriterStep _step;
    private int _badBlocksInARow;
    private Memory<byte> _readBack;

    private IBlockDevice Device => _io.SubJob.Job.Destinations[_io.Index].Device;

    protected override bool Begin(object message)
    {
        if (message is not DestinationIo io)
        {
            Unhandled(message);
            return false;
        }
        _io = io;
        _badBlocksInARow = 0;
        var subJob = io.SubJob;
        ref readonly var destination = ref subJob.Job.Destinations[io.Index];
        if (IsSpared(subJob, destination))
            return Report();
        _transfer = new Transfer(destination.Offset + subJob.Offset, subJob.Length, destination.Device.LogicalBlockSize);
        _runEnd = subJob.Length;
        _step = subJob.Phase switch
        {
            JobPhase.Clone => BeginClone(),
            JobPhase.Flush => WriterStep.Flush,
            JobPhase.Verify => WriterStep.ReadBack,
            _ when OnlyDifferent => BeginLooking(),
            _ when subJob.Kind == SubJobKind.Zeroes => ZeroStep(),
            _ => NextRun(),
        };
        if (_step == WriterStep.ReadBack && _readBack.IsEmpty)
            _readBack = AlignedMemory.Allocate(ReadBackSize);
        return true;
    }

    protected override void Prepare()
    {
        var job = _io.SubJob.Job;
        var bytes = Math.Min(_transfer.Next, _runEnd - _transfer.Position);
        switch (_step)
        {
            case WriterStep.Clone:
                PrepareClone();
                break;
            case WriterStep.LookForHole:
                Call.Prepare(DeviceOperation.Map, Device, _transfer.Offset, _runEnd - _transfer.Position);
                break;
            case WriterStep.LookForDifference:
                PrepareRead(_transfer.Remaining);
                break;
            case WriterStep.Write:
                Call.Write(Device, _transfer.Offset, _io.SubJob.Buffer.Slice(_transfer.Position, bytes));
                break;
            case WriterStep.WriteZeroes:
                Call.Prepare(job.Source is null ? DeviceOperation.Zero : DeviceOperation.Punch, Device, _transfer.Offset, bytes);
                break;
            case WriterStep.WriteZeroPages:
                Call.Write(Device, _transfer.Offset, ZeroPages.Memory[..Math.Min(bytes, ZeroPages.Memory.Length)]);
                break;
            case WriterStep.ReadBack:
                PrepareRead(bytes);
                break;
            case WriterStep.Flush:
                Call.Prepare(DeviceOperation.Flush, Device, 0, 0);
                break;
            default:
                Call.Prepare(DeviceOperation.Evict, Device, job.Destinations[_io.Index].Offset, job.Length);
                break;
        }
    }

    protected override bool Completed(IoResult result) => _step switch
    {
        WriterStep.Flush or WriterStep.Evict => Flushed(result),
        WriterStep.ReadBack => Compared(result),
        WriterStep.Clone => Cloned(result),
        WriterStep.LookForHole => LookedForHole(result),
        WriterStep.LookForDifference => LookedForDifference(result),
        WriterStep.WriteZeroes when result.Error == IoError.NotSupported => ZeroByWriting(result),
        _ => Written(result),
    };

    protected override void Crashed()
    {
        _io.Fail(IoError.WorkerCrashed, _transfer.Offset);
        _io.IsCrashed = true;
        Report();
    }

    private bool Written(IoResult result)
    {
        if (_step == WriterStep.WriteZeroes && result.Bytes > 0)
            _io.Offloaded(ZeroKind, result.Bytes);
        else
            _io.Bytes += result.Bytes;
        _transfer.Advance(result.Bytes);
        if (result is { IsSuccess: true, Bytes: > 0 })
        {
            _badBlocksInARow = 0;
            _transfer.Widen();
        }
        else
        {
            var error = result.IsSuccess ? IoError.EndOfDevice : result.Error;
            var narrows = error.IsBadBlock();
            // A retry with less may succeed; otherwise the fault names the block. Data that must be written in order is not written twice.
            if (narrows && !IsWhole(result) && !_transfer.IsSingleBlock && !_io.SubJob.Job.IsOrdered)
            {
                _transfer.Narrow();
                return Go();
            }
            _io.Fail(error, _transfer.Offset);
            if (!_io.SubJob.Job.IgnoresErrors || !narrows)
                return Report();
            if (IsWhole(result))
                return Go();    // the next block is not the one that failed
            if (++_badBlocksInARow == MaxBadBlocksInARow)
                return Report();
            else
                _transfer.Advance(_transfer.Next);  // this block is lost; the following ones need not be
        }
        return Go();
    }

    private bool Compared(IoResult result)
    {
        if (result.Bytes == 0)
        {
            if (result.Error.IsBadBlock() && !_transfer.IsSingleBlock)
            {
                _transfer.Narrow();
                return true;
            }
            _io.Fail(result.IsSuccess ? IoError.EndOfDevice : result.Error, _transfer.Offset);
            return Report();
        }
        var read = _readBack.Span[..(int)result.Bytes];
        var expected = (_io.SubJob.Job.Source is null ? ZeroPages.Memory.Span : _io.SubJob.Buffer.Span[_transfer.Position..])[..read.Length];
        _io.SubJob.Job.RegionHashes?.AppendDestination(_io.Index, read);
        var same = LengthOfSame(read, expected);
        if (same < read.Length)
        {
            _io.Fail(IoError.VerifyMismatch, _transfer.Offset + same);
            if (_io.SubJob.Job.ComparesOnly)
                AddDifferences(read, expected, same);
        }
        if (_io.SubJob.Job.ComparesOnly)
            _io.Bytes += read.Length;
        _transfer.Advance(read.Length);
        _transfer.Widen();
        return !_transfer.IsDone || Report();
    }

    private int LengthOfSame(ReadOnlySpan<byte> read, ReadOnlySpan<byte> expected)
    {
        var same = read.CommonPrefixLength(expected);
        while (same < read.Length && ClonedUnreadable(_io.SubJob.Offset + _transfer.Position + same) is > 0 and var bytes)
        {
            same += (int)Math.Min(bytes, read.Length - same);
            same += read[same..].CommonPrefixLength(expected[same..]);
        }
        return same;
    }

    // A device may have cloned what could not be read afterwards. There is nothing to compare it with: the others have zeroes there.
    private long ClonedUnreadable(long at)
    {
        var job = _io.SubJob.Job;
        if (job.Unreadable.IsEmpty || at < job.Offload.CloneStart || at >= job.Destinations[_io.Index].ClonedTo)
            return 0;
        var range = job.Unreadable.FirstFrom(job.SourceOffset + at + 1) - 1;
        return range < 0 ? 0 : job.Unreadable[range].Offset + job.Unreadable[range].Length - job.SourceOffset - at;
    }

    // Compares by sectors of the region, the last of which may be partial.
    private void AddDifferences(ReadOnlySpan<byte> read, ReadOnlySpan<byte> expected, int first)
    {
        var (subJob, job) = (_io.SubJob, _io.SubJob.Job);
        var start = job.SourceOffset + subJob.Offset + _transfer.Position;
        for (var at = first & -IoRegion.SectorSize; at < read.Length; at += IoRegion.SectorSize)
        {
            var length = Math.Min(IoRegion.SectorSize, read.Length - at);
            if (!read.Slice(at, length).SequenceEqual(expected.Slice(at, length)))
                _io.Differences.Add(start + at, length);
        }
    }

    private bool Flushed(IoResult result)
    {
        if (!result.IsSuccess)
            _io.Fail(result.Error, -1);
        else if (_step == WriterStep.Flush && _io.SubJob.Job.Verifies)
        {
            _step = WriterStep.Evict;
            return true;
        }
        return Report();
    }

    private bool Report()
    {
        var io = _io;
        _io = null!;
        Client.Tell(io, ActorRefs.NoSender);
        return false;
    }

    private enum WriterStep
    {
        Clone,
        LookForHole,
        LookForDifference,
        Write,
        WriteZeroes,
        WriteZeroPages,
        ReadBack,
        Flush,
        Evict,
    }
}
