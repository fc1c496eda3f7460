using System.Runtime.CompilerServices;
using Kcopyd.Tests;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests;

/// <summary>The public API only grows. It is recorded in a text file, so that every change to it is seen and reviewed.</summary>
public sealed class PublicApi_should
{
    [Fact]
    public void be_what_was_approved() => ApprovedApi.Check(typeof(SeedsAttribute).Assembly, Folder());

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
