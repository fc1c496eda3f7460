using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Tests.Targets;

internal sealed class TestTarget(Elsewhere elsewhere) : Target<TestRequest>(elsewhere)
{
    protected override TestRequest Create() => new(this);
}

internal sealed class TestRequest(TestTarget target) : TargetRequest(target), IQueued<TestRequest>, IMember<TestRequest>
{
    public int Uses { get; private set; }

    public TestRequest? Following { get; set; }

    public TestRequest? Before { get; set; }

    public TestRequest? After { get; set; }

    public ValueTask<IoResult> Prepare(byte[]? memory = null)
    {
        Uses++;
        Begin(target.NextId(), 0, memory?.Length ?? 0, memory);
        return Answered;
    }

    protected override void Free()
    {
        base.Free();
        target.Recycle(this);
    }
}
