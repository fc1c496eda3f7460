using Xunit.Abstractions;
using Xunit.Sdk;

namespace Kcopyd.Actors.TestKit;

/// <summary>Finds the test of a method with <see cref="SeedsAttribute"/>: always one. xunit creates it by its name.</summary>
/// <param name="diagnostics">Gets xunit's diagnostic messages.</param>
internal sealed class SeedsDiscoverer(IMessageSink diagnostics) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
    [
        new SeedsTestCase(diagnostics, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod),
    ];
}
