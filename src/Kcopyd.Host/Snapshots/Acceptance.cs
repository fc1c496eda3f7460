using System.CommandLine;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>The defects of stores that the user accepts, and that are refused otherwise.</summary>
/// <param name="Truncated">Stores that were truncated.</param>
/// <param name="Origin">Stores that were created for another origin.</param>
/// <param name="Unclean">Stores that a writer of their origin did not close.</param>
internal readonly record struct Acceptance(bool Truncated, bool Origin, bool Unclean)
{
    /// <summary>The options to open an existing store.</summary>
    public SnapshotOptions Open => new()
    {
        Mode = StoreMode.Open,
        AcceptTruncated = Truncated,
        AcceptOrigin = Origin,
        Unclean = Unclean ? UncleanStores.Accept : UncleanStores.Refuse,
    };
}

/// <summary>The command-line options for <see cref="Acceptance"/>.</summary>
internal sealed class AcceptanceOptions
{
    private readonly Option<bool> _truncated = SnapshotArguments.AcceptTruncated();

    private readonly Option<bool> _origin = new("--accept-origin")
    {
        Description = "Accept a store that was created for another origin: for an image that was moved or restored and holds the same data.",
    };

    private readonly Option<bool> _unclean = new("--accept-unclean")
    {
        Description = "Accept a store that a writer of its origin did not close: after a crash or a power cut, if the store's own device has not failed.",
    };

    public void AddTo(Command command, bool hasTruncated = true)
    {
        if (hasTruncated)
            command.Add(_truncated);
        command.Add(_origin);
        command.Add(_unclean);
    }

    public Acceptance Read(ParseResult parsed) => new(parsed.GetValue(_truncated), parsed.GetValue(_origin), parsed.GetValue(_unclean));
}
