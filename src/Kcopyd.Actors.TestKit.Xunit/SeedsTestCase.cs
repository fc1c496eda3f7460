using System.ComponentModel;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Kcopyd.Actors.TestKit;

/// <summary>A method with <see cref="SeedsAttribute"/>. It holds no more than a test case of a fact, because the attribute is read when the test runs: runners
/// serialize test cases.</summary>
internal sealed class SeedsTestCase : XunitTestCase
{
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("Only for deserialization.")]
    public SeedsTestCase()
    {
    }

    public SeedsTestCase(IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions displayOptions, ITestMethod testMethod)
        : base(diagnostics, display, displayOptions, testMethod)
    {
    }

    public override Task<RunSummary> RunAsync(IMessageSink diagnosticMessageSink, IMessageBus messageBus, object[] constructorArguments,
        ExceptionAggregator aggregator, CancellationTokenSource cancellationTokenSource) =>
        new SeedsTestCaseRunner(this, constructorArguments, messageBus, aggregator, cancellationTokenSource).RunAsync();
}
