using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace Kcopyd.Host.Common;

/// <summary>
/// Replaces Akka.NET's JSON serializer, which every actor system sets up when it starts: the command sends nothing out of its process.
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "host.conf names it.")]
internal sealed class NoSerializer : Serializer
{
    public NoSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    // Akka.NET calls this constructor if the serializer has settings.
    public NoSerializer(ExtendedActorSystem system, Config settings)
        : this(system) => _ = settings;

    // The identifier of the replaced serializer.
    public override int Identifier => 1;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) => throw new NotSupportedException("The kcopyd command serializes nothing.");

    public override object FromBinary(byte[] bytes, Type type) => throw new NotSupportedException("The kcopyd command serializes nothing.");
}
