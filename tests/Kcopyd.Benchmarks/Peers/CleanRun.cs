namespace Kcopyd.Benchmarks.Peers;

/// <summary>A run that undoes its changes to the machine, even if it is interrupted or fails.</summary>
internal static class CleanRun
{
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(Func<Cleanup, CancellationToken, Task<int>> run)
    {
        using var cleanup = new Cleanup();
        using var interruption = new Interruption(cleanup);
        try
        {
            return await run(cleanup, interruption.Token);
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            return 130;
        }
        catch (PeersException failed)
        {
            await Console.Error.WriteLineAsync(failed.Message);
            return 1;
        }
    }
}
