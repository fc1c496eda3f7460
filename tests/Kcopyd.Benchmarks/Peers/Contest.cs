namespace Kcopyd.Benchmarks.Peers;

/// <summary>A workload that several contenders do.</summary>
internal abstract class Contest(IDisposable files) : IDisposable
{
    /// <summary>The name in <c>--workloads</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What is done, as a heading in reports.</summary>
    public required string Title { get; init; }

    /// <summary>What each number includes.</summary>
    public required string Includes { get; init; }

    /// <summary>The amount of work in bytes, or in 4 KiB pairs if <see cref="IsPairs"/>; 0 if there is no rate.</summary>
    public required double Amount { get; init; }

    /// <summary>Counts pairs of a read and a write, not bytes.</summary>
    public bool IsPairs { get; init; }

    public required IReadOnlyList<Contender> Contenders { get; init; }

    public IReadOnlyList<Goal> Goals { get; init; } = [];

    /// <summary>Brings the files into the state that every contender finds, with junk where the copy will be. Called before each run and not timed.</summary>
    /// <param name="whole">True in the warm-up, for every place; otherwise only sampled places.</param>
    /// <param name="cancellationToken">Cancels the run.</param>
    public abstract void Prepare(bool whole, CancellationToken cancellationToken);

    /// <summary>Returns null if the work was done, otherwise what is wrong. Called after each run and not timed.</summary>
    /// <inheritdoc cref="Prepare"/>
    public abstract string? Check(bool whole, CancellationToken cancellationToken);

    /// <summary>A remark on the copy that was just made, or null.</summary>
    public virtual string? Remark() => null;

    public void Dispose() => files.Dispose();
}

/// <summary>The contender that the library is compared with.</summary>
internal enum Rival
{
    /// <summary>The fastest of the tools that count.</summary>
    FastestTool,
    Floor,
    /// <summary>The fastest .NET loop.</summary>
    FastestLoop,
}

/// <summary>How fast the library must be: how many times as fast as the rival.</summary>
internal sealed record Goal(Rival Rival, double Ratio);
