using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace Kcopyd.Actors.TestKit.Rewriter;

/// <summary>Replaces calls, constructions and delegates in the methods of one module.</summary>
internal sealed class MethodRewriter(ModuleDefinition module, ReplacementTable table, RewriteResult result)
{
    private readonly InterceptReferences _references = new(module, table);
    private readonly HashSet<string> _mentioned = [.. module.GetTypeReferences().Select(t => t.FullName)];

    public void Rewrite()
    {
        foreach (var method in module.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody))
            Rewrite(method);
        foreach (var (answer, intercept) in table.Answers)
        {
            if (answer.Assembly == module.Assembly.Name.Name)
                Answer(answer, intercept);
        }
    }

    private void Rewrite(MethodDefinition method)
    {
        List<(Instruction, MethodReference)>? virtualFunctions = null;
        foreach (var instruction in method.Body.Instructions)
        {
            if (instruction.Operand is not MethodReference called || called.DeclaringType?.Scope is not AssemblyNameReference)
                continue;
            if (table.Find(called) is not { } replacement || (replacement.OnlyWith is { } needed && !_mentioned.Contains(needed)))
                KnownLeaks.Check(method, called, result);
            else if (instruction.Previous?.OpCode.Code == Code.Constrained)
                continue; // a value, or an object whose type is a type parameter: an interface's method, and rarely a timer's
            else if (!TryReplace(instruction, called, replacement, ref virtualFunctions))
                result.NotRedirected(method, called, Reason(instruction, called));
            else
                result.Redirected(called);
        }
        if (virtualFunctions is null)
            return;
        // Longer code may put the target of a short branch out of reach.
        method.Body.SimplifyMacros();
        var il = method.Body.GetILProcessor();
        foreach (var (instruction, intercept) in virtualFunctions)
        {
            il.InsertAfter(instruction, il.Create(OpCodes.Ldftn, intercept));
            instruction.OpCode = OpCodes.Pop;
            instruction.Operand = null;
        }
        method.Body.OptimizeMacros();
    }

    private bool TryReplace(Instruction instruction, MethodReference called, Replacement replacement, ref List<(Instruction, MethodReference)>? virtualFunctions)
    {
        var isConstructor = replacement.Original.IsConstructor;
        var intercept = _references.For(replacement, called);
        switch (instruction.OpCode.Code)
        {
            case Code.Newobj when isConstructor:
            case Code.Call or Code.Callvirt when !isConstructor:
                instruction.OpCode = OpCodes.Call;
                break;
            case Code.Ldftn when !isConstructor:
                // A delegate may be closed over the first argument of a static method, too.
                break;
            case Code.Ldvirtftn when !isConstructor:
                (virtualFunctions ??= []).Add((instruction, intercept));
                break;
            default:
                return false;
        }
        instruction.Operand = intercept;
        return true;
    }

    private static string Reason(Instruction instruction, MethodReference called) => instruction.OpCode.Code switch
    {
        Code.Ldtoken => "in an expression tree",
        Code.Call when called.Name == ".ctor" => "by a derived class",
        _ => $"by the instruction {instruction.OpCode}",
    };

    /// <summary>Puts <c>if (intercept() is { } answer) return answer;</c> at the start of a method.</summary>
    private void Answer(Intercepts.AnswersForAttribute answer, System.Reflection.MethodInfo intercept)
    {
        var method = module.GetType(answer.Type)?.Methods.SingleOrDefault(m => m.Name == answer.Member && m.Parameters.Count == 0 && m.HasBody)
            ?? throw new RewriteException($"it has no method {answer.Type}.{answer.Member}: this version of {answer.Assembly} is not supported by the test kit");
        method.Body.SimplifyMacros();
        var il = method.Body.GetILProcessor();
        var first = method.Body.Instructions[0];
        il.InsertBefore(first, il.Create(OpCodes.Call, _references.For(intercept, method.ReturnType)));
        il.InsertBefore(first, il.Create(OpCodes.Dup));
        var otherwise = il.Create(OpCodes.Pop);
        il.InsertBefore(first, il.Create(OpCodes.Brfalse, otherwise));
        il.InsertBefore(first, il.Create(OpCodes.Ret));
        il.InsertBefore(first, otherwise);
        method.Body.OptimizeMacros();
        result.Redirected(method);
    }
}
