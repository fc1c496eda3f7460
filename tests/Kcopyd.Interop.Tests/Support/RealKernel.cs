namespace Kcopyd.Interop.Tests.Support;

/// <summary>
/// A real Linux kernel that runs as a process (Debian's user-mode-linux), for what only the kernel's own device-mapper can tell: what it
/// makes of our stores, and we of its. It needs neither root nor network, and boots in seconds: so one boot gets all of a test's work.
/// </summary>
internal sealed class RealKernel : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly TempFolder _folder = new();

    public static void Require() => Requires.Tools("linux.uml", "dmsetup", "modprobe", "findmnt", "perl");

    /// <summary>More arguments of the kernel.</summary>
    public string Arguments { get; init; } = "";

    /// <summary>A file of the folder that the guest has as /run/host.</summary>
    public string this[string name] => _folder[name];

    /// <summary>Boots it, and runs a shell script in it as root.</summary>
    /// <param name="script">For bash. What it does with disks must be direct: buffers of the guest would be stale.</param>
    /// <param name="images">Files that are $1, $2, ... there: /dev/ubda, /dev/ubdb, ...</param>
    /// <returns>What it printed.</returns>
    /// <exception cref="InvalidOperationException">The script failed, or the kernel did.</exception>
    public async Task<string> RunAsync(string script, params string[] images)
    {
        Require();
        Clear();
        await File.WriteAllTextAsync(this["job"], script);
        await using var kernel = Tool.Start("env", [$"KCOPYD_GUEST={Arguments}", "bash", Path.Combine(AppContext.BaseDirectory, "Support/Guest/real-kernel"), Path.GetDirectoryName(this["job"])!, $"{Limit.TotalSeconds:0}", .. images]);
        var result = await kernel.WaitAsync(Limit + TimeSpan.FromSeconds(60));
        var (output, error) = (Text("out"), Text("err"));
        return result.ExitCode == 0 ? output : throw new InvalidOperationException($"{result}\n--- in the guest\n{output}\n{error}\n{Text("dmesg")}");
    }

    public void Dispose() => _folder.Dispose();

    // Of the boot before.
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
