package lyceum.backend.simt;

import static java.util.stream.Collectors.joining;

import java.util.List;

/** A kernel in CUDA C: registers as variables, declared once at the top, since a compiler places them anyway. */
final class CudaText {
    private final Kernel kernel;

    CudaText(Kernel kernel) { this.kernel = kernel; }

    String source() {
        var text = new StringBuilder("extern \"C\" __global__ void " + kernel.name() + "(" + kernel.parameters().stream()
                .map(p -> p.type().cuda + (p.pointer() == null ? " " : "* ") + p.name()).collect(joining(", ")) + ") {\n");
        for (var s : kernel.shared()) text.append("    __shared__ %s %s[%d];\n".formatted(s.type().cuda, s.name(), s.length));
        for (var type : Type.values()) {
            var names = kernel.registers().stream().filter(r -> r.type() == type && r.origin() == Kernel.Origin.COMPUTED)
                    .map(Kernel.Register::text).toList();
            if (!names.isEmpty()) text.append("    ").append(type.cuda).append(' ').append(String.join(", ", names)).append(";\n");
        }
        int depth = 1;
        var code = kernel.code();
        for (int i = 0; i < code.size(); i++) {
            var instruction = code.get(i);
            if (instruction instanceof Instruction.Else && code.get(i + 1) instanceof Instruction.EndIf) continue; // nothing on the other side
            if (instruction instanceof Instruction.Else || instruction instanceof Instruction.EndIf
                    || instruction instanceof Instruction.Again)
                depth--;
            text.append("    ".repeat(depth)).append(line(instruction)).append('\n');
            if (instruction instanceof Instruction.If || instruction instanceof Instruction.Else || instruction instanceof Instruction.Loop)
                depth++;
        }
        return text.append("}\n").toString();
    }

    /** One step. */
    String line(Instruction instruction) {
        return switch (instruction) {
            case Instruction.Unary u -> name(u.to()) + " = " + u.op().cuda.formatted(name(u.a())) + ";";
            case Instruction.Binary b -> name(b.to()) + " = " + b.cuda().formatted(name(b.a()), name(b.b())) + ";";
            case Instruction.MultiplyAdd m -> name(m.to()) + " = fmaf(" + name(m.a()) + ", " + name(m.b()) + ", " + name(m.c()) + ");";
            case Instruction.Select s -> name(s.to()) + " = " + name(s.condition()) + " ? " + name(s.a()) + " : " + name(s.b()) + ";";
            case Instruction.Move m -> name(m.to()) + " = " + name(m.a()) + ";";
            case Instruction.Load l -> name(l.to()) + " = " + element(l.from(), l.index()) + ";";
            case Instruction.Store s -> element(s.to(), s.index()) + " = " + name(s.value()) + ";";
            case Instruction.AtomicAdd a -> name(a.old()) + " = atomicAdd(&" + element(a.to(), a.index()) + ", " + name(a.value()) + ");";
            case Instruction.Exchange e -> name(e.to()) + " = " + e.how().cuda + "(0xffffffffu, " + name(e.a()) + ", " + e.by() + ");";
            case Instruction.Barrier b -> "__syncthreads();";
            case Instruction.Nothing n -> ";";
            case Instruction.If i -> "if (" + name(i.condition()) + ") {";
            case Instruction.Else e -> "} else {";
            case Instruction.EndIf e -> "}";
            case Instruction.Loop l -> "for (;;) {";
            case Instruction.While w -> "if (!" + name(w.condition()) + ") break;";
            case Instruction.Again a -> "}";
        };
    }

    private String name(int register) { return kernel.registers().get(register).text(); }

    private String element(Pointer pointer, int index) { return pointer.name() + "[" + name(index) + "]"; }

    /** The lines of the code alone, by place. */
    List<String> lines() { return kernel.code().stream().map(this::line).toList(); }
}
