using Akka.Actor;
using Kcopyd.Actors.TestKit.Tests.Museum.Hall;

namespace Kcopyd.Actors.TestKit.Tests.Museum;

internal sealed class TimerAfterCancel : ActorExhibit
{
    private const int Requests = 4;
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(20);

    public override string Name => "timer after its cancellation";

    public override string Bug => "A timeout is in the mailbox when it is cancelled, and fails the next request.";

    public override int Seeds => 100;

    public override async Task PlayOn(Stage stage, bool isFixed)
    {
        var ends = new Tally<string>(stage);
        var backend = new Backend(stage);
        stage.Start(() => new Fetcher(stage, backend, ends, isFixed)).Tell("start");
        stage.PauseOnce(within: Requests * Latency, atMost: 3 * Limit);
        if ((await ends.ReachAsync(Requests, "requests ended")).FirstOrDefault(static end => end != "") is { } failure)
            throw new BugFoundException(failure);
    }

    private sealed record TimedOut(int Request);

    private sealed class Fetcher : ReceiveActor
    {
        private readonly Stage _stage;
        private readonly Backend _backend;
        private int _request;
        private long _start;
        private ICancelable? _timer;

        public Fetcher(Stage stage, Backend backend, Tally<string> ends, bool isFixed)
        {
            (_stage, _backend) = (stage, backend);
            Receive<string>(_ => Begin());
            Receive<int>(answer => answer == _request, _ => End(""));
            Receive<int>(static _ => { });      // an answer after its timeout
            Receive<TimedOut>(timeout =>
            {
                if (isFixed && timeout.Request != _request)
                    return;
                var elapsed = stage.Time.GetElapsedTime(_start);
                End(elapsed < Limit * 0.9 ? $"Request {_request} has timed out after {elapsed.TotalMilliseconds:f0} ms." : "");
            });

            void End(string failure)
            {
                _timer?.Cancel();
                ends.Add(failure);
                if (_request < Requests)
                    Begin();
            }
        }

        private void Begin()
        {
            _request++;
            _start = _stage.Time.GetTimestamp();
            _timer = Context.System.Scheduler.ScheduleTellOnceCancelable(Limit, Self, new TimedOut(_request), Self);
            _backend.LoadAsync(_request, Latency).PipeTo(Self);
        }
    }
}
