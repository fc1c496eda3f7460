using CsCheck;
using Kcopyd.Actors.Client;
using Xunit;

namespace Kcopyd.Actors.Tests.Properties;

public sealed class ClientGate_always_should
{
    [Fact]
    public void admit_no_more_than_it_may_and_nobody_after_the_close() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 20], Gen.Int[0, 3000]).Sample((jobs, callbacks, closesAfter) =>
        {
            var gate = new ClientGate(jobs, callbacks);
            var (mostJobs, mostCallbacks, late) = (0, 0, 0);
            var (jobsNow, callbacksNow, tries) = (0, 0, 0);
            Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, worker =>
            {
                for (var i = 0; i < 1000; i++)
                {
                    if (Interlocked.Increment(ref tries) == closesAfter)
                        gate.Close();
                    var wasClosed = gate.IsClosed;
                    var isJob = (i + worker) % 2 == 0;
                    var admission = isJob ? gate.AdmitJob() : gate.AdmitCallback();
                    if (admission != Admission.Admitted)
                        continue;
                    if (wasClosed)
                        Interlocked.Increment(ref late);
                    ref var now = ref isJob ? ref jobsNow : ref callbacksNow;
                    ref var most = ref isJob ? ref mostJobs : ref mostCallbacks;
                    var seen = Interlocked.Increment(ref now);
                    for (var old = Volatile.Read(ref most); seen > old; old = Volatile.Read(ref most))
                        Interlocked.CompareExchange(ref most, seen, old);
                    if (i % 16 == 0)
                        Thread.Yield();
                    Interlocked.Decrement(ref now);     // before the release: after it, another may enter
                    if (isJob)
                        gate.ReleaseJob();
                    else
                        gate.ReleaseCallback();
                }
            });
            Assert.InRange(mostJobs, 0, jobs);
            Assert.InRange(mostCallbacks, 0, callbacks);
            Assert.Equal(0, late);
            Assert.True(gate.IsIdle);
            Assert.Equal((0, 0), (gate.Jobs, gate.Callbacks));
        }, iter: 50, threads: 1);

    [Fact]
    public void count_as_a_pair_of_numbers_does() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 5], Gen.Int[0, 8].Array[0, 60]).Sample((mostJobs, mostCallbacks, steps) =>
        {
            var gate = new ClientGate(mostJobs, mostCallbacks);
            var (jobs, callbacks, isClosed) = (0, 0, false);
            foreach (var step in steps)
            {
                switch (step)
                {
                    case < 3:
                        Assert.Equal(isClosed ? Admission.Closed : jobs == mostJobs ? Admission.Full : Admission.Admitted, gate.AdmitJob());
                        jobs += !isClosed && jobs < mostJobs ? 1 : 0;
                        break;
                    case < 6:
                        Assert.Equal(isClosed ? Admission.Closed : callbacks == mostCallbacks ? Admission.Full : Admission.Admitted, gate.AdmitCallback());
                        callbacks += !isClosed && callbacks < mostCallbacks ? 1 : 0;
                        break;
                    case 6 when jobs > 0:
                        gate.ReleaseJob();
                        jobs--;
                        break;
                    case 7 when callbacks > 0:
                        gate.ReleaseCallback();
                        callbacks--;
                        break;
                    case 8 when steps.Length > 30:
                        Assert.Equal(!isClosed, gate.Close());
                        isClosed = true;
                        break;
                }
                Assert.Equal((jobs, callbacks, isClosed, jobs + callbacks == 0), (gate.Jobs, gate.Callbacks, gate.IsClosed, gate.IsIdle));
            }
        });
}
