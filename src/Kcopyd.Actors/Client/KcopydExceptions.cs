namespace Kcopyd.Actors;

/// <summary>The client has reached its limit on outstanding jobs or prepared callbacks. Wait for notifications, or raise the limit.</summary>
public sealed class KcopydQueueFullException(string message) : InvalidOperationException(message);

/// <summary>The client is destroyed, or is being destroyed: it accepts no new work.</summary>
public sealed class KcopydClientClosedException(string message) : InvalidOperationException(message);

/// <summary>The token of an awaited call cancelled its job. <see cref="Result"/> reports how far the job got.</summary>
public sealed class CopyCancelledException(CopyResult result, CancellationToken token)
    : OperationCanceledException($"The copy was cancelled: {result}.", token)
{
    /// <summary>The result of the job, up to its cancellation.</summary>
    public CopyResult Result { get; } = result;
}
