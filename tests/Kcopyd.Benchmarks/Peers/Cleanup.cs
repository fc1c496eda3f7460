namespace Kcopyd.Benchmarks.Peers;

/// <summary>
/// What has to be undone before the program ends (folders, mounts, loop devices), in the reverse order. Whoever undoes something earlier,
/// or a second time, undoes it once.
/// </summary>
internal sealed class Cleanup : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Step> _steps = [];

    /// <summary>Remembers a step; disposing what is returned takes it now.</summary>
    public IDisposable Add(string what, Action undo)
    {
        var step = new Step(this, what, undo);
        lock (_gate)
            _steps.Add(step);
        return step;
    }

    /// <summary>A new folder that goes away with everything in it.</summary>
    public ScratchFolder Folder(string parent, string name)
    {
        var path = Path.Combine(parent, $"kcopyd-peers-{Environment.ProcessId}-{name}");
        Directory.CreateDirectory(path);
        return new ScratchFolder(path, Add($"folder {path}", () => Directory.Delete(path, recursive: true)));
    }

    /// <summary>The same, where so many bytes fit.</summary>
    public ScratchFolder Folder(string parent, string name, long bytes)
    {
        var free = new DriveInfo(parent).AvailableFreeSpace;
        return bytes < free ? Folder(parent, name) : throw new PeersException($"{name} needs {bytes >> 20} MiB in {parent}, which has {free >> 20}: choose a smaller --size");
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
                // Under the lock: who finds nothing left to undo may end the process.
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

/// <summary>A folder that goes away when this is disposed, or at the end.</summary>
internal sealed record ScratchFolder(string Path, IDisposable Removal) : IDisposable
{
    public void Dispose() => Removal.Dispose();
}
