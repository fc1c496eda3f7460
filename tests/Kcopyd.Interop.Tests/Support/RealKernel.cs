namespace Kcopyd.Interop.Tests.Support;

/// <summary>
/// A real Linux kernel that runs as a process (Debian's user-mode-linux), to test with the kernel's own device-mapper how it reads our stores and how we read
/// its stores. It needs neither root nor network. A boot takes seconds, so a test does all its work in one boot.
/// </summary>
internal sealed class RealKernel : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly TempFolder _folder = new();

    public static void Require() => Requires.Tools("linux.uml", "dmsetup", "modprobe", "findmnt", "perl");

    /// <summary>Additional arguments of the kernel.</summary>
    public string Arguments { get; init; } = "";

    /// <summary>A file in the folder that the guest mounts as /run/host.</summary>
    public string this[string name] => _folder[name];

    /// <summary>Boots the kernel and runs a shell script in it as root.</summary>
    /// <param name="script">A bash script. Its I/O on disks must be direct, because the guest's buffers would be stale.</param>
    /// <param name="images">The files that the script receives as $1, $2, ...: the devices /dev/ubda, /dev/ubdb, ...</param>
    /// <returns>The output of the script.</returns>
    /// <exception cref="InvalidOperationException">The script failed, or the kernel did.</exception>
    public async Task<string> RunAsync(string script, params string[] images)
    {
        Require();
        Clear();
        await File.WriteAllTextAsync(this["job"], script);
        await using var kernel = Tool.Start("env", [$"KCOPYD_GUEST={Arguments}", "bash",
            Path.Combine(AppContext.BaseDirectory, "Support/Guest/real-kernel"), Path.GetDirectoryName(this["job"])!, $"{Limit.TotalSeconds:0}", .. images]);
        var result = await kernel.WaitAsync(Limit + TimeSpan.FromSeconds(60));
        var (output, error) = (Text("out"), Text("err"));
        return result.ExitCode == 0 ? output : throw new InvalidOperationException($"{result}\n--- in the guest\n{output}\n{error}\n{Text("dmesg")}");
    }

    public void Dispose() => _folder.Dispose();

    // Removes the files of the previous boot.
    private void Clear()
    {
        foreach (var name in new[] { "out", "err", "status", "dmesg", "init" })
            File.Delete(this[name]);
        for (var i = 0; i < 8; i++)
            File.Delete(this[$"disk{i}"]);
        if (Directory.Exists(this["uml"]))
            Directory.Delete(this["uml"], recursive: true);
    }

    private string Text(string name) => File.Exists(this[name]) ? File.ReadAllText(this[name]) : "";
}
