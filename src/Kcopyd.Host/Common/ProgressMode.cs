namespace Kcopyd.Host.Common;

/// <summary>How progress is shown, always on standard error.</summary>
internal enum ProgressMode
{
    /// <summary>A bar on a terminal, plain lines otherwise.</summary>
    Auto,
    Plain,
    None,
}
