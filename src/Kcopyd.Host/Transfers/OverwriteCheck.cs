using System.Globalization;

namespace Kcopyd.Host.Transfers;

/// <summary>
/// What may be overwritten. A file that holds something only if the user said so: by <c>--overwrite</c>, by naming a region of it or <c>--ranges</c>, or by the
/// map file of a copy that was begun. A forgotten destination, as in <c>copy *.img</c>, then destroys nothing. A device is there to be written: what it carries
/// is named first.
/// </summary>
/// <remarks><c>cp</c>, <c>dd</c> and <c>qemu-img</c> ask for nothing; <c>ddrescue</c> wants <c>--force</c> for devices; <c>mkfs</c> asks if there is a
/// signature. A question is no use here: most copies run where nobody answers.</remarks>
internal static class OverwriteCheck
{
    /// <exception cref="UsageException">A file would be overwritten that the user did not say.</exception>
    public static void Check(TransferPlan plan, TransferOptions options, bool isBegun)
    {
        // Whoever zeroes a file wants to lose what it holds.
        if (options.Overwrite || options.Truncate || options.Ranges is not null || isBegun || plan.Source is null)
            return;
        if (plan.Destinations.FirstOrDefault(static destination => destination is { Kind: OperandKind.File, HoldsData: true, Operand.IsRegion: false }) is { } held)
            throw new UsageException($"{held.Operand} exists and holds {ByteSize.Format(held.Size)}. To overwrite it in place: --overwrite; to empty it first: --truncate.");
    }

    /// <summary>Names each file system, partition table or the like that is about to be overwritten.</summary>
    /// <returns>What each destination carries, in the order of the plan; null where nothing is known of it.</returns>
    public static async Task<IReadOnlyList<string?>> WarnAsync(TransferPlan plan, bool isBegun, CommandConsole console)
    {
        if (isBegun)
            return new string?[plan.Destinations.Count];
        var carried = await Task.WhenAll(plan.Destinations.Select(static destination => destination is { Kind: OperandKind.Disk or OperandKind.File, HoldsData: true }
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
