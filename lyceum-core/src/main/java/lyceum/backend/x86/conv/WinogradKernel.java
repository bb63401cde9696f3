package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;
import static lyceum.backend.x86.asm.Vec.zmm;

import java.util.stream.IntStream;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.CodeMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;

/**
 * The transforms of Winograd's F(4 x 4, 3 x 3), with AVX-512: 6 x 6 inputs of a tile, 3 x 3 weights, and 4 x 4 outputs of 6 x 6 sums. A lane is a
 * tile, or a channel of the weights. Each goes over rows first and leaves what it has in scratch, then over columns.
 *
 * <p>The matrices are those of Lavin and Gray, <i>Fast algorithms for convolutional neural networks</i> (2015), of the points 0, 1, -1, 2, -2 and
 * infinity.
 *
 * @param bias, {@code relu} for OUTPUT
 */
record WinogradKernel(Form form, boolean bias, boolean relu) {
    /** FLIPPED are weights backwards, for the gradient by the input. */
    enum Form { INPUT, WEIGHT, FLIPPED, OUTPUT }

    /** From what, and to what; bytes from one of the 36 matrices to the next; bytes from one repetition to the next on both sides. */
    static final int FROM = 0, TO = 8, MATRIX = 16, COUNT = 24, FROM_STEP = 32, TO_STEP = 40;
    /** Bytes of a line of the image; places of the lanes (32 bits, in elements); masks of the lanes for each place in the tile; scratch; bias; sums that say whether all is finite. INPUT has a table of runs, before which their number stands. */
    static final int LINE = 48, LANES = 56, RUNS = 56, MASKS = 64, SCRATCH = 72, BIAS = 80, SEEN = 128;
    /** Tiles side by side in their table: where the run lies (in elements, of lane 0 if there were one), then for each line of the tiles the masks of eight loads. */
    static final int RUN = 104, RUN_MASKS = 8;
    static final int SCRATCH_BYTES = 36 * 64, SIDE = 6, OUT = 4;

    private static final Vec PLACES = zmm(30), CHECK = zmm(31), LARGE = zmm(29), SQUARED = zmm(19), ZERO = zmm(28), BIASES = zmm(27);
    private static final Vec[] CONSTANT = {zmm(20), zmm(21), zmm(22), zmm(23), zmm(24)};
    private static final Vec EVEN = zmm(26), ODD = zmm(25);
    private static final Gp[] SAVED = {RBX, R12, R13};

    /** @throws CodeMemory.Refused if there is no memory for code */
    Kernel generate(Cpu cpu) {
        var a = new Assembler(cpu.features(), CodeMemory.isListed());
        a.enter(SAVED);
        a.mov(RSI, Mem.at(RDI, FROM));
        a.mov(RDX, Mem.at(RDI, TO));
        a.mov(RCX, Mem.at(RDI, COUNT));
        a.mov(R8, Mem.at(RDI, LINE));
        a.mov(R9, Mem.at(RDI, MATRIX));
        a.mov(R10, Mem.at(RDI, SCRATCH));
        a.mov(R11, Mem.at(RDI, MASKS));
        if (form == Form.INPUT) {
            a.emit(VMOVUPS, EVEN, a.constants(IntStream.range(0, 16).map(i -> 2 * i).toArray()));
            a.emit(VMOVUPS, ODD, a.constants(IntStream.range(0, 16).map(i -> 2 * i + 1).toArray()));
        } else {
            a.mov(RAX, Mem.at(RDI, LANES));
            a.emit(VMOVUPS, PLACES, Mem.at(RAX));
        }
        a.emit(VMOVUPS, CHECK, Mem.at(RDI, SEEN));
        a.emit(VBROADCASTSS, LARGE, a.constant(0x1p14f));
        a.emit(VXORPS, ZERO, ZERO, ZERO);
        float[] constants = switch (form) {
            case INPUT -> new float[] {4, 5, 2};
            case OUTPUT -> new float[] {2, 4, 8};
            default -> new float[] {1 / 4f, -1 / 6f, 1 / 24f, 1 / 6f, 1 / 12f};
        };
        for (int i = 0; i < constants.length; i++) a.emit(VBROADCASTSS, CONSTANT[i], a.constant(constants[i]));
        var loop = a.bind(a.label());
        switch (form) {
            case INPUT -> input(a);
            case OUTPUT -> output(a);
            default -> weight(a);
        }
        a.add(RSI, Mem.at(RDI, FROM_STEP));
        a.add(RDX, Mem.at(RDI, TO_STEP));
        a.sub(RCX, 1);
        a.jump(Condition.NE, loop);
        a.emit(VMOVUPS_STORE, Mem.at(RDI, SEEN), CHECK);
        a.leave(SAVED);
        return CodeMemory.require("winograd-" + form.name().toLowerCase(java.util.Locale.ROOT) + (bias ? "-bias" : "") + (relu ? "-relu" : ""), a.finish());
    }

    private void input(Assembler a) {
        a.mov(RAX, RSI);
        for (int i = 0; i < SIDE; i++) {
            line(a, i);
            a.add(RAX, R8);
            inputs(a);
            for (int j = 0; j < SIDE; j++) a.emit(VMOVUPS_STORE, scratch(i, j), zmm(6 + j));
        }
        for (int j = 0; j < SIDE; j++) {
            for (int i = 0; i < SIDE; i++) a.emit(VMOVUPS, zmm(i), scratch(i, j));
            inputs(a);
            toMatrices(a, j);
        }
    }

    /** Line i of the tiles to zmm0 to zmm5, a column each: the first four columns of all lanes lie in four vectors, the last two in four others. */
    private void line(Assembler a, int i) {
        for (int v = 0; v < 8; v++) a.emit(VXORPS, zmm(v), zmm(v), zmm(v));
        a.mov(R12, Mem.at(RDI, RUNS));
        a.mov(R13, Mem.at(R12, -8));
        var run = a.bind(a.label());
        a.movsxd(RBX, Mem.at(R12));
        a.lea(RBX, Mem.at(RAX, RBX, 4));
        for (int v = 0; v < 8; v++) {
            a.emit(KMOVW, Mask.K1, Mem.at(R12, RUN_MASKS + 16 * i + 2 * v));
            a.emit(VMOVUPS, zmm(v).mask(Mask.K1), Mem.at(RBX, 64 * (v % 4) + (v < 4 ? 0 : 16)));
        }
        a.add(R12, RUN);
        a.sub(R13, 1);
        a.jump(Condition.NE, run);
        for (int v = 0; v < 8; v += 2) { // even elements of two vectors to one, odd ones to the first
            a.emit(VMOVAPS, zmm(8 + v / 2), zmm(v));
            a.emit(VPERMT2PS, zmm(8 + v / 2), EVEN, zmm(v + 1));
            a.emit(VPERMT2PS, zmm(v), ODD, zmm(v + 1));
        }
        column(a, 3, 0, ODD, 2);
        column(a, 1, 0, EVEN, 2);
        column(a, 2, 8, ODD, 9);
        column(a, 0, 8, EVEN, 9);
        column(a, 5, 4, EVEN, 6);
        column(a, 4, 10, EVEN, 11);
        for (int j = 0; j < SIDE; j++) check(a, zmm(j));
    }

    /** Adds squares that are infinite from 2^50 on: so large ones cannot cancel, and smaller ones have room for the transforms. */
    private static void check(Assembler a, Vec x) {
        a.emit(VMULPS, SQUARED, x, LARGE);
        a.emit(VFMADD231PS, CHECK, SQUARED, SQUARED);
    }

    private static void column(Assembler a, int to, int first, Vec order, int second) {
        a.emit(VMOVAPS, zmm(to), zmm(first));
        a.emit(VPERMT2PS, zmm(to), order, zmm(second));
    }

    private void weight(Assembler a) {
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                int tap = 3 * i + j;
                a.emit(KXNORW, Mask.K1, Mask.K1, Mask.K1);
                gather(a, zmm(j), Mem.at(RSI, PLACES, 4).plus(4 * (form == Form.FLIPPED ? 8 - tap : tap)));
            }
            weights(a);
            for (int j = 0; j < SIDE; j++) a.emit(VMOVUPS_STORE, scratch(i, j), zmm(6 + j));
        }
        for (int j = 0; j < SIDE; j++) {
            for (int i = 0; i < 3; i++) a.emit(VMOVUPS, zmm(i), scratch(i, j));
            weights(a);
            toMatrices(a, j);
        }
    }

    private void output(Assembler a) {
        a.mov(RAX, RSI);
        for (int i = 0; i < SIDE; i++) {
            for (int j = 0; j < SIDE; j++) {
                a.emit(VMOVUPS, zmm(j), Mem.at(RAX));
                a.add(RAX, R9);
            }
            outputs(a);
            for (int j = 0; j < OUT; j++) a.emit(VMOVUPS_STORE, scratch(i, j), zmm(6 + j));
        }
        if (bias) {
            a.mov(RAX, Mem.at(RDI, BIAS));
            a.emit(VBROADCASTSS, BIASES, Mem.at(RAX));
            a.add(RAX, 4);
            a.mov(Mem.at(RDI, BIAS), RAX);
        }
        for (int j = 0; j < OUT; j++) {
            for (int i = 0; i < SIDE; i++) a.emit(VMOVUPS, zmm(i), scratch(i, j));
            outputs(a);
            a.mov(RAX, RDX);
            for (int i = 0; i < OUT; i++) {
                if (bias) a.emit(VADDPS, zmm(6 + i), zmm(6 + i), BIASES);
                if (relu) a.emit(VMAXPS, zmm(6 + i), ZERO, zmm(6 + i));
                a.emit(KMOVW, Mask.K1, Mem.at(R11, 2 * (OUT * i + j)));
                a.emit(VSCATTERDPS, Mem.at(RAX, PLACES, 4).plus(4 * j).mask(Mask.K1), zmm(6 + i));
                a.add(RAX, R8);
            }
        }
    }

    private static Mem scratch(int i, int j) { return Mem.at(R10, 64 * (SIDE * i + j)); }

    /** Under mask k1, 0 elsewhere. */
    private static void gather(Assembler a, Vec to, Mem from) {
        a.emit(VXORPS, to, to, to);
        a.emit(VGATHERDPS, to.mask(Mask.K1), from);
        check(a, to);
    }

    /** zmm6 to zmm11 to column {@code j} of the matrices. */
    private static void toMatrices(Assembler a, int j) {
        a.mov(RAX, RDX);
        a.imul(RBX, R9, j);
        a.add(RAX, RBX);
        a.imul(RBX, R9, SIDE);
        for (int i = 0; i < SIDE; i++) {
            a.emit(VMOVUPS_STORE, Mem.at(RAX), zmm(6 + i));
            a.add(RAX, RBX);
        }
    }

    /** Rows (4 0 -5 0 1 0), (0 -4 -4 1 1 0), (0 4 -4 -1 1 0), (0 -2 -1 2 1 0), (0 2 -1 -2 1 0), (0 4 0 -5 0 1). */
    private static void inputs(Assembler a) {
        Vec four = CONSTANT[0], five = CONSTANT[1], two = CONSTANT[2], even = zmm(12), odd = zmm(13);
        sum(a, zmm(6), zmm(4), zmm(2), five, VFNMADD231PS);
        a.emit(VFMADD231PS, zmm(6), zmm(0), four);
        sum(a, even, zmm(4), zmm(2), four, VFNMADD231PS);
        sum(a, odd, zmm(3), zmm(1), four, VFNMADD231PS);
        a.emit(VADDPS, zmm(7), even, odd);
        a.emit(VSUBPS, zmm(8), even, odd);
        a.emit(VSUBPS, even, zmm(4), zmm(2));
        a.emit(VSUBPS, odd, zmm(3), zmm(1));
        sum(a, zmm(9), even, odd, two, VFMADD231PS);
        sum(a, zmm(10), even, odd, two, VFNMADD231PS);
        sum(a, zmm(11), zmm(5), zmm(3), five, VFNMADD231PS);
        a.emit(VFMADD231PS, zmm(11), zmm(1), four);
    }

    /** Rows (1/4 0 0), (-1/6 -1/6 -1/6), (-1/6 1/6 -1/6), (1/24 1/12 1/6), (1/24 -1/12 1/6), (0 0 1). */
    private static void weights(Assembler a) {
        Vec even = zmm(12), odd = zmm(13);
        a.emit(VMULPS, zmm(6), zmm(0), CONSTANT[0]);
        a.emit(VADDPS, even, zmm(0), zmm(2));
        a.emit(VMULPS, even, even, CONSTANT[1]);
        sum(a, zmm(7), even, zmm(1), CONSTANT[1], VFMADD231PS);
        sum(a, zmm(8), even, zmm(1), CONSTANT[1], VFNMADD231PS);
        a.emit(VMULPS, even, zmm(0), CONSTANT[2]);
        a.emit(VFMADD231PS, even, zmm(2), CONSTANT[3]);
        a.emit(VMULPS, odd, zmm(1), CONSTANT[4]);
        a.emit(VADDPS, zmm(9), even, odd);
        a.emit(VSUBPS, zmm(10), even, odd);
        a.emit(VMOVAPS, zmm(11), zmm(2));
    }

    /** Rows (1 1 1 1 1 0), (0 1 -1 2 -2 0), (0 1 1 4 4 0), (0 1 -1 8 -8 1). */
    private static void outputs(Assembler a) {
        Vec near = zmm(12), far = zmm(13), nearOdd = zmm(14), farOdd = zmm(15);
        a.emit(VADDPS, near, zmm(1), zmm(2));
        a.emit(VSUBPS, nearOdd, zmm(1), zmm(2));
        a.emit(VADDPS, far, zmm(3), zmm(4));
        a.emit(VSUBPS, farOdd, zmm(3), zmm(4));
        a.emit(VADDPS, zmm(6), zmm(0), near);
        a.emit(VADDPS, zmm(6), zmm(6), far);
        sum(a, zmm(7), nearOdd, farOdd, CONSTANT[0], VFMADD231PS);
        sum(a, zmm(8), near, far, CONSTANT[1], VFMADD231PS);
        sum(a, zmm(9), nearOdd, farOdd, CONSTANT[2], VFMADD231PS);
        a.emit(VADDPS, zmm(9), zmm(9), zmm(5));
    }

    /** {@code to = x + y * factor}, or minus. */
    private static void sum(Assembler a, Vec to, Vec x, Vec y, Vec factor, lyceum.backend.x86.asm.Instruction multiplyAdd) {
        a.emit(VMOVAPS, to, x);
        a.emit(multiplyAdd, to, y, factor);
    }
}
