using System.Buffers.Binary;
using System.Net.Sockets;
using System.Threading.Channels;
using Xunit;

namespace Kcopyd.Host.Tests.Serving;

/// <summary>Runs <c>kcopyd serve …</c> in this process until the test interrupts it.</summary>
public abstract class ServeSpec : CommandSpec
{
    protected string Socket => Folder["s"];

    /// <summary>Starts the command; completes when it reports that clients can connect.</summary>
    internal static async Task<Served> ServeAsync(params string[] args)
    {
        var served = new Served(args);
        await served.ReadyAsync();
        return served;
    }
}

/// <summary>A running <c>kcopyd serve</c>.</summary>
internal sealed class Served : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _interruption = new();
    private readonly LineWriter _output = new();
    private readonly LineWriter _error = new();
    private readonly Task<int> _run;

    public Served(string[] args) => _run = HostProcess.Given is null
        ? KcopydCommand.RunAsync(["serve", .. args], new CommandConsole(_output, _error, IsTerminal: false), _interruption.Token)
        : HostProcess.RunAsync(["serve", .. args], _output, _error, _interruption.Token);

    /// <summary>The first line of standard output.</summary>
    public string Ready { get; private set; } = "";

    public async Task ReadyAsync()
    {
        var line = _output.Lines.ReadAsync().AsTask();
        Assert.True(await Task.WhenAny(line, _run).WaitAsync(Patience) == line, $"ended before it was ready: {_error}");
        Ready = await line;
    }

    /// <summary>The next line of standard error.</summary>
    public Task<string> ErrorAsync() => _error.Lines.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>Interrupts the command, as a signal does.</summary>
    public async Task<Outcome> InterruptAsync()
    {
        await _interruption.CancelAsync();
        var exitCode = await _run.WaitAsync(Patience);
        return new Outcome(exitCode, _output.ToString(), _error.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        await InterruptAsync();
        _interruption.Dispose();
    }

    private sealed class LineWriter : StringWriter
    {
        private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

        public ChannelReader<string> Lines => _lines.Reader;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            _lines.Writer.TryWrite(value!);
        }

        public override async Task WriteLineAsync(string? value)
        {
            await base.WriteLineAsync(value);
            _lines.Writer.TryWrite(value!);
        }
    }
}

/// <summary>A minimal client: the handshake with an export's name, and simple requests, one at a time.</summary>
internal sealed class TinyClient : IAsyncDisposable
{
    private readonly NetworkStream _stream;

    private TinyClient(NetworkStream stream) => _stream = stream;

    public long Length { get; private set; }

    public static async Task<TinyClient> ConnectAsync(string socket, string export)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket));
        var client = new TinyClient(new NetworkStream(connection, ownsSocket: true));
        await client.NegotiateAsync(System.Text.Encoding.UTF8.GetBytes(export));
        return client;
    }

    public Task<byte[]> ReadAsync(long offset, int length) => RequestAsync(0, offset, length, [], length);

    public Task WriteAsync(long offset, byte[] bytes) => RequestAsync(1, offset, bytes.Length, bytes, 0);

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    // NBD_OPT_EXPORT_NAME: the server answers with the size and flags, or closes the connection.
    private async Task NegotiateAsync(byte[] name)
    {
        await ReceiveAsync(18);
        var option = new byte[4 + 16 + name.Length];
        BinaryPrimitives.WriteUInt32BigEndian(option, 3);      // fixed newstyle, no zeroes
        "IHAVEOPT"u8.CopyTo(option.AsSpan(4));
        BinaryPrimitives.WriteUInt32BigEndian(option.AsSpan(12), 1);
        BinaryPrimitives.WriteInt32BigEndian(option.AsSpan(16), name.Length);
        name.CopyTo(option, 20);
        await _stream.WriteAsync(option);
        Length = BinaryPrimitives.ReadInt64BigEndian(await ReceiveAsync(10));
    }

    private async Task<byte[]> RequestAsync(ushort command, long offset, int length, byte[] payload, int answer)
    {
        var request = new byte[28 + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(request, 0x25609513);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(6), command);
        BinaryPrimitives.WriteInt64BigEndian(request.AsSpan(16), offset);
        BinaryPrimitives.WriteInt32BigEndian(request.AsSpan(24), length);
        payload.CopyTo(request, 28);
        await _stream.WriteAsync(request);
        Assert.Equal(0, BinaryPrimitives.ReadInt32BigEndian((await ReceiveAsync(16)).AsSpan(4)));
        return await ReceiveAsync(answer);
    }

    private async Task<byte[]> ReceiveAsync(int length)
    {
        var bytes = new byte[length];
        await _stream.ReadExactlyAsync(bytes);
        return bytes;
    }
}
