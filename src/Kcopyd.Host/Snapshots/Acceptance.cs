using System.CommandLine;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>What a user takes that is otherwise refused.</summary>
/// <param name="Truncated">Stores that were truncated.</param>
/// <param name="Origin">Stores that were made for another origin.</param>
/// <param name="Unclean">Stores that a writer of their origin did not close.</param>
internal readonly record struct Acceptance(bool Truncated, bool Origin, bool Unclean)
{
    /// <summary>Opens a store that exists.</summary>
    public SnapshotOptions Open => new()
    {
        Mode = StoreMode.Open,
        AcceptTruncated = Truncated,
        AcceptOrigin = Origin,
        Unclean = Unclean ? UncleanStores.Accept : UncleanStores.Refuse,
    };
}

/// <summary>The options for that.</summary>
internal sealed class AcceptanceOptions
{
    private readonly Option<bool> _truncated = new("--accept-truncated") { Description = "Take a store that was truncated; chunks that it has lost cannot be read." };
    private readonly Option<bool> _origin = new("--accept-origin") { Description = "Take a store that was made for another origin: for an image that was moved or restored, and holds what it held." };
    private readonly Option<bool> _unclean = new("--accept-unclean") { Description = "Take a store that a writer of its origin did not close: after a crash or a power cut, if the store's own device has not failed." };

    public void AddTo(Command command, bool hasTruncated = true)
    {
        if (hasTruncated)
            command.Add(_truncated);
        command.Add(_origin);
        command.Add(_unclean);
    }

    public Acceptance Read(ParseResult parsed) => new(parsed.GetValue(_truncated), parsed.GetValue(_origin), parsed.GetValue(_unclean));
}
