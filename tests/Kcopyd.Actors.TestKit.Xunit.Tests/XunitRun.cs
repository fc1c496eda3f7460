using System.Collections.Concurrent;
using System.Reflection;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Kcopyd.Actors.TestKit.Tests;

/// <summary>Runs a test class by xunit within a test. Samples are not public, so the runner of this assembly does not find them.</summary>
internal static class XunitRun
{
    private static readonly Assembly Tests = typeof(XunitRun).Assembly;

    /// <summary>Runs the tests of a class.</summary>
    /// <param name="testClass">The class.</param>
    /// <param name="isSerialized">Whether the test cases are serialized and read again before, as runners of other processes do.</param>
    /// <returns>The result of each test, by the name of its method.</returns>
    public static async Task<IReadOnlyDictionary<string, ITestResultMessage>> OfAsync(Type testClass, bool isSerialized = false)
    {
        using var source = new NoSource();
        var diagnostics = new Messages<IDiscoveryCompleteMessage>();
        using var discoverer = new XunitTestFrameworkDiscoverer(Reflector.Wrap(Tests), source, diagnostics);
        var cases = await FindAsync(discoverer, testClass);
        using var executor = new XunitTestFrameworkExecutor(Tests.GetName(), source, diagnostics);
        if (isSerialized)
        {
            var copies = cases.ConvertAll(test => executor.Deserialize(discoverer.Serialize(test)));
            Assert.Equal(cases.Select(static test => (test.UniqueID, test.DisplayName)), copies.Select(static test => (test.UniqueID, test.DisplayName)));
            cases = copies;
        }
        var messages = new Messages<ITestAssemblyFinished>();
        executor.RunTests(cases, messages, new Defaults());
        await messages.End;
        Assert.Empty(diagnostics.All.OfType<IDiagnosticMessage>().Select(static message => message.Message));
        return messages.All.OfType<ITestResultMessage>().ToDictionary(static result => result.TestMethod.Method.Name);
    }

    /// <summary>Finds the tests of a class.</summary>
    public static async Task<List<ITestCase>> FindAsync(Type testClass)
    {
        using var source = new NoSource();
        using var discoverer = new XunitTestFrameworkDiscoverer(Reflector.Wrap(Tests), source, new Messages<IDiscoveryCompleteMessage>());
        return await FindAsync(discoverer, testClass);
    }

    private static async Task<List<ITestCase>> FindAsync(XunitTestFrameworkDiscoverer discoverer, Type testClass)
    {
        var messages = new Messages<IDiscoveryCompleteMessage>();
        discoverer.Find(testClass.FullName!, false, messages, new Defaults());
        await messages.End;
        return messages.All.OfType<ITestCaseDiscoveryMessage>().Select(static message => message.TestCase).ToList();
    }

    private sealed class Messages<TLast> : LongLivedMarshalByRefObject, IMessageSink
    {
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<IMessageSinkMessage> All { get; } = new();

        public Task End => _end.Task;

        public bool OnMessage(IMessageSinkMessage message)
        {
            All.Enqueue(message);
            if (message is TLast)
                _end.TrySetResult();
            return true;
        }
    }

    private sealed class Defaults : ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
    {
        public TValue GetValue<TValue>(string name) => default!;

        public void SetValue<TValue>(string name, TValue value) => throw new NotSupportedException("These options are always the defaults.");
    }

    private sealed class NoSource : LongLivedMarshalByRefObject, ISourceInformationProvider
    {
        public ISourceInformation GetSourceInformation(ITestCase testCase) => new SourceInformation();

        public void Dispose()
        {
        }
    }
}
