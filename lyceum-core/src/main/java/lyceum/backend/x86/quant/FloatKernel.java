package lyceum.backend.x86.quant;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Instruction.*;
import static lyceum.backend.x86.quant.PanelWalk.ACTIVATIONS;
import static lyceum.backend.x86.quant.PanelWalk.COUNT;
import static lyceum.backend.x86.quant.PanelWalk.PANEL;
import static lyceum.backend.x86.quant.PanelWalk.SUMS;

import lyceum.backend.quant.BlockFormat;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Writes the product of F32, F16 or BF16 weights with a tile of F32 activations, panel by panel as {@link PanelWalk} has them. Four chains of sums a
 * row, so that additions are several times faster than memory, brought together every 256 positions.
 *
 * <p>It counts positions; rows of activations are padded with zeros to whole fours.
 */
final class FloatKernel {
    static final int CHAINS = 4;
    private static final Gp LINE = R10, LINE3 = R11;

    private final Assembler a;
    private final BlockFormat format;
    private final boolean wide, add;
    private final int halves, width, rows, panels;
    private final Vec[][] sum;
    private final Vec weight, x, scratch;

    /**
     * @param panels of a group of the weights
     * @param rows of activations, at most {@link #mostRows}
     * @param add whether out holds something that the product is added to
     */
    record Form(BlockFormat format, int panels, int rows, boolean add) implements KernelForm {
        @Override public String name(Cpu cpu) {
            return "quant-" + format + "-" + rows + (panels == 0 ? "" : "-by" + panels) + (add ? "-add" : "") + "-" + cpu.level();
        }

        @Override public void write(Assembler a, Cpu cpu) { new FloatKernel(a, cpu, this).write(); }
    }

    private FloatKernel(Assembler a, Cpu cpu, Form form) {
        this.a = a;
        this.format = form.format;
        this.wide = cpu.has(Feature.AVX512);
        this.add = form.add;
        this.halves = wide ? 1 : 2;
        this.width = wide ? 512 : 256;
        this.rows = form.rows;
        this.panels = form.panels;
        int next = 0;
        sum = new Vec[rows][CHAINS];
        for (var row : sum) for (int s = 0; s < CHAINS; s++) row[s] = Vec.of(next++, width);
        weight = Vec.of(next++, width);
        x = Vec.of(next++, width);
        scratch = Vec.of(next, width);
    }

    /** Rows of activations at most: as many as registers hold sums for. */
    static int mostRows(Cpu cpu) { return cpu.has(Feature.AVX512) ? 4 : 3; }

    private void write() {
        a.mov(LINE, COUNT);
        a.shl(LINE, 2);
        a.lea(LINE3, Mem.at(LINE, LINE, 2));
        var output = new PanelOutput(a, wide, add, weight, x, sum[0][0]);
        new PanelWalk(a, panels, PanelWalk.POSITIONS, 64 * rows, 0).write(weight, () -> { for (int h = 0; h < halves; h++) positions(h); },
                () -> output.write(rows, (r, h) -> {
                    a.emit(VMOVUPS, scratch, total(r, h));
                    return scratch;
                }));
    }

    private Mem total(int r, int h) { return Mem.at(SUMS, 64 * r + 32 * h); }

    /** COUNT positions of half h of the rows; PANEL and ACTIVATIONS move on with the last half. */
    private void positions(int h) {
        for (var row : sum) for (var s : row) a.emit(VXORPS, s.as(256), s.as(256), s.as(256));
        if (h < halves - 1) {
            a.push(PANEL);
            a.push(ACTIVATIONS);
            a.push(COUNT);
        }
        a.align(32);
        var loop = a.bind(a.label());
        for (int s = 0; s < CHAINS; s++) {
            load(Mem.at(PANEL, (16 * s + 8 * h) * format.blockBytes()));
            for (int r = 0; r < rows; r++) {
                var from = (r == 0 ? Mem.at(ACTIVATIONS) : Mem.at(ACTIVATIONS, r == 3 ? LINE3 : LINE, r == 2 ? 2 : 1)).plus(4 * s);
                if (!wide) a.emit(VBROADCASTSS, x, from);
                a.emit(VFMADD231PS, sum[r][s], weight, wide ? from.broadcast() : x);
            }
        }
        a.add(PANEL, 16 * CHAINS * format.blockBytes());
        a.add(ACTIVATIONS, 4 * CHAINS);
        a.sub(COUNT, CHAINS);
        a.jump(Condition.NE, loop);
        if (h < halves - 1) {
            a.pop(COUNT);
            a.pop(ACTIVATIONS);
            a.pop(PANEL);
        }
        for (int r = 0; r < rows; r++) {
            a.emit(VADDPS, sum[r][0], sum[r][0], sum[r][2]);
            a.emit(VADDPS, sum[r][1], sum[r][1], sum[r][3]);
            a.emit(VADDPS, sum[r][0], sum[r][0], sum[r][1]);
            a.emit(VADDPS, sum[r][0], sum[r][0], total(r, h));
            a.emit(VMOVUPS_STORE, total(r, h), sum[r][0]);
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
