package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Gp.R15;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Instruction.*;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import lyceum.backend.code.ArgumentLayout.Field;
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

/**
 * Vectors of neighbours in a line of a plane: 16 with AVX-512, 8 without. Which of them lie inside stands in a table, an entry for each vector of a
 * line with up to seven masks and the way to the next vector; what lies outside is neither read nor written. With AVX-512 masks go into k1 to k7, else
 * each is loaded when it is used, into the last register. r9 points to the entry.
 */
final class PlaneVectors {
    /** Masks in an entry: of the loads for each tap, of a second vector for each, of the store. */
    static final int LOADS = 0, SECOND_LOADS = 3, STORE = 6;
    /** Instead of a mask's number: none is needed. */
    static final int WHOLE = -1;

    private static final int WHOLE_AT = 232;

    private final Assembler a;
    private final boolean isWide;
    private final int bits;

    PlaneVectors(Cpu cpu, Assembler a) {
        this.a = a;
        this.isWide = isWide(cpu);
        this.bits = isWide ? 512 : 256;
    }

    private static boolean isWide(Cpu cpu) { return cpu.has(Feature.AVX512); }

    static int lanes(Cpu cpu) { return isWide(cpu) ? 16 : 8; }

    /** Bytes of a table's entry. */
    static int entry(Cpu cpu) { return isWide(cpu) ? 64 : 256; }

    /** First of the columns that vector {@code v} stores {@code count} of: the last one goes back where it would be cut short, for AVX2 stores parts slowly. */
    static int column(int v, int count, int width) { return width < count ? 0 : Math.min(v * count, width - count); }

    /** Writes the columns from one vector to the next. */
    static void setStep(Cpu cpu, MemorySegment table, long at, int columns) {
        table.set(ValueLayout.JAVA_LONG_UNALIGNED, at + entry(cpu) / 8 * 7L, 4L * columns);
    }

    /** Writes mask {@code number} of the entry that starts at {@code at}. @param inside a bit for each lane */
    static void setMask(Cpu cpu, MemorySegment table, long at, int number, long inside) {
        if (isWide(cpu)) table.set(ValueLayout.JAVA_LONG_UNALIGNED, at + 8L * number, inside);
        else for (int lane = 0; lane < 8; lane++)
            table.set(ValueLayout.JAVA_INT_UNALIGNED, at + 32L * number + 4L * lane, (int) -(inside >> lane & 1));
    }

    /** Writes whether all lanes of all loads and of the store lie inside; see {@link #tellsWhole}. */
    static void setWhole(Cpu cpu, MemorySegment table, long at, boolean whole) {
        if (!isWide(cpu)) table.set(ValueLayout.JAVA_LONG_UNALIGNED, at + WHOLE_AT, whole ? 1 : 0);
    }

    /** Whether entries tell if no mask is needed: with AVX2 each costs a load. */
    boolean tellsWhole() { return !isWide; }

    void unlessWhole(Label part) {
        a.mov(R15, Mem.at(R9, WHOLE_AT));
        a.test(R15, R15);
        a.jump(Condition.E, part);
    }

    /** Bytes of a vector. */
    int bytes() { return bits / 8; }

    private int entry() { return isWide ? 64 : 256; }

    /**
     * Has vectors at the same place of the next plane fetched: a column of them jumps from line to line, which the CPU does not foresee.
     *
     * @param at the place, {@code count} vectors there, and as many in each of {@code lines} lines, {@code line} bytes apart
     * @param plane the argument that tells how far the next plane is
     */
    void ask(Gp at, int count, int lines, Gp line, Field plane) {
        a.mov(R15, Mem.at(RDI, plane));
        a.add(R15, at);
        for (int l = 0; l < lines; l++)
            for (int i = 0; i < count; i++) a.prefetch(1, (l == 0 ? Mem.at(R15) : Mem.at(R15, line, 1)).plus(i * bytes()));
    }

    /** {@code times} the bytes to the next vector. */
    void step(Gp pointer, int times) { for (int i = 0; i < times; i++) a.add(pointer, Mem.at(R9, entry() / 8 * 7)); }

    /** To the next entry. */
    void next() { a.add(R9, entry()); }

    Vec vector(int number) { return Vec.of(number, bits); }

    /** Registers for what is read in turn: numbered from 10. */
    private int turns() { return isWide ? 6 : 2; }

    Vec read(int i) { return vector(10 + i % turns()); }

    Vec second(int i) { return vector(10 + turns() + i % turns()); }

    /** One that lasts. */
    Vec kept() { return vector(isWide ? 29 : 14); }

    private Mask mask(int number) { return Mask.values()[number + 1]; }

    /** At the start of a vector's column. */
    void bringMask(int number) {
        if (!isWide) return;
        a.mov32(R15, Mem.at(R9, 8 * number));
        a.emit(KMOVW_FROM, mask(number), R15);
    }

    private Vec maskVector(int number) {
        a.emit(VMOVUPS, vector(15), Mem.at(R9, 32 * number));
        return vector(15);
    }

    void load(Vec to, int mask, Mem from) {
        if (mask == WHOLE) a.emit(VMOVUPS, to, from);
        else if (isWide) a.emit(VMOVUPS, to.mask(mask(mask)).zeroing(), from);
        else a.emit(VMASKMOVPS, to, maskVector(mask), from);
    }

    void store(Mem to, int mask, Vec from) {
        if (isWide) {
            a.emit(VMOVUPS_STORE, to.mask(mask(mask)), from);
            return;
        }
        if (mask == WHOLE) {
            a.emit(VMOVUPS_STORE, to, from);
            return;
        }
        Label part = a.label(), done = a.label();
        a.mov32(R15, Mem.at(R9, 32 * mask + 28));
        a.test(R15, R15);
        a.jump(Condition.E, part);
        a.emit(VMOVUPS_STORE, to, from);
        a.jump(done);
        a.bind(part);
        a.emit(VMASKMOVPS_STORE, to, maskVector(mask), from);
        a.bind(done);
    }

    /** Before {@link #keepEven}. */
    void bringEven() { if (isWide) a.emit(VMOVUPS, vector(31), a.constants(IntStream.range(0, 16).map(i -> 2 * i).toArray())); }

    /** Every second element of x and the vector after it, into x. */
    void keepEven(Vec x, Vec next) {
        if (isWide) {
            a.emit(VPERMT2PS, x, vector(31), next);
        } else {
            a.emit(VSHUFPS, 0x88, x, x, next);
            a.emit(VPERMPD, 0xD8, x, x);
        }
    }

    /** Before {@link #interleave}. */
    void bringOrder() {
        if (!isWide) return;
        a.emit(VMOVUPS, vector(31), a.constants(IntStream.range(0, 16).map(i -> i / 2 + i % 2 * 16).toArray()));
        a.emit(VMOVUPS, vector(30), a.constants(IntStream.range(0, 16).map(i -> 8 + i / 2 + i % 2 * 16).toArray()));
    }

    /** The elements of both in turn, starting with the first of {@code even}: the first vector of them into {@code to}, the second into {@code even}. */
    void interleave(Vec to, Vec even, Vec odd) {
        if (isWide) {
            a.emit(VMOVAPS, to, even);
            a.emit(VPERMT2PS, to, vector(31), odd);
            a.emit(VPERMT2PS, even, vector(30), odd);
            return;
        }
        a.emit(VUNPCKLPS, to, even, odd);
        a.emit(VUNPCKHPS, odd, even, odd);
        a.emit(VPERM2F128, 0x31, even, to, odd);
        a.emit(VPERM2F128, 0x20, to, to, odd);
    }

    /** The lanes' sum, added in halves, in the first; {@code spare} is written. */
    void fold(Vec x, Vec spare) {
        narrow(x, spare);
        halve(x, spare, VMOVHLPS);
        halve(x, spare, VMOVSHDUP);
    }

    /** The sums of the lanes of four vectors, in the first four of the first: half the instructions of folding each. */
    void fold(Vec x0, Vec x1, Vec x2, Vec x3, Vec spare) {
        for (var pair : new Vec[][] {{x0, x1}, {x2, x3}}) {
            a.emit(VUNPCKLPS, spare, pair[0], pair[1]);
            a.emit(VUNPCKHPS, pair[0], pair[0], pair[1]);
            a.emit(VADDPS, pair[0], spare, pair[0]);
        }
        a.emit(VSHUFPS, 0x44, spare, x0, x2);
        a.emit(VSHUFPS, 0xEE, x0, x0, x2);
        a.emit(VADDPS, x0, spare, x0);
        narrow(x0, spare);
    }

    /** Adds the upper lanes to the lower until there are four. */
    private void narrow(Vec x, Vec spare) {
        if (isWide) {
            a.emit(VEXTRACTF64X4, 1, spare.as(256), x);
            a.emit(VADDPS, x.as(256), spare.as(256), x.as(256));
        }
        halve(x, spare, VEXTRACTF128);
    }

    private void halve(Vec x, Vec spare, Instruction upper) {
        if (upper == VEXTRACTF128) a.emit(upper, 1, spare.as(128), x.as(256));
        else if (upper == VMOVHLPS) a.emit(upper, spare.as(128), x.as(128), x.as(128));
        else a.emit(upper, spare.as(128), x.as(128));
        a.emit(VADDPS, x.as(128), x.as(128), spare.as(128));
    }
}
