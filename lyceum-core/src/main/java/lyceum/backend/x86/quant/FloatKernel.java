package lyceum.backend.x86.quant;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Gp.RSP;
import static lyceum.backend.x86.asm.Instruction.*;

import lyceum.backend.quant.BlockFormat;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/**
 * Writes the product of a panel of sixteen rows of F32, F16 or BF16 weights with a tile of F32 activations. Four sums a row, so that the chain
 * of additions is several times faster than memory (where the two are equally fast their times add up), brought together every 256 positions.
 *
 * <p>Arguments: panel, activations (rows padded with zeros to whole 4 positions), out, number of positions with the padding, bytes between
 * rows of out, number of rows of weights from the panel on, in it and those after it.
 */
final class FloatKernel {
    static final int SUMS = 4, CHUNK = 256;
    private static final Gp PANEL = RDI, ACTIVATIONS = RSI, OUT = RDX, COUNT = RCX, STRIDE = R8, VALID = R9, INNER = RAX, LINE = R10, LINE3 = R11;

    private final Assembler a;
    private final BlockFormat format;
    private final boolean wide, add;
    private final int halves, width, rows;
    private final Vec[][] sum;
    private final Vec[] total;
    private final Vec weight, x, scratch;

    /**
     * @param rows of activations, at most {@link #mostRows}
     * @param add whether out holds something that the product is added to
     */
    FloatKernel(Cpu cpu, boolean listing, BlockFormat format, int rows, boolean add) {
        this.a = new Assembler(cpu.features(), listing);
        this.format = format;
        this.wide = cpu.has(Feature.AVX512);
        this.add = add;
        this.halves = wide ? 1 : 2;
        this.width = wide ? 512 : 256;
        this.rows = rows;
        int next = 0;
        sum = new Vec[rows][SUMS];
        for (var row : sum) for (int s = 0; s < SUMS; s++) row[s] = Vec.of(next++, width);
        total = new Vec[rows];
        if (wide) for (int r = 0; r < rows; r++) total[r] = Vec.of(next++, width);
        weight = Vec.of(next++, width);
        x = Vec.of(next++, width);
        scratch = Vec.of(next, width);
    }

    /** Rows of activations at most: as many as registers hold sums for. */
    static int mostRows(Cpu cpu) { return cpu.has(Feature.AVX512) ? 4 : 3; }

    Assembler.Code write() {
        a.mov(LINE, COUNT);
        a.shl(LINE, 2);
        a.lea(LINE3, Mem.at(LINE, LINE, 2));
        var panel = a.bind(a.label());
        a.push(ACTIVATIONS);
        a.push(COUNT);
        a.push(OUT);
        if (!wide) a.sub(RSP, 64 * rows);
        for (int r = 0; r < rows; r++) {
            for (int h = 0; h < halves; h++) {
                var t = wide ? total[r] : scratch;
                a.emit(VXORPS, t.as(256), t.as(256), t.as(256));
                if (!wide) a.emit(VMOVUPS_STORE, spill(r, h), t);
            }
        }
        var chunk = a.bind(a.label());
        for (int h = 0; h < halves; h++) chunk(h);
        a.sub(COUNT, CHUNK);
        a.jump(Condition.G, chunk);
        new PanelOutput(a, wide, add, OUT, STRIDE, VALID, weight, x, sum[0][0]).write(rows, (r, h) -> {
            if (!wide) a.emit(VMOVUPS, scratch, spill(r, h));
            return wide ? total[r] : scratch;
        });
        if (!wide) a.add(RSP, 64 * rows);
        a.pop(OUT);
        a.pop(COUNT);
        a.pop(ACTIVATIONS);
        a.add(OUT, 4 * Layout.ROWS);
        a.sub(VALID, Layout.ROWS);
        a.jump(Condition.G, panel);
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    private Mem spill(int r, int h) { return Mem.at(RSP, 64 * r + 32 * h); }

    /** Up to 256 positions of half h of the rows; PANEL and ACTIVATIONS move on with the last half. */
    private void chunk(int h) {
        for (var row : sum) for (var s : row) a.emit(VXORPS, s.as(256), s.as(256), s.as(256));
        a.mov(INNER, CHUNK);
        a.cmp(COUNT, INNER);
        a.cmov(Condition.L, INNER, COUNT);
        if (h < halves - 1) {
            a.push(PANEL);
            a.push(ACTIVATIONS);
        }
        a.align(32);
        var loop = a.bind(a.label());
        for (int s = 0; s < SUMS; s++) {
            load(Mem.at(PANEL, (16 * s + 8 * h) * format.blockBytes()));
            for (int r = 0; r < rows; r++) {
                var from = (r == 0 ? Mem.at(ACTIVATIONS) : Mem.at(ACTIVATIONS, r == 3 ? LINE3 : LINE, r == 2 ? 2 : 1)).plus(4 * s);
                if (!wide) a.emit(VBROADCASTSS, x, from);
                a.emit(VFMADD231PS, sum[r][s], weight, wide ? from.broadcast() : x);
            }
        }
        a.add(PANEL, 16 * SUMS * format.blockBytes());
        a.add(ACTIVATIONS, 4 * SUMS);
        a.sub(INNER, SUMS);
        a.jump(Condition.NE, loop);
        if (h < halves - 1) {
            a.pop(ACTIVATIONS);
            a.pop(PANEL);
        }
        for (int r = 0; r < rows; r++) {
            a.emit(VADDPS, sum[r][0], sum[r][0], sum[r][2]);
            a.emit(VADDPS, sum[r][1], sum[r][1], sum[r][3]);
            a.emit(VADDPS, sum[r][0], sum[r][0], sum[r][1]);
            if (wide) {
                a.emit(VADDPS, total[r], total[r], sum[r][0]);
            } else {
                a.emit(VADDPS, sum[r][0], sum[r][0], spill(r, h));
                a.emit(VMOVUPS_STORE, spill(r, h), sum[r][0]);
            }
        }
    }

    private void load(Mem from) {
        switch (format.name()) {
            case "F32" -> a.emit(VMOVUPS, weight, from);
            case "F16" -> a.emit(VCVTPH2PS, weight, from);
            default -> {
                a.emit(VPMOVZXWD, weight, from);
                a.emit(VPSLLD, 16, weight, weight);
            }
        }
    }
}
