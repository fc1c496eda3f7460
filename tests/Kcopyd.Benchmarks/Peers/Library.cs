using Kcopyd.Actors;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>Our library as an application uses it: with a running client, opens the files, runs one job and closes the files.</summary>
internal static class Library
{
    public static async Task CopyAsync(
        KcopydClient client, string source, IReadOnlyList<string> destinations, IoMode io, CopyFlags flags, bool create, CancellationToken cancellationToken)
    {
        await using var from = BlockDevice.Open(source, new() { ReadOnly = true, Io = io });
        var to = new List<FileBlockDevice>(destinations.Count);
        try
        {
            foreach (var destination in destinations)
                to.Add(BlockDevice.Open(destination, new() { Io = io, Create = create, Length = create ? from.Length : 0 }));
            Require(await client.CopyAsync(from.Whole(), [.. to.Select(each => each.Whole())], flags, cancellationToken));
        }
        finally
        {
            foreach (var each in to)
                await each.DisposeAsync();
        }
    }

    public static async Task ZeroAsync(KcopydClient client, string destination, IoMode io, CopyFlags flags, CancellationToken cancellationToken)
    {
        await using var to = BlockDevice.Open(destination, new() { Io = io });
        Require(await client.ZeroAsync([to.Whole()], flags, cancellationToken));
    }

    private static void Require(CopyResult result)
    {
        if (!result.ReadError && result.WriteErrors == 0)
            return;
        var fault = result.ReadFault ?? result.Destinations.FirstOrDefault(each => each.Fault is not null).Fault;
        throw new ContenderFailedException($"{result}: {fault?.Message}");
    }
}
