using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Host.Snapshots;

/// <summary>Sends requests to a running <c>kcopyd serve</c>.</summary>
internal static class ControlClient
{
    private const int MaxMessageLength = 16 << 10;      // characters: a path may have 4096, and a message names several

    /// <summary>The option of the commands that a server can execute.</summary>
    public static Option<string?> Option() => new("--serve")
    {
        Description = "Send the request to the 'kcopyd serve --control ADDRESS' that has the files in use.",
        HelpName = "unix:PATH",
    };

    /// <summary>Sends a request and returns the reply.</summary>
    /// <param name="address">unix:PATH.</param>
    /// <param name="request">The request.</param>
    /// <param name="console">The console for warnings.</param>
    /// <param name="cancellationToken">Stops waiting; the server completes a request that it has started.</param>
    /// <exception cref="UsageException">No server listens at the address, or the server refuses the request.</exception>
    /// <exception cref="FailureException">The server could not execute the request, or did not reply.</exception>
    public static async Task<ControlReply> SendAsync(string address, ControlRequest request, CommandConsole console, CancellationToken cancellationToken)
    {
        var line = Encoding.UTF8.GetBytes(ControlJson.Of(request) + '\n');
        if (line.Length > ControlRequest.MaxLength)
            throw new UsageException($"the request has {line.Length} bytes; 'kcopyd serve' accepts at most {ControlRequest.MaxLength}. Ask for less at once.");
        var reply = await ExchangeAsync(address, line, cancellationToken).ConfigureAwait(false);
        foreach (var warning in reply.Warnings)
            console.Warn(ForeignText.Printable(warning, MaxMessageLength));
        return reply.Code switch
        {
            "done" => reply,
            "refused" => throw new UsageException(ForeignText.Printable(reply.Error ?? "refused", MaxMessageLength)),
            _ => throw new FailureException(ForeignText.Printable(reply.Error ?? "failed", MaxMessageLength)),
        };
    }

    private static async Task<ControlReply> ExchangeAsync(string address, byte[] line, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(ControlAddress.Parse("--serve", address), cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException unreachable)
        {
            throw new UsageException($"--serve '{address}': {ForeignText.Phrase(unreachable.Message)}. Is 'kcopyd serve --control {address}' running?");
        }
        try
        {
            await socket.SendAsync(line, cancellationToken).ConfigureAwait(false);
            socket.Shutdown(SocketShutdown.Send);
            using var answer = new MemoryStream();
            var buffer = new byte[1 << 16];
            while (await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                answer.Write(buffer, 0, count);
                if (answer.Length > ControlReply.MaxLength)
                    throw new FailureException($"--serve '{address}': the answer has more than {ControlReply.MaxLength} bytes.");
            }
            return ControlJson.Reply(answer.GetBuffer().AsSpan(0, (int)answer.Length));
        }
        catch (Exception broken) when (broken is SocketException or JsonException)
        {
            throw new FailureException($"--serve '{address}': the server did not answer, and whether the request was executed is unknown; "
                + $"check with 'kcopyd snapshot status --serve {address}'. {ForeignText.Phrase(broken.Message)}.");
        }
    }
}

/// <summary>The address at which <c>kcopyd serve</c> takes requests.</summary>
internal static class ControlAddress
{
    public static UsageException TooLong(string option, string text) =>
        new($"{option} '{ForeignText.Path(text)}': the path of a socket has at most {UnixSocketEndPoint.MaxPath} bytes; give a shorter one.");

    /// <summary>Parses <c>unix:PATH</c>.</summary>
    /// <exception cref="UsageException">The text is not such an address, or the path is too long.</exception>
    public static EndPoint Parse(string option, string text)
    {
        const string Scheme = "unix:";
        if (!text.StartsWith(Scheme, StringComparison.Ordinal) || text.Length == Scheme.Length)
            throw new UsageException($"{option} '{text}': must be unix:PATH, such as unix:/run/disk.control.");
        return UnixSocketEndPoint.Of(text[Scheme.Length..]) ?? throw TooLong(option, text);
    }
}
