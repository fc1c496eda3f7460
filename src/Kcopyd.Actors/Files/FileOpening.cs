using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Files;

/// <summary>Opens a path and determines its kind. Reports every problem as an exception that names the remedy.</summary>
[SupportedOSPlatform("linux")]
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

    /// <summary>The path if this object created it: its directory must be synced, too.</summary>
    public string? NewName { get; private set; }

    /// <summary>False if the blocks cover the length: then there are no holes worth looking for.</summary>
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

    private const UnixFileMode DefaultMode = (UnixFileMode)0b110_110_110;

    private bool Creates => _options.Create || _options.CreateNew;

    private int Flags => _options.ReadOnly ? LibC.O_RDONLY : LibC.O_RDWR;

    private void Open()
    {
        // Check the kind before opening: opening a pipe would wait for its other end.
        var errno = (int)-LibC.Status(Path, out var status);
        if (errno == LibC.ENOENT && Creates)
            NewName = Path;
        else if (errno != 0)
            throw Error(errno);
        else if (_options.CreateNew)
            throw Error(LibC.EEXIST);
        else if (status.Kind is not (FileKind.Regular or FileKind.Block or FileKind.Character))
            throw NoDevice(status.Kind);

        var creation = NewName is null ? 0 : _options.CreateNew ? LibC.O_CREAT | LibC.O_EXCL : LibC.O_CREAT;
        _buffered = LibC.Open(Path, Flags | creation, out errno, (uint)(_options.CreateMode ?? DefaultMode)) ?? throw Error(errno);
        Refresh();
        IsReadOnly = _options.ReadOnly;
        switch (Status.Kind)
        {
            case FileKind.Regular: SizeFile(); break;
            case FileKind.Block: ReadDiskGeometry(); break;
            case FileKind.Character: Length = long.MaxValue; ProbeSink(); break;
            default: throw Changed();
        }
        if (_options.Io == IoMode.Direct || (_options.Io == IoMode.Auto && Status.Kind == FileKind.Block))
            OpenDirect();
    }

    private void SizeFile()
    {
        if (Status.Size == 0 && NewName is null && HasContent())
            throw new DeviceOpenException(DeviceOpenError.HasNoLength, Path,
                $"'{Path}' has a length of 0 but has content: it can be read as a stream, not as a device.");
        if (_options.Truncate)
            Resize(0);
        if (_options.Length > Status.Size)
            Resize(_options.Length);
        Length = _options.Grows ? long.MaxValue : Status.Size;
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
            throw new DeviceOpenException(DeviceOpenError.TooSmall, Path, string.Create(CultureInfo.InvariantCulture,
                $"'{Path}' has {length} bytes, and {_options.Length} are needed; use a larger device or copy less."))
            {
                Length = length,
                Needed = _options.Length,
            };
    }

    // A terminal has no offsets. Devices that have them (null, full, zero) accept an empty read at one.
    private unsafe void ProbeSink()
    {
        if (LibC.Read(Buffered, null, 0, 0) < 0)
            throw NoDevice(FileKind.Character);
    }

    // Files under /proc and /sys do not report their length.
    private unsafe bool HasContent()
    {
        byte first;
        return LibC.Read(Buffered, &first, 1, 0) > 0;
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
                ? new DeviceOpenException(DeviceOpenError.HasNoDirectIo, Path,
                    $"'{Path}' cannot do direct I/O on its file system; open it with IoMode.Buffered.", errno)
                : Error(errno);
        }
        Check(LibC.Status(Direct, out var status));
        if (!Equals(StorageIdentity.Of(status), StorageIdentity.Of(Status)))
            throw Changed();

        var offsetAlign = Status.Kind == FileKind.Block ? LogicalBlockSize
            : Status.KnowsDirectAlign ? Math.Max((int)Status.DirectOffsetAlign, IoRegion.SectorSize)
            : ProbeAlignment(Direct);
        LogicalBlockSize = offsetAlign;
        Alignment = Math.Max(offsetAlign, (int)Status.DirectMemoryAlign);
    }

    // Kernels before 6.1 do not report the alignment. If a read of one sector is not refused, a sector is enough; a shorter file cannot be probed.
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

    private DeviceOpenException Changed() => new(DeviceOpenError.Changed, Path, $"'{Path}' changed while it was being opened; try again.");

    private DeviceOpenException NoDevice(FileKind kind) => kind == FileKind.Directory
        ? new(DeviceOpenError.IsDirectory, Path, $"'{Path}' is a directory; name a file or a device.")
        : new(DeviceOpenError.HasNoOffsets, Path,
            $"'{Path}' is a {(kind == FileKind.Character ? "character device" : kind.ToString().ToLowerInvariant())} without offsets, "
            + "and cannot be used as a block device.");

    private Exception Error(int errno) => errno switch
    {
        LibC.EEXIST when _options.CreateNew => new DeviceOpenException(DeviceOpenError.Exists, Path,
            $"'{Path}' already exists; open it without CreateNew, or choose another name.", errno),
        LibC.ENOENT when Creates => new DirectoryNotFoundException($"'{Path}' cannot be created: its directory does not exist."),
        LibC.ENOENT => new FileNotFoundException($"'{Path}' does not exist; create it, or open it with Create = true.", Path),
        LibC.EACCES or LibC.EPERM or LibC.EROFS => new UnauthorizedAccessException(
            $"'{Path}' cannot be opened for {(_options.ReadOnly ? "reading" : "writing")}: {LibC.Message(errno)}. "
            + (_options.ReadOnly ? "Ask for permission to read it." : "To read it only, open it with ReadOnly = true.")),
        _ => new DeviceOpenException(DeviceOpenError.Other, Path, $"'{Path}' cannot be opened: {LibC.Message(errno)} (errno {errno}).", errno),
    };
}
