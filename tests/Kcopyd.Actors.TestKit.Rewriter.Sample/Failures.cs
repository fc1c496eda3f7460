namespace RewriterSample;

public static class Failures
{
    public static async Task<DateTime> FailAsync(bool fail)
    {
        var begin = DateTime.UtcNow;
        await Task.Yield();
        if (fail)
            throw new InvalidOperationException($"failed after {DateTime.UtcNow - begin}");
        return begin;
    }
}
