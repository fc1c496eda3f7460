using System.Globalization;
using Kcopyd.Host.Serving;
using Xunit;

namespace Kcopyd.Host.Tests.Serving;

public sealed class PidFile_should : ServeSpec
{
    private static readonly string Own = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    private string Pid => Folder["pid"];

    [Fact]
    public async Task be_there_while_clients_can_connect()
    {
        var file = Folder.Random("disk.img", 4096);
        await using var served = await ServeAsync(file, "--listen", $"unix:{Socket}", "--pid-file", Pid);
        var pid = await File.ReadAllTextAsync(Pid);
        if (HostProcess.Given is null)
            Assert.Equal($"{Own}\n", pid);
        else
            Assert.Equal("kcopyd\n", await File.ReadAllTextAsync($"/proc/{pid.TrimEnd('\n')}/comm"));
        Assert.Equal(0, (await served.InterruptAsync()).ExitCode);
        Assert.Equal(["disk.img"], Folder.Names);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("4194305\n", true)]     // larger than any process ID: that process has ended
    [InlineData("1\n", false)]
    [InlineData("0\n", false)]
    [InlineData("-1", false)]
    [InlineData("letter", false)]
    [InlineData("12 34", false)]
    [InlineData("000000000000000000000000000000000000000000000000000001", false)]
    public void take_the_place_of_nothing_but_a_pid_file_that_is_left(string content, bool isTaken)
    {
        File.WriteAllText(Pid, content);
        if (isTaken)
        {
            using (PidFile.Write(Pid))
                Assert.Equal($"{Own}\n", File.ReadAllText(Pid));
            Assert.Empty(Folder.Names);
            return;
        }
        Assert.Throws<UsageException>(() => PidFile.Check(Pid));
        Assert.Throws<UsageException>(() => PidFile.Write(Pid));
        Assert.Equal((content, "pid"), (File.ReadAllText(Pid), Assert.Single(Folder.Names)));
    }

    [Fact]
    public void follow_no_link_and_need_a_folder()
    {
        File.WriteAllText(Folder["operand"], "4194305\n");
        File.CreateSymbolicLink(Pid, Folder["operand"]);
        Assert.Contains("is not a pid file", Assert.Throws<UsageException>(() => PidFile.Check(Pid)).Message, StringComparison.Ordinal);
        Assert.Contains("its folder does not exist", Assert.Throws<UsageException>(() => PidFile.Check(Folder["none/pid"])).Message, StringComparison.Ordinal);
        Assert.Contains("is empty", Assert.Throws<UsageException>(() => PidFile.Check("")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void stay_where_it_has_become_that_of_another()
    {
        var own = PidFile.Write(Pid);
        File.Delete(Pid);
        File.WriteAllText(Pid, "1\n");
        own.Dispose();
        Assert.Equal("1\n", File.ReadAllText(Pid));
    }
}
