using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Common;

/// <summary>
/// A pipe, a terminal, or a file at its current offset, as a stream. A call that waits for bytes or for space can be aborted: an interrupted command must not
/// wait for a writer that never comes.
/// </summary>
internal sealed class DescriptorStream : Stream
{
    private const int PipeSize = 1 << 20;       // bytes; the kernel's default is 64 KiB
    private const int OpenPipe = 20;            // milliseconds between attempts: the kernel does not report when a reader opens a FIFO

    private readonly FileDescriptor _fd;
    private readonly FileDescriptor _abort;
    private readonly bool _isReader;

    private DescriptorStream(FileDescriptor fd, bool isReader)
    {
        _fd = fd;
        _isReader = isReader;
        _abort = LibC.EventCounter(out var errno) ?? throw Failure(errno);
        LibC.WidenPipe(fd, PipeSize);
    }

    public override bool CanRead => _isReader;

    public override bool CanWrite => !_isReader;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Opens standard input.</summary>
    public static DescriptorStream StandardInput() => new(LibC.Duplicate(0), isReader: true);

    /// <summary>Opens standard output. A pipe is reopened non-blocking, so that a write to a full pipe does not block; setting the flag on the inherited
    /// descriptor would affect other processes.</summary>
    public static DescriptorStream StandardOutput()
    {
        var isPipe = FileEntry.Of("/proc/self/fd/1").Kind == FileKind.Pipe;
        return new((isPipe ? LibC.Open("/proc/self/fd/1", LibC.O_WRONLY | LibC.O_NONBLOCK, out _) : null) ?? LibC.Duplicate(1), isReader: false);
    }

    /// <summary>Opens a FIFO or a file without a length for reading. The first read, not this call, waits for the other end.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static DescriptorStream OpenForReading(string path) =>
        new(LibC.Open(path, LibC.O_RDONLY | LibC.O_NONBLOCK, out var errno) ?? throw Failure(errno), isReader: true);

    /// <summary>Opens a FIFO for writing as soon as it has a reader.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static async Task<DescriptorStream> OpenForWritingAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            var fd = LibC.Open(path, LibC.O_WRONLY | LibC.O_NONBLOCK, out var errno);
            if (fd is not null)
                return new DescriptorStream(fd, isReader: false);
            if (errno != LibC.ENXIO)
                throw Failure(errno);
            await Task.Delay(OpenPipe, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Fails every waiting and every later call with an <see cref="OperationCanceledException"/>.</summary>
    public void Abort() => LibC.Count(_abort);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Task.Run(() => Read(buffer.Span), cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Task.Run(() => Write(buffer.Span), cancellationToken));

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override unsafe int Read(Span<byte> buffer)
    {
        fixed (byte* memory = buffer)
        {
            while (true)
            {
                Wait(LibC.POLLIN);
                var read = LibC.ReadNext(_fd, memory, buffer.Length);
                if (read >= 0)
                    return (int)read;
                if (read != -LibC.EAGAIN)
                    throw Failure((int)-read);
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* memory = buffer)
        {
            for (var done = 0; done < buffer.Length;)
            {
                Wait(LibC.POLLOUT);
                var written = LibC.WriteNext(_fd, memory + done, buffer.Length - done);
                if (written >= 0)
                    done += (int)written;
                else if (written != -LibC.EAGAIN)
                    throw Failure((int)-written);
            }
        }
    }

    public override void Flush()
    {
        // Nothing is buffered here. Regular files are not synced, as with every program that writes to standard output.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _fd.Dispose();
            _abort.Dispose();
        }
        base.Dispose(disposing);
    }

    private void Wait(short events)
    {
        if (!LibC.WaitUntilReady(_fd, events, _abort))
            throw new OperationCanceledException("The stream was aborted.");
    }

    private static IOException Failure(int errno) => new(LibC.Message(errno)) { HResult = errno };
}
