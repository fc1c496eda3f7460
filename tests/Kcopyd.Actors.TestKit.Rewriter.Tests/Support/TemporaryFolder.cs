namespace Kcopyd.Actors.TestKit.Rewriter.Tests.Support;

public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("kcopyd-rewriter-").FullName;

    public string Copy(string file)
    {
        var copy = System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file));
        File.Copy(file, copy, overwrite: true);
        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
