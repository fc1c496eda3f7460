using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Threads;

namespace Kcopyd.Actors.BlockIo;

/// <summary>
/// One call of a device by an actor, reused for the next one. A call that may block is made after the actor's turn: whatever a device does, its actor takes
/// messages, and can be stopped.
/// </summary>
/// <remarks>
/// Invariant: from the start until it reports, the call has all that it needs, and keeps alive the memory that the device was given. So an actor may stop, and
/// what it worked at may be given up, while a device hangs: nothing but this object, and the thread that called, is left behind.
/// </remarks>
internal sealed class DeviceCall : LinkedMessage, IRunnable, IDeadLetterSuppression
{
    private readonly IActorRef _owner;
    private readonly MessageDispatcher _dispatcher;
    private readonly LinkedMessage _report;
    private readonly Action _completed;
    private DeviceOperation _operation;
    private IBlockDevice _device = null!;
    private long _offset;           // bytes
    private long _length;           // bytes
    private Memory<byte> _memory;   // of a write, too: only read then
    private IBlockDevice? _source;
    private long _sourceOffset;     // bytes
    private OffloadKinds _kind;
    private ConfiguredValueTaskAwaitable<IoResult>.ConfiguredValueTaskAwaiter _pending;
    private ConfiguredValueTaskAwaitable<ExtentResult>.ConfiguredValueTaskAwaiter _pendingMap;
    private bool _isPending;
    private bool _isUnderWay;       // the actor's
    private int _number;
    private int _left;              // the number of the call that the actor left behind
    private IActorRef? _heir;
    private IoResult _result;
    private ExceptionDispatchInfo? _thrown;

    /// <param name="owner">The actor that calls.</param>
    /// <param name="dispatcher">Where calls are made that may block: the actor's.</param>
    /// <param name="report">The message that tells the actor that the device has completed the call; null is the call itself.</param>
    public DeviceCall(IActorRef owner, MessageDispatcher dispatcher, LinkedMessage? report = null)
    {
        (_owner, _dispatcher, _report) = (owner, dispatcher, report ?? this);
        _completed = Report;
    }

    /// <summary>What a <see cref="DeviceOperation.Map"/> found.</summary>
    public ExtentResult Extent { get; private set; }

    /// <summary>Bytes that the call asks for; what is transferred is that or less.</summary>
    public long Asked { get; private set; }

    public void Read(IBlockDevice device, long offset, Memory<byte> memory) => Prepare(DeviceOperation.Read, device, offset, memory.Length, memory);

    public void Write(IBlockDevice device, long offset, ReadOnlyMemory<byte> memory) =>
        Prepare(DeviceOperation.Write, device, offset, memory.Length, MemoryMarshal.AsMemory(memory));

    /// <summary>Prepares what takes no memory.</summary>
    public void Prepare(DeviceOperation operation, IBlockDevice device, long offset, long length) => Prepare(operation, device, offset, length, default);

    public void Clone(IBlockDevice source, long sourceOffset, IBlockDevice device, long offset, long length, OffloadKinds kind)
    {
        Prepare(DeviceOperation.Clone, device, offset, length, default);
        (_source, _sourceOffset, _kind) = (source, sourceOffset, kind);
    }

    /// <summary>Starts what was prepared, in the actor's turn.</summary>
    /// <returns>True if it is complete; otherwise the actor is told when it is.</returns>
    public bool Start()
    {
        _number++;
        if (_device.IsPrompt(_operation) && (_source is null || _source.IsPrompt(_operation)))
        {
            _isUnderWay = !Make();
            return !_isUnderWay;
        }
        _isUnderWay = true;
        if (!EngineThread.TrySchedule(this))
            _dispatcher.Schedule(this);
        return false;
    }

    /// <summary>The actor stops. If the device has the call, another actor is told so, and told when the device has completed it.</summary>
    public void Leave(IActorRef heir)
    {
        if (!_isUnderWay)
            return;
        heir.Tell(new CallLeftBehind(_device, 1), ActorRefs.NoSender);
        _left = _number;
        Volatile.Write(ref _heir, heir);
    }

    /// <summary>Takes the result, once: in the actor's turn.</summary>
    /// <exception cref="InvalidOperationException">The device says that it transferred more than it was asked for.</exception>
    public IoResult TakeResult()
    {
        _isUnderWay = false;
        if (_isPending)
            Complete();
        (_device, _source, _memory) = (null!, null, default);
        if (_thrown is { } thrown)
        {
            _thrown = null;
            thrown.Throw();
        }
        // More bytes than asked for would run past the pages and past the region.
        return (ulong)_result.Bytes <= (ulong)Asked
            ? _result
            : throw new InvalidOperationException($"The device says that it transferred {_result.Bytes} bytes of {Asked}; it is broken.");
    }

    // After the actor's turn, on a thread that may be blocked. The actor may be gone: what it left behind before the device was called is not made any more.
    void IRunnable.Run()
    {
        if (!EngineThread.TryBeginCall(this))
            return;
        if (Volatile.Read(ref _heir) is not null && _left == _number)
            Undelivered();
        else if (Make())
            Report();
    }

    void IThreadPoolWorkItem.Execute() => ((IRunnable)this).Run();

    private void Report()
    {
        var number = _number;
        _owner.Tell(_report, ActorRefs.NoSender);
        // The actor may have gone on to its next call by now, and have left that behind.
        if (Volatile.Read(ref _heir) is not null && _left == number)
            Undelivered();
    }

    // Found in the mailbox of an actor that is gone, or told to it later: whoever is first.
    public override void Undelivered()
    {
        if (Interlocked.Exchange(ref _heir, null) is { } heir)
            heir.Tell(new CallLeftBehind(_device, -1), ActorRefs.NoSender);
    }

    private void Prepare(DeviceOperation operation, IBlockDevice device, long offset, long length, Memory<byte> memory)
    {
        (_operation, _device, _offset, _length, _memory) = (operation, device, offset, length, memory);
        // What these answer is no transfer.
        Asked = operation switch { DeviceOperation.Flush or DeviceOperation.Map or DeviceOperation.Grow => 0, DeviceOperation.Evict => long.MaxValue, _ => length };
    }

    /// <returns>True if it is complete. Otherwise it may be reported, and the next call prepared, before this returns.</returns>
    private bool Make()
    {
        try
        {
            _isPending = true;
#pragma warning disable CA2012 // consumed once: here, or after the message that its completion sends
            if (_operation == DeviceOperation.Map)
            {
                _pendingMap = _device.MapAsync(_offset, _length).ConfigureAwait(false).GetAwaiter();
                if (!_pendingMap.IsCompleted)
                {
                    _pendingMap.UnsafeOnCompleted(_completed);
                    return false;
                }
            }
            else
            {
                _pending = Call().ConfigureAwait(false).GetAwaiter();
                if (!_pending.IsCompleted)
                {
                    _pending.UnsafeOnCompleted(_completed);
                    return false;
                }
            }
#pragma warning restore CA2012
            Complete();
        }
        catch (Exception exception)
        {
            Threw(exception);
        }
        return true;
    }

    private ValueTask<IoResult> Call() => _operation switch
    {
        DeviceOperation.Read => _device.ReadAsync(_offset, _memory),
        DeviceOperation.Write => _device.WriteAsync(_offset, _memory),
        DeviceOperation.Zero or DeviceOperation.FastZero => _device.WriteZeroesAsync(_offset, _length),
        DeviceOperation.Punch => _device.PunchAsync(_offset, _length),
        DeviceOperation.Discard => _device.DiscardAsync(_offset, _length),
        DeviceOperation.Clone => _device.CloneFromAsync(_source!, _sourceOffset, _offset, _length, _kind),
        DeviceOperation.Evict => _device.EvictAsync(_offset, _length),
        DeviceOperation.Grow => ((IGrowingDevice)_device).GrowAsync(_offset),
        _ => _device.FlushAsync(),
    };

    private void Complete()
    {
        _isPending = false;
        try
        {
            if (_operation == DeviceOperation.Map)
            {
                Extent = _pendingMap.GetResult();
                _pendingMap = default;
                _result = new IoResult(0, Extent.Error);
            }
            else
            {
                _result = _pending.GetResult();
                _pending = default;
            }
        }
        catch (Exception exception)
        {
            Threw(exception);
        }
    }

    private void Threw(Exception exception)
    {
        _isPending = false;
        _thrown = ExceptionDispatchInfo.Capture(exception);
    }
}

/// <summary>An actor was stopped while a device had a call of it, or that device has completed the call.</summary>
/// <param name="Device">The device.</param>
/// <param name="Count">One more, or one fewer.</param>
internal sealed record CallLeftBehind(IBlockDevice Device, int Count) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
