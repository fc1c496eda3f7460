using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Simulation;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>An origin and its snapshots on a seeded pump, next to the reference model. Every violation is a complaint.</summary>
internal sealed partial class World : IDisposable
{
    private const int MaxSteps = 300_000;

    private readonly SynchronizationContext? _context = SynchronizationContext.Current;
    private readonly VirtualSystem _virtual;
    private readonly OriginCore _core;
    private readonly List<Request> _open = [];
    private readonly IActorRef _otherActor;     // owns the I/Os of some requests
    private int _writer;

    public World(int seed, byte[] origin, int firstWriter, int failsAt = 0, bool throws = false)
    {
        SynchronizationContext.SetSynchronizationContext(null);     // the test framework's context would move continuations to another thread
        _virtual = new VirtualSystem(seed);
        _writer = firstWriter;
        Log = new DiskLog(Pump) { FailsAt = failsAt, Throws = throws, IsPrompt = (seed & 1) == 0, IsFlushPrompt = (seed & 2) == 0 };
        Origin = new View("origin", new Disk("origin", origin, Log), null);
        Origin.History = History.Of(sector => WriterAt(origin, sector), origin.Length / Sector.Size);
        _ = _virtual.System.Kcopyd();
        var settings = SnapshotSettings.FromConfig(_virtual.System.Settings.Config.GetConfig("kcopyd.snapshots"));
        var clients = _virtual.System.Kcopyd().Clients;
        _core = new OriginCore(
            "origin",
            Origin.Disk,
            settings with { MaxIos = Random.Next(4) == 0 ? Random.Next(1, 4) : 32 },
            new OriginIdentity("a disk", "origin"),
            clients,
            clients.Elsewhere(settings.Dispatcher));
        _core.Actor = _virtual.System.ActorOf(OriginActor.Props(_core), "origin");
        _virtual.Start(_core.Actor);
        var provider = ((ExtendedActorSystem)_virtual.System).Provider;
        _virtual.System.EventStream.Subscribe(new Simulation.Inbox(provider, Heard), typeof(Akka.Event.Error));
        _otherActor = new Simulation.Inbox(provider, told => GivenBack((DeviceIo)told));
    }

    public DiskLog Log { get; }

    public SeededPump Pump => _virtual.Pump;

    public Random Random => _virtual.Pump.Random;

    public ActorSystem System => _virtual.System;

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

    public static int WriterAt(byte[] bytes, int sector) => Sector.WriterOf(bytes.AsSpan(sector * Sector.Size, Sector.Size), sector);

    /// <summary>Opens or creates a store, and attaches it when no I/O is in flight.</summary>
    /// <returns>Null if the store is refused.</returns>
    public View? Open(Disk cow, SnapshotOptions options, View? previous = null)
    {
        Log.IsAtOnce = true;
        try
        {
#pragma warning disable CA2012 // complete: nothing waits for the pump
            var core = SnapshotOpening.OpenAsync(_core, cow, options with { LeaveOpen = true }).GetAwaiter().GetResult();
#pragma warning restore CA2012
            var isNew = cow.Original.AsSpan(0, 4).IndexOf("SnAp"u8) < 0;
            var view = new View(cow.Name, cow, core)
            {
                Created = isNew ? Log.Tick() : 0,
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
            Log.IsAtOnce = false;
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
        var hasRun = Pump.RunOne();
        Log.BeforeIo = null;
        if (!hasRun)
            return false;
        Watch();
        if (Pump.Steps > MaxSteps)
            Complain("the world does not settle");
        return Pump.Steps <= MaxSteps;
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
        _virtual.Dispose();
        SynchronizationContext.SetSynchronizationContext(_context);
    }

    // Supervisors report why an actor has failed.
    private void Heard(object message)
    {
        if (message is Akka.Event.Error { Cause: { } cause } && !(Log.Throws && cause is IOException))
            Complain($"an actor failed: {cause}");
    }

    private void Complain(string what) => Complaints.Add($"{Log.Now}: {what}");
}
