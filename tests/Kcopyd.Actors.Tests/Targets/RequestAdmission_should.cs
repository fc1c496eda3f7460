using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;
using Xunit;

namespace Kcopyd.Actors.Tests.Targets;

public sealed class RequestAdmission_should
{
    private readonly TestTarget _target = new(new Elsewhere(static run => ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false), Completions.OnPool));
    private readonly RequestAdmission<TestRequest> _admission = new(2);

    [Fact]
    public void let_no_more_begin_than_its_bound_and_the_rest_in_order()
    {
        var (a, b, c, d) = (Request(), Request(), Request(), Request());
        Assert.True(_admission.TryBegin(a, isOpen: true));
        Assert.True(_admission.TryBegin(b, isOpen: true));
        Assert.False(_admission.TryBegin(c, isOpen: true));
        Assert.False(_admission.TryBegin(d, isOpen: true));
        Assert.Null(_admission.BeginNext());
        _admission.End(a);
        Assert.Same(c, _admission.BeginNext());
        Assert.Null(_admission.BeginNext());
        _admission.End(b);
        _admission.End(c);
        Assert.Same(d, _admission.BeginNext());
        Assert.Equal(1, _admission.Active);
    }

    [Fact]
    public void let_none_pass_one_that_waited_while_nothing_could_begin()
    {
        var (a, b) = (Request(), Request());
        Assert.False(_admission.TryBegin(a, isOpen: false));
        Assert.False(_admission.TryBegin(b, isOpen: true));
        Assert.Same(a, _admission.BeginNext());
        Assert.Same(b, _admission.BeginNext());
    }

    [Fact]
    public async Task tell_all_that_the_actor_is_gone()
    {
        var requests = Enumerable.Range(0, 5).Select(_ => _target.Take()).ToList();
        var answers = requests.ConvertAll(static request => request.Prepare().AsTask());
        requests.ForEach(request => _admission.TryBegin(request, isOpen: true));
        _admission.Close();
        Assert.All(await Task.WhenAll(answers), static result => Assert.Equal(IoError.Closed, result.Error));
    }

    private TestRequest Request()
    {
        var request = new TestRequest(_target);
        _ = request.Prepare().AsTask();
        return request;
    }
}
