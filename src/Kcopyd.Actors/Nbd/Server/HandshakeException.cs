namespace Kcopyd.Actors.Nbd.Server;

/// <summary>The client cannot be served; the message is the reason.</summary>
internal class HandshakeException(string message) : Exception(message);

/// <summary>The client has no certificate that the server trusts.</summary>
internal sealed class UntrustedClientException(string message) : HandshakeException(message);
