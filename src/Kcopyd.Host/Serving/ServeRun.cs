using System.Net;
using Akka.Actor;
using Kcopyd.Actors.Nbd;
using Kcopyd.Host.Snapshots;

namespace Kcopyd.Host.Serving;

/// <summary>What <c>serve</c> does: check and open everything, listen, say so, and serve until it is interrupted; then end in order.</summary>
internal static class ServeRun
{
    /// <exception cref="UsageException">It cannot begin.</exception>
    public static async Task<int> RunAsync(ServeOptions options, CommandConsole console, CancellationToken cancellationToken)
    {
        var endPoints = new List<EndPoint>();
        foreach (var listen in options.Listen)
            endPoints.AddRange(await ListenAddress.ParseAsync(listen).ConfigureAwait(false));
        var tls = Certificates(options);
        using var engine = Engine.Start(options.LogLevel);
        var devices = await ServedDevices.OpenAsync(options, engine, console).ConfigureAwait(false);
        await using var devicesLease = devices.ConfigureAwait(false);
        var server = Start(engine, new NbdServerOptions { EndPoints = endPoints, Exports = [.. devices.Exports.Select(static one => one.Export)], Tls = tls, RequireTls = options.RequireTls, Name = "nbd" });
        await using var serverLease = server.ConfigureAwait(false);
        var control = ControlServer.Start(options.Control, new ControlRequests(devices, server, options, engine).ExecuteAsync);
        await using var controlLease = control.ConfigureAwait(false);

        foreach (var address in server.EndPoints.Select(endPoint => ListenAddress.Uri(endPoint, tls is not null)))
            await console.Out.WriteLineAsync(options.Json ? ServeJson.Of(new ReadyReport(address)) : $"ready {address}").ConfigureAwait(false);
        await console.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        var view = new ServeView(server, () => devices.Exports, console);
        SnapshotNews.Begin(engine, view, options.LogLevel);
        foreach (var notice in devices.Notices)
            view.Say($"kcopyd: {notice}");
        var isAsked = await view.WatchAsync(cancellationToken).ConfigureAwait(false);
        await control.DisposeAsync().ConfigureAwait(false);
        var error = await StopAsync(server).ConfigureAwait(false);
        return await ReportAsync(server, devices, options, isAsked ? error : $"the server ended by itself, which is a bug; see the log. {error}", console).ConfigureAwait(false);
    }

    private static NbdTls? Certificates(ServeOptions options)
    {
        try
        {
            return options.Certificates is null ? null : NbdTls.ForServer(options.Certificates, options.VerifyPeer);
        }
        catch (ArgumentException wrong)
        {
            throw new UsageException($"--tls-certificates: {Plain(wrong)}");
        }
    }

    private static NbdServer Start(Engine engine, NbdServerOptions options)
    {
        try
        {
            return NbdServer.Start(engine.System, options);
        }
        catch (IOException refused)
        {
            throw new UsageException($"--listen: {refused.Message}");
        }
        catch (ArgumentException wrong)
        {
            // The library's remedies, as options.
            throw new UsageException(Plain(wrong).Replace("Give certificates and require TLS, listen on loopback or on a unix socket, or allow it.",
                "Give --tls-certificates DIR without --tls optional, or listen on loopback or a unix socket.", StringComparison.Ordinal));
        }
    }

    private static string Plain(ArgumentException wrong) => wrong.Message.Replace($" (Parameter '{wrong.ParamName}')", "", StringComparison.Ordinal);

    private static async Task<string?> StopAsync(NbdServer server)
    {
        try
        {
            await server.StopAsync().ConfigureAwait(false);
            return null;
        }
        catch (IOException failed)
        {
            return failed.Message;
        }
    }

    private static async Task<int> ReportAsync(NbdServer server, ServedDevices devices, ServeOptions options, string? error, CommandConsole console)
    {
        if (error is not null)
            await console.Error.WriteLineAsync($"kcopyd: {error}").ConfigureAwait(false);
        var statuses = server.GetStatus().ToDictionary(static status => status.Name, StringComparer.Ordinal);
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
        await console.Out.WriteLineAsync(options.Json ? ServeJson.Of(new ServeReport(totals, error)) : string.Join(Environment.NewLine, totals)).ConfigureAwait(false);
        return error is null && !isBroken ? ExitCodes.Success : ExitCodes.Errors;
    }
}
