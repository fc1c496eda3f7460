using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>A request to a view, and the number of its answers.</summary>
internal sealed class Request(int writer, View view, DeviceOperation operation, int sector, int sectors, int issued)
{
    public int Writer => writer;

    public View View => view;

    public DeviceOperation Operation => operation;

    public int Sector => sector;

    public int Sectors => sectors;

    public int Issued => issued;

    public byte[] Bytes { get; } = new byte[operation is DeviceOperation.Read or DeviceOperation.Write ? sectors * Model.Sector.Size : 0];

    /// <summary>A write, from the view of its sectors.</summary>
    public SectorWrite[] Writes { get; init; } = [];

    /// <summary>Chunks that it writes first and completely: they are in the store when it is done.</summary>
    public HashSet<long> Direct { get; } = [];

    /// <summary>It may have taken effect before or after a merge began.</summary>
    public bool IsUncertain { get; set; }

    public int Answers { get; set; }

    public IoResult Result { get; set; }

    public bool Changes => operation is DeviceOperation.Write or DeviceOperation.Discard;

    public override string ToString() => $"#{writer}@{issued} {view.Name} {operation} {sector}+{sectors} -> {(Answers == 0 ? "?" : Result.ToString())}";
}
