using Akka.Actor;
using Akka.Hosting;
using Kcopyd.Actors;
using Microsoft.Extensions.Hosting;

// Not below Kcopyd.Actors, which would then need no using at all.
namespace AkkaApplication;

/// <summary>The README's example of an application: an actor that copies.</summary>
internal sealed class ReadmeExample : ReceiveActor
{
    /// <summary>Told to it: what to copy, and where to.</summary>
    public sealed record Begin(string Image, string Copy);

    /// <param name="chunk">The context of what it begins.</param>
    /// <param name="observer">Is told every <see cref="CopyResult"/>.</param>
    public ReadmeExample(string chunk, IActorRef observer)
    {
        Receive<CopyResult>(observer.Tell);
        ReceiveAsync<Begin>(async begin => observer.Tell(await RunAsync(Context.System, begin.Image, begin.Copy, chunk)));
    }

    public static IHost Build(HostApplicationBuilder builder)
    {
        builder.Services.AddAkka("app", akka => akka.WithKcopyd());                          // one line in the host
        return builder.Build();
    }

    private async Task<CopyResult> RunAsync(ActorSystem system, string image, string copy, string chunk)
    {
        var kcopyd = system.Kcopyd().GetClient();                                            // or system.Kcopyd().CreateClient("resync")
        await using var disk = BlockDevice.Open(image, new() { ReadOnly = true });
        await using var mirror = BlockDevice.Open(copy);

        CopyResult result = await kcopyd.CopyAsync(disk.Region(0, 2048), [mirror.Region(0, 2048)]);   // 512-byte sectors

        kcopyd.Copy(disk.Whole(), [mirror.Whole()], CopyFlags.IgnoreError, notify: Self, context: chunk);   // Self is told a CopyResult

        var done = kcopyd.PrepareCallback(notify: Self, context: chunk);                     // everything is allocated now
        done.Submit(readError: false, writeErrors: 0);                                       // later, any thread: no block, no allocation
        while ((await kcopyd.GetStatusAsync()) is { Jobs: > 0 } or { OutstandingCallbacks: > 0 })
        {
            // The devices stay open until all of it has ended.
        }
        return result;
    }
}
