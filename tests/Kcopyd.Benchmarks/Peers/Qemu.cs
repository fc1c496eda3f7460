namespace Kcopyd.Benchmarks.Peers;

/// <summary>qemu-img's command lines. It writes onto targets that exist (-n), as everybody does who can.</summary>
internal static class Qemu
{
    private static readonly string[] s_outOfOrder = ["-W", "-m", "8"];

    /// <summary>Past the page cache at both ends, by its own io_uring.</summary>
    private const string Direct = ",file.cache.direct=on,file.aio=io_uring";

    public static ToolCommand Convert(string source, string destination, bool outOfOrder, bool direct = false) => direct
        ? new("qemu-img", ["convert", "-n", "-T", "none", "-t", "none", .. outOfOrder ? s_outOfOrder : [], "--image-opts", Raw(source) + Direct, "--target-image-opts", Raw(destination) + Direct])
        : new("qemu-img", ["convert", "-n", .. outOfOrder ? s_outOfOrder : [], "-f", "raw", "-O", "raw", source, destination]);

    /// <summary>One read, a write to each child of its quorum driver.</summary>
    public static ToolCommand Quorum(string source, IReadOnlyList<string> destinations, bool direct = false)
    {
        var children = destinations.Select((path, i) => string.Join(',', (Raw(path) + (direct ? Direct : "")).Split(',').Select(option => $"children.{i}.{option}")));
        string[] modes = direct ? ["-T", "none", "-t", "none"] : [];
        return new("qemu-img", ["convert", "-n", .. s_outOfOrder, .. modes, "--image-opts", "--target-image-opts",
            Raw(source) + (direct ? Direct : ""), $"driver=quorum,vote-threshold=1,{string.Join(',', children)}"]);
    }

    // A comma in a value is doubled; our folders have none.
    private static string Raw(string path) => $"driver=raw,file.driver=file,file.filename={path}";
}
