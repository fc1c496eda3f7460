using System.Globalization;
using Akka.Actor;
using Akka.Dispatch;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>The steps of a run: the last ones, for the message of a failure, or all of them, to find the first one in which two runs differ.</summary>
internal sealed class StepLog(bool recordsAll)
{
    private const int Recent = 32;

    private readonly Entry[] _recent = new Entry[Recent];
    private readonly List<string> _all = [];
    private long _count;

    private record struct Entry(TimeSpan Now, int Choice, int Of, Step Step, Envelope? Message);

    /// <summary>Every step, if it was asked for.</summary>
    public IReadOnlyList<string> All => recordsAll && _count > 0 ? [.. _all, Describe(_recent[(_count - 1) % Recent])] : _all;

    public void Add(TimeSpan now, int choice, int of, in Step step)
    {
        // What a step processes is known when it has run.
        if (recordsAll && _count > 0)
            _all.Add(Describe(_recent[(_count - 1) % Recent]));
        _recent[_count++ % Recent] = new Entry(now, choice, of, step, null);
    }

    /// <summary>The step that runs takes a message from a mailbox.</summary>
    public void Processes(RecordedQueue queue, in Envelope message)
    {
        if (_count > 0 && _recent[(_count - 1) % Recent] is { Message: null, Step.Work: Mailbox mailbox } && mailbox.MessageQueue == queue)
            _recent[(_count - 1) % Recent].Message = message;
    }

    /// <summary>The last steps, the latest last.</summary>
    public IEnumerable<string> Last()
    {
        for (var i = Math.Max(0, _count - Recent); i < _count; i++)
            yield return Describe(_recent[i % Recent]);
    }

    private static string Describe(in Entry entry)
    {
        var what = entry is { Message: { } message, Step.Work: Mailbox { MessageQueue: RecordedQueue queue } }
            ? Describe(entry.Step, queue, message)
            : entry.Step.ToString();
        return string.Create(CultureInfo.InvariantCulture, $"{entry.Now.TotalSeconds,12:f6} {entry.Choice + 1} of {entry.Of}: {what}");
    }

    // The type and not the content of the message, which may differ in two runs whose histories are the same.
    private static string Describe(in Step step, RecordedQueue queue, in Envelope message)
    {
        var type = MessageText.NameOf(message.Message.GetType());
        var sender = ActorNames.IsNobody(message.Sender) ? "" : $" from {ActorNames.Path(message.Sender)}";
        return $"{step.Process?.ToString() ?? "world"}: {ActorNames.Path(queue.Owner)} processes {type}{sender}";
    }
}
