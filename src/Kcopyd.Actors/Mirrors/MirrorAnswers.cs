using Akka.Dispatch;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Mirrors;

/// <summary>The active requests of a mirror and their answers. Used by the mirror's actor only.</summary>
internal sealed class MirrorAnswers(Action<IRunnable> schedule)
{
    public const int MaxActive = 256;       // requests; more than these wait

    private readonly RequestAdmission<MirrorRequest> _requests = new(MaxActive);
    private readonly TargetAnswers _answers = new(schedule);

    public bool IsIdle => _requests.Active == 0;

    public bool TryBegin(MirrorRequest request, bool isOpen) => _requests.TryBegin(request, isOpen);

    public MirrorRequest? BeginNext() => _requests.BeginNext();

    public void End(MirrorRequest request)
    {
        _requests.End(request);
        _answers.Add(request, new IoResult(request.GoodTo, request.Error));
    }

    public void Tell() => _answers.Tell();

    public void Close()
    {
        _answers.Tell();
        _requests.Close();
    }
}
