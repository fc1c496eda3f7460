using System.Security.Cryptography;
using System.Text;

namespace Kcopyd.Host.Tests.Fuzzing;

/// <summary>A folder with a file of every kind that a command line can name.</summary>
internal sealed class FuzzedFolder : IDisposable
{
    private const int Small = 64 << 10;     // bytes

    private readonly TempFolder _folder = new();

    public FuzzedFolder(Random random)
    {
        Write("image", Bytes(random, Small));
        Write("other", Bytes(random, Small / 2));
        Write("odd", Bytes(random, 4097));
        Write("empty", []);
        Write("zeroes", new byte[Small]);
        Write("text", "a letter\n"u8.ToArray());
        Write("map", "0x00000000     ?               1\n0x00000000  0x00010000  ?\n"u8.ToArray());
        Write("broken-map", "0x00000000     ?\nnonsense\n"u8.ToArray());
        Write("ranges", "0 4096\n8192 512\n"u8.ToArray());
        Write("broken.cow", [.. "SnAp"u8, 1, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, .. new byte[Small]]);
        Write("kernel.cow", [.. "SnAp"u8, 1, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, .. new byte[Small - 16]]);
        Write("ext4", [.. new byte[1024 + 56], 0x53, 0xEF, .. new byte[Small]]);
        Write("-dash", Bytes(random, 512));
        Write("a b@8+8", Bytes(random, 4096));
        Write("read-only", Bytes(random, 512));
        File.SetUnixFileMode(At("read-only"), UnixFileMode.UserRead);
        using (var sparse = File.Create(At("sparse")))
            sparse.SetLength(1 << 20);
        Directory.CreateDirectory(At("folder"));
        File.CreateSymbolicLink(At("link"), "image");
        File.CreateSymbolicLink(At("loop"), "loop");
        File.CreateSymbolicLink(At("dangling"), "folder/missing");
        Tool.Run("ln", At("other"), At("hard"));
        Tool.Run("mkfifo", At("fifo"));
    }

    /// <summary>Names that exist, and some that do not.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "image", "image", "other", "odd", "empty", "zeroes", "text", "map", "broken-map", "ranges", "broken.cow", "ext4", "-dash", "a b@8+8", "read-only",
        "sparse", "folder", "link", "loop", "dangling", "hard", "fifo", "new", "new2", "new.cow", "folder/new", "missing/new", "folder/", "./image", "", " ",
        "/dev/null", "/dev/full", "/proc/self/status", "-", "@1+1:image", "@512+512:image", "@8:new", "@:image", "image@8+8", "image@",
        "nbd+unix:///?socket=missing", "nbd://127.0.0.1:1/x", "nbd://", "image,new.cow", "image,broken.cow", "x=image", "=", ",",
    ];

    /// <summary>Names that most commands can use.</summary>
    public static IReadOnlyList<string> Useful { get; } =
    [
        "image", "other", "odd", "sparse", "zeroes", "link", "new", "new2", "new3", "/dev/null", "-", "@512+1K:image", "@1K:other", "kernel.cow",
    ];

    public string Path => _folder[""];

    /// <summary>A listing of the folder: the name, kind, mode and content of each entry.</summary>
    public string Look()
    {
        var text = new StringBuilder();
        var entries = new DirectoryInfo(Path).EnumerateFileSystemInfos("*", SearchOption.AllDirectories);
        foreach (var entry in entries.OrderBy(static entry => entry.FullName, StringComparer.Ordinal))
        {
            var isFile = entry is FileInfo { LinkTarget: null } && entry.Name != "fifo";
            text.Append(System.IO.Path.GetRelativePath(Path, entry.FullName)).Append(' ').Append(entry.UnixFileMode).Append(' ').Append(entry.LinkTarget)
                .Append(isFile ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(entry.FullName))) : "").Append('\n');
        }
        return text.ToString();
    }

    public void Dispose() => _folder.Dispose();

    private string At(string name) => _folder[name];

    private void Write(string name, byte[] bytes) => File.WriteAllBytes(At(name), bytes);

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
