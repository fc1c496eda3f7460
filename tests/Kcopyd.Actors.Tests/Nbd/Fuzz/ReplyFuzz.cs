using System.Buffers;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Client;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>
/// One connection of the client: requests, and the replies of an untrusted server, in parts of any size. Each connection is played twice with different bytes
/// in the memory: a read that succeeds must have overwritten all of them.
/// </summary>
internal sealed class ReplyFuzz(int seed, FuzzReport report)
{
    private const int Guard = 64;       // bytes around a request's memory, which must not change
    private const int MaxLength = 40_000;

    public void Run()
    {
        var (first, second) = (Play(0xee, report), Play(0x11, new FuzzReport()));
        if (first.Count != second.Count || first.Zip(second).Any(static pair => !pair.First.AsSpan().SequenceEqual(pair.Second)))
            throw new FuzzException("A read succeeded although not all of its bytes had arrived.");
    }

    /// <returns>The data of the reads that succeeded.</returns>
    private List<byte[]> Play(byte before, FuzzReport report)
    {
        report.Conversations++;
        var random = new Random(seed);
        var structured = random.Next(3) > 0;
        var terms = new NbdTerms { Length = 1 << 30, Flags = (TransmissionFlags)0xffd, IsStructured = structured, Allocation = structured ? 1u : null };
        var connector = new NbdConnector(NbdUri.Parse("nbd://localhost"), new NbdClientOptions(), null, Completions.OnPool);
        var core = new NbdClientCore(connector, new Elsewhere(static run => run.Run(), Completions.OnPool)) { Terms = terms };
        var table = new RequestTable(64);
        var (outcomes, waiting) = (new List<byte[]>(), new Dictionary<NbdRequest, Waiting>());
        var fuzzer = new ReplyFuzzer(random, structured);
        var (isSpoilt, isOver) = (false, false);
        var replies = new ReplyReader(table, terms, request =>
        {
            if (!waiting.Remove(request, out var done))
                throw new FuzzException($"{request.Command} was completed twice.");
            table.Remove(request);
            report.Accepted++;
            done.CheckGuards(before);
            if (request is not { Command: NbdCommand.Read, Error: IoError.None })
                return;
            outcomes.Add(request.Memory.ToArray());
            if (!isSpoilt && !request.Memory.Span.SequenceEqual(done.Expected))
                throw new FuzzException("A read from a correct server returned other data.");
        });
        for (var round = 0; round < 4 && !isOver; round++)
        {
            var queues = new List<Queue<byte[]>>();
            for (var i = random.Next(1, 24); i > 0; i--)
                queues.Add(Ask());
            var stream = new List<byte>();
            while (queues.Count > 0)
            {
                var queue = queues[random.Next(queues.Count)];
                var message = queue.Dequeue();
                if (queue.Count == 0)
                    queues.Remove(queue);
                var kind = "reply";
                if (random.Next(40) == 0)
                {
                    kind = "spoilt: " + fuzzer.Spoil(ref message, (1UL << 32) + (ulong)random.Next(64));
                    isSpoilt = true;
                }
                report.Count(kind);
                stream.AddRange(message);
            }
            isOver = !Deliver(replies, [.. stream], random, report) || isSpoilt;
            if (!isSpoilt && waiting.Count > 0)
                throw new FuzzException($"{waiting.Count} requests were answered correctly and are not completed.");
        }
        foreach (var left in waiting.Values)
            left.CheckGuards(before);
        return outcomes;

        Queue<byte[]> Ask()
        {
            var command = random.Next(10) switch
            {
                < 6 => NbdCommand.Read,
                6 => NbdCommand.Flush,
                7 => NbdCommand.Trim,
                8 when structured => NbdCommand.BlockStatus,
                _ => NbdCommand.WriteZeroes,
            };
            var length = random.Next(20) == 0 ? random.Next(1, MaxLength) : random.Next(1, 600);
            var memory = new byte[command == NbdCommand.Read ? length + (2 * Guard) : 2 * Guard];
            memory.AsSpan().Fill(before);
            var request = new NbdRequest(core);
            var lent = memory.AsMemory(Guard, memory.Length - (2 * Guard));
            request.Reset(command, CommandFlags.None, random.NextInt64(1 << 29), length, lent, RequestOrigin.Background);
            request.BeginTry();
            var cookie = table.Add(request);
            var expected = new byte[memory.Length - (2 * Guard)];
            waiting.Add(request, new Waiting(memory, expected));
            return fuzzer.Answer(request, cookie, expected);
        }
    }

    /// <returns>False if the client has ended the connection.</returns>
    private static bool Deliver(ReplyReader replies, byte[] stream, Random random, FuzzReport report)
    {
        var (at, end) = (0, 0);
        while (end < stream.Length)
        {
            end = Math.Min(stream.Length, end + random.Next(1, random.Next(3) == 0 ? 30 : 20_000));
            report.BytesSent += end - at;
            try
            {
                at = end - (int)replies.Take(Segment.Cut(stream.AsMemory(at, end - at), random.Next(1 + end - at))).Length;
            }
            catch (ReplyException)
            {
                report.Refused++;
                report.Dropped++;
                return false;
            }
        }
        return true;
    }

    private readonly record struct Waiting(byte[] Memory, byte[] Expected)
    {
        public void CheckGuards(byte before)
        {
            if (Memory.AsSpan(0, Guard).ContainsAnyExcept(before) || Memory.AsSpan(Memory.Length - Guard).ContainsAnyExcept(before))
                throw new FuzzException("Memory outside that of a request was written.");
        }
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public static ReadOnlySequence<byte> Cut(ReadOnlyMemory<byte> bytes, int at)
        {
            var (first, second) = (new Segment { Memory = bytes[..at] }, new Segment { Memory = bytes[at..], RunningIndex = at });
            first.Next = second;
            return new ReadOnlySequence<byte>(first, 0, second, second.Memory.Length);
        }
    }
}
