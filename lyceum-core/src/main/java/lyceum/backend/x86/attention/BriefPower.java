package lyceum.backend.x86.attention;

import static lyceum.backend.x86.asm.Instruction.VBROADCASTSS;
import static lyceum.backend.x86.asm.Instruction.VFMADD213PS;
import static lyceum.backend.x86.asm.Instruction.VMOVAPS;
import static lyceum.backend.x86.asm.Instruction.VREDUCEPS;
import static lyceum.backend.x86.asm.Instruction.VSCALEFPS;
import static lyceum.backend.x86.asm.Vec.zmm;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Vec;

/**
 * {@code 2^x} for weights that are rounded to BF16, within 2^-18 and exact at 0: {@code 2^n p(x - n)} with n the next integer below, which is what
 * {@code vscalefps} takes of x itself. Seven instructions where {@link PowerOfTwo} takes eleven. 0 for -inf, NaN for NaN.
 */
final class BriefPower {
    /** Minimax in relative error on [0, 1] among those that are 1 at 0; the highest power first. */
    private static final float[] COEFFICIENTS = {0x1.b7f732p-7f, 0x1.abf868p-5f, 0x1.ee245p-3f, 0x1.62d6c6p-1f, 1};
    /** Registers that {@link #prepare} takes. */
    static final int REGISTERS = COEFFICIENTS.length;
    /** Rounds towards minus infinity, and raises nothing. */
    private static final int FLOOR = 9;

    private final Assembler a;
    private final int first;

    /** @param first register of the constants */
    BriefPower(Assembler a, int first) {
        this.a = a;
        this.first = first;
    }

    /** Loads the constants. */
    void prepare() { for (int i = 0; i < REGISTERS; i++) a.emit(VBROADCASTSS, zmm(first + i), a.constant(COEFFICIENTS[i])); }

    /** {@code p = 2^x}; part is spent. */
    void emit(Vec p, Vec x, Vec part) {
        a.emit(VREDUCEPS, FLOOR, part, x);
        a.emit(VMOVAPS, p, zmm(first));
        for (int i = 1; i < REGISTERS; i++) a.emit(VFMADD213PS, p, part, zmm(first + i));
        a.emit(VSCALEFPS, p, p, x);
    }
}
