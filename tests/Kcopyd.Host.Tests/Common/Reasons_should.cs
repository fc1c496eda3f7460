using System.Net;
using Kcopyd.Actors;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Host.Serving;
using Kcopyd.Host.Snapshots;
using Xunit;

namespace Kcopyd.Host.Tests.Common;

/// <summary>The command has its own sentence for each reason that the library defines. A new reason without a sentence fails these specs.</summary>
public sealed class Reasons_should
{
    private const string Prose = "the library's own words";

    private static readonly Operand Cow = new("COW", "disk.cow", 0, null);

    public static TheoryData<DeviceOpenError> OpenErrors => [.. Enum.GetValues<DeviceOpenError>()];

    public static TheoryData<NbdListenError> ListeningErrors => [.. Enum.GetValues<NbdListenError>()];

    public static TheoryData<SnapshotStoreError> StoreReasons => [.. Enum.GetValues<SnapshotStoreError>()];

    public static TheoryData<SnapshotRecordError> RecordErrors => [.. Enum.GetValues<SnapshotRecordError>()];

    [Theory]
    [MemberData(nameof(OpenErrors))]
    public void have_a_sentence_for_a_device_that_cannot_be_opened(DeviceOpenError reason)
    {
        var refused = new DeviceOpenException(reason, "disk.cow", Prose, errno: 5) { Length = 10, Needed = 20 };
        IsOwn(DeviceOpening.Sentence(Cow, refused), $"{Cow}");
        Assert.Equal(DeviceOpening.Sentence(Cow, refused), DeviceOpening.Refusal(Cow, refused, new BlockDeviceOptions()).Message);
    }

    [Theory]
    [MemberData(nameof(ListeningErrors))]
    public void have_a_sentence_for_an_address_that_cannot_be_listened_on(NbdListenError reason)
    {
        var refused = new NbdListenException(reason, new IPEndPoint(IPAddress.Loopback, 10809), Prose, new IOException("a cause"));
        IsOwn(ListenErrors.Sentence("--listen: here", refused), "--listen: here");
        Assert.Equal(ListenErrors.Sentence("--listen: here", refused), ListenErrors.Of("--listen: here", refused).Message);
    }

    [Theory]
    [MemberData(nameof(StoreReasons))]
    public void have_a_sentence_for_a_store_that_cannot_be_used(SnapshotStoreError reason)
    {
        var unusable = new SnapshotStoreException(reason, "disk.img", Prose);
        IsOwn(StoreSentences.Of(Cow, unusable), reason == SnapshotStoreError.OriginNotFlushed ? "ORIGIN 'disk.img'" : $"{Cow}");
        Assert.Equal(StoreSentences.Of(Cow, unusable), StoreErrors.Of(Cow, unusable).Message);
    }

    [Theory]
    [MemberData(nameof(RecordErrors))]
    public void have_a_sentence_for_a_record_that_cannot_be_right(SnapshotRecordError error)
    {
        var fault = new SnapshotRecordFault(error, new ExceptionRecord(1, 2), Area: 3, Index: 4) { Chunks = 5, Other = new ExceptionRecord(6, 7) };
        IsOwn(StoreSentences.Of(Cow, fault, 4096), $"{Cow}: record 4 of metadata area 3 (1->2) is refused");
    }

    private static void IsOwn(string? sentence, string begin)
    {
        Assert.NotNull(sentence);
        Assert.StartsWith(begin, sentence, StringComparison.Ordinal);
        Assert.DoesNotContain(Prose, sentence, StringComparison.Ordinal);
    }
}
