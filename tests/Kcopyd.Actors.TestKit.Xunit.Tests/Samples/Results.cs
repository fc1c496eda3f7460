#pragma warning disable xUnit1000 // not public: run by other tests
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.TestKit.Tests.Samples;

internal sealed class Results
{
    private static int _ended;

    private static SimulationOptions Patient => new() { MaxSteps = long.MaxValue };

    /// <summary>Runs the tests of this class, and then ends the one that has timed out.</summary>
    public static async Task<IReadOnlyDictionary<string, ITestResultMessage>> RunAsync(bool isSerialized = false)
    {
        try
        {
            return await XunitRun.OfAsync(typeof(Results), isSerialized);
        }
        finally
        {
            Interlocked.Increment(ref _ended);
        }
    }

    [Seeds(3)]
    [Trait("kind", "quick")]
    public Task Passes(World world) => Task.CompletedTask;

    [Seeds(10, DisplayName = "Another name")]
    public async Task Fails_with_seed_four(World world)
    {
        await world.DelayAsync(TimeSpan.FromSeconds(1));
        CheckSeed(world.Seed);
    }

    [Seeds(3, Skip = "not today")]
    public Task Is_skipped(World world) => throw new InvalidOperationException("It is skipped.");

    [Seeds(1, Replays = 0, Timeout = 50, OptionsFrom = nameof(Patient))]
    public async Task Takes_too_long(World world)
    {
        var ended = Volatile.Read(ref _ended);
        while (ended == Volatile.Read(ref _ended))
            await world.DelayAsync(TimeSpan.FromTicks(1));
    }

    [Seeds(2)]
    public async Task Cannot_end(World world) => await new TaskCompletionSource().Task;

    [Hundreds]
    public Task Has_an_attribute_of_the_user(World world) => Task.CompletedTask;

    [Seeds(2)]
    public Task Returns_null(World world) => null!;

    private static void CheckSeed(int seed) => Assert.NotEqual(4, seed);
}

internal sealed class HundredsAttribute() : SeedsAttribute(100);

internal sealed class InProcesses
{
    [Seeds(4, InOwnProcess = true)]
    public static async Task Uses_the_pool(World world)
    {
        var sums = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(() => i * i)));
        Assert.Equal(285, sums.Sum());
    }

    [Seeds(4, First = 5, InOwnProcess = true)]
    public static async Task<int> Fails_with_seed_seven(World world)
    {
        await Task.Run(() => Assert.NotEqual(7, world.Seed));
        return 0;
    }
}
