using Akka.Actor;
using CsCheck;
using Kcopyd.Actors.Messaging;
using Xunit;

namespace Kcopyd.Actors.Tests.Properties;

public sealed class LinkedMessageQueue_always_should
{
    [Fact]
    public void keep_the_order_of_each_producer_and_lose_nothing() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 2000], Gen.Int[1, 7]).Sample((producers, count, everyNthIsPlain) =>
        {
            var queue = new LinkedMessageQueue();
            var threads = Enumerable.Range(0, producers).Select(producer => new Thread(() =>
            {
                for (var number = 0; number < count; number++)
                {
                    object message = number % everyNthIsPlain == 0 ? (producer, number) : new Numbered(producer, number);
                    queue.Enqueue(ActorRefs.Nobody, new Envelope(message, ActorRefs.NoSender));
                }
            })).ToArray();
            Array.ForEach(threads, thread => thread.Start());
            var next = new int[producers];
            for (var left = producers * count; left > 0;)
            {
                if (!queue.TryDequeue(out var envelope))
                {
                    Thread.Yield();
                    continue;
                }
                left--;
                var (producer, number) = envelope.Message is Numbered linked ? (linked.Producer, linked.Number) : ((int, int))envelope.Message;
                Assert.Equal(next[producer]++, number);
            }
            Array.ForEach(threads, thread => thread.Join());
            Assert.False(queue.HasMessages);
        }, iter: 50, threads: 1);

    [Fact]
    public void take_a_message_that_is_queued_already_and_give_it_back_as_often() => Gen.Int[1, 20].Sample(times =>
    {
        var queue = new LinkedMessageQueue();
        var message = new Numbered(0, 0);
        for (var i = 0; i < times; i++)
            queue.Enqueue(ActorRefs.Nobody, new Envelope(message, ActorRefs.NoSender));
        for (var i = 0; i < times; i++)
        {
            Assert.True(queue.TryDequeue(out var envelope));
            Assert.Same(message, envelope.Message);
        }
        Assert.False(queue.TryDequeue(out _));
    });

    private sealed class Numbered(int producer, int number) : LinkedMessage
    {
        public int Producer => producer;

        public int Number => number;
    }
}
