using System.Globalization;

namespace Kcopyd.Host.Transfers;

/// <summary>
/// Decides what may be overwritten. A file that holds data is overwritten only on request: by <c>--overwrite</c>, by naming a region of it or <c>--ranges</c>,
/// or by the map file of an earlier run. A forgotten destination, as in <c>copy *.img</c>, then destroys nothing. A device may always be written; a warning
/// names its content first.
/// </summary>
/// <remarks><c>cp</c>, <c>dd</c> and <c>qemu-img</c> do not ask; <c>ddrescue</c> requires <c>--force</c> for devices; <c>mkfs</c> asks if it finds a signature.
/// A prompt is of no use here: most copies run unattended.</remarks>
internal static class OverwriteCheck
{
    /// <exception cref="UsageException">A file would be overwritten without a request.</exception>
    public static void Check(TransferPlan plan, TransferOptions options, bool isBegun)
    {
        // Zeroing a file requests the loss of its data.
        if (options.Overwrite || options.Truncate || options.Ranges is not null || isBegun || plan.Source is null)
            return;
        var held = plan.Destinations.FirstOrDefault(static destination => destination is { Kind: OperandKind.File, HoldsData: true, Operand.IsRegion: false });
        if (held is not null)
            throw new UsageException($"{held.Operand} exists and holds {ByteSize.Format(held.Size)}. "
                + "To overwrite it in place: --overwrite; to empty it first: --truncate.");
    }

    /// <summary>Warns of each file system, partition table or similar content that is about to be overwritten.</summary>
    /// <returns>The content of each destination, in the order of the plan; null where it is not known.</returns>
    public static async Task<IReadOnlyList<string?>> WarnAsync(TransferPlan plan, bool isBegun, CommandConsole console)
    {
        if (isBegun)
            return new string?[plan.Destinations.Count];
        var carried = await Task.WhenAll(plan.Destinations.Select(static destination =>
            destination is { Kind: OperandKind.Disk or OperandKind.File, HoldsData: true }
                ? Signatures.DescribeAsync(destination.Operand.Path)
                : Task.FromResult<string?>(null))).ConfigureAwait(false);
        for (var i = 0; i < carried.Length; i++)
        {
            if (carried[i] is { } what)
                console.Warn(string.Create(CultureInfo.InvariantCulture, $"{plan.Destinations[i].Operand} holds {what}, which is overwritten."));
        }
        return carried;
    }
}
