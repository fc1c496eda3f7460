using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Faults;

/// <summary>
/// Random writes, flushes that fail now and then, and power cuts, on a device of 64 cells, each of which always has one value; a block has eight of them.
/// </summary>
public sealed class VolatileCacheDevice_model_should
{
    private const int Cells = 64;
    private const int CellSize = 64;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task allow_what_the_device_reads_and_what_it_has_after_a_power_cut(bool isSeeded)
    {
        for (var seed = 0; seed < 500; seed++)
            await RunAsync(new Random(seed), isSeeded ? seed : null);
    }

    private static async Task RunAsync(Random random, int? seed)
    {
        var medium = BlockDevice.Memory(Cells * CellSize);
        var sick = new SickDevice(medium, random);
        await using var device = sick.WithVolatileCache(seed, leaveOpen: true);
        var cells = Enumerable.Range(0, Cells).Select(_ => new Cell()).ToArray();
        for (var step = 0; step < 60; step++)
        {
            switch (random.Next(10))
            {
                case < 6:
                    var first = random.Next(Cells);
                    var count = 1 + random.Next(Math.Min(24, Cells - first));
                    Assert.True((await device.WriteAsync(first * CellSize, Bytes.Filled(count * CellSize, (byte)(step + 1)))).IsSuccess);
                    Array.ForEach(cells[first..(first + count)], cell => cell.Write((byte)(step + 1)));
                    break;
                case < 8:
                    sick.IsSick = true;
                    var isFlushed = (await device.FlushAsync()).IsSuccess;
                    sick.IsSick = false;
                    Array.ForEach(cells, cell => cell.Flush(isFlushed));
                    break;
                case 8:
                    AssertCells(cells, await device.ReadAllAsync(0, Cells * CellSize), static (cell, value) => cell.Cached == value);
                    break;
                default:
                    await device.CrashAsync(seed is null ? null : random.Next());
                    AssertCells(cells, medium.Bytes.ToArray(), static (cell, value) => cell.Cut(value));
                    break;
            }
        }
    }

    private static void AssertCells(Cell[] cells, byte[] bytes, Func<Cell, byte, bool> isAllowed)
    {
        for (var i = 0; i < Cells; i++)
        {
            var value = bytes[i * CellSize];
            Assert.Equal(CellSize, bytes.AsSpan(i * CellSize, CellSize).Count(value));
            Assert.True(isAllowed(cells[i], value), $"cell {i} is {value}: {cells[i]}");
        }
    }

    private sealed class SickDevice(IBlockDevice inner, Random random) : ErrorLayer(inner, IoError.Io, IoOperations.Write | IoOperations.Flush)
    {
        public bool IsSick { get; set; }

        protected override bool Fails(IoOperations operation, long offset, long length) => IsSick && random.Next(20) == 0;
    }

    private sealed class Cell
    {
        private readonly HashSet<byte> _possible = [0];
        private bool _isWritten;        // since the last flush

        /// <summary>What is read.</summary>
        public byte Cached { get; private set; }

        public void Write(byte value)
        {
            Cached = value;
            _possible.Add(value);
            _isWritten = true;
        }

        public void Flush(bool isFlushed)
        {
            if (isFlushed && _isWritten)
            {
                _possible.Clear();
                _possible.Add(Cached);
            }
            _isWritten = false;
        }

        public bool Cut(byte value)
        {
            var isAllowed = _possible.Contains(value);
            _possible.Clear();
            _possible.Add(value);
            (Cached, _isWritten) = (value, false);
            return isAllowed;
        }

        public override string ToString() => $"read {Cached}, after a power cut one of {string.Join(", ", _possible)}";
    }
}
