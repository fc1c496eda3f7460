namespace Kcopyd.Actors.Jobs;

/// <summary>Finds runs of zeroes in a buffer.</summary>
internal static class ZeroRuns
{
    /// <summary>Bytes that are tested together, aligned to the start of the buffer.</summary>
    public const int Block = 4096;

    /// <summary>Minimum run in bytes. A shorter one is written: a hole would cost more and fragment the file.</summary>
    public const int Least = 4 * Block;

    /// <summary>Returns the end of the run that begins at <paramref name="position"/>.</summary>
    /// <param name="buffer">The data.</param>
    /// <param name="position">Bytes from its start, less than its length.</param>
    /// <param name="isZero">True for a run of whole blocks of zeroes; false for data, up to the next such run or the end.</param>
    public static int Next(ReadOnlySpan<byte> buffer, int position, out bool isZero)
    {
        var start = position;
        var zeroes = position;          // where the zeroes before `at` begin
        var at = position;
        while (at < buffer.Length)
        {
            var end = Math.Min(buffer.Length, (at & -Block) + Block);
            var isZeroBlock = at % Block == 0 && !buffer[at..end].ContainsAnyExcept((byte)0);
            if (!isZeroBlock)
            {
                if (zeroes == start && at - zeroes >= Least)
                {
                    isZero = true;
                    return at;
                }
                zeroes = end;
            }
            at = end;
            if (zeroes > start && at - zeroes >= Least)
                break;      // data up to there
        }
        isZero = zeroes == start && at - zeroes >= Least;
        return isZero ? at : at - zeroes >= Least ? zeroes : buffer.Length;
    }
}
