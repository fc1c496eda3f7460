using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Memory;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Clones;

/// <summary>Makes what was written durable, one commit at a time. Used by the clone's actor only.</summary>
/// <remarks><code>
///  idle ── Flush, Start (Begin) ──▶ flushing the destination ── nothing changed ──▶ answered, idle
///                                        │ Flushed
///                                        ▼
///                                   writing the metadata ── Written ──▶ answered, idle; or Begin again for what arrived in the meantime
///                                        │ failed
///                                        ▼
///                                   deciding by the superblock on the device (Decided) ──▶ read-only or failed, for good
/// </code>
/// Invariants: a region's mark is durable only after its data: the marks are taken before the destination is flushed. A flush is answered when a commit that
/// began after it has ended. After a failure the marks are those that the device has, so that whatever is written from then on is read again after a restart.
/// </remarks>
internal sealed class CommitQueue
{
    private readonly CloneCore _core;
    private readonly CloneParts _parts;
    private readonly MetadataCommit _commit;
    private readonly DeviceSequence _flush, _metadata;
    private readonly Action<IoError> _flushed, _written, _decided;
    private readonly Action<IoError> _failed;
    private readonly Memory<byte> _superblock = AlignedMemory.Allocate(MetadataBlock.Size);
    private LinkedQueue<CloneRequest> _waiting, _served;
    private State _state;
    private bool _hasPlan, _hasRest;
    private IoError _error;

    /// <param name="core">The clone.</param>
    /// <param name="parts">Answers the flushes.</param>
    /// <param name="workers">Perform the I/O.</param>
    /// <param name="failed">Receives the error of a failed commit, when <see cref="CloneCore.Mode"/> is set.</param>
    public CommitQueue(CloneCore core, CloneParts parts, IIoWorkers workers, Action<IoError> failed)
    {
        (_core, _parts, _failed) = (core, parts, failed);
        _commit = new MetadataCommit(core.Image);
        _flush = new DeviceSequence(workers);
        _metadata = new DeviceSequence(workers);
        (_flushed, _written, _decided) = (Flushed, Written, Decided);
    }

    private enum State
    {
        Idle,
        Flushing,
        Writing,
        Deciding,
    }

    public bool IsIdle => _state == State.Idle;

    /// <summary>True while it is unknown which marks are on the device: no request may begin.</summary>
    public bool IsDeciding => _state == State.Deciding;

    /// <summary>Commits, and then answers a request.</summary>
    public void Flush(CloneRequest request)
    {
        request.Parts++;
        _waiting.Add(request);
        Start();
    }

    /// <summary>Commits if anything has changed or a flush waits.</summary>
    public void Start()
    {
        if (_state == State.Idle && (!_waiting.IsEmpty || _core.Map.ChangedArrays > 0))
            Begin();
    }

    private void Begin()
    {
        _state = State.Flushing;
        if (!_hasRest)
            _served.Append(ref _waiting);
        _hasPlan = _core.Mode == CloneMode.ReadWrite && _core.Map.ChangedArrays > 0;
        if (_hasPlan)
            _commit.Plan(_core.Map, _metadata);
        _hasRest = _hasPlan && _core.Map.ChangedArrays > 0;
        _flush.Flush().Start(_core.Devices.Destination, _flushed);
    }

    private void Flushed(IoError error)
    {
        if (error == IoError.None && _hasPlan)
        {
            _state = State.Writing;
            _metadata.Start(_core.Devices.Metadata, _written);
            return;
        }
        if (error != IoError.None && _hasPlan)
        {
            // The destination may have lost what the marks stand for, and the metadata on the device does not have them.
            _metadata.Clear();
            _commit.Abandon();
            Fail(CloneMode.ReadOnly, error);
            return;
        }
        End(error);
    }

    private void Written(IoError error)
    {
        if (error == IoError.None)
        {
            _commit.Committed();
            End(IoError.None);
            return;
        }
        (_state, _error) = (State.Deciding, error);
        _metadata.Read(0, _superblock).Start(_core.Devices.Metadata, _decided);
    }

    private void Decided(IoError error)
    {
        var isNew = error == IoError.None && _commit.IsNew(_superblock.Span);
        var isOld = error == IoError.None && _commit.IsOld(_superblock.Span);
        if (isNew)
            _commit.Committed();
        else
            _commit.Abandon();
        Fail(isNew || isOld ? CloneMode.ReadOnly : CloneMode.Failed, _error);
    }

    private void Fail(CloneMode mode, IoError error)
    {
        _core.Mode = mode;
        _core.Map.Revert();
        _hasRest = false;
        _served.Append(ref _waiting);
        End(IoError.Io);
        _failed(error);
    }

    private void End(IoError error)
    {
        _state = State.Idle;
        if (_hasRest)
        {
            Begin();
            return;
        }
        while (_served.TryTake(out var request))
        {
            if (error != IoError.None)
                request.Fail(error, 0);
            _parts.EndPart(request);
        }
        if (_core.Mode == CloneMode.ReadWrite && !_waiting.IsEmpty)
            Begin();
    }
}
