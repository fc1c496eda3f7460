using Kcopyd.Actors.Nbd;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Nbd;

/// <summary>Changes its part of an NBD device, one operation after the other. It knows what a read must return, and what the server's disk may hold after a
/// power cut.</summary>
internal sealed class Writer(NbdBlockDevice device, int start, int length, Random random)
{
    private const int Sector = 512;
    private const int MaxSectors = 16;      // of one operation

    private readonly byte[] _model = new byte[length];
    private readonly bool[] _isUndefined = new bool[length / Sector];       // trimmed
    private readonly List<byte[]?>[] _possible = [.. Enumerable.Range(0, length / Sector).Select(static _ => new List<byte[]?> { new byte[Sector] })];

    public async Task RunAsync(int operations)
    {
        for (var i = 0; i < operations; i++)
            await StepAsync();
    }

    /// <summary>Checks what a read of the whole part returned, or what the disk holds after a flush of everything.</summary>
    public void AssertHolds(ReadOnlySpan<byte> part) => Assert.True(Agrees(part, 0), "the content is not what was written");

    /// <summary>Checks what is on the disk after a power cut: each sector as flushed, or as written since.</summary>
    public void AssertSurvives(ReadOnlySpan<byte> part)
    {
        for (var sector = 0; sector < _possible.Length; sector++)
        {
            var found = part.Slice(sector * Sector, Sector).ToArray();
            Assert.True(_possible[sector].Exists(value => value is null || value.AsSpan().SequenceEqual(found)),
                $"the power cut lost what a flush promised at {start + sector * Sector}");
        }
    }

    private async Task StepAsync()
    {
        var count = random.Next(1, MaxSectors + 1) * Sector;
        var at = random.Next((length - count) / Sector + 1) * Sector;
        switch (random.Next(10))
        {
            case < 4:
                await WriteAsync(at, Bytes(count), data => device.WriteAsync(start + at, data));
                break;
            case 4:
                await WriteAsync(at, Bytes(count), data => device.WriteThroughAsync(start + at, data));
                Settle(at, count);
                break;
            case 5:
                await WriteAsync(at, new byte[count],
                    _ => random.Next(2) == 0 ? device.WriteZeroesAsync(start + at, count) : device.PunchAsync(start + at, count));
                break;
            case 6:
                Allow(at, count, null);
                Assert.Equal(IoResult.Success(count), await device.DiscardAsync(start + at, count));
                _isUndefined.AsSpan(at / Sector, count / Sector).Fill(true);
                break;
            case 7:
                Assert.Equal(IoResult.Success(0), await device.FlushAsync());
                Settle(0, length);
                break;
            default:
                var read = new byte[count];
                Assert.Equal(IoResult.Success(count), await device.ReadAsync(start + at, read));
                Assert.True(Agrees(read, at), $"what is read at {start + at} is not what was written");
                break;
        }
    }

    private async Task WriteAsync(int at, byte[] data, Func<byte[], ValueTask<IoResult>> write)
    {
        Allow(at, data.Length, data);
        Assert.Equal(IoResult.Success(data.Length), await write(data));
        data.CopyTo(_model, at);
        _isUndefined.AsSpan(at / Sector, data.Length / Sector).Clear();
    }

    private byte[] Bytes(int count)
    {
        var data = new byte[count];
        random.NextBytes(data);
        return data;
    }

    // From now on, the disk may hold this; null for anything.
    private void Allow(int at, int count, byte[]? data)
    {
        for (var i = 0; i < count; i += Sector)
            _possible[(at + i) / Sector].Add(data?[i..(i + Sector)]);
    }

    // From now on, the disk holds what was written last.
    private void Settle(int at, int count)
    {
        for (var sector = at / Sector; sector < (at + count) / Sector; sector++)
        {
            _possible[sector].Clear();
            _possible[sector].Add(_isUndefined[sector] ? null : _model[(sector * Sector)..((sector + 1) * Sector)]);
        }
    }

    private bool Agrees(ReadOnlySpan<byte> bytes, int at)
    {
        for (var i = 0; i < bytes.Length; i += Sector)
        {
            if (!_isUndefined[(at + i) / Sector] && !bytes.Slice(i, Sector).SequenceEqual(_model.AsSpan(at + i, Sector)))
                return false;
        }
        return true;
    }
}
