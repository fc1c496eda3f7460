using System.Globalization;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Kcopyd.Tests;

/// <summary>With KCOPYD_TEST_ORDER=SEED classes, and the tests of each, run in an order made by chance, the same for the same seed: a test that passes only
/// after another one is found.</summary>
public sealed class RandomOrder(IMessageSink diagnostics) : ITestCaseOrderer, ITestCollectionOrderer
{
    private static readonly int? Seed =
        Environment.GetEnvironmentVariable("KCOPYD_TEST_ORDER") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    public IEnumerable<T> OrderTestCases<T>(IEnumerable<T> testCases) where T : ITestCase =>
        Seed is { } seed ? Shuffled(testCases, seed, static test => test.DisplayName) : new DefaultTestCaseOrderer(diagnostics).OrderTestCases(testCases);

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        Seed is { } seed ? Shuffled(testCollections, seed, static tests => tests.DisplayName) : testCollections;

    // From one order to begin with, so that the seed is all that matters.
    private static T[] Shuffled<T>(IEnumerable<T> items, int seed, Func<T, string> name)
    {
        T[] all = [.. items.OrderBy(name, StringComparer.Ordinal)];
        new Random(seed).Shuffle(all);
        return all;
    }
}
