namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>
/// Decides which blocks of unflushed writes reach the medium. If each block had its own chance, there would hardly ever be one write missing among many, or one
/// alone, which is what breaks logs. So it chooses among such patterns first.
/// </summary>
internal sealed class Survival(Random random, double tornRate)
{
    private const int Patterns = 6;

    private int _pattern, _one;
    private double _share;

    /// <summary>Chooses the pattern for a number of writes.</summary>
    public void Begin(int writes)
    {
        _pattern = random.Next(Patterns);
        _one = random.Next(Math.Max(1, writes));
        _share = random.NextDouble();
    }

    /// <summary>The number of bytes of a block of a write that are stored: all, none, or some if blocks tear.</summary>
    public int Bytes(int write, int length, bool tears) =>
        IsThere(write) ? length : tears && tornRate > 0 && length > 1 && random.NextDouble() < tornRate ? random.Next(1, length) : 0;

    private bool IsThere(int write) => _pattern switch
    {
        0 => false,
        1 => true,
        2 => write == _one,
        3 => write != _one,
        4 => write != _one || random.Next(2) == 0,
        _ => random.NextDouble() < _share,
    };
}
