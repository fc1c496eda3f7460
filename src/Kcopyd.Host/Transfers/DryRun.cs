using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Transfers;

/// <summary>What <c>--dry-run</c> prints: what would be read, created, grown and overwritten. By then everything was checked and locked, as for the run
/// itself.</summary>
internal static class DryRun
{
    public static string Text(TransferPlan plan, TransferOptions options, RecordedCopy? record, IReadOnlyList<string?> carried)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        text.Write(plan.IsOpenEnded ? "would copy what comes, up to the end" : plan.Source is null ? $"would zero {plan.Length} bytes ({ByteSize.Format(plan.Length)})" : $"would copy {plan.Length} bytes ({ByteSize.Format(plan.Length)})");
        if (options.Mapfile is not null)
            text.Write($", of which --mapfile '{options.Mapfile}' has {record!.Finished} finished");
        if (plan.Source is { } source)
            text.Write($"\n  from {Name(source)}: {Kind(source)}{Place(source, plan.Length)}");
        for (var i = 0; i < plan.Destinations.Count; i++)
            text.Write($"\n  to   {Name(plan.Destinations[i])}: {Kind(plan.Destinations[i])}{Place(plan.Destinations[i], plan.Length)}, {Effect(plan, plan.Destinations[i], options, carried[i])}");
        return text.ToString();
    }

    public static string Json(TransferPlan plan, TransferOptions options, RecordedCopy? record, IReadOnlyList<string?> carried) => JsonSerializer.Serialize(
        new DryRunReport(plan.Length, record?.Finished ?? 0, plan.Source is null ? null : End(plan.Source, null, null),
            [.. plan.Destinations.Select((destination, i) => End(destination, Effect(plan, destination, options, null), carried[i]))]),
        DryRunContext.Default.DryRunReport);

    private static DryRunEnd End(Survey survey, string? effect, string? holds) =>
        new(Name(survey), survey.Kind.ToString().ToLowerInvariant(), survey.Operand.Start, survey.Kind is OperandKind.Sink or OperandKind.Stream ? null : survey.Size, effect, holds);

    private static string Effect(TransferPlan plan, Survey destination, TransferOptions options, string? carried)
    {
        var end = destination.Operand.Start + plan.Length;
        var effect = destination.Kind switch
        {
            OperandKind.Missing => "created",
            OperandKind.Sink or OperandKind.Stream => "written",
            OperandKind.File when options.Truncate => "emptied and written",
            OperandKind.File when !destination.HoldsData => "filled",
            OperandKind.File when plan.IsOpenEnded => "overwritten, and grown if more comes",
            OperandKind.File when destination.Size < end => $"overwritten and grown to {end} bytes",
            OperandKind.File when destination.Size > end => $"overwritten; the {destination.Size - end} bytes behind stay",
            _ => "overwritten",
        };
        return carried is null ? effect : $"{effect}, {carried} included";
    }

    private static string Kind(Survey survey) => survey.Kind switch
    {
        OperandKind.Missing => "a new file",
        OperandKind.File => $"a file of {survey.Size} bytes",
        OperandKind.Disk => $"a block device of {survey.Size} bytes",
        OperandKind.Remote => $"an NBD export of {survey.Size} bytes",
        OperandKind.Stream => "a stream",
        _ => "a character device",
    };

    private static string Place(Survey survey, long length) =>
        survey.Operand.Start == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", bytes {survey.Operand.Start} to {survey.Operand.Start + length}");

    private static string Name(Survey survey) => ForeignText.Path(survey.Operand.Path);
}

/// <summary>What would be done.</summary>
/// <param name="Bytes">To each destination; 0 of a stream, whose end nobody knows.</param>
/// <param name="Finished">Bytes of these that the map file has finished already.</param>
/// <param name="Source">Null: the destinations are zeroed.</param>
/// <param name="Destinations">In the order of the command line.</param>
internal sealed record DryRunReport(long Bytes, long Finished, DryRunEnd? Source, IReadOnlyList<DryRunEnd> Destinations);

/// <summary>A source or destination.</summary>
/// <param name="Path">As given.</param>
/// <param name="Kind">missing, file, disk, remote, sink or stream.</param>
/// <param name="Offset">First byte that is read or written.</param>
/// <param name="Size">Bytes that it has now; null without a size.</param>
/// <param name="Effect">What happens to a destination.</param>
/// <param name="Holds">What a destination carries now, such as a file system; null if nothing is known.</param>
internal sealed record DryRunEnd(string Path, string Kind, long Offset, long? Size, string? Effect, string? Holds);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(DryRunReport))]
internal sealed partial class DryRunContext : JsonSerializerContext;
