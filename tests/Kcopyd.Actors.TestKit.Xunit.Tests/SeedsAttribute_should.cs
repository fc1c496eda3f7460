using Kcopyd.Actors.TestKit.Tests.Samples;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.TestKit.Tests;

public sealed class SeedsAttribute_should
{
    private static readonly string[] LifetimeEvents = ["constructor", "initialize", "test", "dispose async", "dispose"];

    [Fact]
    public async Task run_the_test_under_each_seed_and_the_first_ones_twice()
    {
        var results = await XunitRun.OfAsync(typeof(Recorded));
        Passed(results[nameof(Recorded.Seeds_from_ten)]);
        Assert.Equal([10, 10, 11, 11, 12, 13, 14], Recorded.Seeds);
        // A seed that is debugged by Simulation.Run has the same history.
        Passed(results[nameof(Recorded.Hashes_of_four)]);
        var hashes = new List<ulong>();
        Simulation.RunMany(1, 4, async world => hashes.Add(await Recorded.HashAsync(world)), replays: 0);
        Assert.Equal(hashes, Recorded.Hashes);
        Assert.Equal(4, hashes.Distinct().Count());
    }

    [Fact]
    public async Task create_and_dispose_an_instance_for_each_seed_on_the_thread_of_the_simulation()
    {
        var result = Assert.Single(await XunitRun.OfAsync(typeof(Lifetime))).Value;
        Passed(result);
        Assert.Equal([.. LifetimeEvents, .. LifetimeEvents], Lifetime.Events.Select(static one => one.What));
        Assert.Single(Lifetime.Events.Select(static one => one.Thread).Distinct());
    }

    [Fact]
    public async Task apply_what_runs_before_and_after_a_test_once()
    {
        Passed(Assert.Single(await XunitRun.OfAsync(typeof(Around))).Value);
        Assert.Equal(["before", "seed 1", "seed 2", "seed 3", "after"], Around.Events);
    }

    [Fact]
    public async Task report_a_failure_of_the_test_and_one_of_its_cleanup()
    {
        var message = Failed((await XunitRun.OfAsync(typeof(BadLifetime)))[nameof(BadLifetime.Both)]).Messages[0];
        Assert.Contains("(the test) (the cleanup)", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task pass_fixtures_and_the_output_helper_and_end_the_output_with_what_the_runs_were()
    {
        var result = Assert.Single(await XunitRun.OfAsync(typeof(Arguments))).Value;
        Passed(result);
        var lines = result.Output.Split(Environment.NewLine);
        Assert.Equal(["seed 1, use 1", "seed 2, use 2", "seed 3, use 3"], lines[..3]);
        Assert.Matches("^Seeds 1 to 3 passed: [1-9][0-9]* steps and 00:00:06 of simulated time, in [0-9.]+ s\\.$", lines[3]);
        Assert.Equal("", Assert.Single(lines[4..]));
    }

    [Fact]
    public async Task be_one_test_with_the_name_and_the_traits_of_a_fact()
    {
        var cases = (await XunitRun.FindAsync(typeof(Results))).ToDictionary(static test => test.TestMethod.Method.Name);
        Assert.Equal(typeof(Results).GetMethods().Count(static method => method.IsDefined(typeof(SeedsAttribute), true)), cases.Count);
        Assert.Equal($"{typeof(Results).FullName}.{nameof(Results.Passes)}", cases[nameof(Results.Passes)].DisplayName);
        Assert.Equal("Another name", cases[nameof(Results.Fails_with_seed_four)].DisplayName);
        Assert.Equal(["quick"], cases[nameof(Results.Passes)].Traits["kind"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task give_the_result_of_all_seeds_and_be_skipped_and_time_out_as_a_fact(bool isSerialized)
    {
        var results = await Results.RunAsync(isSerialized);
        Passed(results[nameof(Results.Passes)]);
        Assert.StartsWith("Seeds 1 to 100 passed", Passed(results[nameof(Results.Has_an_attribute_of_the_user)]).Output, StringComparison.Ordinal);
        Assert.Equal("not today", Assert.IsAssignableFrom<ITestSkipped>(results[nameof(Results.Is_skipped)]).Reason);
        Assert.Equal("Xunit.Sdk.TestTimeoutException", Failed(results[nameof(Results.Takes_too_long)]).ExceptionTypes[0]);
        Assert.Contains("Deadlock", Failed(results[nameof(Results.Cannot_end)]).Messages[0], StringComparison.Ordinal);
        Assert.Contains("Returns_null returned null", Failed(results[nameof(Results.Returns_null)]).Messages[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task fail_with_the_message_of_the_simulation_and_the_stack_of_the_first_seed_that_failed()
    {
        var failed = Failed((await Results.RunAsync())[nameof(Results.Fails_with_seed_four)]);
        Assert.Equal([typeof(SimulationFailedException).FullName!, "Xunit.Sdk.NotEqualException"], failed.ExceptionTypes);
        Assert.StartsWith($"1 of 10 seeds failed.{Environment.NewLine}Seed 4 failed after ", failed.Messages[0], StringComparison.Ordinal);
        Assert.Contains("KCOPYD_SIMULATION_SEED=4", failed.Messages[0], StringComparison.Ordinal);
        Assert.Contains("CheckSeed(", failed.StackTraces[1], StringComparison.Ordinal);
        Assert.Equal("", failed.Output);
    }

    [Fact]
    public async Task run_the_seeds_in_processes_where_the_attribute_says_so()
    {
        var results = await XunitRun.OfAsync(typeof(InProcesses));
        Assert.StartsWith("Seeds 1 to 4 passed", Passed(results[nameof(InProcesses.Uses_the_pool)]).Output, StringComparison.Ordinal);
        var message = Failed(results[nameof(InProcesses.Fails_with_seed_seven)]).Messages[0];
        Assert.StartsWith("1 of 4 seeds failed", message, StringComparison.Ordinal);
        Assert.Contains("Seed 7 failed", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task take_the_options_from_a_static_member_and_the_policy_from_itself()
    {
        var results = await XunitRun.OfAsync(typeof(Options));
        Assert.Contains("MaxTime = 00:01:00", Failed(results[nameof(Options.One_minute)]).Messages[0], StringComparison.Ordinal);
        Assert.Contains("MaxTime = 00:02:00", Failed(results[nameof(Options.Two_minutes)]).Messages[0], StringComparison.Ordinal);
        Assert.Contains("MaxTime = 00:03:00", Failed(results[nameof(Options.Three_minutes)]).Messages[0], StringComparison.Ordinal);
        Assert.Contains("MaxTime = 00:04:00, Policy = Priority", Failed(results[nameof(Options.Four_minutes)]).Messages[0], StringComparison.Ordinal);
        Assert.Equal("There are no options.", Failed(results[nameof(Options.No_options)]).Messages[0]);
    }

    [Fact]
    public async Task say_what_is_wrong_with_a_test_and_how_to_mend_it()
    {
        var results = await XunitRun.OfAsync(typeof(Mistakes));
        Says(nameof(Mistakes.No_world), "must have one parameter", "Declare it as: public async Task No_world(World world)");
        Says(nameof(Mistakes.Two_parameters), "must have one parameter", "Declare it as: public async Task Two_parameters(World world)");
        Says(nameof(Mistakes.Is_generic), "must have one parameter", "Declare it as: public async Task Is_generic(World world)");
        Says(nameof(Mistakes.No_task), "must return a Task", "Declare it as: public async Task No_task(World world)");
        Says(nameof(Mistakes.Static_without_task), "must return a Task", "Declare it as: public static async Task Static_without_task(World world)");
        Says(nameof(Mistakes.Not_static), "has no instance of the class", "Make it static, or remove InOwnProcess.");
        Says(nameof(Mistakes.No_seeds), "has 0 seeds", "Set the number of seeds to 1 or more.");
        Says(nameof(Mistakes.Negative_replays), "has -1 replays", "Set Replays to 0 or more.");
        Says(nameof(Mistakes.No_options), "has no static property, field or method 'Nothing'", "correct OptionsFrom of No_options.");
        Says(nameof(Mistakes.Options_of_another_type), "'Number' without parameters that returns SimulationOptions", "Add it");
        results = await XunitRun.OfAsync(typeof(Generic<int>));
        Says(nameof(Generic<>.In_a_generic_class), "cannot find a method of a generic class", "Move it to another class.");

        void Says(string test, string mistake, string remedy)
        {
            var message = Failed(results[test]).Messages[0];
            Assert.Contains(test, message, StringComparison.Ordinal);
            Assert.Contains(mistake, message, StringComparison.Ordinal);
            Assert.Contains(remedy, message, StringComparison.Ordinal);
        }
    }

    private static ITestPassed Passed(ITestResultMessage result) =>
        Assert.IsAssignableFrom<ITestPassed>(result is ITestFailed failed ? string.Join('\n', failed.Messages) : result);

    private static ITestFailed Failed(ITestResultMessage result) => Assert.IsAssignableFrom<ITestFailed>(result);
}
