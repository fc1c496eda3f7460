using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Kcopyd.Actors.TestKit;

/// <summary>Runs a test case as xunit runs a fact, with a <see cref="SeedsTestRunner"/> for its test.</summary>
internal sealed class SeedsTestCaseRunner(SeedsTestCase testCase, object[] constructorArguments, IMessageBus messageBus, ExceptionAggregator aggregator,
    CancellationTokenSource cancellation)
    : XunitTestCaseRunner(testCase, testCase.DisplayName, testCase.SkipReason, constructorArguments, [], messageBus, aggregator, cancellation)
{
    protected override XunitTestRunner CreateTestRunner(ITest test, IMessageBus messageBus, Type testClass, object[] constructorArguments,
        MethodInfo testMethod, object[] testMethodArguments, string skipReason, IReadOnlyList<BeforeAfterTestAttribute> beforeAfterAttributes,
        ExceptionAggregator aggregator, CancellationTokenSource cancellationTokenSource) =>
        new SeedsTestRunner(test, messageBus, testClass, constructorArguments, testMethod, testMethodArguments, skipReason, beforeAfterAttributes,
            new ExceptionAggregator(aggregator), cancellationTokenSource);
}

/// <summary>Runs a test by a <see cref="SeedsInvoker"/>, and adds what the runs were to the output of a test that has passed.</summary>
internal sealed class SeedsTestRunner(ITest test, IMessageBus messageBus, Type testClass, object[] constructorArguments, MethodInfo testMethod,
    object[] testMethodArguments, string skipReason, IReadOnlyList<BeforeAfterTestAttribute> beforeAfterAttributes, ExceptionAggregator aggregator,
    CancellationTokenSource cancellation)
    : XunitTestRunner(test, messageBus, testClass, constructorArguments, testMethod, testMethodArguments, skipReason, beforeAfterAttributes, aggregator,
        cancellation)
{
    private string? _summary;

    protected override async Task<Tuple<decimal, string>> InvokeTestAsync(ExceptionAggregator aggregator)
    {
        var (time, output) = await base.InvokeTestAsync(aggregator);
        if (aggregator.HasExceptions || _summary is null)
            return Tuple.Create(time, output);
        var line = _summary + Environment.NewLine;
        MessageBus.QueueMessage(new TestOutput(Test, line));
        return Tuple.Create(time, output + line);
    }

    protected override async Task<decimal> InvokeTestMethodAsync(ExceptionAggregator aggregator)
    {
        var invoker = new SeedsInvoker(
            Test, MessageBus, TestClass, ConstructorArguments, TestMethod, TestMethodArguments, BeforeAfterAttributes, aggregator, CancellationTokenSource);
        var time = await invoker.RunAsync();
        _summary = invoker.Summary;
        return time;
    }
}
