package lyceum.backend.x86.asm;

import lyceum.backend.x86.asm.Instruction.Form;

/** An instruction in the syntax of the Intel manuals. */
final class Listing {
    private Listing() {}

    static String text(Instruction in, int immediate, Operand... operands) {
        int bits = Encoding.width(in, operands);
        var text = new StringBuilder(in.mnemonic());
        for (int i = 0; i < operands.length; i++) text.append(i == 0 ? " " : ", ").append(operand(in, operands[i], bits / 8));
        if (in.immediate) text.append(operands.length == 0 ? " " : ", ").append(immediate & 0xFF);
        return text.toString();
    }

    private static String operand(Instruction in, Operand operand, int vectorBytes) {
        return switch (operand) {
            case Mem m when in.form != Form.NONE && !(m.index() instanceof Vec) -> memory(in, m, vectorBytes);
            case Mem m -> (in.element == 8 ? "qword ptr " : "dword ptr ") + m + mask(m);
            case Gp g -> in.w == 1 ? g.toString() : g.name32();
            default -> operand.toString();
        };
    }

    private static String memory(Instruction in, Mem m, int vectorBytes) {
        if (in.element == 64 || in == Instruction.VCOMPRESSPS || in == Instruction.VEXPANDPS) return m + mask(m);
        if (m.isBroadcast()) return size(in.element) + m + "{1to" + in.memoryBytes(vectorBytes) / in.element + "}";
        return size(in.memoryBytes(vectorBytes)) + m + mask(m);
    }

    private static String mask(Mem m) { return m.mask() == null ? "" : "{" + m.mask() + "}"; }

    private static String size(int bytes) {
        return switch (bytes) {
            case 1 -> "byte ptr ";
            case 2 -> "word ptr ";
            case 4 -> "dword ptr ";
            case 8 -> "qword ptr ";
            case 16 -> "xmmword ptr ";
            case 32 -> "ymmword ptr ";
            default -> "zmmword ptr ";
        };
    }
}
