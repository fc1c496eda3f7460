using System.IO.Pipelines;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Tests.Nbd.Transport;

/// <summary>One side of an in-memory connection. It counts the bytes that it sends.</summary>
internal sealed class MemoryConnection : TransportConnection
{
    private readonly Pipe _in, _out;

    private MemoryConnection(Pipe input, Pipe output) : base(new DuplexStream(input, output)) => (_in, _out) = (input, output);

    /// <summary>Bytes that this side has written.</summary>
    public long Sent => ((DuplexStream)Stream).Written;

    public static (MemoryConnection One, MemoryConnection Other) Pair()
    {
        var (to, from) = (new Pipe(), new Pipe());
        return (new MemoryConnection(to, from) { Peer = "one in memory" }, new MemoryConnection(from, to) { Peer = "another in memory" });
    }

    public override void EndInput() => _in.Writer.Complete();

    public override void Shutdown()
    {
        _in.Writer.Complete();
        _out.Writer.Complete();
    }

    public override void Reset() => Shutdown();
}

/// <summary>A stream over two pipes. Disposing of it closes the other side, too.</summary>
internal sealed class DuplexStream(Pipe input, Pipe output) : Stream
{
    private readonly Stream _input = input.Reader.AsStream(leaveOpen: true);
    private long _written;

    public long Written => Volatile.Read(ref _written);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _input.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Interlocked.Add(ref _written, buffer.Length);
        if ((await output.Writer.WriteAsync(buffer, cancellationToken)).IsCompleted)
            throw new IOException("The other side has closed.");
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        input.Writer.Complete();
        output.Writer.Complete();
        base.Dispose(disposing);
    }
}
