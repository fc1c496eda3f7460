using Kcopyd.Actors;
using Kcopyd.Actors.Nbd;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Nbd;

/// <summary>TLS between our server and programs of other projects, which use GnuTLS.</summary>
public sealed class Tls_should : ServerTest
{
    private readonly string _certificates;

    public Tls_should() => _certificates = PemFolder.Make(Folder, "certificates");

    [SkippableFact]
    public async Task Serve_nbdinfo_and_nbdcopy()
    {
        var image = RandomFile("image", 8 * MiB);
        var device = Own(BlockDevice.Memory(8 * MiB));
        var uri = $"nbds+unix:///?socket={Serve(device, NbdTls.ForServer(_certificates))}&tls-certificates={_certificates}&tls-hostname=localhost";
        Assert.Contains("with TLS", await RunAsync("nbdinfo", uri), StringComparison.Ordinal);
        await RunAsync("nbdcopy", "--connections=4", image, uri);
        await Files.AssertIdenticalAsync(image, await ContentAsync(device));
        await RunAsync("nbdcopy", uri, Folder["back"]);
        await Files.AssertIdenticalAsync(image, Folder["back"]);
    }

    [SkippableFact]
    public async Task Serve_qemu_img()
    {
        var image = RandomFile("image", 8 * MiB);
        var device = Own(BlockDevice.Memory(8 * MiB));
        var socket = Serve(device, NbdTls.ForServer(_certificates, verifyClient: true));
        var credentials = $"tls-creds-x509,id=tls0,dir={_certificates},endpoint=client";
        var options = $"driver=nbd,server.type=unix,server.path={socket},tls-creds=tls0,tls-hostname=localhost";
        await RunAsync("qemu-img", "convert", "--object", credentials, "-n", "--target-image-opts", "-f", "raw", image, options);
        await Files.AssertIdenticalAsync(image, await ContentAsync(device));
        await RunAsync("qemu-img", "compare", "--object", credentials, "--image-opts", options, $"driver=raw,file.driver=file,file.filename={image}");
    }

    [SkippableFact]
    public async Task Refuse_who_speaks_plain_text_and_who_has_no_certificate_where_one_is_needed()
    {
        Requires.Tools("nbdinfo");
        var other = PemFolder.Make(Folder, "other");
        File.Copy(Path.Combine(_certificates, "ca-cert.pem"), Path.Combine(other, "ca-cert.pem"), overwrite: true);
        var socket = Serve(Own(BlockDevice.Memory(MiB)), NbdTls.ForServer(_certificates, verifyClient: true));
        Assert.NotEqual(0, (await Tool.RunAsync("nbdinfo", Uri(socket))).ExitCode);
        Assert.NotEqual(0, (await Tool.RunAsync("nbdinfo", "--list", Uri(socket))).ExitCode);
        var refused = await Tool.RunAsync("nbdinfo", "--size", $"nbds+unix:///?socket={socket}&tls-certificates={other}&tls-hostname=localhost");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("server policy prevents", refused.Error, StringComparison.Ordinal);
        await RunAsync("nbdinfo", $"nbds+unix:///?socket={socket}&tls-certificates={_certificates}&tls-hostname=localhost");
    }

    [SkippableFact]
    public async Task Say_to_qemu_that_it_shows_no_certificate()
    {
        Requires.Tools("qemu-img");
        var bare = Folder.EmptyFolder("bare");
        File.Copy(Path.Combine(_certificates, "ca-cert.pem"), Path.Combine(bare, "ca-cert.pem"));
        var socket = Serve(Own(BlockDevice.Memory(MiB)), NbdTls.ForServer(_certificates, verifyClient: true));
        var refused = await Tool.RunAsync("qemu-img", "info", "--object", $"tls-creds-x509,id=tls0,dir={bare},endpoint=client", "--image-opts",
            $"driver=nbd,server.type=unix,server.path={socket},tls-creds=tls0,tls-hostname=localhost");
        Assert.Contains("accepts only clients with a certificate of an authority that it trusts. Client refused: it presents no certificate",
            refused.Error, StringComparison.Ordinal);
    }
}
