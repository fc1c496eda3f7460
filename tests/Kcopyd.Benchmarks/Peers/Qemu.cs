namespace Kcopyd.Benchmarks.Peers;

/// <summary>qemu-img's command lines. It writes to existing destinations (-n), like every tool that can.</summary>
internal static class Qemu
{
    private static readonly string[] s_outOfOrder = ["-W", "-m", "8"];

    /// <summary>Direct I/O at both ends, with its own io_uring.</summary>
    private const string Direct = ",file.cache.direct=on,file.aio=io_uring";

    public static ToolCommand Convert(string source, string destination, bool outOfOrder, bool direct = false) => direct
        ? new("qemu-img", ["convert", "-n", "-T", "none", "-t", "none", .. outOfOrder ? s_outOfOrder : [],
            "--image-opts", Raw(source) + Direct, "--target-image-opts", Raw(destination) + Direct])
        : new("qemu-img", ["convert", "-n", .. outOfOrder ? s_outOfOrder : [], "-f", "raw", "-O", "raw", source, destination]);

    /// <summary>Reads once and writes to each child of qemu's quorum driver.</summary>
    public static ToolCommand Quorum(string source, IReadOnlyList<string> destinations, bool direct = false)
    {
        var children = destinations.Select((path, i) =>
            string.Join(',', (Raw(path) + (direct ? Direct : "")).Split(',').Select(option => $"children.{i}.{option}")));
        string[] modes = direct ? ["-T", "none", "-t", "none"] : [];
        return new("qemu-img", ["convert", "-n", .. s_outOfOrder, .. modes, "--image-opts", "--target-image-opts",
            Raw(source) + (direct ? Direct : ""), $"driver=quorum,vote-threshold=1,{string.Join(',', children)}"]);
    }

    // A comma in a value would have to be doubled; the paths of our folders have none.
    private static string Raw(string path) => $"driver=raw,file.driver=file,file.filename={path}";
}
