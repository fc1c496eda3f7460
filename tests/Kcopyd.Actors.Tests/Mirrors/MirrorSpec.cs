using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Mirrors;
using Kcopyd.Actors.Tests.Snapshots;
using Xunit;

namespace Kcopyd.Actors.Tests.Mirrors;

/// <summary>What the specs of mirrors share: legs of random bytes in memory that can be broken, and a log.</summary>
public abstract class MirrorSpec(string config = "kcopyd.mirrors.clean-delay = 20 ms") : SnapshotSpec(config)
{
    protected const int Region = 4096;
    protected const int Length = 32 * Region;

    private readonly List<MemoryBlockDevice> _memory = [];
    private readonly List<BreakableLeg> _legs = [];

    /// <summary>The content of each leg.</summary>
    private protected IReadOnlyList<MemoryBlockDevice> Memory => _memory;

    /// <summary>The legs, which a spec can break.</summary>
    private protected IReadOnlyList<BreakableLeg> Legs => _legs;

    private protected MemoryBlockDevice LogDevice { get; } = BlockDevice.Memory(4096, name: "log");

    private protected BreakableLeg AddLeg(int length = Length)
    {
        var memory = BlockDevice.Memory(length, name: $"leg {_memory.Count}");
        Tests.Devices.Bytes.Random(length, _memory.Count + 1).CopyTo(memory.Bytes);
        _memory.Add(memory);
        _legs.Add(new BreakableLeg(memory));
        return _legs[^1];
    }

    private protected Task<Mirror> Open(Func<MirrorOptions, MirrorOptions>? change = null, params IBlockDevice?[] legs)
    {
        var options = new MirrorOptions { Log = LogDevice, RegionSize = Region, LeaveOpen = true };
        return Soon(Sys.Kcopyd().OpenMirrorAsync(legs.Length > 0 ? legs : [.. _legs], change?.Invoke(options) ?? options));
    }

    /// <summary>A new mirror of two legs or more, with the content of the first.</summary>
    private protected async Task<Mirror> New(int legs = 2, Func<MirrorOptions, MirrorOptions>? change = null)
    {
        for (var i = 0; i < legs; i++)
            AddLeg();
        var mirror = await Open(options => (change?.Invoke(options) ?? options) with { Source = 0 });
        await Soon(mirror.WhenInSyncAsync());
        AssertEqual();
        return mirror;
    }

    /// <summary>The letters of the legs.</summary>
    private protected static async Task<string> Letters(Mirror mirror) =>
        string.Concat((await Soon(mirror.GetStatusAsync())).Legs.Select(static leg => leg.Letter));

    /// <summary>True if the log on its device calls a region clean.</summary>
    private protected bool IsClean(int region) => (LogDevice.Bytes[1024 + region / 8] & (1 << (region % 8))) != 0;

    private protected void AssertEqual() =>
        Assert.All(_memory, leg => Assert.True(leg.Bytes[..Length].SequenceEqual(_memory[0].Bytes[..Length]), $"{leg.Name} differs"));

    private protected static Task<IoResult> Write(Mirror mirror, int region, byte value, int length = Region) =>
        Soon(mirror.WriteAsync(region * Region, Enumerable.Repeat(value, length).ToArray()).AsTask());
}

/// <summary>A leg whose operations fail while a spec says so.</summary>
internal sealed class BreakableLeg(IBlockDevice inner) : ErrorLayer(inner, IoError.Io, IoOperations.All)
{
    private volatile Func<IoOperations, long, bool> _fails = static (_, _) => false;

    public void Break(IoOperations operations = IoOperations.All) => _fails = (operation, _) => (operation & operations) != 0;

    public void Break(IoOperations operations, long offset) => _fails = (operation, at) => (operation & operations) != 0 && at == offset;

    public void Mend() => _fails = static (_, _) => false;

    protected override bool Fails(IoOperations operation, long offset, long length) => _fails(operation, offset);
}
