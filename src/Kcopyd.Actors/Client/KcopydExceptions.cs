namespace Kcopyd.Actors;

/// <summary>The client has as many jobs or prepared callbacks outstanding as it may have. Wait for notifications, or raise the bound.</summary>
public sealed class KcopydQueueFullException(string message) : InvalidOperationException(message);

/// <summary>The client is destroyed, or is being destroyed: it takes no new work.</summary>
public sealed class KcopydClientClosedException(string message) : InvalidOperationException(message);

/// <summary>A job was cancelled by the token of an awaited call. <see cref="Result"/> tells how far it came.</summary>
public sealed class CopyCancelledException(CopyResult result, CancellationToken token)
    : OperationCanceledException($"The copy was cancelled: {result}.", token)
{
    /// <summary>What had been copied.</summary>
    public CopyResult Result { get; } = result;
}
