using System.Diagnostics;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Files;

public sealed class StorageLock_should : IDisposable
{
    private const int Size = 4 << 20;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void give_a_writer_the_file_alone_and_let_readers_share_it()
    {
        var file = _folder.File("image", new byte[512]);
        using (StorageLock.Acquire(Reads(file)))
        {
            using var another = StorageLock.Acquire(Reads(file));
            Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Writes(file)));
        }
        using (StorageLock.Acquire(Writes(file)))
        {
            Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Writes(file)));
            Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Reads(file)));
        }
        using var afterwards = StorageLock.Acquire(Writes(file));
        Assert.Empty(afterwards.Unlocked);
    }

    [Fact]
    public void give_back_one_of_its_claims_and_keep_what_another_needs()
    {
        var (one, other) = (_folder.File("image", new byte[512]), _folder.File("other", new byte[512]));
        File.CreateSymbolicLink(_folder["link"], other);
        using var held = StorageLock.Acquire(Writes(one), Writes(other), Writes(_folder["link"]));
        held.Release(one);
        held.Release(one);
        held.Release(other);
        using (StorageLock.Acquire(Writes(one)))
            Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Writes(other)));
        held.Release(_folder["link"]);
        using var free = StorageLock.Acquire(Writes(other));
        held.Release(other);        // no longer belongs to it
        Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Writes(other)));
    }

    [Fact]
    public void name_the_process_that_has_the_lock()
    {
        var file = _folder.File("image", new byte[512]);
        using var other = StorageLock.Acquire(Writes(file));

        var busy = Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Reads(file)));

        Assert.Equal(file, busy.Path);
        var user = Assert.Single(busy.Users);
        Assert.Equal((StorageUserKind.Lock, Environment.ProcessId), (user.Kind, user.ProcessId));
        Assert.Contains($"'{file}' is in use: {file} is locked by process {Environment.ProcessId} (", busy.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void hold_against_other_programs_and_against_theirs()
    {
        var file = _folder.File("image", new byte[512]);
        using (StorageLock.Acquire(Writes(file)))
            Assert.Equal(1, Flock("--nonblock", "--shared", file, "true"));
        Assert.Equal(0, Flock("--nonblock", "--exclusive", file, "true"));
    }

    [Fact]
    public void hold_where_the_locks_of_the_framework_are_switched_off()
    {
        var file = _folder.File("image", new byte[512]);
        var held = Environment.GetEnvironmentVariable("DOTNET_SYSTEM_IO_DISABLEFILELOCKING");
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_IO_DISABLEFILELOCKING", "1");
        try
        {
            using var first = StorageLock.Acquire(Writes(file));
            Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Writes(file)));
        }
        finally
        {
            Environment.SetEnvironmentVariable("DOTNET_SYSTEM_IO_DISABLEFILELOCKING", held);
        }
    }

    [Fact]
    public void know_a_file_by_all_its_names()
    {
        var file = _folder.File("image", new byte[512]);
        File.CreateSymbolicLink(_folder["link"], file);
        LoopDevice.Run("ln", [file, _folder["hard"]]);
        using var held = StorageLock.Acquire(Writes(file));

        Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Reads(_folder["link"])));
        Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Reads(_folder["hard"])));
    }

    [Fact]
    public void acquire_everything_or_nothing()
    {
        var (free, busy) = (_folder.File("free", new byte[512]), _folder.File("busy", new byte[512]));
        using var other = StorageLock.Acquire(Writes(busy));

        Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Writes(free), Writes(busy)));

        using var afterwards = StorageLock.Acquire(Writes(free));
    }

    [Fact]
    public void take_what_is_free_for_users_who_insist()
    {
        var (free, busy) = (_folder.File("free", new byte[512]), _folder.File("busy", new byte[512]));
        using var other = StorageLock.Acquire(Writes(busy));

        using var insisting = StorageLock.AcquireFree(Writes(busy), Writes(free));

        Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Reads(free)));
    }

    [Fact]
    public void claim_the_same_file_twice_in_one_call_and_keep_the_stronger_claim()
    {
        var file = _folder.File("image", new byte[512]);
        using var held = StorageLock.Acquire(Reads(file), Writes(file), Reads(file));
        Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Reads(file)));
    }

    [Fact]
    public void claim_nothing_of_what_is_missing_and_of_what_stores_nothing()
    {
        using var held = StorageLock.Acquire(Writes(_folder["missing"]), Writes("/dev/null"), Writes("/dev/null"));
        Assert.False(File.Exists(_folder["missing"]));
        Assert.Empty(held.Unlocked);
    }

    [SkippableFact]
    public void know_a_file_and_the_loop_device_over_it_as_the_same_storage()
    {
        var file = _folder.File("image", new byte[Size]);
        using var loop = LoopDevice.Attach(file, 512);

        using (StorageLock.Acquire(Writes(file)))
        {
            Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Reads(loop.Path)));
            Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Writes(loop.Path)));
        }
        using (StorageLock.Acquire(Writes(loop.Path)))
            Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Reads(file)));
        using (StorageLock.Acquire(Reads(loop.Path)))
            using (StorageLock.Acquire(Reads(file)))
                Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Writes(file)));
    }

    [SkippableFact]
    public void refuse_a_block_device_whose_file_system_is_mounted_and_the_file_beneath_it_and_name_the_mount_point()
    {
        var file = _folder.File("image", new byte[16 << 20]);
        using var loop = LoopDevice.Attach(file, 512);
        LoopDevice.Run("mkfs.ext2", ["-q", loop.Path]);
        using var mount = Mount.Of(loop.Path, _folder["mount point"]);

        foreach (var path in new[] { loop.Path, file })
        {
            var busy = Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Writes(path)));
            Assert.Equal($"'{path}' is in use: {loop.Path} is mounted on {_folder["mount point"]}.", busy.Message);
        }
        using var reader = StorageLock.Acquire(Reads(loop.Path), Reads(file));
        using var insisting = StorageLock.AcquireFree(Writes(loop.Path));
    }

    [SkippableFact]
    public void keep_a_claimed_block_device_from_being_mounted()
    {
        var file = _folder.File("image", new byte[16 << 20]);
        using var loop = LoopDevice.Attach(file, 512);
        LoopDevice.Run("mkfs.ext2", ["-q", loop.Path]);

        using (StorageLock.Acquire(Writes(file)))
            Assert.Contains("already mounted or mount point busy",
                Assert.Throws<InvalidOperationException>(() => Mount.Of(loop.Path, _folder["mnt"])).Message, StringComparison.Ordinal);

        using var mount = Mount.Of(loop.Path, _folder["mnt"]);
    }

    [SkippableFact]
    public void let_disjoint_partitions_be_written_at_the_same_time_and_nobody_beside_the_writer_of_the_whole_disk()
    {
        var file = _folder.File("image", new byte[Size]);
        using var loop = LoopDevice.Attach(file, 512, options: "--partscan");
        LoopDevice.Run("addpart", [loop.Path, "1", "2048", "1024"]);        // added directly: the kernel may not support partition tables
        LoopDevice.Run("addpart", [loop.Path, "2", "4096", "1024"]);
        var (first, second) = (loop.Path + "p1", loop.Path + "p2");
        Skip.IfNot(File.Exists(second), "needs nodes of partitions on loop devices (devtmpfs)");

        using (StorageLock.Acquire(Writes(first)))
        {
            using var other = StorageLock.Acquire(Writes(second));
            Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Writes(loop.Path)));
            Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Reads(loop.Path)));
        }
        using (StorageLock.Acquire(Reads(loop.Path)))
            Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Writes(first)));
        using (StorageLock.Acquire(Writes(loop.Path)))
            Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Reads(first)));
    }

    [SkippableFact]
    public async Task name_the_program_that_has_a_device_open_exclusively()
    {
        var file = _folder.File("image", new byte[Size]);
        using var loop = LoopDevice.Attach(file, 512);
        const string Script = "import os,sys; fd = os.open(sys.argv[1], os.O_RDONLY | os.O_EXCL); print('open', flush=True); sys.stdin.read()";
        using var other = Process.Start(new ProcessStartInfo("python3", ["-c", Script, loop.Path])
        { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Assert.Equal("open", await other.StandardOutput.ReadLineAsync());

        var busy = Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(Writes(loop.Path)));

        Assert.Equal(new StorageUser(StorageUserKind.Open, "python3", loop.Path, other.Id), Assert.Single(busy.Users));
        other.StandardInput.Close();
        await other.WaitForExitAsync();
    }

    private static StorageClaim Reads(string path) => new(path, IsExclusive: false);

    private static StorageClaim Writes(string path) => new(path, IsExclusive: true);

    private static int Flock(params string[] arguments)
    {
        using var process = Process.Start("flock", arguments);
        process.WaitForExit();
        return process.ExitCode;
    }

    private sealed class Mount : IDisposable
    {
        private readonly string _point;

        private Mount(string point) => _point = point;

        public static Mount Of(string device, string point)
        {
            Directory.CreateDirectory(point);
            LoopDevice.Run("mount", [device, point]);
            return new Mount(point);
        }

        public void Dispose() => LoopDevice.Run("umount", [_point]);
    }
}
