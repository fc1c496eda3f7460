using System.Reflection;
using Kcopyd.Actors.TestKit.Intercepts;
using Kcopyd.Actors.TestKit.Rewriter.Tests.Support;
using Xunit;

namespace Kcopyd.Actors.TestKit.Rewriter.Tests;

public sealed class ReplacementTable_should
{
    [Fact]
    public void name_methods_that_exist_in_this_version_of_NET()
    {
        var replacements = typeof(ReplacesAttribute).Assembly.GetExportedTypes()
            .SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .SelectMany(m => m.GetCustomAttributes<ReplacesAttribute>(), (m, a) => ReplacementTable.Original(m, a)).ToList();
        Assert.NotEmpty(replacements);
        Assert.Equal(replacements.Count, ReplacementTable.OfIntercepts().Replacements.Count);
    }

    [Fact]
    public void refuse_a_replacement_for_a_method_that_does_not_exist()
    {
        var method = typeof(ReplacementTable_should).GetMethod(nameof(Wrong), BindingFlags.NonPublic | BindingFlags.Static)!;
        foreach (var attribute in new ReplacesAttribute[] { new(typeof(DateTime), "get_UtcNow"), new(typeof(Environment), "get_TickCount"), new(typeof(Guid), "No") })
        {
            var exception = Assert.Throws<MissingMethodException>(() => ReplacementTable.Original(method, attribute));
            Assert.Contains($"{attribute.Type}.{attribute.Member}", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void be_covered_by_the_sample_completely()
    {
        using var sample = new RewrittenSample();
        Assert.Equal(ReplacementTable.OfIntercepts().Replacements.Count, sample.Result.Redirections.Count);
    }

    private static long Wrong() => 0;
}
