using System.Globalization;
using System.Text;

namespace Kcopyd.Actors.Tests.Nbd.Fuzz;

/// <summary>Counts what a fuzzer has sent, and the outcome. Each thread has its own report, and the reports are added at the end.</summary>
internal sealed class FuzzReport
{
    private readonly SortedDictionary<string, long> _kinds = [];

    public long Inputs { get; private set; }

    public long Accepted { get; set; }

    public long Refused { get; set; }

    public long Conversations { get; set; }

    /// <summary>Conversations that the server ended because of an input.</summary>
    public long Dropped { get; set; }

    /// <summary>Conversations that the client left in the middle of a message.</summary>
    public long Left { get; set; }

    public long BytesSent { get; set; }

    public long BytesReceived { get; set; }

    public void Count(string kind)
    {
        Inputs++;
        _kinds[kind] = _kinds.GetValueOrDefault(kind) + 1;
    }

    public void Add(FuzzReport other)
    {
        foreach (var (kind, count) in other._kinds)
            _kinds[kind] = _kinds.GetValueOrDefault(kind) + count;
        Inputs += other.Inputs;
        Accepted += other.Accepted;
        Refused += other.Refused;
        Conversations += other.Conversations;
        Dropped += other.Dropped;
        Left += other.Left;
        BytesSent += other.BytesSent;
        BytesReceived += other.BytesReceived;
    }

    public string Text(string what, TimeSpan took)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{what}: {Inputs:N0} inputs in {took.TotalSeconds:N1} s ({Inputs / took.TotalSeconds:N0}/s), ");
        text.AppendLine(CultureInfo.InvariantCulture, $"{Conversations:N0} connections: {Dropped:N0} dropped by the server, {Left:N0} left in the middle.");
        text.Append(CultureInfo.InvariantCulture, $"  {Accepted:N0} accepted, {Refused:N0} refused; ");
        text.AppendLine(CultureInfo.InvariantCulture, $"{BytesSent >> 20:N0} MiB sent, {BytesReceived >> 20:N0} MiB received.");
        foreach (var (kind, count) in _kinds)
            text.AppendLine(CultureInfo.InvariantCulture, $"  {kind}: {count:N0}");
        return text.ToString();
    }
}

/// <summary>A violation that a fuzzer has found in the server or the client.</summary>
internal sealed class FuzzException(string message) : Exception(message);
