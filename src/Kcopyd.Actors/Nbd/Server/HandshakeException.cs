namespace Kcopyd.Actors.Nbd.Server;

/// <summary>A client that cannot be served any further, and why.</summary>
internal class HandshakeException(string message) : Exception(message);

/// <summary>A client without a certificate that is trusted here.</summary>
internal sealed class UntrustedClientException(string message) : HandshakeException(message);
