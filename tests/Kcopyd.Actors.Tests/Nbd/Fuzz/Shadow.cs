namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>What a device must hold. Of requests that were under way together, each byte may be any one's that wrote it.</summary>
internal sealed class Shadow(MemoryBlockDevice device)
{
    private const byte Touched = 1, Explained = 2;

    private readonly byte[] _bytes = device.Bytes.ToArray();
    private readonly byte[] _state = new byte[device.Length];
    private readonly List<Change> _changes = [];

    /// <summary>Begins anew, with other content: so a conversation can be replayed by itself.</summary>
    public void Reset(ReadOnlySpan<byte> content)
    {
        content[.._bytes.Length].CopyTo(_bytes);
        _bytes.CopyTo(device.Bytes);
        _state.AsSpan().Clear();
        _changes.Clear();
    }

    /// <summary>A change that the server was asked for.</summary>
    /// <param name="offset">Bytes.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="content">What was written; null for zeroes.</param>
    /// <param name="isSure">False if it may also not have happened, in part or whole.</param>
    public void Add(long offset, long length, ReadOnlyMemory<byte>? content, bool isSure) => _changes.Add(new Change((int)offset, (int)length, content, isSure));

    /// <summary>What follows is no longer sure: the connection broke.</summary>
    public void Doubt()
    {
        for (var i = 0; i < _changes.Count; i++)
            _changes[i] = _changes[i] with { IsSure = false };
    }

    /// <summary>Holds what a client has read against what can have been there.</summary>
    public void CheckRead(long offset, ReadOnlySpan<byte> data)
    {
        var expected = _bytes.AsSpan((int)offset, data.Length);
        for (var at = 0; at < data.Length; at++)
        {
            at += data[at..].CommonPrefixLength(expected[at..]);
            if (at < data.Length && !IsWritten((int)offset + at, data[at]))
                throw new FuzzException($"Byte {offset + at} was read as {data[at]}; it is {expected[at]}, and nobody wrote another.");
        }
    }

    /// <summary>Holds the device against what it can hold now that nothing is under way.</summary>
    public void Settle()
    {
        var now = device.Bytes;
        foreach (var change in _changes)
        {
            for (int i = 0, at = change.Offset; i < change.Length; i++, at++)
            {
                if (now[at] == change.At(i) || (!change.IsSure && now[at] == _bytes[at]))
                    _state[at] = Explained;
                else if (_state[at] == 0)
                    _state[at] = Touched;
            }
        }
        foreach (var change in _changes)
        {
            var state = _state.AsSpan(change.Offset, change.Length);
            if (state.IndexOf(Touched) is >= 0 and var wrong)
                throw new FuzzException($"Byte {change.Offset + wrong} is {now[change.Offset + wrong]}, which nobody who had to write it wrote.");
            now.Slice(change.Offset, change.Length).CopyTo(_bytes.AsSpan(change.Offset));
        }
        foreach (var change in _changes)
            _state.AsSpan(change.Offset, change.Length).Clear();
        _changes.Clear();
        var same = now.CommonPrefixLength(_bytes);
        if (same < _bytes.Length)
            throw new FuzzException($"Byte {same} of {device.Name} has become {now[same]} from {_bytes[same]}, and nobody may have written it.");
    }

    private bool IsWritten(int at, byte value) =>
        _changes.Exists(change => at >= change.Offset && at - change.Offset < change.Length && change.At(at - change.Offset) == value);

    private readonly record struct Change(int Offset, int Length, ReadOnlyMemory<byte>? Content, bool IsSure)
    {
        public byte At(int index) => Content is { } content ? content.Span[index] : (byte)0;
    }
}
