using Akka.Event;
using Xunit;
using LogLevel = Kcopyd.Host.Common.LogLevel;

namespace Kcopyd.Host.Tests.Common;

public sealed class ErrorStreamLog_should
{
    [Fact]
    public async Task have_a_line_out_when_the_call_that_logs_it_returns()
    {
        var console = Console.Error;
        using var error = new StringWriter();
        using var engine = Engine.Start(LogLevel.Warning);
        Console.SetError(error);
        try
        {
            engine.System.Log.Info("below its level");
            engine.System.Log.Warning("{0} of {1}", "one", 2);
            Assert.Contains(" WRN] one of 2", error.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("below its level", error.ToString(), StringComparison.Ordinal);
            engine.System.Log.Error(new InvalidOperationException("the cause"), "it failed");
            Assert.Contains("ERR] it failed", error.ToString(), StringComparison.Ordinal);
            Assert.Contains("the cause", error.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            Console.SetError(console);
        }
        await engine.System.Terminate();
    }
}
