using System.Security.Cryptography;
using Kcopyd.Actors.TestKit.Rewriter.Tests.Support;
using Xunit;

namespace Kcopyd.Actors.TestKit.Rewriter.Tests;

public sealed class RewrittenRandoms_should : IDisposable
{
    private readonly RewrittenSample _sample = new();

    public void Dispose() => _sample.Dispose();

    public static TheoryData<string> Sources =>
        [
            "Randoms.NewGuid", "Randoms.Version7", "Randoms.Bytes", "Randoms.Fill", "Randoms.Items", "Randoms.Text", "Randoms.Hex", "Randoms.Shuffled",
            "Randoms.OfKept",
        ];

    [Theory]
    [MemberData(nameof(Sources))]
    public void repeat_in_a_simulation_with_the_same_seed_and_differ_elsewhere(string source)
    {
        var first = _sample.Call<object>(new FakeEnvironment(5), source);
        Assert.Equal(first, _sample.Call<object>(new FakeEnvironment(5), source));
        Assert.NotEqual(first, _sample.Call<object>(new FakeEnvironment(6), source));
        Assert.NotEqual(first, _sample.Call<object>(source));
        Assert.NotEqual(_sample.Call<object>(source), _sample.Call<object>(source));
    }

    [Fact]
    public void draw_integers_in_their_range_from_the_seed()
    {
        Assert.All(Enumerable.Range(1, 100), end => Assert.InRange(_sample.Call<int>("Randoms.Below", end), 0, end - 1));
        Assert.All(Enumerable.Range(1, 100), end => Assert.InRange(_sample.Call<int>(new FakeEnvironment(end), "Randoms.Below", end), 0, end - 1));
        Assert.All(Enumerable.Range(1, 100), end => Assert.InRange(_sample.Call<int>(new FakeEnvironment(end), "Randoms.Between", -end, end), -end, end - 1));
        Assert.Equal(new Random(3).Next(-1000, 1000), _sample.Call<int>(new FakeEnvironment(3), "Randoms.Between", -1000, 1000));
        Assert.Throws<ArgumentException>(() => _sample.Call<int>(new FakeEnvironment(), "Randoms.Between", 1, 1));
        Assert.Throws<ArgumentException>(() => _sample.Call<int>("Randoms.Between", 1, 1));
    }

    [Fact]
    public void make_identifiers_of_the_version_that_was_asked_for()
    {
        foreach (var call in new Func<string, object[], Guid>[] { (m, a) => _sample.Call<Guid>(m, a), (m, a) => _sample.Call<Guid>(new FakeEnvironment(), m, a) })
        {
            Assert.Equal(4, call("Randoms.NewGuid", []).Version);
            Assert.Equal(7, call("Randoms.Version7", []).Version);
            var time = new DateTimeOffset(2024, 5, 6, 7, 8, 9, 123, TimeSpan.Zero);
            var guid = call("Randoms.Version7Of", [time]);
            Assert.Equal(Guid.CreateVersion7(time).ToString()[..15], guid.ToString()[..15]);
            Assert.InRange(guid.Variant, 8, 11);
        }
    }

    [Fact]
    public void give_generators_that_follow_the_thread_into_a_simulation_and_out_of_it()
    {
        var (kept, shared, secure) = (_sample.Call<Random>("Randoms.New"), _sample.Call<Random>("Randoms.Shared"),
            _sample.Call<RandomNumberGenerator>("Randoms.Create"));
        var draws = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            using (i % 2 == 0 ? Intercepts.Interception.Enter(new FakeEnvironment(9)) : null)
            {
                var bytes = new byte[8];
                secure.GetBytes(bytes);
                draws.Add($"{kept.Next()} {kept.NextInt64()} {kept.NextDouble()} {shared.Next(1000000)} {Convert.ToHexString(bytes)}");
            }
        }
        Assert.Equal(draws[0], draws[2]);
        Assert.Equal(3, draws.Distinct().Count());
    }
}
