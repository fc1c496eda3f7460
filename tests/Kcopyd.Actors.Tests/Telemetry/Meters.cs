using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Kcopyd.Actors.Telemetry;

namespace Kcopyd.Actors.Tests.Telemetry;

internal sealed record Measured(string Instrument, double Value, Dictionary<string, object?> Tags);

/// <summary>What the instruments of the process measure for one client.</summary>
internal sealed class Meters : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Measured> _measured = new();
    private readonly ConcurrentDictionary<Instrument, byte> _instruments = new();
    private readonly string _client;

    public Meters(string client)
    {
        _client = client;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name != KcopydTelemetry.Name)
                return;
            _instruments[instrument] = 0;
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    public ICollection<Instrument> Instruments => _instruments.Keys;

    public void Collect() => _listener.RecordObservableInstruments();

    public void Clear() => _measured.Clear();

    public IEnumerable<Measured> Of(string instrument) => _measured.Where(one => one.Instrument == instrument);

    public double Sum(string instrument, params (string Key, string Value)[] tags) =>
        Of(instrument).Where(one => tags.All(tag => tag.Value.Equals(one.Tags.GetValueOrDefault(tag.Key)))).Sum(one => one.Value);

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var measured = new Measured(instrument.Name, value, new Dictionary<string, object?>(tags.ToArray()));
        if (_client.Equals(measured.Tags.GetValueOrDefault("kcopyd.client")))
            _measured.Enqueue(measured);
    }
}
