using System.Diagnostics;
using System.Globalization;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>Messages of a hostile server to the client. See <see cref="Fuzzed_server_should"/> for how to replay a seed.</summary>
[Collection(Alone.Name)]
public sealed class Fuzzed_client_should(ITestOutputHelper output)
{
    private static readonly long Inputs = long.Parse(Environment.GetEnvironmentVariable("KCOPYD_FUZZ_INPUTS") ?? "1100000", CultureInfo.InvariantCulture);

    [Fact]
    public void agree_with_a_server_or_refuse_it_and_believe_no_length() =>
        Fuzz("client's negotiation", Inputs * 3 / 10, static (seed, report) => new AgreementFuzz(seed, report).Run());

    [Fact]
    public void read_what_came_or_nothing_and_touch_no_other_memory() =>
        Fuzz("client's replies", Inputs * 3 / 10, static (seed, report) => new ReplyFuzz(seed, report).Run());

    private void Fuzz(string what, long inputs, Action<int, FuzzReport> converse)
    {
        var (report, started) = (new FuzzReport(), Stopwatch.StartNew());
        if (Environment.GetEnvironmentVariable("KCOPYD_FUZZ_SEED") is { } one)
            Converse(int.Parse(one, CultureInfo.InvariantCulture));
        else
        {
            for (var seed = 1; report.Inputs < inputs; seed++)
                Converse(seed);
        }
        output.WriteLine(report.Text(what, started.Elapsed));
        if (Environment.GetEnvironmentVariable("KCOPYD_FUZZ_REPORT") is { } path)
            File.AppendAllText(path, report.Text(what, started.Elapsed));

        void Converse(int seed)
        {
            try
            {
                converse(seed, report);
            }
            catch (Exception failure)
            {
                throw new FuzzException($"KCOPYD_FUZZ_SEED={seed} ({what}): {failure.GetType().Name}: {failure.Message}\n{failure.StackTrace}");
            }
        }
    }
}
