using System.Net;
using System.Net.Sockets;

namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>The fuzzer's side of a connection. It sends while it reads, so that the two sides cannot block each other. Reads have a time limit.</summary>
internal sealed class FuzzSocket : IDisposable
{
    private const int Patience = 20_000;    // ms without a byte, after which the server counts as hung

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[256 << 10];
    private readonly FuzzReport _report;
    private Task<int> _sending = Task.FromResult(0);
    private int _at, _end;

    public FuzzSocket(EndPoint endPoint, FuzzReport report)
    {
        _report = report;
        _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = Patience };
        _socket.Connect(endPoint);
    }

    public void Send(ReadOnlyMemory<byte> bytes)
    {
        _report.BytesSent += bytes.Length;
        _sending = _socket.SendAsync(bytes, SocketFlags.None).AsTask();
    }

    /// <summary>How the last read ended.</summary>
    public SocketError End { get; private set; }

    /// <summary>Waits until everything is sent, or the server has closed the connection.</summary>
    public void Sent()
    {
        try
        {
            if (!_sending.Wait(Patience))
                throw new FuzzException("The server does not read what it is sent.");
        }
        catch (AggregateException gone) when (gone.InnerException is SocketException or ObjectDisposedException)
        {
            // The server has closed the connection. If that is a fault, a missing answer reveals it.
        }
    }

    public void EndSending()
    {
        Sent();
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The server has closed the connection first.
        }
    }

    /// <summary>True if the server has ended the connection and everything is read.</summary>
    public bool IsAtEnd() => _at == _end && !Fill();

    /// <summary>Reads bytes, which are valid until the next call.</summary>
    public ReadOnlySpan<byte> Read(int count)
    {
        if (_end - _at < count)
        {
            _buffer.AsSpan(_at, _end - _at).CopyTo(_buffer);
            (_at, _end) = (0, _end - _at);
            while (_end < count)
            {
                if (!Fill())
                    throw new EndOfStreamException();
            }
        }
        var span = _buffer.AsSpan(_at, count);
        _at += count;
        return span;
    }

    public void Dispose() => _socket.Dispose();

    private bool Fill()
    {
        if (_at == _end)
            (_at, _end) = (0, 0);
        var count = _socket.Receive(_buffer.AsSpan(_end), SocketFlags.None, out var error);
        if (error is SocketError.TimedOut or SocketError.WouldBlock)
            throw new FuzzException("The server hangs: it neither answers nor ends the connection.");
        End = error;
        _end += Math.Max(0, count);
        _report.BytesReceived += Math.Max(0, count);
        return error == SocketError.Success && count > 0;
    }
}
