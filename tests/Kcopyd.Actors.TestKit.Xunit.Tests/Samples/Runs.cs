#pragma warning disable xUnit1000, CA1001 // not public: run by other tests
using System.Collections.Concurrent;
using System.Reflection;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Kcopyd.Actors.TestKit.Tests.Samples;

internal sealed class Recorded
{
    public static readonly ConcurrentQueue<int> Seeds = new();
    public static readonly ConcurrentQueue<ulong> Hashes = new();

    [Seeds(5, First = 10, Replays = 2)]
    public Task Seeds_from_ten(World world)
    {
        Seeds.Enqueue(world.Seed);
        return Task.CompletedTask;
    }

    [Seeds(4, Replays = 0)]
    public static async Task Hashes_of_four(World world) => Hashes.Enqueue(await HashAsync(world));

    public static async Task<ulong> HashAsync(World world)
    {
        await Task.WhenAll(Enumerable.Range(0, 5).Select(async i =>
        {
            await world.DelayAsync(TimeSpan.FromSeconds(i / 2));
            world.Note(i);
            await Task.Yield();
        }));
        return world.Hash;
    }
}

internal sealed class Lifetime : IAsyncLifetime, IDisposable
{
    public static readonly ConcurrentQueue<(string What, int Thread)> Events = new();

    private int _value;

    public Lifetime() => Add("constructor");

    public async Task InitializeAsync()
    {
        await Task.Yield();
        Add("initialize");
    }

    [Seeds(2, Replays = 0)]
    public async Task Test(World world)
    {
        Assert.Equal(1, ++_value);
        await world.DelayAsync(TimeSpan.FromSeconds(1));
        Add("test");
    }

    public async Task DisposeAsync()
    {
        await Task.Yield();
        Add("dispose async");
    }

    public void Dispose() => Add("dispose");

    private static void Add(string what) => Events.Enqueue((what, Environment.CurrentManagedThreadId));
}

internal sealed class Around
{
    public static readonly ConcurrentQueue<string> Events = new();

    [Seeds(3, Replays = 0)]
    [Bracket]
    public Task Test(World world)
    {
        Events.Enqueue($"seed {world.Seed}");
        return Task.CompletedTask;
    }

    private sealed class BracketAttribute : BeforeAfterTestAttribute
    {
        public override void Before(MethodInfo methodUnderTest) => Events.Enqueue("before");

        public override void After(MethodInfo methodUnderTest) => Events.Enqueue("after");
    }
}

internal sealed class BadLifetime : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    [Seeds(1)]
    public Task Both(World world) => throw new InvalidOperationException("the test");

    public async Task DisposeAsync()
    {
        await Task.Yield();
        throw new InvalidOperationException("the cleanup");
    }
}

internal sealed class Fixture
{
    public int Uses { get; set; }
}

internal sealed class Arguments(Fixture fixture, ITestOutputHelper output) : IClassFixture<Fixture>
{
    [Seeds(3, Replays = 0)]
    public async Task Output(World world)
    {
        output.WriteLine($"seed {world.Seed}, use {++fixture.Uses}");
        await world.DelayAsync(TimeSpan.FromSeconds(2));
    }
}
