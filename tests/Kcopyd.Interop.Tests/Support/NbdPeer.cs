using System.Diagnostics;
using System.Globalization;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>An NBD server of another project, on a Unix socket. It can be killed, and started again with the same arguments.</summary>
internal sealed class NbdPeer : IAsyncDisposable
{
    private readonly string _program;
    private readonly string[] _arguments;
    private readonly string _ready;
    private RunningTool? _running;

    private NbdPeer(string program, string socket, string ready, IEnumerable<string> arguments)
    {
        (_program, Path, _ready, _arguments) = (program, socket, ready, [.. arguments]);
    }

    public string Path { get; }

    public NbdUri Uri => new() { Socket = Path };

    /// <param name="folder">The folder for its socket.</param>
    /// <param name="name">The name of its socket.</param>
    /// <param name="arguments">The filters, the plugin and the parameters.</param>
    public static Task<NbdPeer> NbdkitAsync(TempFolder folder, string name, params IEnumerable<string> arguments)
    {
        var (socket, ready) = (folder[name], folder[name + ".pid"]);
        return new NbdPeer("nbdkit", socket, ready, ["--foreground", "-U", socket, "-P", ready, .. arguments]).StartAsync();
    }

    /// <inheritdoc cref="NbdkitAsync"/>
    public static Task<NbdPeer> QemuNbdAsync(TempFolder folder, string name, params IEnumerable<string> arguments) =>
        QemuNbdOnceAsync(folder, name, ["--persistent", "--shared=8", .. arguments]);

    /// <summary>A <c>qemu-nbd</c> that serves one client and then ends.</summary>
    /// <inheritdoc cref="NbdkitAsync"/>
    public static Task<NbdPeer> QemuNbdOnceAsync(TempFolder folder, string name, params IEnumerable<string> arguments)
    {
        var (socket, ready) = (folder[name], folder[name + ".pid"]);
        return new NbdPeer("qemu-nbd", socket, ready, ["--socket=" + socket, "--pid-file=" + ready, .. arguments]).StartAsync();
    }

    /// <summary>Waits until the server ends without a signal, and returns its result.</summary>
    public Task<ToolResult> EndAsync() => _running!.WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Stops the server, as under a debugger or on a disk that hangs; the kernel still answers on its sockets.</summary>
    public Task FreezeAsync() => Tool.OutputAsync("kill", "-STOP", File.ReadAllText(_ready).Trim());

    public Task ThawAsync() => Tool.OutputAsync("kill", "-CONT", File.ReadAllText(_ready).Trim());

    /// <summary>Kills the server, which loses everything that it had not flushed.</summary>
    public async Task KillAsync()
    {
        using (var server = Process.GetProcessById(int.Parse(File.ReadAllText(_ready), CultureInfo.InvariantCulture)))
            server.Kill();
        await _running!.WaitAsync(TimeSpan.FromSeconds(60));
        await DisposeAsync();
    }

    public async Task<NbdPeer> StartAsync()
    {
        File.Delete(Path);
        File.Delete(_ready);
        // Started by a shell that waits for it: in the foreground nbdkit asks the kernel to end it with its parent (prctl PR_SET_PDEATHSIG), which is the
        // thread that started it, and the test runner's threads do not live as long.
        _running = Tool.Start("sh", ["-c", "\"$@\"; exit $?", "sh", Tool.Find(_program)!, .. _arguments]);
        await _running.UntilAsync(() => File.Exists(_ready) && new FileInfo(_ready).Length > 0, "ready to serve");
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        if (_running is not null)
            await _running.DisposeAsync();
        _running = null;
    }
}
