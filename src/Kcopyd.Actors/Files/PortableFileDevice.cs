using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Threads;
using Microsoft.Win32.SafeHandles;

namespace Kcopyd.Actors.Files;

/// <summary>A regular file, through what .NET provides on every system.</summary>
internal sealed class PortableFileDevice : FileBlockDevice
{
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly FlushLatch _flush;
    private long _length;

    /// <inheritdoc cref="BlockDevice.Open"/>
    public PortableFileDevice(string path, BlockDeviceOptions options)
    {
        Name = path;
        _path = Path.GetFullPath(path);
        IsReadOnly = options.ReadOnly;
        if (options.Io == IoMode.Direct)
            throw new PlatformNotSupportedException($"'{path}': direct I/O is supported on Linux only; open it with IoMode.Buffered.");
        _file = Open(options);
        try
        {
            if (options.Truncate)
                RandomAccess.SetLength(_file, 0);
            if (options.Length > RandomAccess.GetLength(_file))
                RandomAccess.SetLength(_file, options.Length);
            _length = options.Grows ? long.MaxValue : RandomAccess.GetLength(_file);
        }
        catch (Exception refused) when (refused is IOException or NotSupportedException)
        {
            _file.Dispose();
            throw refused is NotSupportedException
                ? new PlatformNotSupportedException($"'{path}' is not a regular file; devices are supported on Linux only: "
                    + "use an image file, BlockDevice.Memory, or an NBD export.", refused)
                : new DeviceOpenException(DeviceOpenError.Other, path, $"'{path}' cannot be opened: {refused.Message}");
        }
        _flush = new FlushLatch(Sync);
    }

    public override string Name { get; }

    public override long Length => Volatile.Read(ref _length);

    public override int LogicalBlockSize => IoRegion.SectorSize;

    public override int Alignment => 1;

    public override bool IsReadOnly { get; }

    public override DeviceFeatures Features => IsReadOnly ? DeviceFeatures.None : DeviceFeatures.VolatileCache;

    public override bool IsRegularFile => true;

    public override bool IsDirect => false;

    // A file with several names is not recognized: hard links are rare on these systems.
    public override StorageLocation Locate(long offset) => new(_path, offset);

    public override ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        if (offset < 0)
            return new(IoResult.Failure(IoError.Invalid));
        var count = Bounds.Clamp(Length, offset, buffer.Length);
        return count == 0 ? new(IoResult.Success(0)) : EngineThread.Block(() => Try(() => RandomAccess.Read(_file, buffer.Span[..count], offset)));
    }

    public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        if (Bounds.RefuseWrite(this, offset, buffer.Length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        var count = Bounds.Clamp(Length, offset, buffer.Length);
        return count == 0 ? new(IoResult.Success(0)) : EngineThread.Block(() => Try(() =>
        {
            RandomAccess.Write(_file, buffer.Span[..count], offset);
            return count;
        }));
    }

    public override ValueTask<IoResult> FlushAsync() => EngineThread.Block(() => new IoResult(0, _flush.Flush()));

    public override ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    private protected override void Refresh()
    {
        var now = Try(() => RandomAccess.GetLength(_file));
        if (now.IsSuccess && now.Bytes > Length)
            Volatile.Write(ref _length, now.Bytes);
    }

    private protected override ValueTask<IoResult> GrowAsync(long length) => EngineThread.Block(() =>
    {
        Refresh();
        if (length <= Length)
            return IoResult.Success(0);
        var grown = Try(() =>
        {
            RandomAccess.SetLength(_file, length);
            return 0;
        });
        Refresh();
        return grown;
    });

    private SafeFileHandle Open(BlockDeviceOptions options)
    {
        var mode = options.CreateNew ? FileMode.CreateNew : options.Create ? FileMode.OpenOrCreate : FileMode.Open;
        try
        {
            if (Directory.Exists(_path))
                throw new DeviceOpenException(DeviceOpenError.IsDirectory, Name, $"'{Name}' is a directory; name a file.");
            return File.OpenHandle(_path, mode, options.ReadOnly ? FileAccess.Read : FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (DirectoryNotFoundException) when (mode != FileMode.Open)
        {
            throw new DirectoryNotFoundException($"'{Name}' cannot be created: its directory does not exist.");
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileNotFoundException($"'{Name}' does not exist; create it, or open it with Create = true.", Name);
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new UnauthorizedAccessException($"'{Name}' cannot be opened for {(options.ReadOnly ? "reading" : "writing")}: {refused.Message} "
                + (options.ReadOnly ? "Ask for permission to read it." : "To read it only, open it with ReadOnly = true."));
        }
        catch (IOException refused) when (refused is not DeviceOpenException)
        {
            throw options.CreateNew && File.Exists(_path)
                ? new DeviceOpenException(DeviceOpenError.Exists, Name, $"'{Name}' already exists; open it without CreateNew, or choose another name.")
                : new DeviceOpenException(DeviceOpenError.Other, Name, $"'{Name}' cannot be opened: {refused.Message}");
        }
    }

    private IoError Sync() => Try(() =>
    {
        RandomAccess.FlushToDisk(_file);
        return 0;
    }).Error;

    private static IoResult Try(Func<long> io)
    {
        try
        {
            return IoResult.Success(io());
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            return IoResult.Failure(StreamErrors.Of(failed));
        }
    }
}
