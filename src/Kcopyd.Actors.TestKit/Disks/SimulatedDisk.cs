using Kcopyd.Actors.Devices;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>
/// A disk of a simulated world. An I/O takes effect and completes when the world chooses it among the things that can happen next, in any order; it belongs to
/// the disk, so that a process which is killed does not take it back. The disk keeps its content when processes die, and loses its cache when the power does.
/// </summary>
/// <remarks>Use it on the simulation's thread only. The layers of <see cref="Kcopyd.Actors.Faults"/> may be put on top of it.</remarks>
public sealed partial class SimulatedDisk : IBlockDevice, IPromptDevice
{
    private readonly Engine _engine;
    private readonly SimulatedDiskOptions _options;
    private readonly Random _random;
    private readonly DiskStorage _storage;
    private readonly DiskDefects _defects;
    private readonly DiskFate _fate;
    private readonly List<SimulatedIo> _inFlight = [];
    private readonly List<SimulatedIo> _stalled = [];
    private long _transfers, _changes, _clock;
    private int _life;

    internal SimulatedDisk(Engine engine, string name, long length, SimulatedDiskOptions? options)
        : this(engine, name, Zeroes(length), options, isOwned: true)
    {
    }

    internal SimulatedDisk(Engine engine, string name, byte[] content, SimulatedDiskOptions? options)
        : this(engine, name, content, options, isOwned: false)
    {
    }

    private SimulatedDisk(Engine engine, string name, byte[] content, SimulatedDiskOptions? options, bool isOwned)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(content);
        _options = options ?? new SimulatedDiskOptions();
        _options.Check();
        (_engine, Name, Faults) = (engine, name, _options.Faults);
        _random = engine.Random[$"disk/{name}"];
        _storage = new DiskStorage(isOwned ? content : (byte[])content.Clone(), _options);
        _defects = new DiskDefects(content.Length, _options.LogicalBlockSize);
        _fate = new DiskFate(this, _random);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Length => _storage.Content.Length;

    /// <inheritdoc/>
    public int LogicalBlockSize => _options.LogicalBlockSize;

    /// <inheritdoc/>
    public int Alignment => _options.Alignment;

    /// <inheritdoc/>
    public bool IsReadOnly => _options.IsReadOnly;

    /// <inheritdoc/>
    public DeviceFeatures Features =>
        _options.Clones == OffloadKinds.None ? _options.Features & ~DeviceFeatures.Clone : _options.Features | DeviceFeatures.Clone;

    /// <summary>What is wrong with it. May be changed at any time; I/Os in flight that have not completed are affected, too.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public DiskFaults Faults
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value.Check();
        }
    }

    /// <summary>What reads return. It changes with the disk; copy it to keep it.</summary>
    public ReadOnlyMemory<byte> Content => _storage.Content;

    /// <summary>The 512-byte sectors that hold something other than what was last written there, because of a fault that nothing has reported.</summary>
    public IReadOnlySet<long> CorruptedSectors => _defects.Corrupted;

    /// <summary>The number of acknowledged writes that a power cut would lose now, at least in part.</summary>
    public int HeldWrites => _storage.HeldWrites;

    /// <summary>The number of I/Os that were issued and have not completed.</summary>
    public int InFlight => _inFlight.Count;

    /// <summary>The number of them that hang until <see cref="Release"/>.</summary>
    public int Stalled => _stalled.Count;

    internal Engine Engine => _engine;

    internal long Step => _engine.Steps;

    /// <summary>Lets everything continue that hangs, and nothing hangs again.</summary>
    public void Release()
    {
        Faults = Faults with { StallRate = 0 };
        foreach (var io in _stalled)
            Schedule(io);
        _stalled.Clear();
    }

    /// <summary>
    /// Cuts the power and restores it. Each block of the writes that were not flushed, and of those in flight, is on the medium or not. I/Os in flight have no
    /// effect later, and fail with <see cref="IoError.NoDevice"/>; those that hang fail when they are released.
    /// </summary>
    /// <returns>The number of blocks of acknowledged writes that were lost. A block that was written twice counts twice.</returns>
    public int PowerCut()
    {
        // Those of an earlier life have lost their data already, although their callers do not know it yet.
        var inFlight = _inFlight.Where(io => io.Life == _life && !io.IsCompleted && _fate.Refusal(io) == IoError.None);
        var lost = _storage.PowerCut(inFlight, new Survival(_random, Faults.TornBlockRate), _defects);
        _life++;
        _engine.Note(lost);
        _engine.Tell(Name, $"power cut, {lost} blocks lost");
        return lost;
    }

    /// <summary>Replaces what it holds, as the restore of an old backup does. I/Os in flight have no effect later, and fail as after a power cut.</summary>
    /// <param name="image">The content, of the disk's length. What a disk holds now is <see cref="Content"/>.</param>
    /// <exception cref="ArgumentException">The image has another length.</exception>
    public void Restore(ReadOnlySpan<byte> image)
    {
        if (image.Length != Length)
            throw new ArgumentException($"The image has {image.Length} bytes, and {Name} has {Length}. Restore an image of the same disk.", nameof(image));
        _life++;
        _storage.Restore(image);
        _defects.Clear();
        _engine.Tell(Name, "an image is restored");
    }

    /// <summary>Flips a bit on the medium. A byte that is still in the volatile cache is not changed.</summary>
    /// <param name="offset">The byte's offset.</param>
    /// <param name="bit">The bit, from 0 to 7.</param>
    /// <returns>False if the byte was in the cache.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such byte or bit.</exception>
    public bool FlipBit(long offset, int bit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, Length);
        ArgumentOutOfRangeException.ThrowIfNegative(bit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bit, 7);
        if (!_storage.Flip(offset, (byte)(1 << bit)))
            return false;
        _defects.Mark(offset, 1);
        return true;
    }

    /// <summary>Does nothing: the disk belongs to its world, and keeps its content.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public override string ToString() => Name;

    bool IPromptDevice.IsPrompt(DeviceOperation operation) => _options.IsPromptFor(operation);

    /// <summary>The bytes of a range before its first one that cannot be read.</summary>
    internal long Readable(long offset, long length) => Math.Min(DiskFate.GoodOf(Faults.BadReads, offset, length), _defects.Readable(offset, length));

    private static byte[] Zeroes(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Array.MaxLength);
        return new byte[length];
    }
}
