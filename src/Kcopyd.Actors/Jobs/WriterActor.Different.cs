using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Jobs;

/// <content>Writes only what differs: reads a piece of the destination, skips the blocks that match, and writes the others.</content>
internal sealed partial class WriterActor
{
    private const int MinBlock = 4096;    // bytes written for a single byte that differs

    private bool OnlyDifferent => (_io.SubJob.Job.Flags & CopyFlags.OnlyDifferent) != 0 && _io.SubJob.Phase == JobPhase.Copy;

    private bool IsZeroes => _io.SubJob.Kind == SubJobKind.Zeroes || _io.SubJob.Job.Source is null;

    private WriterStep BeginLooking()
    {
        if (_readBack.IsEmpty)
            _readBack = AlignedMemory.Allocate(ReadBackSize);
        _runEnd = _io.SubJob.Length;
        return WriterStep.LookForDifference;
    }

    private void PrepareRead(int bytes) => Call.Read(Device, _transfer.Offset, _readBack[..Math.Min(bytes, _readBack.Length)]);

    // Unreadable blocks count as different: writing them may repair them.
    private bool LookedForDifference(IoResult result)
    {
        var read = _readBack.Span[..(int)result.Bytes];
        if (read.IsEmpty)
            return Write(Math.Min(_transfer.Remaining, _readBack.Length));
        var expected = Expected(read.Length);
        var same = read.CommonPrefixLength(expected);
        if (same < read.Length)
            same = DownToBlock(same);
        _io.Bytes += same;
        _io.Unchanged += same;
        _transfer.Advance(same);
        if (same == read.Length)
            return !_transfer.IsDone || Report();
        var different = 0;
        do different = Math.Min(read.Length - same, different + Block);
        while (same + different < read.Length && !IsEqual(read, expected, same + different));
        return Write(different);
    }

    private bool Write(int bytes)
    {
        _runEnd = _transfer.Position + bytes;
        _step = IsZeroes ? ZeroStep() : WriterStep.Write;
        return true;
    }

    private ReadOnlySpan<byte> Expected(int bytes) => (IsZeroes ? ZeroPages.Memory.Span : _io.SubJob.Buffer.Span[_transfer.Position..])[..bytes];

    private int Block => Math.Max(Math.Max(MinBlock, Device.Alignment), Device.LogicalBlockSize);

    // Rounds down to a block of the device, not of the sub-job.
    private int DownToBlock(int bytes) => (int)Math.Max(0, bytes - (_transfer.Offset + bytes) % Block);

    private bool IsEqual(ReadOnlySpan<byte> read, ReadOnlySpan<byte> expected, int at)
    {
        var length = Math.Min(Block, read.Length - at);
        return read.Slice(at, length).SequenceEqual(expected.Slice(at, length));
    }
}
