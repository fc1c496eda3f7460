using Akka.Actor;
using Akka.Event;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests;

public sealed class Simulation_should
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void find_the_interleaving_in_which_two_clerks_sell_one_ticket_twice()
    {
        async Task Sell(World world)
        {
            var system = world.AddNode("shop").System;
            var store = system.ActorOf(Props.Create(() => new Store()));
            var clerks = Enumerable.Range(0, 2).Select(_ => system.ActorOf(Props.Create(() => new Clerk(store)))).ToList();
            clerks.ForEach(clerk => clerk.Tell("sell"));
            var sold = await store.Ask<int>("sold");
            await world.DelayAsync(Second);
            sold = await store.Ask<int>("sold");
            Assert.Equal(1, sold);
        }

        var failure = Assert.Throws<SimulationFailedException>(() => Simulation.RunMany(1, 50, Sell));
        Assert.Matches("^[0-9]+ of 50 seeds failed", failure.Message);
        Assert.DoesNotContain("50 of 50", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void replay_a_seed_and_play_another_one_differently()
    {
        static SimulationResult Play(int seed) => Simulation.Run(seed, async world =>
        {
            var system = world.AddNode("a").System;
            var actors = Enumerable.Range(0, 5).Select(i => system.ActorOf(Props.Create(() => new Gossip()), $"gossip-{i}")).ToList();
            actors.ForEach(actor => actor.Tell(actors));
            await world.DelayAsync(10 * Second);
        });
        var first = Enumerable.Range(1, 30).Select(Play).ToList();
        var second = Enumerable.Range(1, 30).Select(Play).ToList();

        Assert.Equal(first, second);
        Assert.Equal(30, first.Select(static result => result.Hash).Distinct().Count());
    }

    [Fact]
    public void let_others_run_between_two_messages_of_an_actor()
    {
        var orders = Enumerable.Range(1, 100).Select(static seed =>
        {
            var order = "";
            Simulation.Run(seed, async world =>
            {
                var system = world.AddNode("a").System;
                var actors = "xy".Select(name =>
                {
                    Action note = () => order += name;
                    return system.ActorOf(Props.Create(() => new Noting(note)));
                }).ToList();
                await world.DelayAsync(Second);
                foreach (var actor in actors)
                {
                    actor.Tell(1);
                    actor.Tell(2);
                }
                await world.DelayAsync(Second);
            });
            return order;
        });
        Assert.Equal(["xxyy", "xyxy", "xyyx", "yxxy", "yxyx", "yyxx"], orders.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void let_an_hour_pass_in_no_time()
    {
        var result = Simulation.Run(1, async world =>
        {
            var ticks = 0;
            var timer = world.Time.CreateTimer(_ => ticks++, null, Second, Second);
            await world.DelayAsync(TimeSpan.FromMinutes(59) + Second / 2);
            Assert.Equal(59 * 60, ticks);
            await timer.DisposeAsync();
        });
        Assert.Equal(TimeSpan.FromMinutes(59) + Second / 2, result.Time);
    }

    [Fact]
    public void continue_an_asynchronous_handler_as_its_actor()
    {
        Simulation.Run(1, async world =>
        {
            var system = world.AddNode("a").System;
            var actor = system.ActorOf(Props.Create(() => new Slow(world.Time)));
            Assert.Equal("late", await actor.Ask<string>("late"));
            Assert.Equal(Second, world.Now);
        });
    }

    [Fact]
    public void let_the_world_continue_while_its_code_blocks()
    {
        Simulation.Run(1, world =>
        {
            var actor = world.AddNode("a").System.ActorOf(Props.Create(() => new Slow(world.Time)));
            Assert.Equal("late", actor.Ask<string>("late").Result);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public void fail_with_the_stack_if_code_of_the_simulation_runs_on_another_thread()
    {
        var failure = Assert.Throws<LeftSimulationException>(() => Simulation.Run(1, async world =>
        {
            var actor = world.AddNode("a").System.ActorOf(Props.Create(() => new Slow(world.Time)));
            await actor.Ask<string>("started");
            var thread = new Thread(() => actor.Tell("late"));
            thread.Start();
            thread.Join();
            await world.DelayAsync(10 * Second);
        }));
        Assert.Contains(nameof(fail_with_the_stack_if_code_of_the_simulation_runs_on_another_thread), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void say_that_a_test_that_waits_for_what_never_comes_is_a_deadlock()
    {
        var failure = Assert.Throws<SimulationFailedException>(() => Simulation.Run(1, static _ => new TaskCompletionSource().Task));
        Assert.Contains("Deadlock", failure.Message, StringComparison.Ordinal);
        failure = Assert.Throws<SimulationFailedException>(() => Simulation.Run(1, static _ =>
        {
            new TaskCompletionSource().Task.Wait();
            return Task.CompletedTask;
        }));
        Assert.Contains("Deadlock", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void end_a_test_that_never_ends_after_its_time_and_after_its_steps()
    {
        static async Task Forever(World world)
        {
            while (true)
                await world.DelayAsync(Second);
        }

        var failure = Assert.Throws<SimulationFailedException>(() => Simulation.Run(1, Forever));
        Assert.Contains(nameof(SimulationOptions.MaxTime), failure.Message, StringComparison.Ordinal);
        failure = Assert.Throws<SimulationFailedException>(() => Simulation.Run(1, Forever, new SimulationOptions { MaxSteps = 100 }));
        Assert.Contains(nameof(SimulationOptions.MaxSteps), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void notice_a_test_that_does_not_replay_and_name_the_first_difference()
    {
        var run = 0;
        var failure = Assert.Throws<SimulationFailedException>(() => Simulation.RunMany(1, 1, async world =>
        {
            await world.DelayAsync(Second);
            if (++run % 2 == 0)
                await world.DelayAsync(Second);
            await world.DelayAsync(Second);
        }));
        Assert.Contains("does not replay", failure.Message, StringComparison.Ordinal);
        Assert.Contains("The first difference is at step", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void tell_the_seed_the_steps_and_the_log_of_a_failed_run()
    {
        var failure = Assert.Throws<SimulationFailedException>(() => Simulation.Run(42, async world =>
        {
            var system = world.AddNode("shop").System;
            system.Log.Warning("The till is empty.");
            await world.DelayAsync(Second);
            throw new InvalidOperationException("no money");
        }));
        Assert.StartsWith("Seed 42 failed", failure.Message, StringComparison.Ordinal);
        Assert.Contains("no money", failure.Message, StringComparison.Ordinal);
        Assert.Contains("shop: Warning", failure.Message, StringComparison.Ordinal);
        Assert.Contains("The till is empty.", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>One ticket. It is asked first and sold later, by a clerk that trusts the answer.</summary>
    private sealed class Store : ReceiveActor
    {
        private int _left = 1;
        private int _sold;

        public Store() => Receive<string>(message =>
        {
            switch (message)
            {
                case "left":
                    Sender.Tell(_left);
                    break;
                case "take":
                    _left--;
                    _sold++;
                    break;
                default:
                    Sender.Tell(_sold);
                    break;
            }
        });
    }

    private sealed class Clerk : ReceiveActor
    {
        public Clerk(IActorRef store)
        {
            Receive<string>(_ => store.Tell("left"));
            Receive<int>(left =>
            {
                if (left > 0)
                    store.Tell("take");
            });
        }
    }

    private sealed class Gossip : ReceiveActor
    {
        private int _heard;

        public Gossip() => Receive<List<IActorRef>>(others =>
        {
            if (++_heard < 5)
                others.ForEach(other => other.Tell(others));
        });
    }

    private sealed class Noting : ReceiveActor
    {
        public Noting(Action note) => Receive<int>(_ => note());
    }

    private sealed class Slow : ReceiveActor
    {
        public Slow(TimeProvider time) => ReceiveAsync<string>(async answer =>
        {
            await Task.Delay(Second, time);
            Sender.Tell(answer);
        });
    }
}
