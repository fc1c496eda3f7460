namespace Kcopyd.Benchmarks.Peers.Workloads;

/// <summary>The workloads by name, in the order in which they run.</summary>
internal static class Catalogue
{
    public static IReadOnlyList<NamedWorkload> All { get; } =
    [
        .. new[] { 1, 4, 8 }.Select(n => new NamedWorkload($"copy-{n}", $"one file to {n} on tmpfs",
            (arena, token) => Task.FromResult(CopyContest.Create(arena, n, token)))),
        .. new[] { 1, 4 }.Select(n => new NamedWorkload($"direct-{n}", $"one file to {n} on the disk, O_DIRECT",
            (arena, token) => Task.FromResult(DirectContest.Create(arena, n, token)))),
        .. new[] { 1, 32, 256 }.Select(depth => new NamedWorkload($"jobs-{depth}", $"4 KiB jobs in the page cache, {depth} at once",
            (arena, token) => Task.FromResult(JobsContest.Create(arena, depth, token)))),
        .. new[] { 1, 32, 256 }.Select(depth => new NamedWorkload($"random-{depth}", $"4 KiB direct copies on the disk, {depth} at once",
            (arena, token) => Task.FromResult(RandomContest.Create(arena, depth, token)))),
        new("zero-tmpfs", "zeroing a file on tmpfs", (arena, _) => Task.FromResult(ZeroContest.Create(arena, isDisk: false))),
        new("zero-disk", "zeroing a file on the disk", (arena, _) => Task.FromResult(ZeroContest.Create(arena, isDisk: true))),
        new("sparse-tmpfs", "an image that is mostly holes, on tmpfs", (arena, token) => Task.FromResult(SparseContest.Create(arena, isDisk: false, token))),
        new("sparse-disk", "an image that is mostly holes, on the disk", (arena, token) => Task.FromResult(SparseContest.Create(arena, isDisk: true, token))),
        new("reflink", "a copy on XFS that can share extents", ReflinkContest.CreateAsync),
    ];

    /// <summary>The workloads with the given names. A name also selects the workloads whose names begin with it and a dash.</summary>
    public static IReadOnlyList<NamedWorkload> Choose(IReadOnlyList<string> names)
    {
        if (names.FirstOrDefault(name => !All.Any(workload => workload.Is(name))) is { } unknown)
            throw new PeersException($"--workloads {unknown}: no such workload; the workloads are {string.Join(", ", All.Select(workload => workload.Name))}");
        return names.Count == 0 ? All : [.. All.Where(workload => names.Any(workload.Is))];
    }
}

/// <summary>A workload and the function that sets up its contest.</summary>
internal sealed record NamedWorkload(string Name, string Description, Func<Arena, CancellationToken, Task<Contest>> CreateAsync)
{
    public bool Is(string name) => Name == name || Name.StartsWith(name + '-', StringComparison.Ordinal);
}
