package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Instruction.*;

import java.util.stream.IntStream;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Operand;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Lanes;

/**
 * What Winograd's kernels do in registers: from 0 to 5 to 6 to 11, by way of 12 to 15. Constants stand in registers where there are more than 16.
 *
 * <p>The matrices are those of Lavin and Gray, <i>Fast algorithms for convolutional neural networks</i> (2015), of the points 0, 1, -1, 2, -2 and
 * infinity.
 */
final class WinogradTransforms {
    private final Assembler a;
    private final Lanes lanes;
    private final Operand[] constants;
    private final Operand large;

    WinogradTransforms(Assembler a, Lanes lanes, WinogradKernel.Form form) {
        this.a = a;
        this.lanes = lanes;
        float[] values = switch (form) {
            case INPUT -> new float[] {4, 5, 2};
            case OUTPUT -> new float[] {2, 4, 8};
            default -> new float[] {1 / 4f, -1 / 6f, 1 / 24f, 1 / 6f, 1 / 12f};
        };
        constants = new Operand[values.length];
        for (int i = 0; i < values.length; i++) constants[i] = constant(16 + i, values[i]);
        large = constant(24, 0x1p14f);
    }

    private Operand constant(int register, float value) {
        if (!lanes.wide()) return a.constants(IntStream.range(0, lanes.count()).map(i -> Float.floatToRawIntBits(value)).toArray());
        a.emit(VBROADCASTSS, vec(register), a.constant(value));
        return vec(register);
    }

    private Vec vec(int number) { return lanes.vec(number); }

    /** Sums of squares of what was checked; not for outputs, which take this register. */
    Vec seen() { return vec(14); }

    /** Adds squares that are infinite from 2^50 on: so large ones cannot cancel, and smaller ones have room for the transforms. */
    void check(Vec x) {
        a.emit(VMULPS, vec(15), x, large);
        a.emit(VFMADD231PS, seen(), vec(15), vec(15));
    }

    /** The lanes of {@code from} that the bits at {@code mask} select; the others keep what they have, and in AVX2 must be 0 where they are selected. */
    void loadInto(Vec to, Mem mask, Mem from) {
        if (lanes.wide()) {
            a.emit(KMOVW, Mask.K1, mask);
            a.emit(VMOVUPS, to.mask(Mask.K1), from);
            return;
        }
        a.emit(VPBROADCASTD, vec(8), mask);
        a.emit(VPSLLVD, vec(8), vec(8), a.constants(IntStream.range(0, 8).map(i -> 31 - i).toArray())); // each its own bit to the sign
        a.emit(VMASKMOVPS, vec(9), vec(8), from);
        a.emit(VORPS, to, to, vec(9));
    }

    void gather(Vec to, Gp from, int displacement, Mem places) {
        Vec index = vec(12), all = vec(13);
        a.emit(VMOVUPS, index, places);
        a.emit(VXORPS, to, to, to);
        var at = Mem.at(from, index, 4).plus(displacement);
        if (lanes.wide()) {
            a.emit(KXNORW, Mask.K1, Mask.K1, Mask.K1);
            a.emit(VGATHERDPS, to.mask(Mask.K1), at);
        } else {
            a.emit(VPCMPEQD, all, all, all);
            a.emit(VGATHERDPS, to, at, all);
        }
        check(to);
    }

    /** Columns of the 4 x 4 elements that the same 128 bits of four registers hold, 2 or all 4, to the first of these; by way of 8 to 11. */
    void transpose(int first, int columns) {
        for (int half = 0; half < columns / 2; half++) {
            var unpack = half == 0 ? VUNPCKLPS : VUNPCKHPS;
            for (int i = 0; i < 2; i++) a.emit(unpack, vec(8 + 2 * half + i), vec(first + 2 * i), vec(first + 2 * i + 1));
        }
        for (int half = 0; half < columns / 2; half++) {
            a.emit(VUNPCKLPD, vec(first + 2 * half), vec(8 + 2 * half), vec(9 + 2 * half));
            a.emit(VUNPCKHPD, vec(first + 2 * half + 1), vec(8 + 2 * half), vec(9 + 2 * half));
        }
    }

    /** Rows (4 0 -5 0 1 0), (0 -4 -4 1 1 0), (0 4 -4 -1 1 0), (0 -2 -1 2 1 0), (0 2 -1 -2 1 0), (0 4 0 -5 0 1). */
    void inputs() {
        Operand four = constants[0], five = constants[1], two = constants[2];
        Vec even = vec(12), odd = vec(13);
        sum(vec(6), vec(4), vec(2), five, VFNMADD231PS);
        a.emit(VFMADD231PS, vec(6), vec(0), four);
        sum(even, vec(4), vec(2), four, VFNMADD231PS);
        sum(odd, vec(3), vec(1), four, VFNMADD231PS);
        a.emit(VADDPS, vec(7), even, odd);
        a.emit(VSUBPS, vec(8), even, odd);
        a.emit(VSUBPS, even, vec(4), vec(2));
        a.emit(VSUBPS, odd, vec(3), vec(1));
        sum(vec(9), even, odd, two, VFMADD231PS);
        sum(vec(10), even, odd, two, VFNMADD231PS);
        sum(vec(11), vec(5), vec(3), five, VFNMADD231PS);
        a.emit(VFMADD231PS, vec(11), vec(1), four);
    }

    /** Rows (1/4 0 0), (-1/6 -1/6 -1/6), (-1/6 1/6 -1/6), (1/24 1/12 1/6), (1/24 -1/12 1/6), (0 0 1). */
    void weights() {
        Vec even = vec(12), odd = vec(13);
        a.emit(VMULPS, vec(6), vec(0), constants[0]);
        a.emit(VADDPS, even, vec(0), vec(2));
        a.emit(VMULPS, even, even, constants[1]);
        sum(vec(7), even, vec(1), constants[1], VFMADD231PS);
        sum(vec(8), even, vec(1), constants[1], VFNMADD231PS);
        a.emit(VMULPS, even, vec(0), constants[2]);
        a.emit(VFMADD231PS, even, vec(2), constants[3]);
        a.emit(VMULPS, odd, vec(1), constants[4]);
        a.emit(VADDPS, vec(9), even, odd);
        a.emit(VSUBPS, vec(10), even, odd);
        a.emit(VMOVAPS, vec(11), vec(2));
    }

    /** Rows (1 1 1 1 1 0), (0 1 -1 2 -2 0), (0 1 1 4 4 0), (0 1 -1 8 -8 1). */
    void outputs() {
        Vec near = vec(12), far = vec(13), nearOdd = vec(14), farOdd = vec(15);
        a.emit(VADDPS, near, vec(1), vec(2));
        a.emit(VSUBPS, nearOdd, vec(1), vec(2));
        a.emit(VADDPS, far, vec(3), vec(4));
        a.emit(VSUBPS, farOdd, vec(3), vec(4));
        a.emit(VADDPS, vec(6), vec(0), near);
        a.emit(VADDPS, vec(6), vec(6), far);
        sum(vec(7), nearOdd, farOdd, constants[0], VFMADD231PS);
        sum(vec(8), near, far, constants[1], VFMADD231PS);
        sum(vec(9), nearOdd, farOdd, constants[2], VFMADD231PS);
        a.emit(VADDPS, vec(9), vec(9), vec(5));
    }

    /** {@code to = x + y * factor}, or minus. */
    private void sum(Vec to, Vec x, Vec y, Operand factor, Instruction multiplyAdd) {
        a.emit(VMOVAPS, to, x);
        a.emit(multiplyAdd, to, y, factor);
    }
}
