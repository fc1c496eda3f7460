using System.Globalization;
using System.Runtime.InteropServices;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Devices;

/// <summary>Opens a path and finds out what it is; everything that can be wrong with it is an exception here that names the remedy.</summary>
internal sealed class FileOpening : IDisposable
{
    private readonly BlockDeviceOptions _options;
    private FileDescriptor? _buffered;

    public FileOpening(string path, BlockDeviceOptions options)
    {
        Path = path;
        _options = options;
        try
        {
            Open();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Path { get; }
    public FileStatus Status { get; private set; }
    public FileDescriptor Buffered => _buffered!;
    public FileDescriptor? Direct { get; private set; }
    public long Length { get; private set; }
    public int LogicalBlockSize { get; private set; } = IoRegion.SectorSize;
    public int Alignment { get; private set; } = 1;
    public bool IsReadOnly { get; private set; }

    /// <summary>The path if it was created here: its directory must be synced, too.</summary>
    public string? NewName { get; private set; }

    /// <summary>A file with as many blocks as bytes has no holes worth looking for.</summary>
    private bool IsSparse => Status.Blocks < (Status.Size + IoRegion.SectorSize - 1) / IoRegion.SectorSize;

    public DeviceFeatures Features => Changes | (Status.Kind != FileKind.Regular ? DeviceFeatures.None
        : IsSparse ? DeviceFeatures.Clone | DeviceFeatures.Map
        : DeviceFeatures.Clone);

    private DeviceFeatures Changes => Status.Kind switch
    {
        FileKind.Character => DeviceFeatures.Sink,
        _ when IsReadOnly => DeviceFeatures.None,
        FileKind.Block when !SysBlock.CanDiscard(Status) => DeviceFeatures.WriteZeroes | DeviceFeatures.VolatileCache,
        _ => DeviceFeatures.WriteZeroes | DeviceFeatures.Discard | DeviceFeatures.VolatileCache,
    };

    public void Dispose()
    {
        Direct?.Dispose();
        _buffered?.Dispose();
    }

    public static IoError SyncDirectoryOf(string path)
    {
        var directory = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? "/";
        using var fd = LibC.Open(directory, LibC.O_RDONLY, out var errno);
        if (fd is not null)
            errno = (int)-LibC.Sync(fd);
        // EINVAL: a file system whose directories cannot be synced.
        return errno == LibC.EINVAL ? IoError.None : (IoError)errno;
    }

    private int Flags => _options.ReadOnly ? LibC.O_RDONLY : LibC.O_RDWR;

    private void Open()
    {
        // Looked at before it is opened: opening a pipe would wait for its other end.
        var errno = (int)-LibC.Status(Path, out var status);
        if (errno == LibC.ENOENT && _options.Create)
            NewName = Path;
        else if (errno != 0)
            throw Error(errno);
        else if (status.Kind == FileKind.Other)
            throw new IOException($"'{Path}' is neither a regular file, a block device nor a character device, and cannot be copied.");

        _buffered = LibC.Open(Path, Flags | (NewName is null ? 0 : LibC.O_CREAT), out errno) ?? throw Error(errno);
        Refresh();
        IsReadOnly = _options.ReadOnly;
        switch (Status.Kind)
        {
            case FileKind.Regular: SizeFile(); break;
            case FileKind.Block: ReadDiskGeometry(); break;
            case FileKind.Character: Length = long.MaxValue; ProbeSink(); break;
            default: throw new IOException($"'{Path}' changed while it was being opened; try again.");
        }
        if (_options.Io == IoMode.Direct || (_options.Io == IoMode.Auto && Status.Kind == FileKind.Block))
            OpenDirect();
    }

    private void SizeFile()
    {
        if (_options.Truncate)
            Resize(0);
        if (_options.Length > Status.Size)
            Resize(_options.Length);
        Length = Status.Size;
    }

    private void Resize(long length)
    {
        Check(LibC.Truncate(Buffered, length));
        Refresh();
    }

    private void ReadDiskGeometry()
    {
        Check(LibC.Query(Buffered, LibC.BLKGETSIZE64, out var length));
        Check(LibC.Query(Buffered, LibC.BLKSSZGET, out var blockSize));
        Check(LibC.Query(Buffered, LibC.BLKROGET, out var readOnly));
        Length = length;
        LogicalBlockSize = (int)blockSize;
        IsReadOnly |= readOnly != 0;
        if (length < _options.Length)
            throw new IOException(string.Create(CultureInfo.InvariantCulture,
                $"'{Path}' has {length} bytes, and {_options.Length} are needed; use a larger device or copy less."));
    }

    // A terminal has no offsets; what takes them (null, full, zero) can be read at one for nothing.
    private unsafe void ProbeSink()
    {
        if (LibC.Read(Buffered, null, 0, 0) < 0)
            throw new IOException($"'{Path}' is a character device without offsets, and cannot be copied.");
    }

    private void OpenDirect()
    {
        if (Status.Kind == FileKind.Character)
            return;
        int errno;
        if (Status is { KnowsDirectAlign: true, DirectOffsetAlign: 0 })
            errno = LibC.EINVAL;
        else
            Direct = LibC.Open(Path, Flags | LibC.O_DIRECT, out errno);

        if (Direct is null)
        {
            if (_options.Io == IoMode.Auto)
                return;
            throw errno == LibC.EINVAL
                ? new IOException($"'{Path}' cannot do direct I/O on its file system; open it with IoMode.Buffered.", errno)
                : Error(errno);
        }
        Check(LibC.Status(Direct, out var status));
        if (!Equals(StorageIdentity.Of(status), StorageIdentity.Of(Status)))
            throw new IOException($"'{Path}' changed while it was being opened; try again.");

        var offsetAlign = Status.Kind == FileKind.Block ? LogicalBlockSize
            : Status.KnowsDirectAlign ? Math.Max((int)Status.DirectOffsetAlign, IoRegion.SectorSize)
            : ProbeAlignment(Direct);
        LogicalBlockSize = offsetAlign;
        Alignment = Math.Max(offsetAlign, (int)Status.DirectMemoryAlign);
    }

    // Kernels before 6.1 do not tell. A read of one sector that is not refused settles it; a file without one says nothing.
    private unsafe int ProbeAlignment(FileDescriptor direct)
    {
        const int Safe = 4096;
        if (Length < IoRegion.SectorSize)
            return Safe;
        var memory = (byte*)NativeMemory.AlignedAlloc(Safe, Safe);
        try
        {
            return LibC.Read(direct, memory, IoRegion.SectorSize, 0) == -LibC.EINVAL ? Safe : IoRegion.SectorSize;
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    private void Refresh()
    {
        Check(LibC.Status(Buffered, out var status));
        Status = status;
    }

    private void Check(long result)
    {
        if (result < 0)
            throw Error((int)-result);
    }

    private Exception Error(int errno) => errno switch
    {
        LibC.ENOENT when _options.Create => new DirectoryNotFoundException($"'{Path}' cannot be created: its directory does not exist."),
        LibC.ENOENT => new FileNotFoundException($"'{Path}' does not exist; create it, or open it with Create = true.", Path),
        LibC.EACCES or LibC.EPERM or LibC.EROFS => new UnauthorizedAccessException(
            $"'{Path}' cannot be opened for {(_options.ReadOnly ? "reading" : "writing")}: {LibC.Message(errno)}. "
            + (_options.ReadOnly ? "Ask for permission to read it." : "If it is only to be read, open it with ReadOnly = true.")),
        _ => new IOException($"'{Path}' cannot be opened: {LibC.Message(errno)} (errno {errno}).", errno),
    };
}
