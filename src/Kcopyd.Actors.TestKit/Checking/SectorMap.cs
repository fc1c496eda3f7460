namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>The sectors of a device that operations have touched, and which of them a flush or a power cut concerns.</summary>
internal sealed class SectorMap(long initialStamp)
{
    private readonly Dictionary<long, SectorState> _states = [];
    private readonly List<SectorState> _dirty = [];

    public SectorState this[long sector]
    {
        get
        {
            if (!_states.TryGetValue(sector, out var state))
                _states.Add(sector, state = new(SectorVersion.Left([new(initialStamp, "the initial content")], -1)));
            return state;
        }
    }

    public void Begin(BlockDeviceOperation change)
    {
        var content = new PossibleContent(change.Kind == BlockDeviceOperationKind.Discard ? null : change.Stamp,
            $"{change}, called at event {change.CallPosition}");
        change.Versions = new SectorVersion[change.SectorCount];
        for (var i = 0; i < change.SectorCount; i++)
        {
            change.Versions[i] = new() { Contents = [content], LastBegin = change.CallPosition };
            var state = this[change.FirstSector + i];
            state.Begin(change.Versions[i]);
            if (state.IsListed)
                continue;
            state.IsListed = true;
            _dirty.Add(state);
        }
    }

    /// <summary>Ends a change.</summary>
    /// <param name="change">The change.</param>
    /// <param name="done">The number of its sectors that were changed for certain; the others were changed or not.</param>
    /// <param name="oldestRead">The position of the call of the oldest read that is in progress, or of the next event.</param>
    public void End(BlockDeviceOperation change, int done, int oldestRead)
    {
        for (var i = 0; i < change.Versions.Length; i++)
            this[change.FirstSector + i].End(change.Versions[i], change.EndPosition!.Value, i < done, change.IsDurable, oldestRead);
        change.Versions = [];
    }

    public void Flushed(int call)
    {
        foreach (var state in _dirty)
        {
            state.Flushed(call);
            state.IsListed = state.IsDirty;
        }
        _dirty.RemoveAll(state => !state.IsListed);
    }

    public void FlushFailed(int position)
    {
        foreach (var state in _dirty)
            state.FlushFailed(position);
    }

    public void PowerCut(int position)
    {
        foreach (var state in _states.Values)
        {
            state.PowerCut(position);
            state.IsListed = false;
        }
        _dirty.Clear();
    }
}
