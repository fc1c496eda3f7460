using System.CommandLine;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Host.Snapshots;

namespace Kcopyd.Host.Serving;

/// <summary>The arguments and options of <c>serve</c>, as the parser knows them.</summary>
internal sealed class ServeOptionSet
{
    private const string DefaultListen = "127.0.0.1:10809";

    private readonly Argument<string[]> _files = new("FILE") { Description = "A file or block device. One has the empty name, which clients get who ask for none; several have the names of their files.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string[]> _exports = Many("--export", "NAME=PATH", "A file or block device under a name of its own; repeat it for each.");
    private readonly Option<string[]> _snapshots = Many("--snapshot", "[NAME=]ORIGIN,COW", "A snapshot, under the name of its COW, and its origin under its file's; a write to the origin goes to its snapshots first. Repeat it for each: snapshots that are not named are not protected.");
    private readonly AcceptanceOptions _acceptance = new();
    private readonly Option<StoreGrowth?> _grow = SnapshotArguments.Grow();
    private readonly Option<bool> _ignoreUnnamed = SnapshotArguments.IgnoreUnnamed();
    private readonly Option<string[]> _listen = Many("--listen", "unix:PATH|HOST:PORT", $"Where clients come to; repeat it for more. Port 0 takes a free one. {DefaultListen} if nothing is said.");
    private readonly Option<string?> _control = new("--control") { Description = "Take snapshots while it runs: take requests of 'kcopyd snapshot create|status|grow|delete --serve ADDRESS' here. Only your user may connect.", HelpName = "unix:PATH" };
    private readonly Option<bool> _readOnly = new("--read-only") { Description = "Refuse writes, and open everything for reading only." };
    private readonly Option<bool> _force = new("--force") { Description = "Serve also what is mounted, or in use by another program or another kcopyd." };
    private readonly Option<string?> _certificates = new("--tls-certificates") { Description = "Offer TLS, with server-cert.pem, server-key.pem and ca-cert.pem of this folder.", HelpName = "DIR" };
    private readonly Option<bool> _verifyPeer = new("--tls-verify-peer") { Description = "Take only clients that show a certificate of ca-cert.pem." };
    private readonly Option<string?> _tls = new("--tls") { Description = "Whether clients must use TLS; require if nothing is said.", HelpName = "require|optional" };
    private readonly Option<string?> _io = new("--io") { Description = "Past the page cache or through it; auto, the default, is direct on block devices. Snapshots and their origins go through it.", HelpName = "auto|direct|buffered" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the addresses and the totals as JSON, an object a line." };
    private readonly Option<string?> _logLevel = new("--log-level") { Description = "Least level of the log on standard error; warning if nothing is said, error where the table of exports is.", HelpName = "debug|information|warning|error" };

    public ServeOptionSet()
    {
        _tls.AcceptOnlyFromAmong("require", "optional");
        _io.AcceptOnlyFromAmong("auto", "direct", "buffered");
        _logLevel.AcceptOnlyFromAmong("debug", "information", "warning", "error");
    }

    public void AddTo(Command command)
    {
        command.Add(_files);
        foreach (var option in new Option[] { _exports, _snapshots, _listen, _control, _readOnly, _force, _certificates, _verifyPeer, _tls, _io, _grow, _ignoreUnnamed, _json, _logLevel })
            command.Add(option);
        _acceptance.AddTo(command, hasTruncated: false);
    }

    /// <exception cref="UsageException">They do not go together.</exception>
    public ServeOptions Read(ParseResult parsed, CommandConsole console)
    {
        var (certificates, tls) = (parsed.GetValue(_certificates), parsed.GetValue(_tls));
        if (certificates is null && (tls is not null || parsed.GetValue(_verifyPeer)))
            throw new UsageException($"{(tls is null ? "--tls-verify-peer" : "--tls")} needs certificates: give --tls-certificates DIR.");
        if (parsed.GetValue(_control) is { } control && (ControlAddress.Parse("--control", control), parsed.GetValue(_readOnly)) is (_, true))
            throw new UsageException("--control is for snapshots of what is written, and --read-only writes nothing: leave one of them out.");
        var exports = new ServedNames(parsed.GetValue(_files)!, parsed.GetValue(_exports)!, parsed.GetValue(_snapshots)!);
        return new ServeOptions
        {
            Names = exports,
            Listen = parsed.GetValue(_listen) is { Length: > 0 } listen ? listen : [DefaultListen],
            Control = parsed.GetValue(_control),
            ReadOnly = parsed.GetValue(_readOnly),
            Force = parsed.GetValue(_force),
            Certificates = certificates,
            VerifyPeer = parsed.GetValue(_verifyPeer),
            RequireTls = tls != "optional",
            Accepted = _acceptance.Read(parsed),
            Growth = parsed.GetValue(_grow),
            IgnoresUnnamed = parsed.GetValue(_ignoreUnnamed),
            Io = Enum.Parse<IoMode>(parsed.GetValue(_io) ?? "auto", ignoreCase: true),
            Json = parsed.GetValue(_json),
            LogLevel = parsed.GetValue(_logLevel) is { } level ? Enum.Parse<LogLevel>(level, ignoreCase: true) : console.IsTerminal ? LogLevel.Error : LogLevel.Warning,
        };
    }

    private static Option<string[]> Many(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName, DefaultValueFactory = static _ => [] };
}

/// <summary>What <c>serve</c> is to do.</summary>
internal sealed record ServeOptions
{
    public required ServedNames Names { get; init; }

    public required IReadOnlyList<string> Listen { get; init; }

    /// <summary>Where requests for snapshots are taken; null nowhere.</summary>
    public string? Control { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Serves what others use, too.</summary>
    public bool Force { get; init; }

    /// <summary>The folder; null serves without TLS.</summary>
    public string? Certificates { get; init; }

    public bool VerifyPeer { get; init; }

    public bool RequireTls { get; init; }

    /// <summary>Stores that are taken although something is wrong with them.</summary>
    public Acceptance Accepted { get; init; }

    /// <summary>How stores grow by themselves; null leaves their size alone.</summary>
    public StoreGrowth? Growth { get; init; }

    /// <summary>Writes to origins also past snapshots that are not named.</summary>
    public bool IgnoresUnnamed { get; init; }

    public IoMode Io { get; init; }

    public bool Json { get; init; }

    public LogLevel LogLevel { get; init; }
}
