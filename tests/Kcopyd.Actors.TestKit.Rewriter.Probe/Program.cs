using System.Collections.Immutable;
using Kcopyd.Actors.TestKit.Intercepts;

// Prints what depends on the salts of this process.
if (args is ["fix"])
    HashSalts.Fix();
var names = Enumerable.Range(0, 50).Select(i => $"actor-{i}").ToImmutableHashSet();
Console.WriteLine($"{string.Join(",", names)} {HashCode.Combine("a", 1)} {new { A = "x", B = 2 }.GetHashCode()} {(1, "y").GetHashCode()}");
