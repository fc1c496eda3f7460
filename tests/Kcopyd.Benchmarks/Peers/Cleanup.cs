namespace Kcopyd.Benchmarks.Peers;

/// <summary>
/// The changes to undo before the program ends (folders, mounts, loop devices), in reverse order. A change that is undone earlier, or twice, is undone
/// once.
/// </summary>
internal sealed class Cleanup : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Step> _steps = [];

    /// <summary>Adds a step. Disposing the returned object takes it immediately.</summary>
    public IDisposable Add(string what, Action undo)
    {
        var step = new Step(this, what, undo);
        lock (_gate)
            _steps.Add(step);
        return step;
    }

    /// <summary>Creates a folder that is deleted with everything in it.</summary>
    public ScratchFolder Folder(string parent, string name)
    {
        var path = Path.Combine(parent, $"kcopyd-peers-{Environment.ProcessId}-{name}");
        Directory.CreateDirectory(path);
        return new ScratchFolder(path, Add($"folder {path}", () => Directory.Delete(path, recursive: true)));
    }

    /// <summary>Creates such a folder in a parent with at least <paramref name="bytes"/> of free space.</summary>
    public ScratchFolder Folder(string parent, string name, long bytes)
    {
        var free = new DriveInfo(parent).AvailableFreeSpace;
        return bytes < free
            ? Folder(parent, name)
            : throw new PeersException($"{name} needs {bytes >> 20} MiB in {parent}, which has {free >> 20} MiB free: choose a smaller --size");
    }

    public void Dispose()
    {
        while (true)
        {
            Step last;
            lock (_gate)
            {
                if (_steps.Count == 0)
                    return;
                last = _steps[^1];
            }
            last.Dispose();
        }
    }

    private sealed class Step(Cleanup owner, string what, Action undo) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gate)
            {
                if (!owner._steps.Remove(this))
                    return;
                // Under the lock, because a caller that finds nothing left to undo may end the process.
                try
                {
                    undo();
                }
                catch (Exception failed)
                {
                    Console.Error.WriteLine($"left behind: {what} ({failed.Message})");
                }
            }
        }
    }
}

/// <summary>A folder that is deleted when this is disposed, or at the end of the program.</summary>
internal sealed record ScratchFolder(string Path, IDisposable Removal) : IDisposable
{
    public void Dispose() => Removal.Dispose();
}
