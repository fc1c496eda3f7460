using System.Globalization;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Client;

/// <summary>Random writers against a server that loses its cache repeatedly. A failure names its seed; KCOPYD_NBD_SEED replays it.</summary>
public sealed class Restarted_server_should() : NbdClientSpec(VirtualTime + ", akka.loglevel = ERROR")
{
    private const int Writers = 4;
    private const int Part = 16 << 10;      // bytes for each writer
    private const int Operations = 30;
    private const int Seeds = 200;

    [Fact]
    public async Task hold_what_was_acknowledged_whenever_it_was_killed()
    {
        var only = Environment.GetEnvironmentVariable("KCOPYD_NBD_SEED");
        var (first, count) = only is null ? (1, Seeds) : (int.Parse(only, CultureInfo.InvariantCulture), 1);
        var crashes = 0;
        for (var seed = first; seed < first + count; seed++)
        {
            try
            {
                crashes += await PlayAsync(seed);
            }
            catch (Exception failed)
            {
                throw new InvalidOperationException($"Seed {seed} failed: {failed.Message}", failed);
            }
        }
        Assert.True(crashes > count, $"only {crashes} restarts in {count} runs");
    }

    private async Task<int> PlayAsync(int seed)
    {
        var random = new Random(seed);
        var disk = new VolatileServer(Writers * Part, new Random(random.Next()), crashes: 6);
        var export = new FakeExport(Writers * Part);
        if (random.Next(2) == 0)
            export = export with { Flags = export.Flags | TransmissionFlags.CanMultiConn };
        await using var server = disk.Server = new FakeServer(async connection =>
        {
            await connection.NegotiateAsync(export);
            await disk.ServeAsync(connection);
        });
        await using var device = await Soon(Sys.Kcopyd().OpenNbdDeviceAsync(server.Uri, new NbdClientOptions
        {
            Connections = 3,
            ReconnectLimit = TimeSpan.FromDays(20),
            ConnectTimeout = TimeSpan.FromDays(1),
            RequestTimeout = Timeout.InfiniteTimeSpan,
        }));
        var writers = Enumerable.Range(0, Writers).Select(i => new Writer(device, disk, i * Part, new Random(random.Next()))).ToList();

        await PassAsync(Task.WhenAll(writers.Select(static writer => writer.RunAsync())), disk);
        var flush = device.FlushAsync().AsTask();
        await PassAsync(flush, disk);
        Assert.True((await flush).IsSuccess);
        disk.Crash();
        writers.ForEach(static writer => writer.AssertStable());
        return disk.Crashes;
    }

    // Virtual time skips the pauses between two attempts.
    private async Task PassAsync(Task work, VolatileServer disk)
    {
        await Until(() =>
        {
            disk.EndSilence();
            Scheduler.Advance(TimeSpan.FromSeconds(1));
            return work.IsCompleted;
        });
        await work;
    }

    /// <summary>Changes its part of the device, one operation after the other, and knows what it must contain.</summary>
    private sealed class Writer(NbdBlockDevice device, VolatileServer disk, int start, Random random)
    {
        private readonly byte[] _model = new byte[Part];
        private readonly bool[] _isUndefined = new bool[Part];      // trimmed

        public async Task RunAsync()
        {
            for (var i = 0; i < Operations; i++)
                await StepAsync();
        }

        public void AssertStable() =>
            Assert.True(disk.OnMedium(medium => Agrees(medium.AsSpan(start, Part), 0)), "the medium does not contain what a flush promised");

        private async Task StepAsync()
        {
            var length = random.Next(1, 17) * 512;
            var at = random.Next((Part - length) / 512 + 1) * 512;
            switch (random.Next(10))
            {
                case < 4:
                    await WriteAsync(at, length, isThrough: false);
                    break;
                case 4:
                    await WriteAsync(at, length, isThrough: true);
                    Assert.True(disk.OnMedium(medium => Agrees(medium.AsSpan(start + at, length), at)), "a forced write is not on the medium");
                    break;
                case 5:
                    await DoneAsync(random.Next(2) == 0 ? device.WriteZeroesAsync(start + at, length) : device.PunchAsync(start + at, length), length);
                    Set(at, new byte[length]);
                    break;
                case 6:
                    await DoneAsync(device.DiscardAsync(start + at, length), length);
                    _isUndefined.AsSpan(at, length).Fill(true);
                    break;
                case 7:
                    await DoneAsync(device.FlushAsync(), 0);
                    AssertStable();
                    break;
                default:
                    var read = new byte[length];
                    await DoneAsync(device.ReadAsync(start + at, read), length);
                    Assert.True(Agrees(read, at), $"what is read at {start + at} is not what was written");
                    break;
            }
        }

        private async Task WriteAsync(int at, int length, bool isThrough)
        {
            var data = new byte[length];
            random.NextBytes(data);
            await DoneAsync(isThrough ? device.WriteThroughAsync(start + at, data) : device.WriteAsync(start + at, data), length);
            Set(at, data);
        }

        private static async Task DoneAsync(ValueTask<IoResult> io, int bytes) => Assert.Equal(IoResult.Success(bytes), await io);

        private void Set(int at, byte[] data)
        {
            data.CopyTo(_model, at);
            _isUndefined.AsSpan(at, data.Length).Clear();
        }

        private bool Agrees(ReadOnlySpan<byte> bytes, int at)
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                if (bytes[i] != _model[at + i] && !_isUndefined[at + i])
                    return false;
            }
            return true;
        }
    }
}
