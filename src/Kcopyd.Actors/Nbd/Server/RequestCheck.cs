using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Validates requests before they reach the device.</summary>
internal static class RequestCheck
{
    public static NbdError Of(ServerRequest request, ExportCore export, Negotiated negotiated)
    {
        var allowed = request.Command switch
        {
            NbdCommand.Read => negotiated.IsStructured ? CommandFlags.DontFragment : CommandFlags.None,
            NbdCommand.Write or NbdCommand.Trim => CommandFlags.Fua,
            NbdCommand.WriteZeroes => CommandFlags.Fua | CommandFlags.NoHole | CommandFlags.FastZero,
            NbdCommand.BlockStatus => CommandFlags.OneExtent,
            _ => CommandFlags.None,
        };
        // FUA is always accepted: clients set it on commands where it has no meaning.
        if ((request.Flags & ~(allowed | CommandFlags.Fua)) != 0)
            return NbdError.Invalid;
        switch (request.Command)
        {
            case NbdCommand.Flush:
                (request.Offset, request.Length) = (0, 0);
                return NbdError.None;
            case NbdCommand.Read or NbdCommand.Cache:
                break;
            case NbdCommand.Write or NbdCommand.WriteZeroes or NbdCommand.Trim:
                if (export.IsReadOnly)
                    return NbdError.NotPermitted;
                if (request.Command == NbdCommand.Trim && !export.CanDiscard)
                    return NbdError.NotSupported;
                if (request.Has(CommandFlags.FastZero) && !export.CanZeroFast)
                    return NbdError.NotSupported;
                break;
            case NbdCommand.BlockStatus:
                if (!negotiated.HasAllocation)
                    return NbdError.Invalid;
                break;
            default:
                return NbdError.Invalid;
        }
        return Range(request, export);
    }

    private static NbdError Range(ServerRequest request, ExportCore export)
    {
        var (offset, length) = (request.Offset, request.Length);
        if (length == 0 || (request.Command is NbdCommand.Read or NbdCommand.Write && length > NbdNumbers.MaxPayload))
            return NbdError.Invalid;
        if (offset < 0 || offset > export.Length || length > export.Length - offset)
            return request.Command is NbdCommand.Write or NbdCommand.WriteZeroes ? NbdError.NoSpace : NbdError.Invalid;
        var isAligned = ((offset | (offset + length == export.Length ? 0 : length)) & (export.Alignment - 1)) == 0;
        return isAligned || request.Command == NbdCommand.BlockStatus ? NbdError.None : NbdError.Invalid;
    }
}
