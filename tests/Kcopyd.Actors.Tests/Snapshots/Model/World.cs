using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.TestKit;
using Kcopyd.Actors.TestKit.Disks;
using Kcopyd.Actors.Tests.Simulation;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>An origin and its snapshots in a simulated world, next to the reference model. Every violation is a complaint.</summary>
internal sealed partial class World : IDisposable
{
    private const int MaxSteps = 300_000;

    private readonly TestKit.World _simulated;
    private readonly OriginCore _core;
    private readonly List<Request> _open = [];
    private readonly IActorRef _otherActor;     // owns the I/Os of some requests
    private int _writer;

    public World(int seed, byte[] origin, int firstWriter, int failsAt = 0, bool throws = false, bool isRecorded = false)
    {
        _simulated = new TestKit.World(seed, new SimulationOptions { LogLevel = "OFF", RecordedMessages = 0 });
        Random = _simulated.Random;
        System = _simulated.AddNode("simulation", SimulationRun.Quiet).System;
        _simulated.RunUntilIdle();
        _writer = firstWriter;
        Log = new DiskLog(_simulated)
        {
            FailsAt = failsAt,
            Throws = throws,
            IsPrompt = (seed & 1) == 0,
            IsFlushPrompt = (seed & 2) == 0,
            IsRecorded = isRecorded,
        };
        Origin = new View("origin", Log.NewDisk("origin", origin), null);
        Origin.History = History.Of(sector => WriterAt(origin, sector), origin.Length / Sector.Size);
        _ = System.Kcopyd();
        var settings = SnapshotSettings.FromConfig(System.Settings.Config.GetConfig("kcopyd.snapshots"));
        var clients = System.Kcopyd().Clients;
        _core = new OriginCore(
            "origin",
            Origin.Disk,
            settings with { MaxIos = Random.Next(4) == 0 ? Random.Next(1, 4) : 32 },
            new OriginIdentity("a disk", "origin"),
            clients,
            clients.Elsewhere(settings.Dispatcher));
        _core.Actor = System.ActorOf(OriginActor.Props(_core), "origin");
        _simulated.RunUntilIdle();
        var provider = ((ExtendedActorSystem)System).Provider;
        System.EventStream.Subscribe(new Simulation.Inbox(provider, Heard), typeof(Akka.Event.Error));
        _otherActor = new Simulation.Inbox(provider, told => GivenBack((DeviceIo)told));
    }

    public DiskLog Log { get; }

    public TestKit.World Simulated => _simulated;

    public Random Random { get; }

    public ActorSystem System { get; }

    public View Origin { get; }

    public OriginCore Core => _core;

    public List<View> Snapshots { get; } = [];

    public List<string> Complaints { get; } = [];

    public List<string> Story { get; } = [];

    public int Sectors => Origin.Disk.Content.Length / Sector.Size;

    /// <summary>One I/O fails or may fail: requests may be answered with errors.</summary>
    public bool HasFaults => Log.FailsAt > 0;

    public int Outstanding => _open.Count;

    public IEnumerable<Request> OpenRequests => _open;

    /// <summary>Requests that were answered with an error, other than those whose snapshot was gone.</summary>
    public List<Request> Errors { get; } = [];

    public int LastWriter => _writer;

    /// <summary>A disk that holds only the data of its first writer.</summary>
    public static byte[] Fresh(int sectors)
    {
        var bytes = new byte[sectors * Sector.Size];
        Sector.Fill(bytes, 1, 0);
        return bytes;
    }

    public static int WriterAt(ReadOnlyMemory<byte> bytes, int sector) => WriterAt(bytes.Span, sector);

    public static int WriterAt(ReadOnlySpan<byte> bytes, int sector) => Sector.WriterOf(bytes.Slice(sector * Sector.Size, Sector.Size), sector);

    /// <summary>Opens or creates a store, and attaches it when no I/O is in flight.</summary>
    /// <returns>Null if the store is refused.</returns>
    public View? Open(SimulatedDisk cow, SnapshotOptions options, View? previous = null)
    {
        var faults = Log.Faults;
        Log.Faults = faults with { AtOnceRate = 1 };        // opening awaits I/Os that only this thread could complete
        var isNew = !cow.Content.Span.StartsWith("SnAp"u8);
        try
        {
#pragma warning disable CA2012 // complete: nothing waits for a step
            var core = SnapshotOpening.OpenAsync(_core, cow, options with { LeaveOpen = true }).GetAwaiter().GetResult();
#pragma warning restore CA2012
            var view = new View(cow.Name, cow, core)
            {
                Created = previous?.Created ?? (isNew ? Log.Tick() : 0),
                Previous = previous,
                InvalidSince = core.IsInvalid ? 0 : int.MaxValue,
            };
            Snapshots.Add(view);
            _core.Actor.Tell(new AttachSnapshot(core, view.Attached), ActorRefs.NoSender);
            return view;
        }
        catch (IOException refusal) when (refusal is SnapshotStoreException || Log.Throws)
        {
            Story.Add($"{Log.Now}: {refusal.Message}");
            return null;
        }
        finally
        {
            Log.Faults = faults;
        }
    }

    public void Close(View view)
    {
        view.IsClosing = true;
        _core.Actor.Tell(new DetachSnapshot(view.Core!, view.Detached), ActorRefs.NoSender);
    }

    /// <summary>Runs one of the steps that can happen next.</summary>
    public bool Step()
    {
        Log.BeforeIo = Watch;
        var hasRun = _simulated.RunOne();
        Log.BeforeIo = null;
        if (!hasRun)
            return false;
        Watch();
        if (_simulated.Steps > MaxSteps)
            Complain("the world does not settle");
        return _simulated.Steps <= MaxSteps;
    }

    /// <summary>Runs until nothing can happen anymore: a request that is unanswered then never will be answered.</summary>
    public void Settle()
    {
        while (Complaints.Count == 0 && Step()) { }
        if (Complaints.Count > 0)
            return;
        foreach (var request in _open)
            Complaints.Add($"never answered: {request}");
        foreach (var view in Snapshots.Where(view => view.History is null && !view.Attached.Task.IsCompleted || view.IsClosing && !view.IsClosed))
            Complaints.Add($"{view.Name} is never attached or detached");
        if (_merge is { IsCompleted: false } && !_core.IsGone)
            Complaints.Add("the merge never ends");
    }

    public void Dispose()
    {
        _simulated.Dispose();
    }

    // Supervisors report why an actor has failed.
    private void Heard(object message)
    {
        if (message is Akka.Event.Error { Cause: { } cause } && !(Log.Throws && cause is IOException))
            Complain($"an actor failed: {cause}");
    }

    private void Complain(string what) => Complaints.Add($"{Log.Now}: {what}");
}
