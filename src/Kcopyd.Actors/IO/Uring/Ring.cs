using System.Runtime.Versioning;

namespace Kcopyd.Actors.IO.Uring;

/// <summary>
/// A submission and a completion queue shared with the kernel, without any policy. Not thread-safe: <see cref="IoLane"/> locks, except
/// around <see cref="Enter"/>, which the kernel serializes.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class Ring : IDisposable
{
    private const uint Entries = 128, CompletionEntries = 4096;

    private readonly int _fd;
    private readonly byte* _rings;
    private readonly nuint _ringsSize;
    private readonly RingRequest* _requests;
    private readonly nuint _requestsSize;
    private readonly uint* _sqHead, _sqTail, _sqFlags, _cqHead, _cqTail;
    private readonly RingAnswer* _answers;
    private readonly uint _sqMask, _cqMask;
    private uint _tail;         // requests written; those before *_sqTail belong to the kernel
    private bool _isDisposed;

    private Ring(int fd, in RingParameters parameters, byte* rings, nuint ringsSize, RingRequest* requests, nuint requestsSize)
    {
        _fd = fd;
        _rings = rings;
        _ringsSize = ringsSize;
        _requests = requests;
        _requestsSize = requestsSize;
        _sqHead = At(parameters.SqHead);
        _sqTail = At(parameters.SqTail);
        _sqFlags = At(parameters.SqFlags);
        _cqHead = At(parameters.CqHead);
        _cqTail = At(parameters.CqTail);
        _sqMask = *At(parameters.SqMask);
        _cqMask = *At(parameters.CqMask);
        _answers = (RingAnswer*)(_rings + parameters.Cqes);
        _tail = *_sqTail;
        var array = At(parameters.SqArray);
        for (var i = 0u; i <= _sqMask; i++)
            array[i] = i;       // requests are used in the order of their places
    }

    /// <summary>True if the kernel has answers, or must do work to produce them.</summary>
    public bool HasAnswers => Volatile.Read(ref *_cqTail) != *_cqHead || (Volatile.Read(ref *_sqFlags) & (RingAbi.SqTaskRun | RingAbi.SqOverflow)) != 0;

    /// <summary>True if <see cref="TryTake"/> finds all answers only after <see cref="Enter"/>.</summary>
    public bool MustEnter => (Volatile.Read(ref *_sqFlags) & (RingAbi.SqTaskRun | RingAbi.SqOverflow)) != 0;

    /// <summary>Queued requests that the kernel has not taken yet.</summary>
    public int Queued => (int)(_tail - Volatile.Read(ref *_sqHead));

    /// <summary>Creates a ring.</summary>
    /// <param name="maxWorkers">Maximum number of the kernel's own threads that serve it.</param>
    /// <param name="errno">Why there is no ring: EPERM or ENOSYS where it is not allowed, ENOMEM.</param>
    public static Ring? TryCreate(int maxWorkers, out int errno)
    {
        // Completions are collected when the thread enters the kernel anyway, not by interrupting it (since 5.19).
        if (TryCreate(RingAbi.SetupCoopTaskRun | RingAbi.SetupTaskRunFlag, maxWorkers, out errno) is { } ring)
            return ring;
        return errno == LibC.EINVAL ? TryCreate(0, maxWorkers, out errno) : null;
    }

    private static Ring? TryCreate(uint flags, int maxWorkers, out int errno)
    {
        var parameters = new RingParameters { Flags = flags | RingAbi.SetupCqSize | RingAbi.SetupClamp, CqEntries = CompletionEntries };
        var fd = RingAbi.Setup(Entries, ref parameters);
        errno = fd < 0 ? -fd : 0;
        if (fd < 0)
            return null;
        const uint Needed = RingAbi.FeatureSingleMap | RingAbi.FeatureNoDrop | RingAbi.FeatureExtArg;       // since 5.11
        var ringsSize = (nuint)Math.Max(parameters.SqArray + parameters.SqEntries * sizeof(uint),
            parameters.Cqes + parameters.CqEntries * (uint)sizeof(RingAnswer));
        var requestsSize = (nuint)(parameters.SqEntries * (uint)sizeof(RingRequest));
        void* rings = null, requests = null;
        if ((parameters.Features & Needed) != Needed)
            errno = LibC.ENOTSUP;
        else if ((rings = LibC.MapShared(fd, RingAbi.MapRings, ringsSize, out errno)) is not null)
            requests = LibC.MapShared(fd, RingAbi.MapEntries, requestsSize, out errno);
        if (requests is null)
        {
            if (rings is not null)
                LibC.Unmap(rings, ringsSize);
            _ = LibC.Close(fd);
            return null;
        }
        RingAbi.SetMaxWorkers(fd, maxWorkers);
        return new Ring(fd, parameters, (byte*)rings, ringsSize, (RingRequest*)requests, requestsSize);
    }

    /// <summary>Queues a request; false if there is no room until the kernel takes requests.</summary>
    public bool TryQueue(in RingRequest request)
    {
        if (Queued > _sqMask)
            return false;
        _requests[_tail & _sqMask] = request;
        Volatile.Write(ref *_sqTail, ++_tail);
        return true;
    }

    /// <summary>Submits the queued requests, and waits for answers if requested.</summary>
    /// <param name="wait">The number of answers to wait for.</param>
    /// <param name="patience">The maximum time to wait; zero or less waits forever.</param>
    /// <returns>An errno as a negative number, or the number of requests that the kernel took.</returns>
    public int Enter(int wait, TimeSpan patience = default)
    {
        if (_isDisposed)
            return -LibC.EBADF;
        if (patience <= TimeSpan.Zero)
            return RingAbi.Enter(_fd, Queued, wait, RingAbi.EnterGetEvents, null);
        var time = new RingTime(patience);
        var argument = new RingWait { Time = &time };
        return RingAbi.Enter(_fd, Queued, wait, RingAbi.EnterGetEvents | RingAbi.EnterExtArg, &argument);
    }

    public bool TryTake(out RingAnswer answer)
    {
        var head = *_cqHead;
        if (head == Volatile.Read(ref *_cqTail))
        {
            answer = default;
            return false;
        }
        answer = _answers[head & _cqMask];
        Volatile.Write(ref *_cqHead, head + 1);
        return true;
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        LibC.Unmap(_rings, _ringsSize);
        LibC.Unmap(_requests, _requestsSize);
        _ = LibC.Close(_fd);
    }

    private uint* At(uint offset) => (uint*)(_rings + offset);
}
