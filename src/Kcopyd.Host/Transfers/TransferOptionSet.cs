using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>The options that <c>copy</c>, <c>zero</c> and <c>compare</c> share, for the parser.</summary>
internal sealed class TransferOptionSet
{
    private readonly Option<bool> _ignoreErrors = new("--ignore-errors")
    {
        Description = "Continue after an error; what cannot be read becomes zeroes and is listed.",
    };

    private readonly Option<int> _retries = new("--retries")
    {
        Description = "With --ignore-errors: read again what could not be read, at most N times, from alternating directions.",
        HelpName = "N",
        CustomParser = Retries,
    };

    private readonly Option<bool> _reverse = new("--reverse")
    {
        Description = "Copy from the end to the start. Some drives can read bad blocks from the other direction.",
    };

    private readonly Option<bool> _sequential = new("--sequential")
    {
        Description = "Write strictly in order; stops at the first error.",
    };

    private readonly Option<bool> _verify = new("--verify")
    {
        Description = "Read everything again after the write and compare.",
    };

    private readonly Option<string?> _checksum = new("--checksum")
    {
        Description = "Read everything again, and print the checksums of source and destinations as read.",
        HelpName = "sha256",
    };

    private readonly Option<bool> _onlyDifferent = new("--only-different")
    {
        Description = "Read each destination first, and write only the blocks that differ: for flash, thin volumes and storage with snapshots.",
    };

    private readonly Option<string?> _ranges = new("--ranges")
    {
        Description = "Copy only these ranges of the source: lines of OFFSET LENGTH in bytes, or the JSON of 'snapshot diff' and 'compare'.",
        HelpName = "FILE|-",
    };

    private readonly Option<long> _rate = new("--rate")
    {
        Description = "Limit the rate to SIZE bytes per second, such as 100M.",
        HelpName = "SIZE",
        CustomParser = result => Size(result, 1, long.MaxValue, "at least 1 byte per second"),
    };

    private readonly Option<int> _throttle = new("--throttle")
    {
        Description = "At most this percentage of time with I/O in flight, 1 to 100.",
        HelpName = "PERCENT",
        CustomParser = Percent,
        DefaultValueFactory = _ => 100,
    };

    private readonly Option<string> _io = new("--io")
    {
        Description = "Bypass the page cache (direct) or use it (buffered); auto is direct on block devices.",
        HelpName = "auto|direct|buffered",
        DefaultValueFactory = _ => "auto",
    };

    private readonly Option<long> _subJob = new("--subjob")
    {
        Description = "Size of the pieces that are read and written at once, 4K to 1M.",
        HelpName = "SIZE",
        CustomParser = result => Size(result, 4096, 1 << 20, "a multiple of 4K, from 4K to 1M"),
        DefaultValueFactory = _ => 512 << 10,
    };

    private readonly Option<OffloadKinds?> _offload = new("--offload")
    {
        Description = $"Methods that may be used to avoid reading and writing: a list of {string.Join(", ", OffloadNames.All)}. "
            + $"By default {string.Join(",", OffloadNames.Of(OffloadKinds.Default))}.",
        HelpName = "NAME,...|none",
        CustomParser = Offload,
    };

    private readonly Option<string?> _mapfile = new("--mapfile")
    {
        Description = "Record what is done in this GNU ddrescue map file, and resume from it.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _overwrite = new("--overwrite")
    {
        Description = "Overwrite destination files that hold data, in place. Not needed to resume from a map file, or to write to a region of a file.",
    };

    private readonly Option<bool> _truncate = new("--truncate")
    {
        Description = "Empty destination files first, and then overwrite them.",
    };

    private readonly Option<bool> _force = new("--force")
    {
        Description = "Read and write even what is mounted, or in use by another program or another kcopyd.",
    };

    private readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Check everything, print what would be read, created and overwritten, and do nothing.",
    };

    private readonly Option<string> _progress = new("--progress")
    {
        Description = "A bar on a terminal, plain lines, or nothing.",
        HelpName = "auto|plain|none",
        DefaultValueFactory = _ => "auto",
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print the result as one JSON object on standard output.",
    };

    private readonly Option<string?> _logLevel = LogLevelOption.Create(null);

    public TransferOptionSet()
    {
        _logLevel.DefaultValueFactory = static _ => "warning";
        _checksum.AcceptOnlyFromAmong("sha256");
        _io.AcceptOnlyFromAmong("auto", "direct", "buffered");
        _progress.AcceptOnlyFromAmong("auto", "plain", "none");
    }

    /// <summary>Adds the options of a comparison.</summary>
    public void AddComparisonTo(Command command)
    {
        foreach (var option in new Option[] { _checksum, _rate, _throttle, _io, _subJob, _force, _progress, _json, _logLevel })
            command.Add(option);
    }

    public void AddTo(Command command)
    {
        var options = new Option[]
        {
            _ignoreErrors, _retries, _reverse, _sequential, _verify, _checksum, _onlyDifferent, _ranges, _rate, _throttle, _io, _subJob, _offload,
            _mapfile, _overwrite, _truncate, _force, _dryRun, _progress, _json, _logLevel,
        };
        foreach (var option in options)
            command.Add(option);
    }

    /// <exception cref="UsageException">The options are incompatible.</exception>
    public TransferOptions Read(ParseResult parsed)
    {
        var options = ReadAll(parsed);
        if (options.Retries > 0 && !options.IgnoresErrors)
            throw new UsageException("--retries needs --ignore-errors without --sequential: otherwise the copy stops at the first error.");
        if (options is { Reverse: true, Flags: var flags } && (flags & CopyFlags.Sequential) != 0)
            throw new UsageException("--reverse writes from the end to the start, and --sequential from the start to the end: drop one of them.");
        if (options.Hashes && (options.Mapfile is not null || options.Ranges is not null || options.Retries > 0 || options.Reverse))
            throw new UsageException("--checksum needs a region that is copied in one pass, from start to end: "
                + "omit --mapfile, --ranges, --retries and --reverse.");
        return options;
    }

    private TransferOptions ReadAll(ParseResult parsed) => new()
    {
        Flags = CopyFlags.None
            | (parsed.GetValue(_ignoreErrors) ? CopyFlags.IgnoreError : 0)
            | (parsed.GetValue(_sequential) ? CopyFlags.Sequential : 0)
            | (parsed.GetValue(_verify) ? CopyFlags.Verify : 0)
            | (parsed.GetValue(_checksum) is not null ? CopyFlags.VerifyHash : 0)
            | (parsed.GetValue(_onlyDifferent) ? CopyFlags.OnlyDifferent : 0),
        Rate = parsed.GetValue(_rate),
        Throttle = parsed.GetValue(_throttle),
        Io = Enum.Parse<IoMode>(parsed.GetValue(_io)!, ignoreCase: true),
        SubJobSize = (int)parsed.GetValue(_subJob),
        Offload = parsed.GetValue(_offload),
        Retries = parsed.GetValue(_retries),
        Reverse = parsed.GetValue(_reverse),
        Ranges = parsed.GetValue(_ranges),
        Mapfile = parsed.GetValue(_mapfile),
        Truncate = parsed.GetValue(_truncate),
        Overwrite = parsed.GetValue(_overwrite),
        Force = parsed.GetValue(_force),
        DryRun = parsed.GetValue(_dryRun),
        Progress = Enum.Parse<ProgressMode>(parsed.GetValue(_progress)!, ignoreCase: true),
        Json = parsed.GetValue(_json),
        LogLevel = LogLevelOption.Read(parsed) ?? LogLevel.Warning,
    };

    // Values are multiples of the minimum: 4K for --subjob, one byte for --rate.
    private static long Size(ArgumentResult result, long min, long max, string range)
    {
        if (!ByteSize.TryParse(Text(result), out var bytes) || bytes < min || bytes > max || bytes % min != 0)
            Refuse(result, $"{range}, such as 64K");
        return bytes;
    }

    private static int Percent(ArgumentResult result)
    {
        if (!int.TryParse(Text(result), NumberStyles.None, CultureInfo.InvariantCulture, out var percent) || percent is < 1 or > 100)
            Refuse(result, "a percentage, 1 to 100");
        return percent;
    }

    private static int Retries(ArgumentResult result)
    {
        if (!int.TryParse(Text(result), NumberStyles.None, CultureInfo.InvariantCulture, out var times) || times > 1000)
            Refuse(result, "a number from 0 to 1000");
        return times;
    }

    private static OffloadKinds? Offload(ArgumentResult result)
    {
        try
        {
            return OffloadNames.Parse(Text(result).Split(','));
        }
        catch (FormatException wrong)
        {
            result.AddError($"--offload {Text(result)}: {wrong.Message}");
            return null;
        }
    }

    private static string Text(ArgumentResult result) => result.Tokens[0].Value;

    private static void Refuse(ArgumentResult result, string range) =>
        result.AddError($"{((OptionResult)result.Parent!).Option.Name} {Text(result)}: must be {range}.");
}
