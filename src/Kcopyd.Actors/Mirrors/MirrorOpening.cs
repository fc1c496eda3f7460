using System.Globalization;
using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Mirrors;

/// <summary>A mirror that was opened, before its actor runs.</summary>
internal sealed record OpenedMirror(MirrorGeometry Geometry, IReadOnlyList<MirrorLeg> Legs, RegionSet Clean, IMirrorLog Log);

/// <summary>Opens or creates the log of a mirror, and decides which legs have its content.</summary>
internal sealed class MirrorOpening(IReadOnlyList<IBlockDevice?> devices, MirrorOptions options, MirrorSettings settings)
{
    /// <exception cref="ArgumentException">The legs or the options are wrong.</exception>
    /// <exception cref="MirrorLogException">The log cannot be used, or does not fit.</exception>
    public async ValueTask<OpenedMirror> OpenAsync()
    {
        MirrorChecks.Check(devices, options);
        if (options.Log is not { } device)
            return New(Geometry(null), new CoreLog());
        var head = await ReadAsync(device, 0, (int)Math.Min(HeadSize(device), device.Length)).ConfigureAwait(false);
        var found = options.LogMode == MirrorLogMode.Replace ? null : LogHead.Read(head.Span, device.Name);
        if (found is null)
        {
            if (options.LogMode == MirrorLogMode.Open)
                throw new MirrorLogException(MirrorLogError.NoLog, device.Name, " holds no log of a mirror", "; create one with MirrorLogMode.Create.");
            return await CreateAsync(device).ConfigureAwait(false);
        }
        if (options.LogMode == MirrorLogMode.Create)
        {
            throw new MirrorLogException(MirrorLogError.HoldsLog, device.Name, " holds the log of a mirror already",
                "; open it with MirrorLogMode.Open or, if its mirror is no longer needed, create a new one with MirrorLogMode.Replace.");
        }
        return await OpenAsync(device, found).ConfigureAwait(false);
    }

    // The header and the label, in whole units.
    private static long HeadSize(IBlockDevice device) => Math.Max(DiskLogFormat.BitsAt, DiskLogFormat.Unit(device));

    private MirrorGeometry Geometry(MirrorLabel? label)
    {
        var length = devices.Min(static leg => leg?.Length ?? long.MaxValue) & -IoRegion.SectorSize;
        return new MirrorGeometry(label?.Length ?? length, label?.RegionSize ?? options.RegionSize ?? settings.RegionSize);
    }

    private async ValueTask<OpenedMirror> CreateAsync(IBlockDevice device)
    {
        var geometry = Geometry(null);
        var image = await ReadAsync(device, 0, CheckedSize(device, geometry)).ConfigureAwait(false);
        if (options.LogMode != MirrorLogMode.Replace && image.Span.ContainsAnyExcept((byte)0))
        {
            throw new MirrorLogException(MirrorLogError.OtherData, device.Name, " holds data where the log would be written",
                "; use an empty device, or overwrite it with MirrorLogMode.Replace.");
        }
        image.Span.Clear();
        var opened = New(geometry, new CoreLog());
        return opened with { Log = await WriteAsync(device, image, opened).ConfigureAwait(false) };
    }

    private async ValueTask<OpenedMirror> OpenAsync(IBlockDevice device, LogHead head)
    {
        var geometry = Geometry(head.Label);
        MirrorChecks.CheckFits(device, head, geometry, devices, options);
        var image = await ReadAsync(device, 0, CheckedSize(device, geometry)).ConfigureAwait(false);
        var clean = DiskLogFormat.ReadBits(image.Span[DiskLogFormat.BitsAt..], geometry.Regions);
        var legs = head.Label is { } label ? Labelled(device, label) : Unlabelled(device, clean);
        var opened = new OpenedMirror(geometry, legs, clean, new CoreLog());
        return opened with { Log = await WriteAsync(device, image, opened).ConfigureAwait(false) };
    }

    private OpenedMirror New(MirrorGeometry geometry, IMirrorLog log)
    {
        if (!options.AssumeInSync && options.Source is null)
        {
            throw new ArgumentException(
                "A new mirror overwrites all legs but one: name that one with MirrorOptions.Source; or, if they are equal, set AssumeInSync.");
        }
        MirrorChecks.CheckRegions(geometry);
        var clean = new RegionSet(geometry.Regions);
        if (options.AssumeInSync)
            clean.Fill();
        return new OpenedMirror(geometry, options.AssumeInSync ? Legs(static (_, _) => false) : FromSource(), clean, log);
    }

    // The other legs have unknown content, so that a crash must not make one of them the source.
    private List<MirrorLeg> FromSource() => Legs((index, _) => index != options.Source);

    private List<MirrorLeg> Labelled(IBlockDevice log, MirrorLabel label)
    {
        var legs = Legs((index, key) =>
        {
            var recorded = label.Legs[index];
            if (key != 0 && recorded.Key != 0 && key != recorded.Key && !options.AcceptLegs)
            {
                throw new MirrorLogException(MirrorLogError.OtherLeg, devices[index]!.Name,
                    string.Create(CultureInfo.InvariantCulture, $" is not leg {index} of the mirror whose log is {log.Name}"),
                    "; list the legs in their order. If it was moved or restored and its content is that of the leg, open the mirror with AcceptLegs.")
                {
                    Leg = index,
                };
            }
            return recorded.IsStale;
        }, index => label.Legs[index].Key);
        if (!legs.Exists(static leg => leg.IsInSync))
        {
            throw new MirrorLogException(MirrorLogError.NoSource, log.Name,
                ": the legs that are present lack writes that were acknowledged",
                "; add a leg that has them, or, to give those writes up, create the log again with MirrorLogMode.Replace and the best leg as Source.");
        }
        return legs;
    }

    // The kernel's log does not say which legs are stale: after a failed write to its leg 0, that leg is.
    private List<MirrorLeg> Unlabelled(IBlockDevice log, RegionSet clean)
    {
        if (clean.IsFull)
            return Legs(static (_, _) => false);
        if (options.Source is null)
        {
            throw new MirrorLogException(MirrorLogError.NoSource, log.Name,
                " was written by the kernel, and calls some regions not clean without saying which leg has the right content",
                "; name that leg with MirrorOptions.Source (after a crash without errors, the first).");
        }
        return FromSource();
    }

    private List<MirrorLeg> Legs(Func<int, ulong, bool> isStale, Func<int, ulong>? missingKey = null)
    {
        var legs = new List<MirrorLeg>(devices.Count);
        for (var i = 0; i < devices.Count; i++)
        {
            var key = devices[i] is { } device ? LegKey.Of(device) : missingKey?.Invoke(i) ?? 0;
            var stale = isStale(i, devices[i] is null ? 0 : key);
            legs.Add(new MirrorLeg(devices[i], key,
                devices[i] is null ? MirrorLegState.Failed : stale ? MirrorLegState.Rebuilding : MirrorLegState.InSync));
        }
        return legs;
    }

    private static int CheckedSize(IBlockDevice device, MirrorGeometry geometry)
    {
        MirrorChecks.CheckRegions(geometry);
        var size = DiskLogFormat.SizeOn(device, geometry.Regions);
        return device.Length >= size
            ? (int)size
            : throw new MirrorLogException(MirrorLogError.TooSmall, device.Name,
                $" has {device.Length} bytes, and the log of {geometry.Regions} regions needs {size}", "; use a larger device or larger regions.")
            {
                Needed = size,
            };
    }

    // Before the mirror is used, so that a log that cannot be written is noticed now.
    private static async ValueTask<DiskLog> WriteAsync(IBlockDevice device, Memory<byte> image, OpenedMirror opened)
    {
        DiskLogFormat.WriteHeader(image.Span, opened.Geometry.Regions);
        new MirrorLegs(opened.Legs, opened.Geometry).Label().Write(image.Span.Slice(MirrorLabel.Offset, MirrorLabel.Size));
        DiskLogFormat.WriteBits(image.Span[DiskLogFormat.BitsAt..], opened.Clean);
        try
        {
            await device.WriteExactlyAsync(0, image).ConfigureAwait(false);
            await device.FlushOrThrowAsync().ConfigureAwait(false);
        }
        catch (BlockDeviceException failed)
        {
            throw new MirrorLogException(MirrorLogError.WriteFailed, device.Name, $": the log could not be written: {failed.Error.Describe()}")
            {
                Error = failed.Error,
            };
        }
        return new DiskLog(device, image, isOnDevice: true);
    }

    private static async ValueTask<Memory<byte>> ReadAsync(IBlockDevice device, long offset, int length)
    {
        var memory = AlignedMemory.Allocate(length);
        try
        {
            await device.ReadExactlyAsync(offset, memory).ConfigureAwait(false);
        }
        catch (BlockDeviceException failed)
        {
            throw new MirrorLogException(MirrorLogError.ReadFailed, device.Name, $": the log could not be read: {failed.Error.Describe()}")
            {
                Error = failed.Error,
            };
        }
        return memory;
    }
}
