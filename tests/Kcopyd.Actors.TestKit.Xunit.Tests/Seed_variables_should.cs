using System.Collections.Concurrent;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.TestKit.Tests;

/// <summary>Alone: an environment variable belongs to the process.</summary>
[CollectionDefinition(nameof(Seed_variables_should), DisableParallelization = true)]
[Collection(nameof(Seed_variables_should))]
public sealed class Seed_variables_should
{
    [Theory]
    [InlineData("KCOPYD_SIMULATION_SEED", "42", new[] { 42 })]
    [InlineData("KCOPYD_SIMULATION_SEEDS", "5", new[] { 7, 8, 9, 10, 11 })]
    public async Task replace_the_seeds_of_the_attribute(string variable, string value, int[] seeds)
    {
        Sample.Seeds.Clear();
        Environment.SetEnvironmentVariable(variable, value);
        try
        {
            var result = Assert.Single(await XunitRun.OfAsync(typeof(Sample))).Value;
            Assert.IsAssignableFrom<ITestPassed>(result);
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, null);
        }
        Assert.Equal(seeds, Sample.Seeds);
    }

#pragma warning disable xUnit1000 // not public: run by the test above
    internal sealed class Sample
#pragma warning restore xUnit1000
    {
        public static readonly ConcurrentQueue<int> Seeds = new();

        [Seeds(2, First = 7, Replays = 0)]
        public Task Test(World world)
        {
            Seeds.Enqueue(world.Seed);
            return Task.CompletedTask;
        }
    }
}
