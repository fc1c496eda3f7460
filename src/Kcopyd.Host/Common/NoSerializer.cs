using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace Kcopyd.Host.Common;

/// <summary>
/// In place of Akka.NET's JSON, which every actor system sets up at its start: the command sends nothing out of its process.
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "host.conf names it.")]
internal sealed class NoSerializer : Serializer
{
    public NoSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    // What Akka.NET calls where the serializer has settings.
    public NoSerializer(ExtendedActorSystem system, Config settings)
        : this(system) => _ = settings;

    // The number that the one has whose place this takes.
    public override int Identifier => 1;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) => throw new NotSupportedException("The kcopyd command serializes nothing.");

    public override object FromBinary(byte[] bytes, Type type) => throw new NotSupportedException("The kcopyd command serializes nothing.");
}
