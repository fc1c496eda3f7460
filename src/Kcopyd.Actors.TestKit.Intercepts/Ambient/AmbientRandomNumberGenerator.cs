using System.Security.Cryptography;

namespace Kcopyd.Actors.TestKit.Intercepts.Ambient;

/// <summary>The simulation's randomness on a thread in a simulation, the system's elsewhere.</summary>
internal sealed class AmbientRandomNumberGenerator : RandomNumberGenerator
{
    private readonly RandomNumberGenerator _original = Create();

    public override void GetBytes(byte[] data)
    {
        ArgumentNullException.ThrowIfNull(data);
        GetBytes(data.AsSpan());
    }

    public override void GetBytes(byte[] data, int offset, int count)
    {
        ArgumentNullException.ThrowIfNull(data);
        GetBytes(data.AsSpan(offset, count));
    }

    public override void GetBytes(Span<byte> data)
    {
        if (Interception.Here("RandomNumberGenerator.GetBytes") is { } state)
            state.Environment.Random.NextBytes(data);
        else
            _original.GetBytes(data);
    }

    public override void GetNonZeroBytes(byte[] data)
    {
        ArgumentNullException.ThrowIfNull(data);
        GetNonZeroBytes(data.AsSpan());
    }

    public override void GetNonZeroBytes(Span<byte> data)
    {
        if (Interception.Here("RandomNumberGenerator.GetNonZeroBytes") is not { } state)
        {
            _original.GetNonZeroBytes(data);
            return;
        }
        foreach (ref var value in data)
            value = (byte)state.Environment.Random.Next(1, 256);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _original.Dispose();
        base.Dispose(disposing);
    }
}
