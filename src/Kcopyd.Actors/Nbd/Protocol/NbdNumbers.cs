namespace Kcopyd.Actors.Nbd.Protocol;

/// <summary>The numbers that the specification of the NBD protocol (doc/proto.md of the NetworkBlockDevice project, 3.27.1) defines. All of them are big-endian
/// on the wire.</summary>
internal static class NbdNumbers
{
    public const int DefaultPort = 10809;

    public const ulong ServerMagic = 0x4e42444d41474943;        // "NBDMAGIC"
    public const ulong OptionMagic = 0x49484156454F5054;        // "IHAVEOPT"
    public const ulong OldstyleMagic = 0x00420281861253;
    public const ulong OptionReplyMagic = 0x3e889045565a9;
    public const uint RequestMagic = 0x25609513;
    public const uint SimpleReplyMagic = 0x67446698;
    public const uint StructuredReplyMagic = 0x668e33ef;

    public const int RequestHeader = 28;            // bytes
    public const int SimpleReplyHeader = 16;
    public const int ChunkHeader = 20;
    public const int OptionHeader = 16;             // sent by the client
    public const int OptionReplyHeader = 20;        // sent by the server

    /// <summary>Maximum bytes of any string, in UTF-8 without a terminator.</summary>
    public const int MaxString = 4096;

    /// <summary>Maximum bytes of payload that either side may send if no block size sets another limit.</summary>
    public const int MaxPayload = 32 << 20;

    /// <summary>The only metadata context that is supported.</summary>
    public const string BaseAllocation = "base:allocation";
}

/// <summary>Flags in the server's greeting.</summary>
[Flags]
internal enum HandshakeFlags : ushort
{
    FixedNewstyle = 1,
    NoZeroes = 2,
}

/// <summary>Flags in the client's answer to the greeting.</summary>
[Flags]
internal enum ClientFlags : uint
{
    FixedNewstyle = 1,
    NoZeroes = 2,
}

internal enum NbdOption : uint
{
    ExportName = 1,
    Abort = 2,
    List = 3,
    StartTls = 5,
    Info = 6,
    Go = 7,
    StructuredReply = 8,
    ListMetaContext = 9,
    SetMetaContext = 10,
    ExtendedHeaders = 11,
}

internal enum NbdOptionReply : uint
{
    Ack = 1,
    Server = 2,
    Info = 3,
    MetaContext = 4,
    Unsupported = 0x8000_0001,
    Policy = 0x8000_0002,
    Invalid = 0x8000_0003,
    Platform = 0x8000_0004,
    TlsRequired = 0x8000_0005,
    Unknown = 0x8000_0006,
    Shutdown = 0x8000_0007,
    BlockSizeRequired = 0x8000_0008,
    TooBig = 0x8000_0009,
    ExtendedHeadersRequired = 0x8000_000a,
}

internal enum NbdInfo : ushort
{
    Export = 0,
    Name = 1,
    Description = 2,
    BlockSize = 3,
}

[Flags]
internal enum TransmissionFlags : ushort
{
    None = 0,
    HasFlags = 1 << 0,
    ReadOnly = 1 << 1,
    SendFlush = 1 << 2,
    SendFua = 1 << 3,
    Rotational = 1 << 4,
    SendTrim = 1 << 5,
    SendWriteZeroes = 1 << 6,
    SendDf = 1 << 7,
    CanMultiConn = 1 << 8,
    SendResize = 1 << 9,
    SendCache = 1 << 10,
    SendFastZero = 1 << 11,
}

internal enum NbdCommand : ushort
{
    Read = 0,
    Write = 1,
    Disconnect = 2,
    Flush = 3,
    Trim = 4,
    Cache = 5,
    WriteZeroes = 6,
    BlockStatus = 7,
}

[Flags]
internal enum CommandFlags : ushort
{
    None = 0,
    Fua = 1 << 0,
    NoHole = 1 << 1,
    DontFragment = 1 << 2,
    OneExtent = 1 << 3,
    FastZero = 1 << 4,
}

internal enum ChunkType : ushort
{
    None = 0,
    OffsetData = 1,
    OffsetHole = 2,
    BlockStatus = 5,
    Error = 0x8001,
    ErrorOffset = 0x8002,
}

[Flags]
internal enum ChunkFlags : ushort
{
    None = 0,
    Done = 1,
}

/// <summary>Flags of an extent in base:allocation.</summary>
[Flags]
internal enum ExtentFlags : uint
{
    None = 0,
    Hole = 1,
    Zero = 2,
}

/// <summary>The error numbers that the protocol defines; any other number means <see cref="Invalid"/>.</summary>
internal enum NbdError : uint
{
    None = 0,
    NotPermitted = 1,
    Io = 5,
    NoMemory = 12,
    Invalid = 22,
    NoSpace = 28,
    Overflow = 75,
    NotSupported = 95,
    Shutdown = 108,
}
