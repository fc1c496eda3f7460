using Xunit;

namespace Kcopyd.Interop.Tests.Nbd;

/// <summary>Tests that start servers and clients of NBD, one after the other: some of these programs send signals, and nbdkit ends in order at any.</summary>
[CollectionDefinition(Name)]
public sealed class NbdPrograms
{
    public const string Name = "nbd programs";
}
