using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Network;

/// <summary>One side of a connection: what a socket is to its process.</summary>
/// <remarks>
/// Invariant: data arrives in the order in which it was sent, and nothing arrives after the end or a reset. What has arrived waits here, as in the kernel,
/// while the process is frozen.
/// </remarks>
internal sealed class Endpoint(Connection connection, Host host, Process process)
{
    private readonly Queue<byte[]?> _flying = new();        // sent to this side; null is the end
    private readonly Queue<ReadOnlyMemory<byte>> _arrived = new();
    private TimeSpan _lastArrival;
    private int _held;          // arrivals that a partition holds back
    private long _giveUp;       // distinguishes the timeouts of what is held
    private long _unread;       // bytes sent to this side and not read
    private bool _isSignaled;

    public Connection Connection => connection;

    public Host Host => host;

    public Process Process => process;

    public Endpoint Peer { get; set; } = null!;

    /// <summary>Called in a step of the process when data, the end or a reset has arrived.</summary>
    public Action? Readable { get; set; }

    /// <summary>Called when the other side has read, so that there may be room to send.</summary>
    public Action? Writable { get; set; }

    /// <summary>The other side will send nothing more.</summary>
    public bool IsInputEnded { get; private set; }

    /// <summary>The connection was reset: reads and writes fail.</summary>
    public bool IsReset { get; private set; }

    /// <summary>This side has closed.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Its process or its machine is gone.</summary>
    private bool _isGone;

    public bool IsEnded => _isGone || IsReset || IsClosed;

    /// <summary>Bytes that may be sent now.</summary>
    public long Room => Math.Max(0, Network.Window - Peer._unread);

    private NetworkCore Network => connection.Network;

    private Engine Engine => connection.Network.Engine;

    /// <summary>Sends data, which must not change afterwards.</summary>
    public void Send(byte[] data)
    {
        if (IsEnded)
            return;
        Peer._unread += data.Length;
        Peer.Fly(data);
    }

    /// <summary>Takes data that has arrived.</summary>
    public bool TryRead(out ReadOnlyMemory<byte> data)
    {
        if (!_arrived.TryDequeue(out data))
            return false;
        Read(data.Length);
        return true;
    }

    /// <summary>Copies data that has arrived.</summary>
    /// <returns>Bytes; 0 if there are none.</returns>
    public int Read(Span<byte> buffer)
    {
        var count = 0;
        while (count < buffer.Length && _arrived.TryPeek(out var data))
        {
            var part = Math.Min(data.Length, buffer.Length - count);
            data.Span[..part].CopyTo(buffer[count..]);
            count += part;
            if (part == data.Length)
                _arrived.Dequeue();
            else
                ReplaceFirst(data[part..]);
        }
        Read(count);
        return count;
    }

    /// <summary>Acts as if the other side had closed, after what has arrived.</summary>
    public void EndInput()
    {
        IsInputEnded = true;
        Signal();
    }

    /// <summary>Closes in order: what was sent arrives, and then the end. What arrives here from now on is answered with a reset.</summary>
    public void Close()
    {
        if (IsEnded)
            return;
        IsClosed = true;
        Peer.Fly(null);
        connection.SideEnded();
    }

    /// <summary>Closes so that nothing more of what was sent arrives.</summary>
    public void Abort()
    {
        if (IsEnded)
            return;
        IsClosed = true;
        Peer._flying.Clear();
        Peer._held = 0;
        Peer.ResetAfter(Network.Delay());
        connection.SideEnded();
    }

    public void ProcessEnded(bool machineLives)
    {
        if (!IsEnded && machineLives)
        {
            // As the kernel does: what the process has not read is lost, which the other side learns by a reset.
            if (_arrived.Count > 0)
                Abort();
            else
                Close();
        }
        _isGone = true;
        connection.SideEnded();
    }

    public void ResetAfter(TimeSpan delay) => Engine.After(delay, null, () =>
    {
        if (IsEnded || Network.IsCut(Peer.Host, Host))
            return;     // it never learns, until it sends
        Reset();
    });

    public void Resume()
    {
        if (_held == 0 || Network.IsCut(Peer.Host, Host))
            return;
        var count = _held;
        _held = 0;
        _giveUp++;
        // The sender tries again at the end of its pause, which is up to a second after a short partition.
        var delay = Network.Delay() + Engine.Random["network"].Next(1000) * TimeSpan.FromMilliseconds(1);
        for (var i = 0; i < count; i++)
            Engine.After(delay, null, Arrive);
        _lastArrival = Engine.Now + delay;
    }

    private void Fly(byte[]? data)
    {
        _flying.Enqueue(data);
        var delay = Network.Delay();
        if (Network.BytesPerSecond > 0 && data is not null)
            delay += TimeSpan.FromSeconds((double)data.Length / Network.BytesPerSecond);
        var arrival = Engine.Now + delay;
        _lastArrival = arrival > _lastArrival ? arrival : _lastArrival;
        Engine.After(_lastArrival - Engine.Now, null, Arrive);
    }

    private void Arrive()
    {
        if (_flying.Count == 0)
            return;     // the connection was aborted while the data was in flight
        if (Network.IsCut(Peer.Host, Host))
        {
            Hold();
            return;
        }
        var data = _flying.Dequeue();
        if (IsReset)
            return;
        if (_isGone || IsClosed)
        {
            if (data is not null)
                Peer.ResetAfter(Network.Delay());
            return;
        }
        if (data is null)
            IsInputEnded = true;
        else
            Take(data);
        Signal();
    }

    private void Take(byte[] data)
    {
        Network.Arrivals++;
        Network.BytesArrived += data.Length;
        Engine.Note(Fingerprint.Of(data));
        _arrived.Enqueue(data);
    }

    private void Hold()
    {
        if (_held++ > 0)
            return;
        var number = ++_giveUp;
        Engine.After(Network.LossTimeout, null, () =>
        {
            if (number == _giveUp && _held > 0)
                Peer.Reset();
        });
    }

    private void Reset()
    {
        if (IsEnded)
            return;
        IsReset = true;
        _flying.Clear();
        _arrived.Clear();
        _held = 0;
        connection.SideEnded();
        Signal();
    }

    private void Read(int bytes)
    {
        if (bytes == 0)
            return;
        _unread -= bytes;
        if (Peer.Writable is not null)
            Engine.Add(Peer.Process, new PlainStep(() => Peer.Writable?.Invoke()));
    }

    private void ReplaceFirst(ReadOnlyMemory<byte> rest)
    {
        var others = _arrived.Skip(1).ToArray();
        _arrived.Clear();
        _arrived.Enqueue(rest);
        foreach (var other in others)
            _arrived.Enqueue(other);
    }

    // One step for all that arrives before it runs: steps of one process may run in any order, and data may not.
    private void Signal()
    {
        if (_isSignaled)
            return;
        _isSignaled = true;
        Engine.Add(Process, new PlainStep(() =>
        {
            _isSignaled = false;
            Readable?.Invoke();
            if (IsReset)
                Writable?.Invoke();
        }));
    }
}
