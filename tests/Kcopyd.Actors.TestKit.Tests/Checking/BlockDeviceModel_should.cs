using Kcopyd.Actors.TestKit.Checking;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Checking;

public sealed class BlockDeviceModel_should
{
    private readonly BlockDeviceModel _model = new(100);

    private void Write(long sector, long stamp, bool durable = false) => _model.Return(_model.CallWrite(sector, 1, stamp, durable));

    private void Flush() => _model.Return(_model.CallFlush());

    private bool Read(long sector, params long[] stamps) => _model.Return(_model.CallRead(sector, stamps.Length), stamps);

    [Fact]
    public void accept_every_run_of_a_correct_disk()
    {
        for (var seed = 0; seed < 3000; seed++)
        {
            var disk = new CachedDisk(seed, DiskDefect.None);
            disk.Run(steps: 300, clients: 4);
            Assert.True(disk.Model.Violations.Count == 0, $"seed {seed}: {string.Join('\n', disk.Model.Violations)}\n{disk.Model.Story()}");
        }
    }

    public static TheoryData<DiskDefect> Defects => [.. Enum.GetValues<DiskDefect>().Where(defect => defect != DiskDefect.None)];

    [Theory]
    [MemberData(nameof(Defects))]
    public void find_the_defect_of_a_disk(DiskDefect defect)
    {
        var found = 0;
        for (var seed = 0; seed < 300; seed++)
        {
            var disk = new CachedDisk(seed, defect);
            disk.Run(steps: 300, clients: 4);
            found += disk.Model.Violations.Count > 0 ? 1 : 0;
        }
        Assert.True(found >= 10, $"{defect} was found in {found} of 300 runs");
    }

    [Fact]
    public void agree_with_the_checker_of_registers_while_nothing_fails()
    {
        var refused = 0;
        for (var seed = 0; seed < 4000; seed++)
        {
            var history = RegisterHistories.Create(seed, operations: 14, clients: 4, lost: seed % 3 * 0.1, corrupt: seed % 2 * 0.1);
            var model = new BlockDeviceModel(1);
            Dictionary<int, BlockDeviceOperation> operations = [];
            for (var position = 0; position < history.Count; position++)
            {
                foreach (var one in history.Operations)
                {
                    if (one.CallPosition == position)
                        operations.Add(one.Number, one.Input.IsWrite ? model.CallWrite(0, 1, one.Input.Value) : model.CallRead(0));
                    else if (one.EndPosition == position && one.Input.IsWrite)
                        model.Return(operations[one.Number]);
                    else if (one.EndPosition == position)
                        model.Return(operations[one.Number], [one.Output]);
                }
            }
            var expected = Linearizability.CheckRegister(history, 0);
            Assert.True(expected.IsLinearizable == (model.Violations.Count == 0),
                $"seed {seed}: {expected}\n{string.Join('\n', model.Violations)}\n{model.Story()}");
            refused += expected.IsLinearizable ? 0 : 1;
        }
        Assert.InRange(refused, 400, 3000);
    }

    [Fact]
    public void name_the_sector_what_was_read_and_what_was_possible()
    {
        Write(7, 1);
        Flush();
        _model.CallWrite(7, 2, 2, client: "b");
        Assert.False(_model.Return(_model.CallRead(6, 2, "a"), [0, 9], TimeSpan.FromSeconds(3)));

        var violation = Assert.Single(_model.Violations);
        Assert.Equal("""
            Sector 7: #4 a: read 6+2 (events 5 to 6) found stamp 9, which was never written there. Possible were:
              stamp 1: #1: write 7+1 stamp 1, called at event 0
              stamp 2: #3 b: write 7+2 stamp 2, called at event 4
            """, violation.ToString());
        Assert.Equal((7L, 9L, TimeSpan.FromSeconds(3)), (violation.Sector, violation.Stamp, violation.At));
        Assert.True(Read(7, 9));
        Assert.Equal("""
                 0                call    #1: write 7+1 stamp 1
                 1                return  #1: write 7+1 stamp 1
                 2                call    #2: flush
            """, string.Join('\n', _model.Story().Split('\n')[..3]));
    }

    [Fact]
    public void let_a_power_cut_leave_the_old_or_the_new_content_but_only_one_of_them()
    {
        Write(0, 1);
        Flush();
        Write(0, 2);
        Write(0, 3);
        _model.PowerCut();

        Assert.True(Read(0, 2));
        Assert.True(Read(0, 2));
        Assert.False(Read(0, 3));
        Assert.Equal("which #4: write 0+1 stamp 3 (events 6 to 7) had made", _model.Violations[0].Origin);
        Assert.Equal("#3: write 0+1 stamp 2, called at event 4; power cut at event 8", Assert.Single(_model.Violations[0].Possible).Reason);
    }

    [Fact]
    public void not_let_a_power_cut_lose_what_was_flushed_or_written_through()
    {
        Write(0, 1);
        Write(1, 1, durable: true);
        Flush();
        _model.PowerCut();
        Assert.False(Read(0, 0));
        Assert.False(Read(1, 0));
        Assert.Equal(2, _model.Violations.Count);
    }

    [Fact]
    public void not_take_for_durable_what_completed_after_the_call_of_the_flush()
    {
        var write = _model.CallWrite(0, 1, 1);
        var flush = _model.CallFlush();
        _model.Return(write);
        _model.Return(flush);
        _model.PowerCut();
        Assert.True(Read(0, 0));
    }

    [Fact]
    public void let_a_failed_flush_lose_writes_that_flushing_again_does_not_save()
    {
        Write(0, 1);
        _model.Fail(_model.CallFlush());
        Flush();
        Assert.True(Read(0, 1));
        Assert.True(Read(0, 0));
        Write(0, 2);
        Assert.False(Read(0, 0));
        Flush();
        _model.PowerCut();
        Assert.True(Read(0, 0)); // goes on with what the violation showed
    }

    [Fact]
    public void let_overlapping_writes_be_torn_between_sectors_only()
    {
        var a = _model.CallWrite(0, 2, 1);
        var b = _model.CallWrite(0, 2, 2);
        _model.Return(a);
        _model.Return(b);
        Assert.True(Read(0, 1, 2));
        Assert.False(Read(0, 2, 2));
    }

    [Fact]
    public void allow_any_content_after_a_discard_until_the_next_write()
    {
        Write(0, 1);
        _model.Return(_model.CallDiscard(0, 1));
        Assert.True(Read(0, 77));
        Assert.True(Read(0, 0));
        Write(0, 2);
        Assert.False(Read(0, 77));
    }

    [Fact]
    public void take_the_rest_of_a_short_write_for_failed()
    {
        _model.Return(_model.CallWrite(0, 3, 1), count: 1);
        Assert.True(Read(1, 0, 1));
        Assert.False(Read(0, 0));
    }

    [Fact]
    public void ignore_an_answer_to_an_operation_from_before_the_power_cut()
    {
        var write = _model.CallWrite(0, 1, 1);
        var flush = _model.CallFlush();
        var read = _model.CallRead(0);
        _model.PowerCut();
        _model.Return(write);
        _model.Return(flush);
        Assert.True(_model.Return(read, [99]));
        Assert.True(Read(0, 0));
        Assert.False(Read(0, 1));
    }

    [Fact]
    public void refuse_what_makes_no_sense_with_the_remedy()
    {
        var read = _model.CallRead(0, 2);
        var flush = _model.CallFlush();
        Assert.Throws<ArgumentOutOfRangeException>("sectors", () => new BlockDeviceModel(0));
        Assert.Throws<ArgumentOutOfRangeException>("sector", () => _model.CallRead(100));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => _model.CallRead(99, 2));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => _model.Return(_model.CallWrite(0, 1, 1), 2));
        Assert.Throws<ArgumentException>("operation", () => _model.Return(read));
        Assert.Throws<ArgumentException>("read", () => _model.Return(flush, [1]));
        Assert.Throws<ArgumentException>("stamps", () => _model.Return(read, [1, 2, 3]));
        Assert.Throws<ArgumentException>("operation", () => new BlockDeviceModel(1).Fail(read));
        _model.Unknown(read);
        Assert.Throws<InvalidOperationException>(() => _model.Return(read, [0]));
        Assert.Throws<InvalidOperationException>(() => _model.Unknown(read));
    }

    [Fact]
    public void identify_content_by_a_stamp_of_its_bytes()
    {
        var content = new byte[512];
        HashSet<long> stamps = [SectorStamp.Of(content)];
        Assert.Contains(SectorStamp.Zero, stamps);
        for (var i = 0; i < content.Length; i++)
        {
            content[i] = 1;
            stamps.Add(SectorStamp.Of(content));
            content[i] = 0x80;
            stamps.Add(SectorStamp.Of(content));
            content[i] = 0;
        }
        Assert.Equal(1025, stamps.Count);
        Assert.NotEqual(SectorStamp.Of([1]), SectorStamp.Of([1, 0]));
    }
}
