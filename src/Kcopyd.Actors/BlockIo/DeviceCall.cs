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
/// An actor's call to a device; the actor reuses the object for its next call. A call that may block runs after the actor's turn: whatever the device does, the
/// actor processes messages and can be stopped.
/// </summary>
/// <remarks>
/// Invariant: from its start until it reports, the call holds everything that it needs and keeps alive the memory passed to the device. An actor can therefore
/// stop, and its work can be abandoned, while a device hangs: only this object and the calling thread stay behind.
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
    private Memory<byte> _memory;   // also of a write, which only reads it
    private IBlockDevice? _source;
    private long _sourceOffset;     // bytes
    private OffloadKinds _kind;
    private ConfiguredValueTaskAwaitable<IoResult>.ConfiguredValueTaskAwaiter _pending;
    private ConfiguredValueTaskAwaitable<ExtentResult>.ConfiguredValueTaskAwaiter _pendingMap;
    private bool _isPending;
    private bool _isUnderWay;       // used by the actor only
    private int _number;
    private int _abandoned;         // number of the call that the actor abandoned
    private IActorRef? _successor;
    private IoResult _result;
    private ExceptionDispatchInfo? _thrown;

    /// <param name="owner">The actor that calls.</param>
    /// <param name="dispatcher">The actor's dispatcher, on which calls that may block are made.</param>
    /// <param name="report">The message to the actor when the device has completed the call; null for the call itself.</param>
    public DeviceCall(IActorRef owner, MessageDispatcher dispatcher, LinkedMessage? report = null)
    {
        (_owner, _dispatcher, _report) = (owner, dispatcher, report ?? this);
        _completed = Report;
    }

    /// <summary>The result of a <see cref="DeviceOperation.Map"/>.</summary>
    public ExtentResult Extent { get; private set; }

    /// <summary>Bytes requested; the device transfers at most as many.</summary>
    public long Asked { get; private set; }

    public void Read(IBlockDevice device, long offset, Memory<byte> memory) => Prepare(DeviceOperation.Read, device, offset, memory.Length, memory);

    public void Write(IBlockDevice device, long offset, ReadOnlyMemory<byte> memory) =>
        Prepare(DeviceOperation.Write, device, offset, memory.Length, MemoryMarshal.AsMemory(memory));

    /// <summary>Prepares an operation without memory.</summary>
    public void Prepare(DeviceOperation operation, IBlockDevice device, long offset, long length) => Prepare(operation, device, offset, length, default);

    public void Clone(IBlockDevice source, long sourceOffset, IBlockDevice device, long offset, long length, OffloadKinds kind)
    {
        Prepare(DeviceOperation.Clone, device, offset, length, default);
        (_source, _sourceOffset, _kind) = (source, sourceOffset, kind);
    }

    /// <summary>Starts the prepared call, in the actor's turn.</summary>
    /// <returns>True if it is complete; otherwise the actor receives a message on completion.</returns>
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

    /// <summary>Called when the actor stops. Notifies the successor of a call in flight, and again when the device has completed it.</summary>
    public void Leave(IActorRef successor)
    {
        if (!_isUnderWay)
            return;
        successor.Tell(new CallLeftBehind(_device, 1), ActorRefs.NoSender);
        _abandoned = _number;
        Volatile.Write(ref _successor, successor);
    }

    /// <summary>Takes the result, once, in the actor's turn.</summary>
    /// <exception cref="InvalidOperationException">The device reported more bytes than requested.</exception>
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
        // More bytes than requested would run past the pages and the region.
        return (ulong)_result.Bytes <= (ulong)Asked
            ? _result
            : throw new InvalidOperationException(
                $"The device reported {_result.Bytes} bytes transferred for a request of {Asked} bytes; the device is broken.");
    }

    // Runs after the actor's turn, on a thread that may block. The actor may be gone: a call abandoned before it reached the device is not made.
    void IRunnable.Run()
    {
        if (!EngineThread.TryBeginCall(this))
            return;
        if (Volatile.Read(ref _successor) is not null && _abandoned == _number)
            Undelivered();
        else if (Make())
            Report();
    }

    void IThreadPoolWorkItem.Execute() => ((IRunnable)this).Run();

    private void Report()
    {
        var number = _number;
        _owner.Tell(_report, ActorRefs.NoSender);
        // The actor may already have started its next call, and have abandoned that one.
        if (Volatile.Read(ref _successor) is not null && _abandoned == number)
            Undelivered();
    }

    // The report was still in the mailbox of a stopped actor, or was sent to it later. Whichever is found first notifies the successor.
    public override void Undelivered()
    {
        if (Interlocked.Exchange(ref _successor, null) is { } successor)
            successor.Tell(new CallLeftBehind(_device, -1), ActorRefs.NoSender);
    }

    private void Prepare(DeviceOperation operation, IBlockDevice device, long offset, long length, Memory<byte> memory)
    {
        (_operation, _device, _offset, _length, _memory) = (operation, device, offset, length, memory);
        // The results of these are not transfers.
        Asked = operation switch
        {
            DeviceOperation.Flush or DeviceOperation.Map or DeviceOperation.Grow => 0,
            DeviceOperation.Evict => long.MaxValue,
            _ => length,
        };
    }

    /// <returns>True if the call is complete. Otherwise it may be reported, and the next call prepared, before this returns.</returns>
    private bool Make()
    {
        try
        {
            _isPending = true;
#pragma warning disable CA2012 // consumed once: here, or after the completion's message
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

/// <summary>An actor stopped while its call to a device was in flight, or the device has completed such a call.</summary>
/// <param name="Device">The device.</param>
/// <param name="Count">1 for an abandoned call, -1 for its completion.</param>
internal sealed record CallLeftBehind(IBlockDevice Device, int Count) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
