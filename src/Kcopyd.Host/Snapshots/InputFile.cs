using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Snapshots;

/// <summary>The input that <c>--from</c> names: a file, a pipe, or standard input.</summary>
internal sealed class InputFile : IAsyncDisposable
{
    private const int WouldBlock = 11;      // EWOULDBLOCK: .NET locks the files that it opens

    private readonly Stream _stream;
    private readonly CancellationTokenRegistration _abort;

    private InputFile(string name, Stream stream, CancellationToken cancellationToken)
    {
        _stream = stream;
        Name = name;
        Length = stream.CanSeek ? stream.Length : null;
        if (stream is DescriptorStream descriptor)
            _abort = cancellationToken.Register(descriptor.Abort);
    }

    public string Name { get; }

    /// <summary>Bytes; null if the length is unknown before the end.</summary>
    public long? Length { get; }

    /// <param name="path">A file, a FIFO, or '-'.</param>
    /// <param name="console">The console that provides standard input.</param>
    /// <param name="cancellationToken">Aborts a read that waits for data.</param>
    /// <exception cref="UsageException">The input cannot be opened.</exception>
    public static InputFile Open(string path, CommandConsole console, CancellationToken cancellationToken)
    {
        if (path.Length == 0)
            throw new UsageException("--from is empty: give a path, or - for standard input.");
        try
        {
            return path == "-" ? new InputFile("standard input", console.OpenInput(), cancellationToken)
                : FileEntry.Of(path).Kind is FileKind.Pipe or FileKind.Character ? new InputFile(path, DescriptorStream.OpenForReading(path), cancellationToken)
                : new InputFile(path, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0), cancellationToken);
        }
        catch (FileNotFoundException)
        {
            throw new UsageException($"--from '{path}' does not exist.");
        }
        catch (IOException busy) when (busy.HResult == WouldBlock)
        {
            throw new UsageException($"--from '{path}' is busy: a command writes to it, or it is what this one writes to. Give another file.");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--from '{path}' cannot be read: {refused.Message}");
        }
    }

    /// <summary>Fills the buffer, unless the input ends earlier.</summary>
    /// <exception cref="FailureException">The input cannot be read.</exception>
    public async Task<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        try
        {
            return await _stream.ReadAtLeastAsync(into, into.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException failed)
        {
            throw new FailureException($"{Name}: read failed: {failed.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _abort.DisposeAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
    }
}
