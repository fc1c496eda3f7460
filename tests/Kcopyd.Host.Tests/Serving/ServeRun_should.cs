using Kcopyd.Actors;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Nbd;
using Kcopyd.Host.Serving;
using Xunit;

namespace Kcopyd.Host.Tests.Serving;

public sealed class ServeRun_should : ServeSpec
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task keep_what_a_device_hangs_on_open_and_locked_and_end_all_the_same(bool hangs)
    {
        var path = Folder.Random("image", 8192);
        var options = new ServeOptions { Names = new ServedNames([path], [], []), Listen = [] };
        using var output = new StringWriter();
        using var error = new StringWriter();
        var console = new CommandConsole(output, error, IsTerminal: false);
        using var engine = Engine.Start(LogLevel.Error);
        var devices = await ServedDevices.OpenAsync(options, engine, console);
        var file = (FileBlockDevice)devices.Exports[0].Export.Device;
        await using var hung = BlockDevice.Memory(8192, name: "the hung one").WithStall(hangs ? IoOperations.Flush : 0);
        var server = Serve(engine, hung);

        var exitCode = await ServeRun.EndAsync(server, devices, options, isAsked: true, console);
        await devices.DisposeAsync();
        Assert.Equal(hangs ? ExitCodes.Errors : ExitCodes.Success, exitCode);
        if (hangs)
        {
            Assert.Contains("the hung one", error.ToString(), StringComparison.Ordinal);
            Assert.Throws<StorageBusyException>(() => StorageLock.Acquire(new StorageClaim(path, IsExclusive: true)));
            Assert.Equal(IoResult.Success(8192), await file.ReadAsync(0, new byte[8192]));
            hung.Release();
        }
        else
        {
            Assert.Equal("", error.ToString());
            StorageLock.Acquire(new StorageClaim(path, IsExclusive: true)).Dispose();
        }
        GC.KeepAlive(devices);      // its lock is released with it
    }

    private NbdServer Serve(Engine engine, IBlockDevice device)
    {
        _ = engine.System.Kcopyd();
        var limits = NbdServerSettings.FromConfig(engine.System.Settings.Config.GetConfig("kcopyd.nbd.server"));
        var settings = limits with { DeviceTimeout = TimeSpan.FromMilliseconds(50) };
        return engine.System.Kcopyd().StartNbdServer(new NbdServerOptions
        {
            EndPoints = [new System.Net.Sockets.UnixDomainSocketEndPoint(Socket)],
            Exports = [new NbdExport("", device)],
            Settings = settings,
        });
    }
}
