using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Kcopyd.Actors.TestKit;

/// <summary>Calls a test under its seeds.</summary>
internal sealed class SeedsInvoker(ITest test, IMessageBus messageBus, Type testClass, object[] constructorArguments, MethodInfo testMethod,
    object[] testMethodArguments, IReadOnlyList<BeforeAfterTestAttribute> beforeAfterAttributes, ExceptionAggregator aggregator,
    CancellationTokenSource cancellation)
    : XunitTestInvoker(test, messageBus, testClass, constructorArguments, testMethod, testMethodArguments, beforeAfterAttributes, aggregator, cancellation)
{
    private SeedsTest? _test;

    /// <summary>What the runs were, if all have passed.</summary>
    public string? Summary { get; private set; }

    // Each seed has its own instance, which is created inside the simulation.
    protected override object? CreateTestClass() => null;

    protected override Task<decimal> InvokeTestMethodAsync(object? testClassInstance)
    {
        _test = SeedsTest.Of(TestClass, TestMethod);
        TestMethodArguments = [null!];      // the base class compares their number with the method's
        return base.InvokeTestMethodAsync(testClassInstance);
    }

    // A world needs a thread on which nothing else runs, and xunit must be able to give up waiting.
    protected override object CallTestMethod(object? testClassInstance)
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                RunSeeds(_test!);
                end.SetResult();
            }
            catch (Exception failure)
            {
                end.SetException(failure is SimulationFailedException simulation ? WithoutRepetition(simulation) : failure);
            }
        });
        thread.IsBackground = true;
        thread.Name = DisplayName;
        thread.Start();
        return end.Task;
    }

    private void RunSeeds(SeedsTest test)
    {
        var watch = Stopwatch.StartNew();
        // A copy: after a timeout, xunit replaces the output helper by that of the next test.
        var results = test.Run([.. ConstructorArguments]);
        var seeds = results.Count == 1 ? $"Seed {results[0].Seed}" : $"Seeds {results[0].Seed} to {results[^1].Seed}";
        var (steps, time) = (results.Sum(static result => result.Steps), results.Aggregate(TimeSpan.Zero, static (sum, result) => sum + result.Time));
        Summary = string.Create(CultureInfo.InvariantCulture,
            $"{seeds} passed: {steps:n0} steps and {time:c} of simulated time, in {watch.Elapsed.TotalSeconds:0.0} s.");
    }

    // The message has those of the inner exceptions, which runners would show again. The first cause remains, for its stack.
    private static SimulationFailedException WithoutRepetition(SimulationFailedException failure)
    {
        Exception cause = failure;
        while (cause is SimulationFailedException { InnerException: { } inner })
            cause = inner;
        return cause == failure ? failure : new SimulationFailedException(failure.Message, cause);
    }
}
