using System.IO.Pipelines;

namespace Kcopyd.Actors.Tests.Nbd.Client;

/// <summary>A connection that writes headers at once and holds a payload until the test releases it, even after the connection is closed.</summary>
internal sealed class HeldStream : Stream
{
    private readonly Pipe _replies = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Completes once a payload is held.</summary>
    public Task HeldAsync() => _held.Task;

    public void Release() => _released.TrySetResult();

    public async Task ReplyAsync(byte[] bytes) => await _replies.Writer.WriteAsync(bytes);

    /// <summary>The server closes the connection.</summary>
    public void Hangup() => _replies.Writer.Complete();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await _replies.Reader.ReadAsync(cancellationToken);
        var bytes = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, buffer.Length));
        foreach (var part in bytes)
        {
            part.CopyTo(buffer);
            buffer = buffer[part.Length..];
        }
        _replies.Reader.AdvanceTo(bytes.End);
        return (int)bytes.Length;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length < 4096)
            return;
        _held.TrySetResult();
        await _released.Task;
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _replies.Writer.Complete();
        base.Dispose(disposing);
    }
}
