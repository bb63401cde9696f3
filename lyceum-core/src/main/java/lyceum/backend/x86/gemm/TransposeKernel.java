package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R12;
import static lyceum.backend.x86.asm.Gp.R13;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import java.util.Arrays;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Label;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;
import lyceum.backend.x86.machine.Lanes;

/**
 * Turns rows of 4 or 8 byte elements into columns, a square of a vector's lanes at a time in registers: first within every 128 bits, then those.
 *
 * <p>Arguments: rdi source, rsi bytes from row to row of it, rdx target, rcx bytes from row to row of that, r8 rows, r9 elements of a row, at least one of
 * each. Nothing beyond is read or written, but lines some squares ahead are asked for: as many rows at once are more than a CPU's prefetchers follow.
 */
public final class TransposeKernel {
    private static final Gp[] SAVED = {RBX, R12, R13};
    /** Bytes from a square to the one whose lines are asked for (Zen 5: x W' of 128 rows, 512 by 512, takes 351 us without, 314 so). */
    private static final int AHEAD = 256;

    private final Assembler a;
    private final int bits, lane;
    private final boolean wide;

    /** @param lane bytes of an element */
    public record Form(int lane) implements KernelForm {
        @Override public String name(Cpu cpu) { return "transpose " + 8 * lane; }

        @Override public void write(Assembler a, Cpu cpu) { new TransposeKernel(a, cpu, lane).transpose(); }

        @Override public int hashCode() { return lane; }

        @Override public boolean equals(Object other) { return other instanceof Form that && lane == that.lane; }
    }

    private TransposeKernel(Assembler a, Cpu cpu, int lane) {
        this.a = a;
        this.bits = cpu.vectorBits();
        this.lane = lane;
        this.wide = cpu.has(Feature.AVX512);
    }

    private void transpose() {
        int lanes = bits / 8 / lane;
        a.enter(SAVED);
        a.mov(RBX, RDI);
        a.mov(R12, RDX);
        a.mov(R13, R9);
        var strip = a.bind(a.label());
        squares();
        a.imul(RAX, RSI, lanes);
        a.add(RBX, RAX);
        a.add(R12, bits / 8);
        a.mov(RDI, RBX);
        a.mov(RDX, R12);
        a.mov(R9, R13);
        a.sub(R8, lanes);
        a.jump(Condition.G, strip);
        a.leave(SAVED);
    }

    /** As many rows as a vector has lanes, or the last few. */
    private void squares() {
        int lanes = bits / 8 / lane;
        var rows = new Lanes(bits);
        var next = a.bind(a.label());
        // The lanes of a row that are columns still to come, and the lanes of a column that are rows.
        lanesBelow(R9, Mask.K1, Vec.ymm(15));
        var loaded = a.label();
        a.mov(RAX, RDI);
        for (int r = 0; r < lanes; r++) {
            rows.loadPartial(a, lane, Vec.of(r, bits), Mem.at(RAX));
            a.prefetch(0, Mem.at(RAX, AHEAD));
            if (r == lanes - 1) continue;
            a.cmp(R8, r + 1);
            a.jump(Condition.LE, loaded);
            a.add(RAX, RSI);
        }
        a.bind(loaded);
        int columns = turn(lanes);
        Label part = a.label(), stored = a.label();
        if (!wide) { // which stores parts slowly
            a.cmp(R8, lanes);
            a.jump(Condition.L, part);
            storeColumns(columns, null, stored);
            a.jump(stored);
            a.bind(part);
        }
        var mask = Vec.ymm(columns == 0 ? 15 : 0);
        lanesBelow(R8, Mask.K2, mask);
        storeColumns(columns, mask, stored);
        a.bind(stored);
        a.add(RDI, bits / 8);
        a.sub(R9, lanes);
        a.jump(Condition.G, next);
    }

    /** @param mask of the lanes to store; null for all */
    private void storeColumns(int first, Vec mask, Label stored) {
        int lanes = bits / 8 / lane;
        for (int c = 0; c < lanes; c++) {
            var from = Vec.of(first + c, bits);
            if (wide) a.emit(lane == 8 ? Instruction.VMOVUPD_STORE : Instruction.VMOVUPS_STORE, Mem.at(RDX).mask(Mask.K2), from);
            else if (mask == null) a.emit(Instruction.VMOVUPS_STORE, Mem.at(RDX), from);
            else a.emit(lane == 8 ? Instruction.VMASKMOVPD_STORE : Instruction.VMASKMOVPS_STORE, Mem.at(RDX), mask, from);
            a.add(RDX, RCX);
            if (c == lanes - 1) continue;
            a.cmp(R9, c + 1);
            a.jump(Condition.LE, stored);
        }
    }

    /** A mask of the first {@code count} lanes, all if there are more. */
    private void lanesBelow(Gp count, Mask mask, Vec vector) {
        int lanes = bits / 8 / lane;
        a.mov(R10, lanes);
        a.cmp(count, R10);
        a.cmov(Condition.L, R10, count);
        if (wide) {
            a.mov(RAX, 0xFFFF);
            a.bzhi(RAX, RAX, R10);
            a.emit(Instruction.KMOVW_FROM, mask, RAX);
        } else {
            // A window on ones followed by zeros, which begins the further in the fewer lanes there are.
            var window = new int[16];
            Arrays.fill(window, 0, 8, -1);
            a.lea(R11, a.constants(window));
            a.neg(R10);
            a.emit(Instruction.VMOVUPS, vector, Mem.at(R11, R10, lane, 32));
        }
    }

    /** Transposes the square in registers 0, 1, ...; returns the register of its first column. */
    private int turn(int lanes) {
        int inLane = 16 / lane, first = 0, other = lanes;
        if (lane == 4) {
            for (int i = 0; i < lanes; i += 2) {
                a.emit(Instruction.VUNPCKLPS, Vec.of(other + i, bits), Vec.of(first + i, bits), Vec.of(first + i + 1, bits));
                a.emit(Instruction.VUNPCKHPS, Vec.of(other + i + 1, bits), Vec.of(first + i, bits), Vec.of(first + i + 1, bits));
            }
            first = lanes;
            other = 0;
        }
        // Now pairs of 8 bytes: column c of each group of rows within every 128 bits.
        for (int g = 0; g < lanes; g += inLane) {
            for (int h = 0; h < inLane / 2; h++) {
                int x = first + g + h, y = first + g + h + inLane / 2;
                a.emit(Instruction.VUNPCKLPD, Vec.of(other + g + 2 * h, bits), Vec.of(x, bits), Vec.of(y, bits));
                a.emit(Instruction.VUNPCKHPD, Vec.of(other + g + 2 * h + 1, bits), Vec.of(x, bits), Vec.of(y, bits));
            }
        }
        int from = other, to = first;
        for (int c = 0; c < inLane; c++) {
            if (wide) quarters(from + c, inLane, to + c);
            else halves(from + c, from + inLane + c, to + c, to + inLane + c);
        }
        return wide ? from : to;
    }

    /** Quarter q of vector p and quarter p of vector q change places, for four vectors {@code step} apart; by way of the other registers and back. */
    private void quarters(int from, int step, int to) {
        for (int half = 0; half < 2; half++) {
            int x = from + 2 * half * step;
            a.emit(Instruction.VSHUFF32X4, 0x88, Vec.zmm(to + 2 * half * step), Vec.zmm(x), Vec.zmm(x + step));
            a.emit(Instruction.VSHUFF32X4, 0xDD, Vec.zmm(to + (2 * half + 1) * step), Vec.zmm(x), Vec.zmm(x + step));
        }
        for (int odd = 0; odd < 2; odd++) {
            a.emit(Instruction.VSHUFF32X4, 0x88, Vec.zmm(from + odd * step), Vec.zmm(to + odd * step), Vec.zmm(to + (2 + odd) * step));
            a.emit(Instruction.VSHUFF32X4, 0xDD, Vec.zmm(from + (2 + odd) * step), Vec.zmm(to + odd * step),
                    Vec.zmm(to + (2 + odd) * step));
        }
    }

    private void halves(int x, int y, int low, int high) {
        a.emit(Instruction.VPERM2F128, 0x20, Vec.ymm(low), Vec.ymm(x), Vec.ymm(y));
        a.emit(Instruction.VPERM2F128, 0x31, Vec.ymm(high), Vec.ymm(x), Vec.ymm(y));
    }
}
