using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Transfers;

/// <summary>The output of <c>--dry-run</c>: what would be read, created, grown and overwritten. Everything is checked and locked first, as for the run
/// itself.</summary>
internal static class DryRun
{
    public static string Text(TransferPlan plan, TransferOptions options, RecordedCopy? record, IReadOnlyList<string?> carried)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        text.Write(plan.IsOpenEnded
            ? "would copy everything up to the end of the stream"
            : $"would {(plan.Source is null ? "zero" : "copy")} {plan.Length} bytes ({ByteSize.Format(plan.Length)})");
        if (options.Mapfile is not null)
            text.Write($", of which --mapfile '{options.Mapfile}' has {record!.Finished} finished");
        if (plan.Source is { } source)
            text.Write($"\n  from {Name(source)}: {Kind(source)}{Place(source, plan.Length)}");
        for (var i = 0; i < plan.Destinations.Count; i++)
        {
            var to = plan.Destinations[i];
            text.Write($"\n  to   {Name(to)}: {Kind(to)}{Place(to, plan.Length)}, {Effect(plan, to, options, carried[i])}");
        }
        return text.ToString();
    }

    public static string Json(TransferPlan plan, TransferOptions options, RecordedCopy? record, IReadOnlyList<string?> carried) => JsonSerializer.Serialize(
        new DryRunReport(plan.Length, record?.Finished ?? 0, plan.Source is null ? null : End(plan.Source, null, null),
            [.. plan.Destinations.Select((destination, i) => End(destination, Effect(plan, destination, options, null), carried[i]))]),
        DryRunContext.Default.DryRunReport);

    private static DryRunEnd End(Survey survey, string? effect, string? holds)
    {
        long? size = survey.Kind is OperandKind.Sink or OperandKind.Stream ? null : survey.Size;
        return new DryRunEnd(Name(survey), survey.Kind.ToString().ToLowerInvariant(), survey.Operand.Start, size, effect, holds);
    }

    private static string Effect(TransferPlan plan, Survey destination, TransferOptions options, string? carried)
    {
        var end = destination.Operand.Start + plan.Length;
        var effect = destination.Kind switch
        {
            OperandKind.Missing => "created",
            OperandKind.Sink or OperandKind.Stream => "written",
            OperandKind.File when options.Truncate => "emptied and written",
            OperandKind.File when !destination.HoldsData => "filled",
            OperandKind.File when plan.IsOpenEnded => "overwritten, and grown as needed",
            OperandKind.File when destination.Size < end => $"overwritten and grown to {end} bytes",
            OperandKind.File when destination.Size > end => $"overwritten; the {destination.Size - end} bytes behind it stay",
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

/// <summary>The object that <c>--dry-run --json</c> prints.</summary>
/// <param name="Bytes">Bytes to each destination; 0 for a stream, whose length is unknown.</param>
/// <param name="Finished">The part of these bytes that the map file records as finished.</param>
/// <param name="Source">The source; null if the destinations are zeroed.</param>
/// <param name="Destinations">The destinations, in the order of the command line.</param>
internal sealed record DryRunReport(long Bytes, long Finished, DryRunEnd? Source, IReadOnlyList<DryRunEnd> Destinations);

/// <summary>A source or destination.</summary>
/// <param name="Path">The path as given.</param>
/// <param name="Kind">missing, file, disk, remote, sink or stream.</param>
/// <param name="Offset">Offset of the first byte that is read or written.</param>
/// <param name="Size">The current size in bytes; null without a size.</param>
/// <param name="Effect">The effect on a destination.</param>
/// <param name="Holds">The current content of a destination, such as a file system; null if it is not known.</param>
internal sealed record DryRunEnd(string Path, string Kind, long Offset, long? Size, string? Effect, string? Holds);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(DryRunReport))]
internal sealed partial class DryRunContext : JsonSerializerContext;
