using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Tests.Nbd.Client;

/// <summary>
/// A server that loses its cache when it restarts. The seed decides when: in the middle of a request, and either all connections end with it, or none does, as
/// when a machine loses power: those connections end later and carry no more answers. From time to time it also loses a single connection, with its request
/// done or not.
/// </summary>
internal sealed class VolatileServer(int length, Random random, int crashes)
{
    private readonly Lock _gate = new();
    private byte[] _cache = new byte[length];
    private int _crashes;
    private int _untilCrash = random.Next(1, 80);
    private int _silent;        // connections of lives up to this one have no server any more, but stay open

    private enum Fate
    {
        Answered,
        Lost,
        Silent,
    }

    public FakeServer Server { get; set; } = null!;

    /// <summary>The data that survives a restart. Tests inspect it with <see cref="OnMedium"/>.</summary>
    private byte[] Medium { get; } = new byte[length];

    public int Crashes => _crashes;

    public int Flushes { get; private set; }

    public T OnMedium<T>(Func<byte[], T> look)
    {
        lock (_gate)
            return look(Medium);
    }

    /// <summary>Restarts the server, which loses its cache.</summary>
    /// <param name="isSilent">True if its connections stay open.</param>
    public void Crash(bool isSilent = false)
    {
        lock (_gate)
        {
            _cache = [.. Medium];
            var life = Server.Life;
            // A connection that the kernel has accepted, but the old server has not, ends with the old server: the new one must not find it in its queue.
            Server.StopListening();
            Server.Listen();
            if (isSilent)
                _silent = life;
            else
                Server.KillUpToLife(life);
        }
    }

    /// <summary>From time to time, ends the connections that no longer have a server.</summary>
    public void EndSilence()
    {
        lock (_gate)
        {
            if (_silent > 0 && random.Next(6) == 0)
                Server.KillUpToLife(_silent);
        }
    }

    public async Task ServeAsync(FakeConnection connection)
    {
        while (await connection.RequestAsync() is { } request)
        {
            var (fate, data) = Serve(request, connection.Life);
            if (fate == Fate.Silent)
                await connection.SwallowAsync();
            if (fate != Fate.Answered)
                return;
            if (request.Command == NbdCommand.Read)
                await connection.DataAsync(request.Cookie, request.Offset, data, true);
            else
                await connection.SimpleAsync(request.Cookie);
        }
    }

    private (Fate Fate, byte[] Data) Serve(FakeRequest request, int life)
    {
        lock (_gate)
        {
            if (life != Server.Life)
                return (life <= _silent ? Fate.Silent : Fate.Lost, []);
            var isCrash = _crashes < crashes && --_untilCrash <= 0;
            var isLoss = !isCrash && random.Next(50) == 0;
            var data = !isCrash && !isLoss || random.Next(2) == 0 ? Execute(request) : [];
            if (!isCrash)
                return (isLoss ? Fate.Lost : Fate.Answered, data);
            _crashes++;
            _untilCrash = random.Next(1, 80);
            Crash(isSilent: random.Next(2) == 0);
            return (life <= _silent ? Fate.Silent : Fate.Lost, data);
        }
    }

    private byte[] Execute(FakeRequest request)
    {
        var (at, count) = ((int)request.Offset, (int)request.Length);
        switch (request.Command)
        {
            case NbdCommand.Read:
                return _cache[at..(at + count)];
            case NbdCommand.Write:
                request.Data.CopyTo(_cache, at);
                break;
            case NbdCommand.WriteZeroes or NbdCommand.Trim:
                _cache.AsSpan(at, count).Clear();
                break;
            case NbdCommand.Flush:
                Flushes++;
                _cache.CopyTo(Medium, 0);
                break;
            default:
                throw new InvalidDataException($"{request.Command} is not expected.");
        }
        if ((request.Flags & CommandFlags.Fua) != 0)
            _cache.AsSpan(at, count).CopyTo(Medium.AsSpan(at));
        // A cache may write back any block at any time.
        if (random.Next(4) == 0)
        {
            var from = random.Next(_cache.Length / 512) * 512;
            _cache.AsSpan(from, 512).CopyTo(Medium.AsSpan(from));
        }
        return [];
    }
}
