using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>What all contests share: the folders, our client (one for the whole run, with the default settings), our command and the C program.</summary>
internal sealed class Arena : IAsyncDisposable
{
    private readonly ActorSystem _system;

    private Arena(PeersOptions options, Cleanup cleanup, string tools, string command, string floor)
    {
        Tools = tools;
        Options = options;
        Cleanup = cleanup;
        Command = command;
        Floor = floor;
        // This program handles interruptions; Akka.NET would stop the system while jobs run.
        _system = ActorSystem.Create("peers", ConfigurationFactory.ParseString("""
            akka.loglevel = WARNING
            akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
            """));
        Client = _system.Kcopyd().CreateClient("peers");
    }

    public PeersOptions Options { get; }

    public Cleanup Cleanup { get; }

    /// <summary>A folder for programs.</summary>
    public string Tools { get; }

    /// <summary>The path of a kcopyd executable.</summary>
    public string Command { get; }

    /// <summary>The path of the C program, which does not exist without gcc.</summary>
    public string Floor { get; }

    public KcopydClient Client { get; }

    public static async Task<Arena> OpenAsync(PeersOptions options, Cleanup cleanup, TextWriter log, CancellationToken cancellationToken)
    {
        var tools = cleanup.Folder(Path.GetTempPath(), "tools").Path;
        if (options.Command is { } given && !File.Exists(given))
            throw new PeersException($"--command {given}: no such file");
        var command = options.Command is null
            ? await PublishedCommand.PublishAsync(Path.Combine(tools, "published"), log, cancellationToken)
            : Path.GetFullPath(options.Command);
        var floor = await FloorProgram.CompileAsync(tools, cancellationToken);
        return new Arena(options, cleanup, tools, command, floor);
    }

    public ScratchFolder TmpfsFolder(string name, long bytes) => Cleanup.Folder(Options.Tmpfs, name, bytes);

    public ScratchFolder DiskFolder(string name, long bytes) => Cleanup.Folder(Options.Disk, name, bytes);

    public async ValueTask DisposeAsync()
    {
        await Client.DestroyAsync();
        await _system.Terminate();
    }
}
