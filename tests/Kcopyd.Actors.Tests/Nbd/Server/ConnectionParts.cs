using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Server;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>The objects of a connection without its actor: over two pipes, on a device that completes I/Os when the test says so.</summary>
internal sealed class ConnectionParts : IIoWorkers
{
    public const int Piece = 64 << 10;

    private static readonly PipeOptions Inline = new(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: Piece,
        resumeWriterThreshold: Piece / 2, useSynchronizationContext: false);

    private readonly Pipe _toServer = new(Inline), _toClient = new(Inline);

    public ConnectionParts(bool structured = false, int maxRequests = 16)
    {
        Shared = new SharedMemory(NbdNumbers.MaxPayload);
        Memory = new ConnectionMemory(Shared, Piece, Shared.Bound, new MemoryWaiter(ActorRefs.Nobody));
        Requests = new ActiveRequests(Memory);
        Export = new ExportCore(new NbdExport("", BlockDevice.Memory(1 << 20)), Completions.OnPool);
        var negotiated = new Negotiated(Export, structured, HasAllocation: structured);
        Turn = new ConnectionTurn(Piece, Clock, Later, Soon);
        Input = new ClientInput(_toServer.Reader, Fault, () => Reads++);
        Replies = new ReplyWriter(_toClient.Writer, negotiated, Requests, Memory, Fault, () => Announced++, () => Sends++);
        Ios = new RequestIos(Export.Device, Requests, Memory, Turn, Replies, Fault, this);
        var settings = new NbdServerSettings
        {
            MaxConnections = 1, HandshakeTimeout = TimeSpan.FromSeconds(1), MaxRequests = maxRequests, MaxIos = 16, PieceSize = Piece, MaxBytes = Shared.Bound,
            DrainTimeout = TimeSpan.Zero, DeviceTimeout = TimeSpan.FromSeconds(1), KeepAlive = TimeSpan.Zero, Dispatcher = "",
        };
        Pump = new RequestPump(Input, Turn, Memory, Requests, Ios, negotiated, settings, Fault);
    }

    public ConnectionFault Fault { get; } = new();

    public VirtualClock Clock { get; } = new();

    public CountingRunnable Later { get; } = new();

    public CountingRunnable Soon { get; } = new();

    public SharedMemory Shared { get; }

    public ConnectionMemory Memory { get; }

    public ActiveRequests Requests { get; }

    public ExportCore Export { get; }

    public ConnectionTurn Turn { get; }

    public ClientInput Input { get; }

    public ReplyWriter Replies { get; }

    public RequestIos Ios { get; }

    public RequestPump Pump { get; }

    /// <summary>The number of reads and of sends that completed asynchronously, and of sends that were announced.</summary>
    public int Reads, Sends, Announced;

    /// <summary>True if the device completes each I/O before it returns.</summary>
    public bool IsPrompt { get; set; }

    /// <summary>I/Os that were submitted to the device and are not complete.</summary>
    public Queue<RequestIo> InDevice { get; } = new();

    /// <summary>Sends bytes as the client.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        _toServer.Writer.Write(bytes);
        _ = _toServer.Writer.FlushAsync().AsTask();
    }

    public void Send(Packet packet) => Send(packet.Bytes.Span);

    /// <summary>Closes the client's side, or breaks the stream with an exception.</summary>
    public void EndSending(Exception? wrong = null) => _toServer.Writer.Complete(wrong);

    /// <summary>Breaks the client's end of the server's stream.</summary>
    public void BreakOutput(Exception wrong) => _toClient.Reader.Complete(wrong);

    /// <summary>Takes everything that the client has received so far.</summary>
    public byte[] Receive()
    {
        if (!_toClient.Reader.TryRead(out var read))
            return [];
        var bytes = read.Buffer.ToArray();
        _toClient.Reader.AdvanceTo(read.Buffer.End);
        return bytes;
    }

    /// <summary>Discards everything that the client has received so far.</summary>
    public void Discard()
    {
        if (_toClient.Reader.TryRead(out var read))
            _toClient.Reader.AdvanceTo(read.Buffer.End);
    }

    /// <summary>The cookies of simple replies without data.</summary>
    public static ulong[] Cookies(ReadOnlySpan<byte> replies)
    {
        var cookies = new List<ulong>();
        for (; !replies.IsEmpty; replies = replies[NbdNumbers.SimpleReplyHeader..])
            cookies.Add(BinaryPrimitives.ReadUInt64BigEndian(replies[8..]));
        return [.. cookies];
    }

    /// <summary>Completes the oldest I/O of the device.</summary>
    public void Complete(IoError error = IoError.None)
    {
        var io = InDevice.Dequeue();
        io.Error = error;
        Ios.Ended(io);
    }

    /// <summary>A read of <paramref name="length"/> bytes that has its data and no answer yet.</summary>
    public RequestIo Read(ulong cookie, int length)
    {
        var request = Requests.Add();
        request.Prepare(cookie, NbdCommand.Read, CommandFlags.None, 0, length);
        request.Begun = length;
        var io = Requests.AddPiece(request);
        if (!Memory.TryRent(length, out io.Block))
            throw new InvalidOperationException("No memory is available for the read.");
        io.Memory = io.Block.Memory[..length];
        return io;
    }

    /// <summary>A flush that is complete and has no answer yet.</summary>
    public RequestIo Flush(ulong cookie)
    {
        var request = Requests.Add();
        request.Prepare(cookie, NbdCommand.Flush, CommandFlags.None, 0, 0);
        return Requests.AddPiece(request);
    }

    void IIoWorkers.Start(DeviceIo io)
    {
        if (IsPrompt)
            Ios.Ended(io);
        else
            InDevice.Enqueue((RequestIo)io);
    }
}

/// <summary>A clock that stands still until a test advances it.</summary>
internal sealed class VirtualClock : ITimeProvider
{
    public DateTimeOffset Now => DateTimeOffset.UnixEpoch + MonotonicClock;

    public TimeSpan MonotonicClock { get; private set; } = TimeSpan.FromHours(1);

    public TimeSpan HighResMonotonicClock => MonotonicClock;

    public void Advance(int milliseconds) => MonotonicClock += TimeSpan.FromMilliseconds(milliseconds);
}

/// <summary>A runnable that counts its runs.</summary>
internal sealed class CountingRunnable : Akka.Dispatch.IRunnable
{
    public int Runs { get; private set; }

    public void Run() => Runs++;

    public void Execute() => Run();
}
