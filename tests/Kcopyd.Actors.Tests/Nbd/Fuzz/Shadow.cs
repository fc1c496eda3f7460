namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>The expected content of a device. After concurrent requests, each byte may come from any request that wrote it.</summary>
internal sealed class Shadow(MemoryBlockDevice device)
{
    private const byte Touched = 1, Explained = 2;

    private readonly byte[] _bytes = device.Bytes.ToArray();
    private readonly byte[] _state = new byte[device.Length];
    private readonly List<Change> _changes = [];

    /// <summary>Starts over with other content, so that a conversation can be replayed alone.</summary>
    public void Reset(ReadOnlySpan<byte> content)
    {
        content[.._bytes.Length].CopyTo(_bytes);
        _bytes.CopyTo(device.Bytes);
        _state.AsSpan().Clear();
        _changes.Clear();
    }

    /// <summary>Adds a change that the server was asked for.</summary>
    /// <param name="offset">Bytes.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="content">What was written; null for zeroes.</param>
    /// <param name="isSure">False if the change may be missing, in part or as a whole.</param>
    public void Add(long offset, long length, ReadOnlyMemory<byte>? content, bool isSure) =>
        _changes.Add(new Change((int)offset, (int)length, content, isSure));

    /// <summary>Marks all changes as uncertain, because the connection broke.</summary>
    public void Doubt()
    {
        for (var i = 0; i < _changes.Count; i++)
            _changes[i] = _changes[i] with { IsSure = false };
    }

    /// <summary>Checks the data that a client has read against all possible content.</summary>
    public void CheckRead(long offset, ReadOnlySpan<byte> data)
    {
        var expected = _bytes.AsSpan((int)offset, data.Length);
        for (var at = 0; at < data.Length; at++)
        {
            at += data[at..].CommonPrefixLength(expected[at..]);
            if (at < data.Length && !IsWritten((int)offset + at, data[at]))
                throw new FuzzException($"Byte {offset + at} was read as {data[at]}; it is {expected[at]}, and no request wrote another value.");
        }
    }

    /// <summary>Checks the device against its possible content now that no request is in flight.</summary>
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
                throw new FuzzException($"Byte {change.Offset + wrong} is {now[change.Offset + wrong]}, which none of the requests that changed it wrote.");
            now.Slice(change.Offset, change.Length).CopyTo(_bytes.AsSpan(change.Offset));
        }
        foreach (var change in _changes)
            _state.AsSpan(change.Offset, change.Length).Clear();
        _changes.Clear();
        var same = now.CommonPrefixLength(_bytes);
        if (same < _bytes.Length)
            throw new FuzzException($"Byte {same} of {device.Name} has become {now[same]} from {_bytes[same]}, and no request was allowed to change it.");
    }

    private bool IsWritten(int at, byte value) =>
        _changes.Exists(change => at >= change.Offset && at - change.Offset < change.Length && change.At(at - change.Offset) == value);

    private readonly record struct Change(int Offset, int Length, ReadOnlyMemory<byte>? Content, bool IsSure)
    {
        public byte At(int index) => Content is { } content ? content.Span[index] : (byte)0;
    }
}
