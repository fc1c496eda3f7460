using System.CommandLine;
using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Host.Mapfiles;
using Kcopyd.Host.Snapshots;

namespace Kcopyd.Host.Serving;

/// <summary>The arguments and options of <c>serve</c>, as the parser knows them.</summary>
internal sealed class ServeOptionSet
{
    private const string DefaultListen = "127.0.0.1:10809";

    private readonly Argument<string[]> _files = new("FILE") { Description = "A file or block device. One has the empty name, which clients get who ask for none; several have the names of their files.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string[]> _exports = Many("--export", "NAME=PATH", "A file or block device under a name of its own, which is all before the first '=' and may have slashes; repeat it for each.");
    private readonly Option<string[]> _snapshots = Many("--snapshot", "[NAME=]ORIGIN,COW", "A snapshot, under the name of its COW, and its origin under its file's; a write to the origin goes to its snapshots first. Repeat it for each: snapshots that are not named are not protected. An ORIGIN with a '=' in its path begins with / or ./.");
    private readonly AcceptanceOptions _acceptance = new();
    private readonly Option<StoreGrowth?> _grow = SnapshotArguments.Grow();
    private readonly Option<bool> _ignoreUnnamed = SnapshotArguments.IgnoreUnnamed();
    private readonly Option<string[]> _listen = Many("--listen", "unix:PATH|HOST:PORT", $"Where clients come to; repeat it for more. Port 0 takes a free one. {DefaultListen} if nothing is said, or the sockets that systemd or libnbd pass.");
    private readonly Option<string?> _control = new("--control") { Description = "Take snapshots while it runs: take requests of 'kcopyd snapshot create|status|diff|grow|delete --serve ADDRESS' here. Only your user may connect.", HelpName = "unix:PATH" };
    private readonly Option<string?> _mapfile = new("--mapfile") { Description = "The map of the rescue that made FILE: reads of what is not finished there fail, and writes repair it. One FILE only.", HelpName = "MAP" };
    private readonly Option<bool> _readOnly = new("--read-only") { Description = "Refuse writes, and open everything for reading only." };
    private readonly Option<bool> _force = new("--force") { Description = "Serve also what is mounted, or in use by another program or another kcopyd." };
    private readonly Option<string?> _certificates = new("--tls-certificates") { Description = "Offer TLS, with server-cert.pem, server-key.pem and ca-cert.pem of this folder.", HelpName = "DIR" };
    private readonly Option<bool> _verifyPeer = new("--tls-verify-peer") { Description = "Take only clients that show a certificate of ca-cert.pem." };
    private readonly Option<string?> _tls = new("--tls") { Description = "Whether clients must use TLS; require if nothing is said.", HelpName = "require|optional" };
    private readonly Option<string?> _io = new("--io") { Description = "Past the page cache or through it; auto, the default, is direct on block devices. Snapshots and their origins go through it.", HelpName = "auto|direct|buffered" };
    private readonly Option<string?> _pidFile = new("--pid-file") { Description = "Write the number of this process there when clients can connect, and remove it at the end.", HelpName = "FILE" };
    private readonly Option<int?> _maxConnections = new("--max-connections") { Description = "Clients at once, 1 to 65536; 128 if nothing is said. Further ones wait.", HelpName = "N" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the addresses and the totals as JSON, an object a line." };
    private readonly Option<string?> _logLevel = LogLevelOption.Create("warning if nothing is said, error where the table of exports is");

    public ServeOptionSet()
    {
        _tls.AcceptOnlyFromAmong("require", "optional");
        _io.AcceptOnlyFromAmong("auto", "direct", "buffered");
    }

    public void AddTo(Command command)
    {
        command.Add(_files);
        foreach (var option in new Option[] { _exports, _snapshots, _listen, _control, _mapfile, _readOnly, _force, _certificates, _verifyPeer, _tls, _io, _grow, _ignoreUnnamed, _pidFile, _maxConnections, _json, _logLevel })
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
        var (sockets, listen) = (SocketActivation.Read(), parsed.GetValue(_listen)!);
        if (sockets.Count > 0 && listen.Length > 0)
            throw new UsageException($"--listen, and {sockets.Count} sockets that were passed (LISTEN_FDS): leave --listen away, or start the command without them.");
        if (parsed.GetValue(_maxConnections) is < 1 or > 1 << 16)
            throw new UsageException("--max-connections must be 1 to 65536.");
        if (parsed.GetValue(_mapfile) is not null && (exports.Snapshots.Any() || exports.Files.Count != 1 || parsed.GetValue(_control) is not null))
            throw new UsageException("--mapfile is the map of one FILE: name that alone, without --snapshot and --control.");
        if (parsed.GetValue(_pidFile) is { } pidFile)
            PidFile.Check(pidFile);
        return new ServeOptions
        {
            Names = exports,
            Listen = listen.Length + sockets.Count > 0 ? listen : [DefaultListen],
            Sockets = sockets,
            PidFile = parsed.GetValue(_pidFile),
            MaxConnections = parsed.GetValue(_maxConnections),
            Control = parsed.GetValue(_control),
            Map = parsed.GetValue(_mapfile) is { } mapfile ? new MapfileStore(mapfile) : null,
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
            LogLevel = LogLevelOption.Read(parsed) ?? (console.IsTerminal && sockets.Count == 0 ? LogLevel.Error : LogLevel.Warning),
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

    /// <summary>The map of the rescue that made the one file; null if there is none.</summary>
    public MapfileStore? Map { get; init; }

    /// <summary>Listen already.</summary>
    public IReadOnlyList<PassedSocket> Sockets { get; init; } = [];

    /// <summary>Says nothing on standard output: that is its parent's, and its parent knows the addresses.</summary>
    public bool IsQuiet => Sockets.Count > 0 && !Json;

    /// <summary>Null writes none.</summary>
    public string? PidFile { get; init; }

    /// <summary>Null takes the default.</summary>
    public int? MaxConnections { get; init; }

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
