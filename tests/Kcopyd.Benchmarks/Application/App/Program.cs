using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors;

// Prints what the library adds to the start of an application: the ms from a running actor system to the end of each step, and the number of methods
// compiled in that time.
const int length = 1 << 20;     // bytes

using var system = ActorSystem.Create("application", ConfigurationFactory.ParseString("akka.loglevel = WARNING"));
// The system runs once an actor has answered.
await system.ActorOf(Props.Create(() => new Echo())).Ask<string>("up");
await using var source = BlockDevice.Memory(length);
await using var destination = BlockDevice.Memory(length);

var compiled = JitInfo.GetCompiledMethodCount();
var begun = Stopwatch.GetTimestamp();
var kcopyd = system.Kcopyd();
var extension = Stopwatch.GetElapsedTime(begun);
var client = kcopyd.GetClient();
var made = Stopwatch.GetElapsedTime(begun);
var result = await client.CopyAsync(source.Whole(), [destination.Whole()]);
var copied = Stopwatch.GetElapsedTime(begun);
compiled = JitInfo.GetCompiledMethodCount() - compiled;
if (result.Length != length || result.ReadError || result.WriteErrors != 0)
    throw new InvalidOperationException($"the copy failed: {result}");
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{extension.TotalMilliseconds} {made.TotalMilliseconds} {copied.TotalMilliseconds} {compiled}"));

internal sealed class Echo : ReceiveActor
{
    public Echo() => Receive<string>(text => Sender.Tell(text));
}
