namespace Kcopyd.Host.Common;

/// <summary>What <c>--log-level</c> says: the least level that is logged.</summary>
internal enum LogLevel
{
    Debug,
    Information,
    Warning,
    Error,
}
