namespace Kcopyd.Host.Common;

/// <summary>The values of <c>--log-level</c>: the minimum level that is logged.</summary>
internal enum LogLevel
{
    Debug,
    Information,
    Warning,
    Error,
}
