using System.Net;
using Kcopyd.Actors;
using Kcopyd.Actors.Nbd;
using Kcopyd.Host.Snapshots;

namespace Kcopyd.Host.Serving;

/// <summary>Runs <c>serve</c>: checks and opens everything, listens, reports that it is ready, serves until interrupted, and shuts down in order.</summary>
internal static class ServeRun
{
    /// <exception cref="UsageException">The server cannot start.</exception>
    public static async Task<int> RunAsync(ServeOptions options, CommandConsole console, CancellationToken cancellationToken)
    {
        if (options.Sockets.Count > 0)
            console = console with { IsTerminal = false };      // the terminal belongs to the parent process
        var endPoints = new List<EndPoint>();
        foreach (var listen in options.Listen)
            endPoints.AddRange(await ListenAddress.ParseAsync(listen).ConfigureAwait(false));
        var tls = Certificates(options);
        using var engine = Engine.Start(options.LogLevel);
        var devices = await ServedDevices.OpenAsync(options, engine, console).ConfigureAwait(false);
        await using var devicesLease = devices.ConfigureAwait(false);
        var server = Start(engine, options, new NbdServerOptions
        {
            EndPoints = endPoints,
            Exports = [.. devices.Exports.Select(static one => one.Export)],
            Tls = tls,
            RequireTls = options.RequireTls,
            Name = "nbd",
        });
        await using var serverLease = server.ConfigureAwait(false);
        var control = ControlServer.Start(options.Control, new ControlRequests(devices, server, options, engine).ExecuteAsync);
        await using var controlLease = control.ConfigureAwait(false);

        // Before any client knows that it can connect, so that the effect of its first write on a snapshot is reported.
        var view = new ServeView(server, () => devices.Exports, console);
        SnapshotNews.Begin(engine, view, options.LogLevel);

        // A client that waits for one of these can connect.
        using var pidFile = options.PidFile is null ? null : PidFile.Write(options.PidFile);
        await ServiceManager.NotifyAsync(ServiceManager.Ready, console.Error).ConfigureAwait(false);
        await SayReadyAsync(server, options, tls is not null, console).ConfigureAwait(false);
        foreach (var notice in devices.Notices)
            view.Say($"kcopyd: {notice}");
        var isAsked = await view.WatchAsync(cancellationToken).ConfigureAwait(false);
        await ServiceManager.NotifyAsync(ServiceManager.Stopping, console.Error).ConfigureAwait(false);
        await control.DisposeAsync().ConfigureAwait(false);
        return await EndAsync(server, devices, options, isAsked, console).ConfigureAwait(false);
    }

    /// <summary>Stops the server, closes what it served, and reports.</summary>
    internal static async Task<int> EndAsync(NbdServer server, ServedDevices devices, ServeOptions options, bool isAsked, CommandConsole console)
    {
        var (error, isHung) = await StopAsync(server).ConfigureAwait(false);
        if (isHung)
            devices.Abandon();
        var failure = isAsked ? error : $"the server stopped unexpectedly, which is a bug; see the log. {error}";
        return await ReportAsync(server, devices, options, failure, console).ConfigureAwait(false);
    }

    // A process that passes sockets knows their addresses, and may use standard output itself: nbdinfo prints its own result there.
    private static async Task SayReadyAsync(NbdServer server, ServeOptions options, bool isTls, CommandConsole console)
    {
        if (options.IsQuiet)
            return;
        foreach (var address in server.EndPoints.Select(endPoint => ListenAddress.Uri(endPoint, isTls)))
            await console.Out.WriteLineAsync(options.Json ? ServeJson.Of(new ReadyReport(address)) : $"ready {address}").ConfigureAwait(false);
        await console.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private static NbdTls? Certificates(ServeOptions options)
    {
        try
        {
            return options.Certificates is null ? null : NbdTls.ForServer(options.Certificates, options.VerifyPeer);
        }
        catch (NbdException wrong)
        {
            throw Certificates(wrong);
        }
    }

    private static NbdServer Start(Engine engine, ServeOptions options, NbdServerOptions server)
    {
        try
        {
            _ = engine.System.Kcopyd();     // loads its configuration
            var settings = NbdServerSettings.FromConfig(engine.System.Settings.Config.GetConfig("kcopyd.nbd.server"));
            return engine.System.Kcopyd().StartNbdServer(server with
            {
                Sockets = [.. options.Sockets.Select(static passed => passed.Open())],
                Settings = options.MaxConnections is { } max ? settings with { MaxConnections = max } : settings,
            });
        }
        catch (NbdListenException refused)
        {
            throw ListenErrors.Of($"--listen: {refused.Address}", refused);
        }
        catch (NbdException wrong)
        {
            throw Certificates(wrong);
        }
    }

    // The exception has a single reason here, and its message names the file, the certificate and the remedy.
    private static UsageException Certificates(NbdException wrong) => new($"--tls-certificates: {wrong.Message}");

    private static async Task<(string? Error, bool IsHung)> StopAsync(NbdServer server)
    {
        try
        {
            await server.StopAsync().ConfigureAwait(false);
            return (null, false);
        }
        catch (Exception failed) when (failed is IOException or TimeoutException)
        {
            return (failed.Message, failed is TimeoutException);
        }
    }

    private static async Task<int> ReportAsync(NbdServer server, ServedDevices devices, ServeOptions options, string? error, CommandConsole console)
    {
        if (error is not null)
            await console.Error.WriteLineAsync($"kcopyd: {error}").ConfigureAwait(false);
        var statuses = server.GetExports().ToDictionary(static status => status.Name, StringComparer.Ordinal);
        var totals = new List<ExportReport>();
        var isBroken = false;
        foreach (var export in devices.Exports)
        {
            var snapshot = export.Snapshot is null ? null : await export.Snapshot.GetStatusAsync().ConfigureAwait(false);
            if (snapshot is not null && StoreErrors.After(snapshot) is { } told)
                await console.Error.WriteLineAsync($"kcopyd: {told}").ConfigureAwait(false);
            isBroken |= snapshot is not null && StoreErrors.IsBroken(snapshot);
            totals.Add(ExportReport.Of(statuses[export.Export.Name], export.Path, snapshot));
        }
        foreach (var wrong in await devices.CloseAsync().ConfigureAwait(false))
        {
            await console.Error.WriteLineAsync($"kcopyd: {wrong}").ConfigureAwait(false);
            isBroken = true;
        }
        if (!options.IsQuiet)
        {
            var report = options.Json ? ServeJson.Of(new ServeReport(totals, error)) : string.Join(Environment.NewLine, totals);
            await console.Out.WriteLineAsync(report).ConfigureAwait(false);
        }
        return error is null && !isBroken ? ExitCodes.Success : ExitCodes.Errors;
    }
}
