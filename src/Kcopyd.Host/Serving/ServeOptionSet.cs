using System.CommandLine;
using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Host.Mapfiles;
using Kcopyd.Host.Snapshots;

namespace Kcopyd.Host.Serving;

/// <summary>The arguments and options of <c>serve</c>, as the parser defines them.</summary>
internal sealed class ServeOptionSet
{
    private const string DefaultListen = "127.0.0.1:10809";

    private readonly Argument<string[]> _files = new("FILE")
    {
        Description = "A file or block device. A single one has the empty name, the default of clients; several have the names of their files.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string[]> _exports = Many("--export", "NAME=PATH",
        "A file or block device under a name of your choice: everything before the first '=', which may contain slashes. Repeat it for each.");

    private readonly Option<string[]> _snapshots = Many("--snapshot", "[NAME=]ORIGIN,COW",
        "A snapshot, under the name of its COW, and its origin, under the name of its file; a write to the origin first copies the old data to its snapshots. "
            + "Repeat it for each: snapshots that are not named are not protected. An ORIGIN with a '=' in its path must begin with / or ./.");

    private readonly AcceptanceOptions _acceptance = new();
    private readonly Option<StoreGrowth?> _grow = SnapshotArguments.Grow();
    private readonly Option<bool> _ignoreUnnamed = SnapshotArguments.IgnoreUnnamed();

    private readonly Option<string[]> _listen = Many("--listen", "unix:PATH|HOST:PORT",
        "The address that clients connect to; repeat it for more. Port 0 takes a free one. "
            + $"The default is {DefaultListen}, or the sockets that systemd or libnbd pass.");

    private readonly Option<string?> _control = new("--control")
    {
        Description = "Allow snapshots while the server runs: accept requests of 'kcopyd snapshot create|status|diff|grow|delete --serve ADDRESS' "
            + "on this socket. Only your user may connect.",
        HelpName = "unix:PATH",
    };

    private readonly Option<string?> _mapfile = new("--mapfile")
    {
        Description = "The map of the rescue that made FILE: reads of ranges that are not finished fail, and writes repair them. One FILE only.",
        HelpName = "MAP",
    };

    private readonly Option<bool> _readOnly = new("--read-only") { Description = "Refuse writes, and open everything for reading only." };
    private readonly Option<bool> _force = new("--force") { Description = "Serve even what is mounted, or in use by another program or another kcopyd." };

    private readonly Option<string?> _certificates = new("--tls-certificates")
    {
        Description = "Offer TLS, with server-cert.pem, server-key.pem and ca-cert.pem from this folder.",
        HelpName = "DIR",
    };

    private readonly Option<bool> _verifyPeer = new("--tls-verify-peer") { Description = "Accept only clients that present a certificate of ca-cert.pem." };

    private readonly Option<string?> _tls = new("--tls")
    {
        Description = "Whether clients must use TLS; the default is require.",
        HelpName = "require|optional",
    };

    private readonly Option<string?> _io = new("--io")
    {
        Description = "Bypass the page cache or use it; auto, the default, is direct on block devices. Snapshots and their origins always use it.",
        HelpName = "auto|direct|buffered",
    };

    private readonly Option<string?> _pidFile = new("--pid-file")
    {
        Description = "Write the process ID to this file when clients can connect, and remove the file at the end.",
        HelpName = "FILE",
    };

    private readonly Option<int?> _maxConnections = new("--max-connections")
    {
        Description = "The maximum number of clients at once, 1 to 65536; the default is 128. Further clients wait.",
        HelpName = "N",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print the addresses and the totals as JSON, one object per line." };
    private readonly Option<string?> _logLevel = LogLevelOption.Create("the default is warning, or error while the table of exports is shown");

    public ServeOptionSet()
    {
        _tls.AcceptOnlyFromAmong("require", "optional");
        _io.AcceptOnlyFromAmong("auto", "direct", "buffered");
    }

    public void AddTo(Command command)
    {
        command.Add(_files);
        foreach (var option in new Option[]
        {
            _exports, _snapshots, _listen, _control, _mapfile, _readOnly, _force, _certificates, _verifyPeer, _tls, _io, _grow, _ignoreUnnamed, _pidFile,
            _maxConnections, _json, _logLevel,
        })
        {
            command.Add(option);
        }
        _acceptance.AddTo(command, hasTruncated: false);
    }

    /// <exception cref="UsageException">The options cannot be combined, or one has an invalid value.</exception>
    public ServeOptions Read(ParseResult parsed, CommandConsole console)
    {
        var (certificates, tls) = (parsed.GetValue(_certificates), parsed.GetValue(_tls));
        if (certificates is null && (tls is not null || parsed.GetValue(_verifyPeer)))
            throw new UsageException($"{(tls is null ? "--tls-verify-peer" : "--tls")} needs certificates: give --tls-certificates DIR.");
        if (parsed.GetValue(_control) is { } control && (ControlAddress.Parse("--control", control), parsed.GetValue(_readOnly)) is (_, true))
            throw new UsageException("--control is for snapshots of what clients write, and --read-only writes nothing: leave out one of them.");
        var exports = new ServedNames(parsed.GetValue(_files)!, parsed.GetValue(_exports)!, parsed.GetValue(_snapshots)!);
        var (sockets, listen) = (SocketActivation.Read(), parsed.GetValue(_listen)!);
        if (sockets.Count > 0 && listen.Length > 0)
        {
            throw new UsageException($"--listen cannot be combined with the {sockets.Count} sockets that were passed (LISTEN_FDS): "
                + "leave out --listen, or start the command without them.");
        }
        if (parsed.GetValue(_maxConnections) is < 1 or > 1 << 16)
            throw new UsageException("--max-connections must be 1 to 65536.");
        if (parsed.GetValue(_mapfile) is not null && (exports.Snapshots.Any() || exports.Files.Count != 1 || parsed.GetValue(_control) is not null))
            throw new UsageException("--mapfile is the map of one FILE: name only that, without --snapshot and --control.");
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

/// <summary>The parsed options of <c>serve</c>.</summary>
internal sealed record ServeOptions
{
    public required ServedNames Names { get; init; }

    public required IReadOnlyList<string> Listen { get; init; }

    /// <summary>The address that takes requests for snapshots; null for none.</summary>
    public string? Control { get; init; }

    /// <summary>The map of the rescue that made the one file; null if there is none.</summary>
    public MapfileStore? Map { get; init; }

    /// <summary>Passed sockets, which listen already.</summary>
    public IReadOnlyList<PassedSocket> Sockets { get; init; } = [];

    /// <summary>True to print nothing on standard output: it belongs to the parent process, which knows the addresses.</summary>
    public bool IsQuiet => Sockets.Count > 0 && !Json;

    /// <summary>Null for none.</summary>
    public string? PidFile { get; init; }

    /// <summary>Null for the default.</summary>
    public int? MaxConnections { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>True to serve even what other programs use.</summary>
    public bool Force { get; init; }

    /// <summary>The folder with the certificates; null to serve without TLS.</summary>
    public string? Certificates { get; init; }

    public bool VerifyPeer { get; init; }

    public bool RequireTls { get; init; }

    /// <summary>The defects of stores that are accepted.</summary>
    public Acceptance Accepted { get; init; }

    /// <summary>How stores grow automatically; null if they do not.</summary>
    public StoreGrowth? Growth { get; init; }

    /// <summary>True to write to origins even if they have snapshots that are not named.</summary>
    public bool IgnoresUnnamed { get; init; }

    public IoMode Io { get; init; }

    public bool Json { get; init; }

    public LogLevel LogLevel { get; init; }
}
