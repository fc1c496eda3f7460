namespace Kcopyd.Benchmarks.Peers;

/// <summary>One work, done by several.</summary>
internal abstract class Contest(IDisposable files) : IDisposable
{
    /// <summary>As in <c>--workloads</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What is done, for people.</summary>
    public required string Title { get; init; }

    /// <summary>What each number includes.</summary>
    public required string Includes { get; init; }

    /// <summary>How much is done: bytes, or 4 KiB pairs where <see cref="IsPairs"/>; 0 where there is no rate.</summary>
    public required double Amount { get; init; }

    /// <summary>Counts pairs of a read and a write, not bytes.</summary>
    public bool IsPairs { get; init; }

    public required IReadOnlyList<Contender> Contenders { get; init; }

    public IReadOnlyList<Goal> Goals { get; init; } = [];

    /// <summary>Before each run, outside the time: brings the files into the state that every contender finds, with junk where the copy shall be.</summary>
    /// <param name="whole">Thoroughly: the warm-up. Otherwise at sampled places.</param>
    /// <param name="cancellationToken">The interruption.</param>
    public abstract void Prepare(bool whole, CancellationToken cancellationToken);

    /// <summary>After each run, outside the time: null if the work was done, otherwise what is wrong.</summary>
    /// <inheritdoc cref="Prepare"/>
    public abstract string? Check(bool whole, CancellationToken cancellationToken);

    /// <summary>What is worth saying of the copy that was just made.</summary>
    public virtual string? Remark() => null;

    public void Dispose() => files.Dispose();
}

/// <summary>What is compared.</summary>
internal enum Rival
{
    /// <summary>The fastest of the tools that count.</summary>
    FastestTool,
    Floor,
    /// <summary>The fastest .NET loop.</summary>
    FastestLoop,
}

/// <summary>How fast the library shall be: so many times as fast as the rival.</summary>
internal sealed record Goal(Rival Rival, double Ratio);
