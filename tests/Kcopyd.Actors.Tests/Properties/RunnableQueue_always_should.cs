using CsCheck;
using Kcopyd.Actors.Jobs;
using Kcopyd.Actors.Messaging;
using Xunit;

namespace Kcopyd.Actors.Tests.Properties;

public sealed class RunnableQueue_always_should
{
    [Fact]
    public void be_a_list_without_doubles() => Gen.Int[0, 15].Array[0, 100].Sample(steps =>
    {
        var jobs = Enumerable.Range(0, 8).Select(_ => new Job(null!)).ToArray();
        var queue = new RunnableQueue();
        var model = new List<Job>();
        foreach (var step in steps)
        {
            var job = jobs[step % 8];
            if (step < 8)
            {
                queue.Append(job);
                if (!model.Contains(job))
                    model.Add(job);
            }
            else
            {
                RunnableQueue.Remove(job);
                model.Remove(job);
            }
            Assert.Equal(model, Jobs(queue));
            Assert.All(jobs, each => Assert.Equal(model.Contains(each), each.Queue is not null));
        }
    });

    private static List<Job> Jobs(RunnableQueue queue)
    {
        var jobs = new List<Job>();
        for (var job = queue.Head; job is not null; job = ((IMember<Job>)job).After)
            jobs.Add(job);
        return jobs;
    }
}
