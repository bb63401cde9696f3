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
import static lyceum.backend.x86.asm.Instruction.*;

import lyceum.backend.quant.BlockFormat;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/**
 * Writes the product of a few rows of F32, F16 or BF16 weights, as they lie in a file, with a few rows of F32 activations. Position p of a
 * row goes to partial sum p mod 16; the sixteen are added in halves.
 *
 * <p>Arguments: weights, activations (rows padded with zeros to whole vectors of 16), out, length of a row, bytes between rows of out, bytes
 * between rows of weights.
 */
final class FloatKernel {
    /** Rows of weights and of activations at once; registers do not hold more. */
    static final int MOST = 4;
    private static final Gp WEIGHTS = RDI, ACTIVATIONS = RSI, OUT = RDX, COUNT = RCX, STRIDE = R8, ROW = R9, ROW3 = R11, LINE = R10, LINE3 = RAX;

    private final Assembler a;
    private final BlockFormat format;
    private final boolean wide, add;
    private final int halves, width, rows, tile;
    private final Vec[][][] sum;
    private final Vec[] weight;

    /**
     * @param rows of weights
     * @param tile rows of activations
     * @param add whether out holds something that the product is added to
     */
    FloatKernel(Cpu cpu, boolean listing, BlockFormat format, int rows, int tile, boolean add) {
        this.a = new Assembler(cpu.features(), listing);
        this.format = format;
        this.wide = cpu.has(Feature.AVX512);
        this.add = add;
        this.halves = wide ? 1 : 2;
        this.width = wide ? 512 : 256;
        this.rows = rows;
        this.tile = tile;
        int next = 0;
        sum = new Vec[rows][tile][halves];
        for (var row : sum) for (var one : row) for (int h = 0; h < halves; h++) one[h] = Vec.of(next++, width);
        weight = new Vec[] {Vec.of(next++, width), Vec.of(next++, width)};
    }

    /** The most rows of activations beside {@code rows} rows of weights. */
    static int mostActivations(Cpu cpu, int rows) { return cpu.has(Feature.AVX512) ? MOST : Math.max(1, 6 / rows); }

    Assembler.Code write() {
        for (var row : sum) for (var one : row) for (var v : one) a.emit(VXORPS, v.as(256), v.as(256), v.as(256));
        Gp tail = Gp.R12;
        if (wide) {
            a.push(tail);
            a.mov(tail, COUNT);
            a.and(tail, 15);
        }
        a.lea(LINE, Mem.at(COUNT, 15));
        a.and(LINE, -16);
        a.shl(LINE, 2);
        a.lea(LINE3, Mem.at(LINE, LINE, 2));
        a.lea(ROW3, Mem.at(ROW, ROW, 2));
        a.shr(COUNT, 4);
        var rest = a.label();
        a.test(COUNT, COUNT);
        a.jump(Condition.E, rest);
        a.align(32);
        var loop = a.bind(a.label());
        step(null);
        a.add(WEIGHTS, 16 * format.blockBytes());
        a.add(ACTIVATIONS, 64);
        a.sub(COUNT, 1);
        a.jump(Condition.NE, loop);
        a.bind(rest);
        if (wide) tail(tail);
        store();
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** The last positions of a row: lanes beyond them read nothing and are zero. */
    private void tail(Gp tail) {
        var none = a.label();
        a.test(tail, tail);
        a.jump(Condition.E, none);
        a.mov(COUNT, -1L);
        a.bzhi(COUNT, COUNT, tail);
        a.emit(KMOVW_FROM, Mask.K1, COUNT);
        step(Mask.K1);
        a.bind(none);
        a.pop(tail);
    }

    private void step(Mask lanes) {
        for (int h = 0; h < halves; h++) {
            for (int r = 0; r < rows; r++) {
                var w = weight[r & 1];
                load(lanes == null ? w : w.mask(lanes).zeroing(), w, at(WEIGHTS, ROW, ROW3, r).plus(8 * format.blockBytes() * h));
                for (int t = 0; t < tile; t++) a.emit(VFMADD231PS, sum[r][t][h], w, at(ACTIVATIONS, LINE, LINE3, t).plus(32 * h));
            }
        }
    }

    private void load(Vec to, Vec plain, Mem from) {
        switch (format.name()) {
            case "F32" -> a.emit(VMOVUPS, to, from);
            case "F16" -> a.emit(VCVTPH2PS, to, from);
            default -> {
                a.emit(VPMOVZXWD, to, from);
                a.emit(VPSLLD, 16, plain, plain);
            }
        }
    }

    private static Mem at(Gp base, Gp once, Gp thrice, int i) { return i == 0 ? Mem.at(base) : Mem.at(base, i == 3 ? thrice : once, i == 2 ? 2 : 1); }

    private void store() {
        for (int t = 0; t < tile; t++) {
            for (int r = 0; r < rows; r++) {
                var s = sum[r][t][0];
                Vec x = s.as(128), y = weight[0].as(128);
                if (wide) a.emit(VEXTRACTF64X4, 1, weight[0].as(256), s);
                a.emit(VADDPS, s.as(256), s.as(256), wide ? weight[0].as(256) : sum[r][t][1]);
                a.emit(wide ? VEXTRACTF32X4 : VEXTRACTF128, 1, y, s.as(256));
                a.emit(VADDPS, x, x, y);
                a.emit(VMOVHLPS, y, x, x);
                a.emit(VADDPS, x, x, y);
                a.emit(VMOVSHDUP, y, x);
                a.emit(VADDSS, x, x, y);
                if (add) a.emit(VADDSS, x, x, Mem.at(OUT, 4 * r));
                a.emit(VMOVSS_STORE, Mem.at(OUT, 4 * r), x);
            }
            if (t + 1 < tile) a.add(OUT, STRIDE);
        }
    }
}
