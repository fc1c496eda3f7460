using System.CommandLine;
using System.CommandLine.Parsing;
using System.Numerics;
using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>Arguments and options that several snapshot commands share.</summary>
internal static class SnapshotArguments
{
    private const long MaxChunkSize = 1 << 30;

    public static Argument<string> Origin() => new("ORIGIN")
    {
        Description = "The disk or image that the snapshot belongs to; its length must be a multiple of 512 bytes.",
    };

    public static Argument<string> Cow() => new("COW") { Description = "The store with the chunks that differ: a file or a block device." };

    public static Option<string[]> MoreCows() => new("--cow")
    {
        Description = "Another snapshot of that origin, to be preserved; repeat it for each. Snapshots that are not named are not protected.",
        HelpName = "COW",
        DefaultValueFactory = _ => [],
    };

    public static Option<bool> Json() => new("--json") { Description = "Print the result as one JSON object on standard output." };

    public static Option<bool> IgnoreUnnamed() => new("--ignore-unnamed")
    {
        Description = "Write to the origin although it has more snapshots, which are not named: the write corrupts them.",
    };

    public static Option<bool> AcceptTruncated() => new("--accept-truncated")
    {
        Description = "Accept a store that was truncated; chunks that it has lost cannot be read.",
    };

    public static Option<StoreGrowth?> Grow() => new("--grow")
    {
        Description = "Let the file of the store grow by STEP when it is 80 % full, up to LIMIT.",
        HelpName = "STEP,LIMIT",
        CustomParser = result => Text(result).Split(',') is [var step, var limit] && ByteSize.TryParse(step, out var by) && ByteSize.TryParse(limit, out var to)
            && by > 0 && to >= by && by % IoRegion.SectorSize == 0 && to % IoRegion.SectorSize == 0
            ? new StoreGrowth(by, to)
            : Refuse<StoreGrowth>(result, "two sizes, multiples of 512, such as 1G,20G"),
    };

    // The parser gets no default value, because its help would print the name of the enum member; the first member is the default.
    public static Option<StoreKind> Store() => new("--store")
    {
        Description = "The effect of a full store. P, the default: the snapshot becomes invalid. PO: writes to the snapshot fail; its content stays readable.",
        HelpName = "P|PO",
        CustomParser = result => Text(result) switch
        {
            "P" => StoreKind.Persistent,
            "PO" => StoreKind.PersistentOverflow,
            _ => Refuse<StoreKind>(result, "P or PO"),
        },
    };

    public static Option<long> Bytes(string name, string description, bool required = true) => new(name)
    {
        Description = description,
        HelpName = "BYTES",
        Required = required,
        CustomParser = result => ByteSize.TryParse(Text(result), out var bytes) ? bytes : Refuse<long>(result, "a number of bytes such as 4096, 64K or 1G"),
    };

    public static Option<long?> Size() => new("--size")
    {
        Description = "Create the file with this length, or grow it to this length if it exists. Its space is reserved unless --sparse is given.",
        HelpName = "SIZE",
        CustomParser = result => ByteSize.TryParse(Text(result), out var bytes) && bytes > 0
            ? bytes
            : Refuse<long?>(result, "a number of bytes such as 64M or 1G"),
    };

    public static Option<int?> Chunk() => new("--chunk")
    {
        Description = "The unit of copy-on-write: a power of two from 512 to 1G; 4K unless configured otherwise.",
        HelpName = "SIZE",
        CustomParser = result => ByteSize.TryParse(Text(result), out var bytes) && bytes is >= 512 and <= MaxChunkSize && BitOperations.IsPow2(bytes)
            ? (int)bytes
            : Refuse<int?>(result, "a power of two from 512 to 1G, such as 4K or 64K"),
    };

    public static Option<ProgressMode> Progress() => new("--progress")
    {
        Description = "A bar on a terminal, plain lines, or nothing; the default is auto.",
        HelpName = "auto|plain|none",
        CustomParser = result => Text(result) switch
        {
            "auto" => ProgressMode.Auto,
            "plain" => ProgressMode.Plain,
            "none" => ProgressMode.None,
            _ => Refuse<ProgressMode>(result, "auto, plain or none"),
        },
    };

    private static string Text(ArgumentResult result) => result.Tokens[0].Value;

    private static T? Refuse<T>(ArgumentResult result, string range)
    {
        result.AddError($"{((OptionResult)result.Parent!).Option.Name} {Text(result)}: must be {range}.");
        return default;
    }
}
