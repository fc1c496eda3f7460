using System.Reflection;
using System.Runtime.Loader;
using Kcopyd.Actors.TestKit.Intercepts;
using Kcopyd.Actors.TestKit.Rewriter.Tests.Support;
using Xunit;

namespace Kcopyd.Actors.TestKit.Rewriter.Tests;

public sealed class RewrittenAkka_should : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Assembly _akka;

    public RewrittenAkka_should()
    {
        var copy = _folder.Copy(Path.Combine(AppContext.BaseDirectory, "Akka.dll"));
        Assert.Null(new AssemblyRewriter(ReplacementTable.OfIntercepts(), [AppContext.BaseDirectory]).Rewrite(copy, true, false).Error);
        _akka = new AssemblyLoadContext("akka").LoadFromAssemblyPath(copy);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task run_an_actor_system_outside_a_simulation()
    {
        using var system = (IDisposable)Type("Akka.Actor.ActorSystem").GetMethod("Create", [typeof(string)])!.Invoke(null, ["real"])!;
        var actors = system.GetType();
        var scheduler = actors.GetProperty("Scheduler")!.GetValue(system)!;
        var fired = new TaskCompletionSource();
        var schedule = Type("Akka.Actor.IActionScheduler").GetMethod("ScheduleOnce", [typeof(TimeSpan), typeof(Action)])!;
        schedule.Invoke(Type("Akka.Actor.IScheduler").GetProperty("Advanced")!.GetValue(scheduler), [TimeSpan.FromMilliseconds(20), (Action)fired.SetResult]);
        await fired.Task.WaitAsync(TimeSpan.FromMinutes(1));
        var terminated = (Task)actors.GetMethod("Terminate", [])!.Invoke(system, [])!;
        await terminated.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void read_its_monotonic_clock_from_each_simulation()
    {
        var clock = Type("Akka.Util.MonotonicClock");
        var real = Elapsed();
        foreach (var environment in new[] { new FakeEnvironment(), new FakeEnvironment() })
        {
            environment.Advance(12);
            using (Interception.Enter(environment))
            {
                // A simulation begins when it is first entered.
                Assert.Equal(TimeSpan.FromSeconds(12), Elapsed());
                Assert.Equal(TimeSpan.FromSeconds(12).Ticks, clock.GetMethod("GetTicksHighRes")!.Invoke(null, null));
            }
        }
        Assert.InRange(Elapsed() - real, TimeSpan.Zero, TimeSpan.FromSeconds(11));

        TimeSpan Elapsed() => (TimeSpan)clock.GetProperty("ElapsedHighRes")!.GetValue(null)!;
    }

    [Fact]
    public void draw_its_random_numbers_from_each_simulation()
    {
        var real = Current();
        Assert.Same(real, Current());
        foreach (var environment in new[] { new FakeEnvironment(), new FakeEnvironment() })
        {
            using (Interception.Enter(environment))
                Assert.Same(environment.Random, Current());
        }
        Assert.Same(real, Current());

        object? Current() => Type("Akka.Util.ThreadLocalRandom").GetProperty("Current")!.GetValue(null);
    }

    private Type Type(string name) => _akka.GetType(name, throwOnError: true)!;
}
