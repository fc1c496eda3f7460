using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Actors.Tests.Snapshots.Parts;

/// <summary>The objects of an origin without its actor: the test ends each I/O.</summary>
internal sealed class OriginWorld : IIoWorkers
{
    private const int Chunk = 4096;

    public OriginWorld(int chunks = 16)
    {
        Core = new OriginCore(
            "origin",
            BlockDevice.Memory(chunks * Chunk),
            SnapshotSettings.FromConfig(KcopydExtension.DefaultConfig().GetConfig(SnapshotSettings.Section)),
            new OriginIdentity("a disk", "origin"),
            null!,
            new Elsewhere(Answered.Add, Completions.OnPool));
        Parts = new RequestParts(Core.Device, this, Answered.Add);
        Gate = new OriginChangeGate(Snapshots, Parts, new CopyQueue(Core));
        News = new SnapshotNews(new EventStream(false), NoLogger.Instance);
    }

    public OriginCore Core { get; }

    public RequestParts Parts { get; }

    public OriginSnapshots Snapshots { get; } = new();

    public OriginChangeGate Gate { get; }

    public SnapshotNews News { get; }

    /// <summary>I/Os that were started and have not ended.</summary>
    public List<DeviceIo> Started { get; } = [];

    /// <summary>Requests that were answered.</summary>
    public List<IRunnable> Answered { get; } = [];

    public List<(OriginRequest, long)> Continued { get; } = [];

    public void Start(DeviceIo io) => Started.Add(io);

    public void End(DeviceIo io, IoError error = IoError.None)
    {
        Started.Remove(io);
        (io.Bytes, io.Error) = (error == IoError.None ? io.Length : 0, error);
        io.Owner.Ended(io);
    }

    public SnapshotCore Attach(StoreKind kind = StoreKind.Transient, int storeChunks = 8, ExceptionStore? store = null, StoreGrowth? growth = null)
    {
        var geometry = new StoreGeometry(Chunk);
        var cow = BlockDevice.Memory(storeChunks * Chunk);
        var options = new SnapshotOptions { Store = kind, Growth = growth };
        var snapshot = new SnapshotCore(Core, "snapshot", cow, options, geometry, store ?? new TransientStore(geometry), new ExceptionTable(), 80);
        snapshot.Live = new LiveSnapshot(snapshot, this, Parts, News, (request, at) => Continued.Add((request, at)));
        Snapshots.All.Add(snapshot);
        return snapshot;
    }

    public OriginRequest Request(DeviceOperation operation, long chunk, int chunks = 1, SnapshotCore? snapshot = null)
    {
        var request = new OriginRequest(Core) { Snapshot = snapshot };
        request.Prepare(operation, chunk * Chunk, chunks * Chunk, new byte[chunks * Chunk]);
        Parts.TryBegin(request, isOpen: true);
        return request;
    }

    /// <summary>A change of the origin that counts how often it begins.</summary>
    public static Change NewChange(long chunk, int chunks = 1) => new(chunk * Chunk, (chunk + chunks) * Chunk);

    internal sealed class Change(long start, long end) : IOriginChange
    {
        public long Start { get; } = start;

        public long End { get; } = end;

        public int Waits { get; set; }

        public IOriginGate? Gate { get; set; }

        public int Begun { get; private set; }

        public void Begin() => Begun++;
    }
}
