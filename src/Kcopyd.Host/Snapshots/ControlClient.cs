using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Host.Snapshots;

/// <summary>Asks a <c>kcopyd serve</c> that runs.</summary>
internal static class ControlClient
{
    private const int LongestMessage = 16 << 10;        // characters: a path may have 4096, and a message names several

    /// <summary>The option of the commands that can.</summary>
    public static Option<string?> Option() => new("--serve")
    {
        Description = "Let the 'kcopyd serve --control ADDRESS' do it that has the files in use.",
        HelpName = "unix:PATH",
    };

    /// <summary>Sends a request and returns its answer.</summary>
    /// <param name="address">unix:PATH.</param>
    /// <param name="request">The request.</param>
    /// <param name="console">Where warnings go.</param>
    /// <param name="cancellationToken">Waits no longer; what the server has begun it finishes.</param>
    /// <exception cref="UsageException">Nobody listens there, or the server refuses.</exception>
    /// <exception cref="FailureException">The server could not do it, or did not answer.</exception>
    public static async Task<ControlReply> SendAsync(string address, ControlRequest request, CommandConsole console, CancellationToken cancellationToken)
    {
        var line = Encoding.UTF8.GetBytes(ControlJson.Of(request) + '\n');
        if (line.Length > ControlRequest.MaxLength)
            throw new UsageException($"the request has {line.Length} bytes; 'kcopyd serve' takes {ControlRequest.MaxLength} at most. Ask for less at once.");
        var reply = await ExchangeAsync(address, line, cancellationToken).ConfigureAwait(false);
        foreach (var warning in reply.Warnings)
            console.Warn(ForeignText.Printable(warning, LongestMessage));
        return reply.Code switch
        {
            "done" => reply,
            "refused" => throw new UsageException(ForeignText.Printable(reply.Error ?? "refused", LongestMessage)),
            _ => throw new FailureException(ForeignText.Printable(reply.Error ?? "failed", LongestMessage)),
        };
    }

    private static async Task<ControlReply> ExchangeAsync(string address, byte[] line, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(ControlAddress.Parse("--serve", address), cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException nobody)
        {
            throw new UsageException($"--serve '{address}': {ForeignText.Phrase(nobody.Message)}. Is 'kcopyd serve --control {address}' running?");
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
            throw new FailureException($"--serve '{address}': there was no answer, and whether it was done is not known; ask by 'kcopyd snapshot status --serve {address}'. {ForeignText.Phrase(broken.Message)}.");
        }
    }
}

/// <summary>Where 'kcopyd serve' takes requests.</summary>
internal static class ControlAddress
{
    public static UsageException TooLong(string option, string text) =>
        new($"{option} '{ForeignText.Path(text)}': the path of a socket has at most {UnixSocketEndPoint.LongestPath} bytes; give a shorter one.");

    /// <summary>Reads <c>unix:PATH</c>.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static EndPoint Parse(string option, string text)
    {
        const string Scheme = "unix:";
        if (!text.StartsWith(Scheme, StringComparison.Ordinal) || text.Length == Scheme.Length)
            throw new UsageException($"{option} '{text}': must be unix:PATH, such as unix:/run/disk.control.");
        return UnixSocketEndPoint.Of(text[Scheme.Length..]) ?? throw TooLong(option, text);
    }
}
