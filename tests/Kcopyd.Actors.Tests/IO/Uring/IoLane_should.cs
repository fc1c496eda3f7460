using Kcopyd.Actors.IO;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Uring;

[Collection(Alone.Name)]
public sealed class IoLane_should : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void read_what_a_file_has()
    {
        var content = Bytes.Random(100_000);
        using var lane = Lanes.Open();
        using var file = Lanes.File(_folder.File("file", content), LibC.O_RDONLY);
        var memory = new byte[5000];
        Assert.Equal(IoResult.Success(5000), lane.Finish(lane.Read(file, memory, 70_001)));
        Assert.Equal(content[70_001..75_001], memory);
        Assert.False(lane.HasTransfers);
    }

    [SkippableFact]
    public void read_short_at_the_end_and_nothing_behind_it()
    {
        using var lane = Lanes.Open();
        using var file = Lanes.File(_folder.File("file", Bytes.Random(1000)), LibC.O_RDONLY);
        Assert.Equal(IoResult.Success(100), lane.Finish(lane.Read(file, new byte[4096], 900)));
        Assert.Equal(IoResult.Success(0), lane.Finish(lane.Read(file, new byte[4096], 1000)));
    }

    [SkippableFact]
    public void write_where_it_is_told_to()
    {
        var content = Bytes.Random(3000);
        using var lane = Lanes.Open();
        using (var file = Lanes.File(_folder.File("file", Bytes.Filled(10_000, 7))))
            Assert.Equal(IoResult.Success(3000), lane.Finish(lane.Write(file, content, 5001)));
        Assert.Equal([.. Bytes.Filled(5001, 7), .. content, .. Bytes.Filled(1999, 7)], File.ReadAllBytes(_folder["file"]));
    }

    [SkippableFact]
    public void report_the_errno_of_a_failed_transfer()
    {
        using var lane = Lanes.Open();
        using var readOnly = Lanes.File(_folder.File("file", Bytes.Random(1000)), LibC.O_RDONLY);
        using var folder = Lanes.File(Path.GetDirectoryName(_folder["file"])!, LibC.O_RDONLY);
        const int IsFolder = 21;
        Assert.Equal(IoResult.Failure((IoError)LibC.EBADF), lane.Finish(lane.Write(readOnly, new byte[512], 0)));
        Assert.Equal(IoResult.Failure((IoError)IsFolder), lane.Finish(lane.Read(folder, new byte[512], 0)));
    }

    [SkippableFact]
    public void answer_closed_for_a_file_that_was_closed()
    {
        using var lane = Lanes.Open();
        var file = Lanes.File(_folder.File("file", Bytes.Random(1000)));
        file.Dispose();
        Assert.Equal(IoError.Closed, lane.Finish(lane.Read(file, new byte[512], 0)).Error);
        Assert.Equal(IoError.Closed, lane.Finish(lane.Write(file, new byte[512], 0)).Error);
        Assert.False(lane.HasTransfers);
    }

    [SkippableFact]
    public void close_a_file_that_is_disposed_in_the_middle_of_a_transfer_after_it()
    {
        using var lane = Lanes.Open();
        using var pipe = new Pipe();
        var descriptor = $"/proc/self/fd/{pipe.Start.DangerousGetHandle()}";
        var transfer = lane.Read(pipe.Start, new byte[1], 0);
        lane.Submit();
        pipe.Start.Dispose();
        Assert.True(Path.Exists(descriptor), "The file was closed under its transfer.");
        pipe.Fill();
        Assert.Equal(IoResult.Success(1), lane.Finish(transfer));
        Assert.True(pipe.Start.IsClosed);
        Assert.False(Path.Exists(descriptor), "The file was never closed.");
    }

    [SkippableFact]
    public void complete_thousands_of_transfers_at_once_once_each()
    {
        const int Count = 5000;       // more than the ring has submission (128) or completion (4096) entries
        using var lane = Lanes.Open();
        using var pipe = new Pipe();
        var memory = new byte[Count];
        var times = new int[Count];
        var done = 0;
        async void Read(int i)
        {
            Assert.Equal(IoResult.Success(1), await lane.Read(pipe.Start, memory.AsMemory(i, 1), 0));
            times[i]++;
            done++;
        }
        for (var i = 0; i < Count; i++)
            Read(i);
        lane.Submit();
        Assert.Equal(0, done);
        pipe.Fill(Count);
        lane.Until(() => done == Count);
        Assert.DoesNotContain(times, one => one != 1);
        Assert.False(lane.HasTransfers);
    }

    [SkippableFact]
    public void allocate_nothing_for_a_transfer_after_the_first_ones()
    {
        const int Depth = 32;
        using var lane = Lanes.Open();
        using var file = Lanes.File(_folder.File("file", Bytes.Random(1 << 20)));
        var memory = GC.AllocateArray<byte>(4096, pinned: true);
        var transfers = new ValueTask<IoResult>[Depth];
        Assert.Equal(0, Allocation.InEveryRun(() =>
        {
            for (var i = 0; i < 1000; i++)
                Round();
        }));

        void Round()
        {
            for (var j = 0; j < Depth; j++)
                transfers[j] = j % 2 == 0 ? lane.Read(file, memory, j * 4096) : lane.Write(file, memory, j * 4096);
            while (lane.HasTransfers)
            {
                lane.Sleep();
                lane.Reap();
            }
            for (var j = 0; j < Depth; j++)
            {
                if (transfers[j].GetAwaiter().GetResult().Bytes != 4096)
                    throw new InvalidOperationException("short");
            }
        }
    }

    [SkippableFact]
    public void refuse_to_give_a_result_twice()
    {
        using var lane = Lanes.Open();
        using var file = Lanes.File(_folder.File("file", Bytes.Random(1000)));
        var transfer = lane.Read(file, new byte[512], 0);
        lane.Finish(transfer);
        Assert.Throws<InvalidOperationException>(() => transfer.GetAwaiter().GetResult());
    }

    [SkippableFact]
    public void hold_a_file_open_only_if_the_memory_can_be_had()
    {
        using var lane = Lanes.Open();
        var file = Lanes.File(_folder.File("file", Bytes.Random(1000)));
        using var gone = new NoMemory();
        Assert.Equal(IoError.Closed, lane.Finish(lane.Read(file, gone.Memory, 0)).Error);
        Assert.False(lane.HasTransfers);
        var descriptor = $"/proc/self/fd/{file.DangerousGetHandle()}";
        file.Dispose();
        Assert.False(Path.Exists(descriptor), "The file was never closed.");
    }
}
