using System.Globalization;

namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>What an operation on a block device does.</summary>
public enum BlockDeviceOperationKind
{
    /// <summary>Reads sectors.</summary>
    Read,
    /// <summary>Writes sectors.</summary>
    Write,
    /// <summary>Makes sectors read as zeroes.</summary>
    WriteZeroes,
    /// <summary>Makes the content of sectors undefined.</summary>
    Discard,
    /// <summary>Makes everything that completed before its call durable.</summary>
    Flush,
}

/// <summary>One operation that a <see cref="BlockDeviceModel"/> follows: the handle with which its end is recorded.</summary>
public sealed class BlockDeviceOperation
{
    internal BlockDeviceOperation(BlockDeviceModel model, int number, int position, int epoch)
    {
        Model = model;
        Number = number;
        CallPosition = position;
        Epoch = epoch;
    }

    /// <summary>The number of the operation, from 1, in the order of the calls.</summary>
    public int Number { get; }

    /// <summary>What the operation does.</summary>
    public required BlockDeviceOperationKind Kind { get; init; }

    /// <summary>The first sector; 0 for a flush.</summary>
    public required long FirstSector { get; init; }

    /// <summary>The number of sectors; 0 for a flush.</summary>
    public required int SectorCount { get; init; }

    /// <summary>What every sector contains after a write; 0 for all other operations.</summary>
    public long Stamp { get; init; }

    /// <summary>True if the operation is durable when it returns (force unit access).</summary>
    public bool IsDurable { get; init; }

    /// <summary>The name of the caller, for reports; may be empty.</summary>
    public string Client { get; init; } = "";

    /// <summary>What is known about the end of the operation.</summary>
    public OperationOutcome Outcome { get; internal set; }

    /// <summary>The position of the call among the events of the model, from 0.</summary>
    public int CallPosition { get; }

    /// <summary>The position of the end among the events of the model; null while the operation is pending or unknown.</summary>
    public int? EndPosition { get; internal set; }

    internal BlockDeviceModel Model { get; }

    // Power cuts before the call.
    internal int Epoch { get; }

    // What a change makes of each of its sectors.
    internal SectorVersion[] Versions { get; set; } = [];

    internal bool IsChange => Kind is not (BlockDeviceOperationKind.Read or BlockDeviceOperationKind.Flush);

    /// <summary>The operation in one line: <c>#4 a: write 8+2 stamp 17</c>.</summary>
    public override string ToString()
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"#{Number}{(Client.Length == 0 ? "" : " " + Client)}: ") + Kind switch
        {
            BlockDeviceOperationKind.Read => "read",
            BlockDeviceOperationKind.Write => "write",
            BlockDeviceOperationKind.WriteZeroes => "zero",
            BlockDeviceOperationKind.Discard => "discard",
            _ => "flush",
        };
        if (Kind != BlockDeviceOperationKind.Flush)
            text += string.Create(CultureInfo.InvariantCulture, $" {FirstSector}+{SectorCount}");
        if (Kind == BlockDeviceOperationKind.Write)
            text += string.Create(CultureInfo.InvariantCulture, $" stamp {Stamp}");
        return IsDurable ? text + " fua" : text;
    }

    internal bool Covers(long sector) => sector >= FirstSector && sector - FirstSector < SectorCount;

    internal string Span => string.Create(CultureInfo.InvariantCulture, $"events {CallPosition} to {(EndPosition is { } end ? end : "open")}");
}
