using System.Reflection;
using System.Runtime.ExceptionServices;
using Xunit;

namespace Kcopyd.Actors.TestKit;

/// <summary>The run of one seed in the test's own process: an instance of the class, its setup, the method, and its cleanup, in xunit's order.</summary>
internal static class SeedRun
{
    private const BindingFlags Constructor =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.CreateInstance | BindingFlags.DoNotWrapExceptions;

    public static async Task RunAsync(Type testClass, MethodInfo method, object?[] constructorArguments, World world)
    {
        if (method.IsStatic)
        {
            await CallAsync(method, null, world);
            return;
        }
        var instance = Activator.CreateInstance(testClass, Constructor, null, constructorArguments, null);
        var lifetime = instance as IAsyncLifetime;
        List<Exception> failures = [];
        if (lifetime is null || await SucceedsAsync(lifetime.InitializeAsync, failures))
        {
            await SucceedsAsync(() => CallAsync(method, instance, world), failures);
            if (lifetime is not null)
                await SucceedsAsync(lifetime.DisposeAsync, failures);
        }
        try
        {
            (instance as IDisposable)?.Dispose();
        }
        catch (Exception failure)
        {
            failures.Add(failure);
        }
        if (failures.Count > 1)
            throw new AggregateException(failures);
        if (failures is [var only])
            ExceptionDispatchInfo.Throw(only);
    }

    private static Task CallAsync(MethodInfo method, object? instance, World world) => method.CreateDelegate<Func<World, Task>>(instance)(world)
        ?? throw new InvalidOperationException($"{method.Name} returned null: return the task of the test, or Task.CompletedTask.");

    private static async Task<bool> SucceedsAsync(Func<Task> part, List<Exception> failures)
    {
        try
        {
            await part();
            return true;
        }
        catch (Exception failure)
        {
            failures.Add(failure);
            return false;
        }
    }
}
