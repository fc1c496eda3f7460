namespace Kcopyd.Actors.Tests.Devices;

/// <summary>A folder that is deleted with the test.</summary>
internal sealed class TempFolder : IDisposable
{
    private readonly DirectoryInfo _folder;

    public TempFolder(string? parent = null) =>
        _folder = parent is null
            ? Directory.CreateTempSubdirectory("kcopyd-test-")
            : Directory.CreateDirectory(Path.Combine(parent, "kcopyd-test-" + Guid.NewGuid().ToString("N")));

    public string this[string name] => Path.Combine(_folder.FullName, name);

    public string File(string name, ReadOnlySpan<byte> content)
    {
        System.IO.File.WriteAllBytes(this[name], content);
        return this[name];
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
