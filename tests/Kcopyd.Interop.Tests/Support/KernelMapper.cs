using System.Globalization;
using System.Text;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>Commands for the real kernel's device-mapper, which are collected first and run in one boot (see Guest/mapper.pl).</summary>
internal sealed class KernelMapper : IDisposable
{
    private readonly RealKernel _kernel = new();
    private readonly StringBuilder _commands = new();
    private readonly List<Action<string, Stream>> _answers = [];

    public int Count => _answers.Count;

    public RealKernel Kernel => _kernel;

    /// <summary>Creates a device with one target; @NAME in the parameters stands for the device of that name.</summary>
    public void Device(string name, long sectors, string target, Action<string>? answer = null) =>
        Add($"dm {name} {sectors} {target}", answer ?? MustBeOk($"dm {name} {sectors} {target}"));

    public void Remove(string name) => Add($"rm {name}", MustBeOk($"rm {name}"));

    /// <summary>Writes bytes of the blob.</summary>
    public void Write(string name, int sector, int count, int at, Action<string> answer) => Add($"w {name} {sector} {count} {at}", answer);

    public void Discard(string name, int sector, int count, Action<string> answer) => Add($"d {name} {sector} {count}", answer);

    /// <summary>Reads sectors; the bytes are null if the read failed.</summary>
    public void Read(string name, int sector, int count, Action<string, byte[]?> answer)
    {
        _commands.Append(CultureInfo.InvariantCulture, $"r {name} {sector} {count}\n");
        _answers.Add((result, data) =>
        {
            if (result != "ok")
            {
                answer(result, null);
                return;
            }
            var bytes = new byte[count * 512];
            data.ReadExactly(bytes);
            answer(result, bytes);
        });
    }

    public void Status(string name, Action<string> answer) => Add($"status {name}", answer);

    /// <summary>Waits until a merge has ended, and returns the status.</summary>
    public void Merged(string name, Action<string> answer) => Add($"merged {name}", answer);

    /// <summary>Waits until at most <paramref name="sectors"/> are in use, or the merge has ended, and returns the status.</summary>
    public void MergedTo(string name, int sectors, Action<string> answer) => Add($"merged {name} {sectors}", answer);

    /// <summary>Waits until all regions of a mirror are in sync, and returns the status.</summary>
    public void Synced(string name, Action<string> answer) => Add($"synced {name}", answer);

    /// <summary>Lets the device's I/O wait until it is resumed.</summary>
    public void Suspend(string name) => Add($"suspend {name}", MustBeOk($"suspend {name}"));

    public void Resume(string name) => Add($"resume {name}", MustBeOk($"resume {name}"));

    /// <summary>Starts a write of bytes of the blob, and does not wait for it.</summary>
    public void Start(string name, int sector, int count, int at) => Add($"start {name} {sector} {count} {at}", MustBeOk($"start {name} {sector}"));

    /// <summary>Ends the kernel at once, with writes in flight. Nothing may follow.</summary>
    public void Crash() => Add("crash", MustBeOk("crash"));

    /// <summary>Boots the kernel, runs the commands, and passes on the answers.</summary>
    public async Task RunAsync(byte[] blob, params string[] images)
    {
        await File.WriteAllTextAsync(_kernel["commands"], _commands.ToString());
        await File.WriteAllBytesAsync(_kernel["blob"], blob);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Support/Guest/mapper.pl"), _kernel["mapper.pl"], overwrite: true);
        await _kernel.RunAsync("cd /run/host && exec perl mapper.pl commands blob results data", images);
        await using var data = File.OpenRead(_kernel["data"]);
        var results = await File.ReadAllLinesAsync(_kernel["results"]);
        if (results.Length != _answers.Count)
            throw new InvalidOperationException($"{_answers.Count} commands, {results.Length} answers");
        for (var i = 0; i < results.Length; i++)
            _answers[i](results[i], data);
    }

    public void Dispose() => _kernel.Dispose();

    private void Add(string command, Action<string> answer)
    {
        _commands.Append(command).Append('\n');
        _answers.Add((result, _) => answer(result));
    }

    private static Action<string> MustBeOk(string command) => result =>
    {
        if (result != "ok")
            throw new InvalidOperationException($"the kernel's mapper refuses '{command}': {result}");
    };
}
