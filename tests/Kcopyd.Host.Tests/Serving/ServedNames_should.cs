using Kcopyd.Host.Serving;
using Xunit;

namespace Kcopyd.Host.Tests.Serving;

public sealed class ServedNames_should
{
    [Theory]
    [InlineData("disk=/srv/a.img", "disk", "/srv/a.img")]
    [InlineData("a/b=/srv/a.img", "a/b", "/srv/a.img")]
    [InlineData("/dev/vg/lv=a.img", "/dev/vg/lv", "a.img")]
    [InlineData("disk=a=b.img", "disk", "a=b.img")]
    [InlineData("=a.img", "", "a.img")]
    public void take_for_the_name_of_an_export_all_before_the_first_equals_sign(string text, string name, string path)
    {
        var file = Assert.Single(new ServedNames([], [text], []).Files);
        Assert.Equal((name, path), (file.Name, file.Operand.Path));
    }

    [Theory]
    [InlineData("disk,cow", "cow", "disk", "cow")]
    [InlineData("monday=disk,dir/cow", "monday", "disk", "dir/cow")]
    [InlineData("vm/monday=/srv/disk,cow", "vm/monday", "/srv/disk", "cow")]
    [InlineData("/srv/a=b.img,/srv/cow", "cow", "/srv/a=b.img", "/srv/cow")]
    [InlineData("./a=b.img,cow", "cow", "./a=b.img", "cow")]
    public void take_for_a_path_what_of_a_snapshot_begins_as_one(string text, string name, string origin, string cow) =>
        Assert.Equal(new ServedSnapshot(name, origin, cow), Assert.Single(Assert.Single(new ServedNames([], [], [text]).Snapshots)));
}
