using System.Net.Sockets;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>Somebody else's NBD server, on a unix socket. It can be killed, and started again as it was.</summary>
internal sealed class NbdPeer : IAsyncDisposable
{
    private const int Kill = 9;

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

    /// <param name="folder">For its socket.</param>
    /// <param name="name">Of the socket.</param>
    /// <param name="arguments">Filters, plugin and parameters.</param>
    public static Task<NbdPeer> NbdkitAsync(TempFolder folder, string name, params IEnumerable<string> arguments)
    {
        var (socket, ready) = (folder[name], folder[name + ".pid"]);
        // Not --exit-with-parent: the kernel takes the thread that started it for its parent, and a thread of the pool may end at any time.
        return new NbdPeer("nbdkit", socket, ready, ["--foreground", "-U", socket, "-P", ready, .. arguments]).StartAsync();
    }

    /// <inheritdoc cref="NbdkitAsync"/>
    public static Task<NbdPeer> QemuNbdAsync(TempFolder folder, string name, params IEnumerable<string> arguments)
    {
        var (socket, ready) = (folder[name], folder[name + ".pid"]);
        return new NbdPeer("qemu-nbd", socket, ready, ["--persistent", "--shared=8", "--socket=" + socket, "--pid-file=" + ready, .. arguments]).StartAsync();
    }

    /// <summary>It dies without a word, and what it had not flushed with it.</summary>
    public async Task KillAsync()
    {
        _running!.Signal(Kill);
        await _running.WaitAsync(TimeSpan.FromSeconds(20));
        await DisposeAsync();
    }

    public async Task<NbdPeer> StartAsync()
    {
        // Something on the machine sends a SIGTERM to an nbdkit that is just starting, now and then (exit 0 or 143). It is none of ours and nothing that is tested.
        const int tries = 3;
        for (var i = 1; i < tries; i++)
        {
            try
            {
                return await TryStartAsync();
            }
            catch (InvalidOperationException ended) when (ended.Message.Contains("exited with 143", StringComparison.Ordinal) || ended.Message.Contains("exited with 0", StringComparison.Ordinal))
            {
                await DisposeAsync();
            }
        }
        return await TryStartAsync();
    }

    private async Task<NbdPeer> TryStartAsync()
    {
        File.Delete(Path);
        File.Delete(_ready);
        _running = Tool.Start(_program, _arguments);
        // Its word that it is ready may come before its socket listens.
        await _running.UntilAsync(() => File.Exists(_ready) && new FileInfo(_ready).Length > 0 && Listens(), "ready to serve");
        return this;
    }

    private bool Listens()
    {
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            client.Connect(new UnixDomainSocketEndPoint(Path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_running is not null)
            await _running.DisposeAsync();
        _running = null;
    }
}
