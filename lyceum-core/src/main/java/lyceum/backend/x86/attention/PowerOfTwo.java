package lyceum.backend.x86.attention;

import static lyceum.backend.x86.asm.Instruction.VANDPS;
import static lyceum.backend.x86.asm.Instruction.VBROADCASTSS;
import static lyceum.backend.x86.asm.Instruction.VCMPPS;
import static lyceum.backend.x86.asm.Instruction.VCVTPS2DQ;
import static lyceum.backend.x86.asm.Instruction.VFMADD213PS;
import static lyceum.backend.x86.asm.Instruction.VMOVAPS;
import static lyceum.backend.x86.asm.Instruction.VMOVUPS;
import static lyceum.backend.x86.asm.Instruction.VPADDD;
import static lyceum.backend.x86.asm.Instruction.VPSLLD;
import static lyceum.backend.x86.asm.Instruction.VRNDSCALEPS;
import static lyceum.backend.x86.asm.Instruction.VROUNDPS;
import static lyceum.backend.x86.asm.Instruction.VSCALEFPS;
import static lyceum.backend.x86.asm.Instruction.VSUBPS;

import lyceum.backend.x86.machine.Lanes;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Operand;
import lyceum.backend.x86.asm.Vec;

/**
 * {@code 2^x} for x up to 127, within 0.7 units of the last place: {@code 2^n p(x - n)} with n the nearest integer and p of degree 6. Scores are kept in
 * powers of two, which spares the two products that reduce the argument of exp. 0 below 2^-125, NaN for NaN. Takes k4 on a wide CPU.
 *
 * <p>Nothing is computed that is not a normal number: a result that underflows takes {@code vscalefps} some four hundred cycles (Sapphire Rapids), and a key that is hidden, at
 * negative infinity, is one.
 */
public final class PowerOfTwo {
    /** Registers that {@link #prepare} takes on a wide CPU, from the number it is given. */
    public static final int REGISTERS = 8;

    /** Minimax in relative error on [-1/2, 1/2], 2^-25.9; the highest power first. */
    private static final float[] COEFFICIENTS = {0x1.41d332p-13f, 0x1.5f456ap-10f, 0x1.3b2dbcp-7f, 0x1.c6aed4p-5f, 0x1.ebfbdap-3f,
            0x1.62e430p-1f, 1};

    private static final float LEAST = -125;

    private final Assembler a;
    private final Lanes lanes;
    private final Operand[] coefficients = new Operand[COEFFICIENTS.length];
    private final Operand least;
    private final int first;

    /** @param first register of the constants, if the CPU is wide */
    public PowerOfTwo(Assembler a, Lanes lanes, int first) {
        this.a = a;
        this.lanes = lanes;
        this.first = first;
        for (int i = 0; i < coefficients.length; i++)
            coefficients[i] = lanes.wide() ? lanes.vec(first + i) : everywhere(a, COEFFICIENTS[i]);
        least = lanes.wide() ? lanes.vec(first + 7) : everywhere(a, LEAST);
    }

    /** A vector of AVX2 with {@code value} in all lanes. */
    public static Mem everywhere(Assembler a, float value) {
        int bits = Float.floatToRawIntBits(value);
        return a.constants(bits, bits, bits, bits, bits, bits, bits, bits);
    }

    /** Loads the constants. */
    public void prepare() {
        if (!lanes.wide()) return;
        for (int i = 0; i < coefficients.length; i++) a.emit(VBROADCASTSS, (Vec) coefficients[i], a.constant(COEFFICIENTS[i]));
        a.emit(VBROADCASTSS, (Vec) least, a.constant(LEAST));
    }

    /** {@code p = 2^x}; x, n and (AVX2) seen are spent. */
    public void emit(Vec p, Vec x, Vec n, Vec seen) {
        if (lanes.wide()) a.emit(VCMPPS, 6, Mask.K4, x, least); // not below: true for NaN
        else a.emit(VCMPPS, 6, seen, x, least);
        a.emit(lanes.wide() ? VRNDSCALEPS : VROUNDPS, 8, n, x);
        a.emit(VSUBPS, x, x, n);
        a.emit(lanes.wide() ? VMOVAPS : VMOVUPS, p, coefficients[0]);
        for (int i = 1; i < coefficients.length; i++) a.emit(VFMADD213PS, p, x, coefficients[i]);
        if (lanes.wide()) {
            a.emit(VSCALEFPS, p.mask(Mask.K4).zeroing(), p, n);
        } else {
            a.emit(VCVTPS2DQ, n, n);
            a.emit(VPSLLD, 23, n, n);
            a.emit(VPADDD, p, p, n);
            a.emit(VANDPS, p, p, seen);
        }
    }
}
