using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Akka.Actor;
using Kcopyd.Actors;
using Kcopyd.Actors.Faults;

namespace Kcopyd.Host.Transfers;

/// <summary>The demonstration of <c>kcopyd demo</c>, with real files: every line shows a result of the engine.</summary>
internal sealed class Demo(ActorSystem system, string folder, TextWriter writer)
{
    private const int Length = 16 << 20;
    private const int Mirrors = 8;
    private const int Failing = 5;
    private const long BadSector = 12_345;

    private string Image => Path.Combine(folder, "disk.img");

    /// <returns>True if every step had the expected result.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var client = system.Kcopyd().CreateClient("demo");
        await using var lease = client.ConfigureAwait(false);

        var data = new byte[Length];
        Random.Shared.NextBytes(data);
        await File.WriteAllBytesAsync(Image, data, cancellationToken).ConfigureAwait(false);
        Say("1. A disk and eight mirrors");
        Say($"   disk.img      {ByteSize.Format(Length)} of random data, in {folder}");
        Say($"   mirror-0.img to mirror-{Mirrors - 1}.img are new files; sector {BadSector} of mirror-{Failing}.img cannot be written");
        Say("");
        Say("2. One copy to all eight: disk.img is read once, errors are ignored");
        var result = await CopyAsync(client, cancellationToken).ConfigureAwait(false);
        var isExpected = await CompareAsync(result, cancellationToken).ConfigureAwait(false);
        Say("");
        Say("3. A prepared callback: everything it needs is allocated now; it fires later, from any thread, and cannot fail then");
        isExpected &= await FireAsync(client, cancellationToken).ConfigureAwait(false);
        Say("");
        Say(isExpected ? "Everything worked. The folder is deleted; for your own disks: kcopyd copy --help" : "A RESULT IS NOT AS EXPECTED: please report it.");
        return isExpected;
    }

    private async Task<CopyResult> CopyAsync(KcopydClient client, CancellationToken cancellationToken)
    {
        var mirrors = new List<IBlockDevice>();
        try
        {
            for (var i = 0; i < Mirrors; i++)
            {
                IBlockDevice file = BlockDevice.Open(Mirror(i), new BlockDeviceOptions { Create = true, Length = Length });
                mirrors.Add(i == Failing ? file.WithErrors([ByteRange.Sectors(BadSector)], operations: IoOperations.Changes, partial: true) : file);
            }
            var source = BlockDevice.Open(Image, new BlockDeviceOptions { ReadOnly = true });
            await using var lease = source.ConfigureAwait(false);

            var started = Stopwatch.GetTimestamp();
            const CopyFlags Flags = CopyFlags.IgnoreError | CopyFlags.Flush;
            var result = await client.CopyAsync(
                source.Whole(), [.. mirrors.Select(mirror => mirror.Whole())], Flags, cancellationToken).ConfigureAwait(false);
            Say($"   done and on stable storage after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms");
            Say($"   read error    {(result.ReadError ? "yes" : "no")}");
            Say($"   write errors  {result.WriteErrors.ToString("b8", CultureInfo.InvariantCulture)}: a bit for each destination, number 0 on the right");
            return result;
        }
        finally
        {
            foreach (var mirror in mirrors)
                await mirror.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool> CompareAsync(CopyResult result, CancellationToken cancellationToken)
    {
        var wanted = await HashAsync(Image, cancellationToken).ConfigureAwait(false);
        var isExpected = !result.ReadError && result.WriteErrors == 1UL << Failing;
        Say($"   disk.img      sha256 {wanted[..16]}...");
        for (var i = 0; i < Mirrors; i++)
        {
            var hash = await HashAsync(Mirror(i), cancellationToken).ConfigureAwait(false);
            isExpected &= (hash == wanted) == (i != Failing);
            Say($"   {Path.GetFileName(Mirror(i))}  sha256 {hash[..16]}...  {(hash == wanted ? "identical" : "DIFFERS: " + Cause(result.Destinations[i]))}");
        }
        return isExpected;
    }

    private async Task<bool> FireAsync(KcopydClient client, CancellationToken cancellationToken)
    {
        var notified = new TaskCompletionSource<(bool ReadError, ulong WriteErrors, object? Context)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var callback = client.PrepareCallback((readError, writeErrors, context) => notified.SetResult((readError, writeErrors, context)), "chunk 42");
        try
        {
            var destroyed = client.DestroyAsync();
            var status = await client.GetStatusAsync(cancellationToken).ConfigureAwait(false);
            Say($"   prepared for '{callback.Context}'; the client is destroyed, and waits: {status.OutstandingCallbacks} callback is outstanding");

            var thread = new Thread(() => callback.Submit(readError: false, writeErrors: 0b100));
            thread.Start();
            var (readError, writeErrors, about) = await notified.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            thread.Join();
            Say("   fired from a plain thread");
            Say($"   the callback ran inside the client: '{about}', read error {(readError ? "yes" : "no")}, write errors {writeErrors:b8}");
            await destroyed.ConfigureAwait(false);
            Say("   nothing is outstanding: the client has ended");
            return status.OutstandingCallbacks == 1 && !readError && writeErrors == 0b100;
        }
        finally
        {
            callback.Abandon();     // the client would wait for a callback that was not fired
        }
    }

    private string Mirror(int number) => Path.Combine(folder, $"mirror-{number}.img");

    private static string Cause(DestinationResult destination) => destination.Fault is { } fault
        ? $"write failed at sector {fault.Sector}: {fault.Error.Describe()}"
        : "and no error was reported";

    private static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        var file = File.OpenRead(path);
        await using var lease = file.ConfigureAwait(false);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false));
    }

    private void Say(string line) => writer.WriteLine(line);
}
