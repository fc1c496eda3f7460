using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Akka.Configuration.Hocon;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Telemetry;
using Kcopyd.Actors.Tests.Telemetry;
using Xunit;

namespace Kcopyd.Actors.Tests.Configuration;

/// <summary>docs/configuration.md matches the code.</summary>
public sealed class ConfigurationPage_should : AkkaTestKit
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../docs/configuration.md"));

    [Theory]
    [InlineData("kcopyd.client")]
    [InlineData("kcopyd.snapshots")]
    [InlineData("kcopyd.clones")]
    [InlineData("kcopyd.nbd.server")]
    public void have_every_setting_with_its_default(string section)
    {
        var settings = KcopydExtension.DefaultConfig().GetConfig(section).AsEnumerable().Select(pair => $"| `{pair.Key}` | {Text(pair.Value)} |").ToArray();
        Assert.NotEmpty(settings);
        Assert.All(settings, row => Assert.Contains(Lines, line => line.StartsWith(row, StringComparison.Ordinal)));
    }

    [Fact]
    public void have_the_setting_of_completions()
    {
        Assert.Equal("", KcopydExtension.DefaultConfig().GetString(Completions.Setting));
        Assert.Contains(Lines, static line => line.StartsWith("| `completion-dispatcher` | | ", StringComparison.Ordinal));
    }

    [Theory, InlineData(4096), InlineData(4097)]
    public async Task copy_a_source_of_any_length_by_its_sample(int length)
    {
        Assert.Contains(Lines, static line => line.Contains("kcopyd.CopyAsync(from.Whole(), [to.Region(0, from.Whole().Count)]", StringComparison.Ordinal));
        var (from, to) = (BlockDevice.Memory(length), BlockDevice.Memory(2 * 4096));
        from.Bytes.Fill(7);
        Assert.True((await Sys.Kcopyd().GetClient().CopyAsync(from.Whole(), [to.Region(0, from.Whole().Count)])).IsSuccess);
        Assert.True(from.Bytes.SequenceEqual(to.Bytes[..length]));
    }

    [Fact]
    public async Task have_every_instrument_with_its_kind_and_unit()
    {
        var rows = new List<string>();
        await AllInstruments.PublishAsync(Sys, "page");
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == KcopydTelemetry.Name)
            {
                lock (rows)
                    rows.Add($"| `{instrument.Name}` | {Kind(instrument)}, {instrument.Unit} |");
            }
        };
        listener.Start();
        AwaitAssert(() =>
        {
            lock (rows)
                Assert.Equal(AllInstruments.Count, rows.Count);   // some are published when actors start
        });
        Assert.All(rows, row => Assert.Contains(Lines, line => line.StartsWith(row, StringComparison.Ordinal)));
    }

    private static string Text(HoconValue value) => value.IsArray() ? string.Join(", ", value.GetStringList()) : value.GetString();

    private static string Kind(Instrument instrument) => instrument switch
    {
        Histogram<double> => "histogram",
        Counter<long> or ObservableCounter<long> => "counter",
        ObservableUpDownCounter<long> => "up-down counter",
        ObservableGauge<double> => "gauge",
        _ => instrument.GetType().Name,
    };

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
