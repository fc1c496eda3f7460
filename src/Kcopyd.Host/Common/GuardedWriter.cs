using System.Text;
using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Common;

/// <summary>A standard stream that may be full, closed or gone. The result must not be lost unnoticed, but a message that cannot be written must not end a
/// copy.</summary>
/// <param name="inner">The stream; null if this process was started without it.</param>
/// <param name="name">The name of the stream in messages; null if its errors are ignored.</param>
internal sealed class GuardedWriter(TextWriter? inner, string? name) : TextWriter
{
    public override Encoding Encoding => inner?.Encoding ?? Encoding.UTF8;

    public override void Write(char value) => Guard(value, static (writer, value) => writer.Write(value));

    public override void Write(char[] buffer, int index, int count) =>
        Guard((buffer, index, count), static (writer, text) => writer.Write(text.buffer, text.index, text.count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

    public override void Write(string? value) => Guard(value, static (writer, value) => writer.Write(value));

    public override void WriteLine(string? value) => Guard(value, static (writer, value) => writer.WriteLine(value));

    public override void Flush() => Guard(0, static (writer, _) => writer.Flush());

    public override Task WriteAsync(string? value)
    {
        Write(value);
        return Task.CompletedTask;
    }

    public override Task WriteLineAsync(string? value)
    {
        WriteLine(value);
        return Task.CompletedTask;
    }

    public override Task FlushAsync()
    {
        Flush();
        return Task.CompletedTask;
    }

    private void Guard<T>(T value, Action<TextWriter, T> write)
    {
        try
        {
            if (inner is not null)
                write(inner, value);
            else if (name is not null)
                throw new OutputException($"{name} is closed.");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            if (name is not null)
                throw new OutputException($"{name} cannot be written: {ForeignText.Phrase((refused.InnerException ?? refused).Message)}.");
        }
    }
}

/// <summary>The result cannot be written to its output. The work of the command is complete.</summary>
internal sealed class OutputException(string message) : Exception(message);
