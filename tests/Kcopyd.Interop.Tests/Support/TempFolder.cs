namespace Kcopyd.Interop.Tests.Support;

/// <summary>A folder that is deleted with the test.</summary>
internal sealed class TempFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kcopyd-interop-");

    /// <summary>A path in the folder.</summary>
    public string this[string name] => Path.Combine(_folder.FullName, name);

    /// <summary>Creates a file of seeded random bytes.</summary>
    public string RandomFile(string name, long length, int seed = 1)
    {
        var random = new Random(seed);
        var chunk = new byte[1 << 20];
        using var file = File.Create(this[name]);
        for (var left = length; left > 0; left -= chunk.Length)
        {
            random.NextBytes(chunk);
            file.Write(chunk.AsSpan(0, (int)Math.Min(left, chunk.Length)));
        }
        return this[name];
    }

    /// <summary>Creates a sparse file of zeroes.</summary>
    public string EmptyFile(string name, long length)
    {
        using var file = File.Create(this[name]);
        file.SetLength(length);
        return this[name];
    }

    public string EmptyFolder(string name) => _folder.CreateSubdirectory(name).FullName;

    public void Dispose() => _folder.Delete(recursive: true);
}
