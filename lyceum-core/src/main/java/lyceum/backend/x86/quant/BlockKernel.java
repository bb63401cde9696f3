package lyceum.backend.x86.quant;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RSP;
import static lyceum.backend.x86.asm.Instruction.*;
import static lyceum.backend.x86.quant.PanelWalk.ACTIVATIONS;
import static lyceum.backend.x86.quant.PanelWalk.COUNT;
import static lyceum.backend.x86.quant.PanelWalk.PANEL;
import static lyceum.backend.x86.quant.PanelWalk.SUMS;

import java.util.Arrays;
import lyceum.backend.quant.Activations;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Operand;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Writes the product of codes with a tile of activations, panel by panel as {@link PanelWalk} has them; it counts in chunks. With VNNI a vector holds
 * all sixteen rows of a panel, else two hold eight each and are taken in turn.
 */
final class BlockKernel {
    private static final Gp CODES = RAX, SCALES = R10;
    /** Unpacked 6-bit scales and minima: 8 x 16 bytes each. */
    private static final int UNPACKED = 256;
    /** Up to here F32 has every integer. */
    private static final int EXACT = 1 << 24;

    /** How far ahead weights are asked for: near where they fit into the first-level cache, else far, and from how many instructions for 64 bytes of codes on. */
    private static final int NEAR = 6 << 10, FAR = 24 << 10, LONG = 8;

    private final Assembler a;
    private final Layout layout;
    private final PackedActivations acts;
    private final boolean wide, add, roomy;
    private final int halves, width, rows, digits, panels;
    private int next;
    private final Vec[][] integer;
    private final Vec[] sum, minimum;
    private final Vec code, other, high, scale, low, temporary, mask, bit, unitScale, unitMinimum;

    /**
     * @param panels of a group of the weights
     * @param rows of activations
     * @param add whether out holds something that the product is added to
     */
    record Form(Layout layout, int panels, Activations activations, int rows, boolean add) implements KernelForm {
        @Override public String name(Cpu cpu) {
            return "quant-" + layout + "-" + activations + "-" + rows + (panels == 0 ? "" : "-by" + panels) + (add ? "-add" : "") + "-"
                    + cpu.level();
        }

        @Override public void write(Assembler a, Cpu cpu) { new BlockKernel(a, cpu, this).write(); }
    }

    private BlockKernel(Assembler a, Cpu cpu, Form form) {
        this.a = a;
        this.layout = form.layout;
        this.panels = form.panels;
        this.rows = form.rows;
        this.digits = form.activations.digits();
        this.acts = new PackedActivations(layout, digits, rows);
        this.wide = isWide(cpu);
        this.roomy = cpu.hasLargeFirstCache();
        this.add = form.add;
        this.halves = wide ? 1 : 2;
        this.width = wide ? 512 : 256;
        integer = new Vec[rows][digits];
        for (var row : integer) for (int d = 0; d < digits; d++) row[d] = register();
        sum = new Vec[rows];
        minimum = new Vec[rows];
        if (wide) {
            for (int r = 0; r < rows; r++) sum[r] = register();
            if (layout.hasMinimum()) for (int r = 0; r < rows; r++) minimum[r] = register();
        }
        code = register();
        other = register();
        scale = register();
        low = layout.hasMinimum() ? register() : null;
        temporary = register();
        high = layout.bits == 5 || layout.bits == 6 ? register() : null;
        mask = layout.bits < 8 ? register() : null;
        bit = high != null ? register() : null;
        boolean kept = wide && layout.length == 256 && next <= 30;
        unitScale = kept ? register() : null;
        unitMinimum = kept && layout.hasMinimum() ? register() : null;
    }

    static boolean isWide(Cpu cpu) { return cpu.has(Feature.VNNI) && cpu.has(Feature.AVX512); }

    /** The most rows of activations that registers hold sums for. */
    static int mostRows(Cpu cpu, int digits) { return isWide(cpu) ? new int[] {8, 6, 4}[digits - 1] : new int[] {4, 3, 2}[digits - 1]; }

    private Vec register() { return Vec.of(next++, width); }

    private void write() {
        if (mask != null) a.emit(VMOVUPS, mask, bytes(0x0F));
        if (bit != null) a.emit(VMOVUPS, bit, bytes(layout.bits == 5 ? 0x10 : 0x30));
        var output = new PanelOutput(a, wide, add, code, other, temporary);
        new PanelWalk(a, panels, PanelWalk.POSITIONS / layout.length, 128 * rows, isSuperBlock() ? UNPACKED : 0).write(code, this::chunks,
                () -> output.write(rows, (r, h) -> {
                    a.emit(VMOVUPS, scale, sum(r, h));
                    if (layout.hasMinimum()) a.emit(VSUBPS, scale, scale, minimum(r, h));
                    return scale;
                }));
    }

    /** COUNT chunks of a panel, the sums in registers where these are wide. */
    private void chunks() {
        if (wide) for (int r = 0; r < rows; r++) {
            a.emit(VMOVUPS, sum[r], sum(r, 0));
            if (layout.hasMinimum()) a.emit(VMOVUPS, minimum[r], minimum(r, 0));
        }
        a.align(32);
        var chunk = a.bind(a.label());
        if (layout.length == 64) twoBlocks();
        else superBlock();
        a.sub(COUNT, 1);
        a.jump(Condition.NE, chunk);
        if (wide) for (int r = 0; r < rows; r++) {
            a.emit(VMOVUPS_STORE, sum(r, 0), sum[r]);
            if (layout.hasMinimum()) a.emit(VMOVUPS_STORE, minimum(r, 0), minimum[r]);
        }
    }

    private boolean isSuperBlock() { return layout == Layout.Q4_K || layout == Layout.Q5_K; }

    private Mem bytes(int value) { return words(value * 0x01010101); }

    /** One word sixteen times: a constant for vectors of any width. */
    private Mem words(int word) {
        var all = new int[width / 32];
        Arrays.fill(all, word);
        return a.constants(all);
    }

    private Mem sum(int r, int half) { return Mem.at(SUMS, 128 * r + 32 * half); }

    private Mem minimum(int r, int half) { return sum(r, half).plus(64); }

    private void zero(Vec v) { a.emit(wide ? VPXORD : VPXOR, v, v, v); }

    // Chunks.

    private void twoBlocks() {
        for (int line = 0; line < layout.head; line += 64) ahead(PANEL, line, 0);
        for (int block = 0; block < 2; block++) {
            for (int h = 0; h < halves; h++) {
                a.emit(VCVTPH2PS, scale, Mem.at(PANEL, 32 * block + 16 * h));
                if (layout.hasMinimum()) {
                    a.emit(VPMOVZXBD, low, Mem.at(PANEL, 64 + 16 * block + 8 * h));
                    a.emit(VCVTDQ2PS, low, low);
                    a.emit(VMULPS, low, low, scale);
                }
                unit(0, layout.head + block * layout.blockBytes(), block * acts.recordBytes(), h);
            }
        }
        a.add(PANEL, layout.chunkBytes());
        a.add(ACTIVATIONS, 2 * acts.recordBytes());
    }

    /** Eight blocks of 32 in a loop; the head stands at PANEL until the end of the chunk. CODES walks them, SCALES the unpacked scales. */
    private void superBlock() {
        for (int line = 0; line < layout.head; line += 64) ahead(PANEL, line, 0);
        if (isSuperBlock()) {
            unpackScales();
            a.mov(SCALES, RSP);
        } else {
            a.lea(SCALES, Mem.at(PANEL, 64));
        }
        if (unitScale != null) a.emit(VCVTPH2PS, unitScale, Mem.at(PANEL));
        if (unitMinimum != null) a.emit(VCVTPH2PS, unitMinimum, Mem.at(PANEL, 32));
        a.lea(CODES, Mem.at(PANEL, layout.head));
        a.add(PANEL, layout.chunkBytes());
        var block = a.bind(a.label());
        for (int u = 0; u < acts.units(); u++) {
            for (int h = 0; h < halves; h++) {
                groupScale(u, h);
                unit(u, u * 192, 0, h);
            }
        }
        a.add(CODES, layout.blockBytes());
        a.add(ACTIVATIONS, acts.recordBytes());
        a.add(SCALES, 16 * acts.units());
        a.cmp(CODES, PANEL);
        a.jump(Condition.B, block);
    }

    private void groupScale(int u, int h) {
        var d = Mem.at(PANEL, -layout.chunkBytes() + 16 * h);
        a.emit(layout == Layout.Q6_K ? VPMOVSXBD : VPMOVZXBD, scale, Mem.at(SCALES, 16 * u + 8 * h));
        a.emit(VCVTDQ2PS, scale, scale);
        a.emit(VMULPS, scale, scale, half(unitScale, d));
        if (!layout.hasMinimum()) return;
        a.emit(VPMOVZXBD, low, Mem.at(SCALES, 128 + 8 * h));
        a.emit(VCVTDQ2PS, low, low);
        a.emit(VMULPS, low, low, half(unitMinimum, d.plus(32)));
    }

    /** F16 numbers as F32: what is kept in a register, or converted again. */
    private Vec half(Vec kept, Mem from) {
        if (kept != null) return kept;
        a.emit(VCVTPH2PS, temporary, from);
        return temporary;
    }

    /** From three rows of four bytes, sixteen times, to eight scales and eight minima on the stack: see {@code SuperBlock}. */
    private void unpackScales() {
        Mem six = bytes(63), top = bytes(0x30);
        for (int h = 0; h < halves; h++) {
            int at = 32 * h;
            a.emit(VMOVUPS, other, Mem.at(PANEL, 192 + at));
            for (int row = 0; row < 2; row++) { // 0 gives scales, 1 minima
                a.emit(VMOVUPS, code, Mem.at(PANEL, 64 + 64 * row + at));
                and(temporary, code, six);
                a.emit(VMOVUPS_STORE, Mem.at(RSP, 128 * row + at), temporary);
                a.emit(VPSRLW, 2, code, code);
                and(code, code, top);
                if (row == 1) a.emit(VPSRLW, 4, other, other);
                and(temporary, other, mask);
                or(code, code, temporary);
                a.emit(VMOVUPS_STORE, Mem.at(RSP, 128 * row + 64 + at), code);
            }
        }
    }

    private void and(Vec to, Vec x, Operand y) { a.emit(wide ? VPANDD : VPAND, to, x, y); }

    private void or(Vec to, Vec x, Vec y) { a.emit(wide ? VPORD : VPOR, to, x, y); }

    /**
     * Asks for a line in time. Where the sums of few lines fill the CPU's queues, too few loads are under way to keep memory busy. With a small first-level
     * cache a kernel that is faster is better off without: its requests would take the places of its loads.
     */
    private void ahead(Gp base, int at, int half) {
        int unpacking = layout.bits == 8 ? 1 : layout.bits == 4 ? 3 : 5;
        if (half != 0) return;
        if (roomy) a.prefetch(0, Mem.at(base, at + NEAR));
        else if (unpacking + rows * digits * 8 / layout.bits >= LONG) a.prefetch(1, Mem.at(base, at + FAR));
    }

    // A unit: positions that share a scale.

    /**
     * @param u number of the unit in its record
     * @param at bytes from the code pointer to the unit's codes
     * @param record bytes from ACTIVATIONS to the record
     */
    private void unit(int u, int at, int record, int h) {
        var codes = layout.length == 64 ? PANEL : CODES;
        for (int r = 0; r < rows; r++) for (int d = 0; d < digits; d++) start(integer[r][d], record + acts.startAt(r, d, u));
        int vectors = layout.unit / 4;
        if (high != null) {
            ahead(codes, at + 32 * vectors, h);
            a.emit(VMOVUPS, high, Mem.at(codes, at + 32 * vectors + 32 * h));
        }
        for (int v = 0; v < vectors; v++) {
            var c = vector(codes, at, v, h);
            int position = u * layout.unit + 4 * v;
            for (int r = 0; r < rows; r++)
                for (int d = 0; d < digits; d++) multiply(integer[r][d], c, Mem.at(ACTIVATIONS, record + acts.digitAt(r, d) + position));
        }
        for (int r = 0; r < rows; r++) fold(r, record, h);
    }

    /** The signed product of the AVX2 kernel for whole bytes has no offset. */
    private void start(Vec sum, int at) {
        if (!wide && layout.bits == 8) zero(sum);
        else a.emit(VPBROADCASTD, sum, Mem.at(ACTIVATIONS, at));
    }

    /** Codes of vector {@code v} of a unit, without sign (with sign for whole bytes in AVX2). */
    private Vec vector(Gp codes, int at, int v, int h) {
        if (layout.bits == 8) {
            ahead(codes, at + 64 * v, h);
            a.emit(VMOVUPS, code, Mem.at(codes, at + 64 * v + 32 * h));
            if (!wide) a.emit(VPXOR, code, code, bytes(0x80));
            return code;
        }
        int line = at + 32 * (v & ~1);
        var pair = Mem.at(codes, line + 32 * h);
        if (v % 2 == 0) {
            ahead(codes, line, h);
            if (!wide) a.emit(VMOVUPS, other, pair);
            and(code, mask, wide ? pair : other);
        } else {
            a.emit(VPSRLW, 4, code, wide ? pair : other);
            and(code, code, mask);
        }
        if (high != null) {
            int shift = layout.bits == 5 ? 4 - v : 4 - 2 * v;
            if (shift > 0) a.emit(VPSLLW, shift, temporary, high);
            else if (shift < 0) a.emit(VPSRLW, -shift, temporary, high);
            var bits = shift == 0 ? high : temporary;
            if (wide) {
                a.emit(VPTERNLOGD, 0xF8, code, bits, bit); // code or (bits and bit)
            } else {
                a.emit(VPAND, temporary, bits, bit);
                a.emit(VPOR, code, code, temporary);
            }
        }
        return code;
    }

    /** Adds to each lane the products of its four codes with four digits. */
    private void multiply(Vec sum, Vec codes, Mem digits) {
        if (wide) {
            a.emit(VPDPBUSD, sum, codes, digits.broadcast());
            return;
        }
        a.emit(VPBROADCASTD, temporary, digits);
        if (layout.bits == 8) {
            // The first factor of vpmaddubsw has no sign: |x| (sign(x) c) instead of c x. Two products stay below 2^15, since no code is -128.
            a.emit(VPSIGNB, other, codes, temporary);
            a.emit(VPABSB, temporary, temporary);
            a.emit(VPMADDUBSW, temporary, temporary, other);
        } else {
            a.emit(VPMADDUBSW, temporary, codes, temporary);
        }
        a.emit(VPMADDWD, temporary, temporary, words(0x00010001));
        a.emit(VPADDD, sum, sum, temporary);
    }

    /** Digit sums as one float. The highest two are joined as integers where that rounds as the floats would, not at all or once: it leaves the multipliers free. */
    private Vec whole(Vec[] digit) {
        var total = digit[0];
        int d = 1, largest = layout.unit * Math.max(layout.offset, (1 << layout.bits) - 1 - layout.offset) * 127;
        if (digits == 2 || digits == 3 && largest * 257 < EXACT) {
            a.emit(VPSLLD, 8, total, total);
            a.emit(VPADDD, total, total, digit[d++]);
        }
        a.emit(VCVTDQ2PS, total, total);
        for (; d < digits; d++) {
            a.emit(VCVTDQ2PS, digit[d], digit[d]);
            a.emit(VFMADD132PS, total, digit[d], words(Float.floatToRawIntBits(256)));
        }
        return total;
    }

    /** {@code sum += scale (step I)} and {@code minimum += low (step N)}. */
    private void fold(int r, int record, int h) {
        var total = whole(integer[r]);
        Mem step = Mem.at(ACTIVATIONS, record + acts.stepAt(r)), n = Mem.at(ACTIVATIONS, record + acts.sumAt(r));
        if (wide) {
            a.emit(VMULPS, total, total, step.broadcast());
            a.emit(VFMADD231PS, sum[r], total, scale);
            if (layout.hasMinimum()) a.emit(VFMADD231PS, minimum[r], low, n.broadcast());
            return;
        }
        a.emit(VBROADCASTSS, temporary, step);
        a.emit(VMULPS, total, total, temporary);
        a.emit(VFMADD213PS, total, scale, sum(r, h));
        a.emit(VMOVUPS_STORE, sum(r, h), total);
        if (!layout.hasMinimum()) return;
        a.emit(VBROADCASTSS, temporary, n);
        a.emit(VFMADD213PS, temporary, low, minimum(r, h));
        a.emit(VMOVUPS_STORE, minimum(r, h), temporary);
    }
}
