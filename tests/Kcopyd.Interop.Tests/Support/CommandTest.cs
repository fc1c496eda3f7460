using System.Text.Json;
using System.Text.Json.Serialization;
using Xunit;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>The base of tests with a folder, and with objects that are disposed before the folder is deleted.</summary>
public abstract class CommandTest : IAsyncLifetime
{
    private readonly Stack<IAsyncDisposable> _owned = new();

    internal TempFolder Folder { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        try
        {
            while (_owned.TryPop(out var owned))
                await owned.DisposeAsync();
        }
        finally
        {
            Folder.Dispose();
        }
    }

    /// <summary>Registers an object that is disposed with the test, in reverse order.</summary>
    protected T Own<T>(T owned) where T : IAsyncDisposable
    {
        _owned.Push(owned);
        return owned;
    }
}

/// <summary>The object that <c>--json</c> prints, read independently of the code that writes it.</summary>
internal sealed record CommandReport(
    bool ReadError, [property: JsonPropertyName("writeErrors")] string Bits, long Bytes, double Seconds, Kcopyd.Actors.OffloadedBytes Offloaded,
    IReadOnlyList<CommandReport.Range> Unreadable, IReadOnlyList<CommandReport.Destination> Destinations)
{
    [JsonIgnore]
    public ulong WriteErrors => Convert.ToUInt64(Bits, 16);

    public static CommandReport Of(ToolResult result) =>
        JsonSerializer.Deserialize<CommandReport>(result.Output, JsonSerializerOptions.Web) ?? throw new InvalidOperationException(result.ToString());

    internal sealed record Range(long Offset, long Length);

    internal sealed record Destination(string Path, long Bytes, string? Error);
}
