package lyceum.backend.x86.attention;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R12;
import static lyceum.backend.x86.asm.Gp.R13;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Instruction.*;
import static lyceum.backend.x86.asm.Vec.zmm;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Label;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/**
 * A step of the running softmax inside a {@link TileBlock}, a query at a time with the keys in lanes. First all rows' maxima: where one grows, what was summed
 * for its query shrinks (with blocks of {@value TileBlock#KEYS} keys that becomes rare, so it is a branch). Then weights {@code 2^(f S - M)}, rows of a tile of
 * 32 keys in place of every second tile of scores. Sums are of the weights before they are rounded, in 16 parts that are added up at the end.
 *
 * <p>The bounds, where the form is masked: for each of {@value TileBlock#QUERIES} queries the first key that it sees, then for each how many.
 */
final class TileWeights {
    /** Bytes from one tile of scores to the next of the same queries. */
    private static final int APART = TileBlock.APART;

    private final Assembler a;
    private final TileBlock.Form form;
    private final BriefPower power;

    TileWeights(Assembler a, TileBlock.Form form) {
        this.a = a;
        this.form = form;
        this.power = new BriefPower(a, 23);
    }

    // Registers: 0 to 3 scores, 4 to 7 parts of powers, 8 to 11 weights, 12 and 13 maxima or sums.

    private static Vec x(int v) { return zmm(v); }

    private static Vec part(int v) { return zmm(4 + v); }

    private static Vec p(int v) { return zmm(8 + v); }

    private static Vec most(int v) { return zmm(12 + v); }

    private static Vec sum(int v) { return zmm(12 + v); }

    private static Vec top() { return zmm(16); }

    /** Numbers of the lanes, less that of the first key seen; and how many are seen. */
    private static Vec lane() { return zmm(17); }

    private static Vec count() { return zmm(18); }

    private static Vec factor() { return zmm(28); }

    private static Vec sixteen() { return zmm(29); }

    private static Vec numbers() { return zmm(30); }

    private static Vec minusInfinity() { return zmm(31); }

    void write() {
        power.prepare();
        a.emit(VBROADCASTSS, factor(), Mem.at(RDI, TileBlock.FACTOR));
        a.emit(VBROADCASTSS, minusInfinity(), a.constant(Float.NEGATIVE_INFINITY));
        if (form.masked()) {
            a.emit(VPBROADCASTD, sixteen(), a.constants(16));
            a.emit(VMOVUPS, numbers(), a.constants(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
        }
        maxima();
        weights();
    }

    private void open() {
        a.mov(RSI, Mem.at(RDI, TileBlock.SCORES));
        a.mov(RDX, Mem.at(RDI, TileBlock.TOPS));
        a.mov(RCX, Mem.at(RDI, TileBlock.TOTALS));
        a.mov(R10, Mem.at(RDI, TileBlock.ROWS));
        a.mov(R12, Mem.at(RDI, TileBlock.TILES));
    }

    /** The next 32 keys. */
    private void next(Label loop) {
        a.add(RBX, 2 * APART);
        a.sub(RAX, 2);
        a.jump(Condition.NE, loop);
    }

    private void maxima() {
        open();
        a.mov(R8, Mem.at(RDI, TileBlock.RESULT));
        a.mov(R13, Mem.at(RDI, TileBlock.RESULT_STRIDE));
        if (form.masked()) a.mov(R11, Mem.at(RDI, TileBlock.BOUNDS));
        a.align(32);
        var row = a.bind(a.label());
        for (int v = 0; v < 2; v++) a.emit(VMOVAPS, most(v), minusInfinity());
        if (form.masked()) {
            a.emit(VPBROADCASTD, lane(), Mem.at(R11));
            a.emit(VPSUBD, lane(), numbers(), lane());
            a.emit(VPBROADCASTD, count(), Mem.at(R11, 4 * TileBlock.QUERIES));
        }
        a.mov(RBX, RSI);
        a.mov(RAX, R12);
        var loop = a.bind(a.label());
        for (int v = 0; v < 2; v++) {
            if (form.masked()) hide(v);
            else a.emit(VMAXPS, most(v), most(v), Mem.at(RBX, APART * v));
        }
        next(loop);
        a.emit(VMAXPS, most(0), most(0), most(1));
        largestLane();
        settle();
        a.add(RSI, 64);
        a.add(RDX, 4);
        a.add(RCX, 64);
        a.add(R8, R13);
        if (form.masked()) a.add(R11, 4);
        a.sub(R10, 1);
        a.jump(Condition.NE, row);
    }

    /** Scores of keys that are not seen become -inf. */
    private void hide(int v) {
        a.emit(VMOVUPS, x(v), Mem.at(RBX, APART * v));
        a.emit(VPCMPUD, 1, Mask.K2, lane(), count()); // less
        a.emit(VBLENDMPS, x(v).mask(Mask.K2), minusInfinity(), x(v));
        a.emit(VMOVUPS_STORE, Mem.at(RBX, APART * v), x(v));
        a.emit(VMAXPS, most(v), most(v), x(v));
        a.emit(VPADDD, lane(), lane(), sixteen());
    }

    private void largestLane() {
        Vec m = most(0), t = most(1);
        a.emit(VEXTRACTF64X4, 1, t.as(256), m);
        a.emit(VMAXPS, m.as(256), m.as(256), t.as(256));
        a.emit(VEXTRACTF128, 1, t.as(128), m.as(256));
        a.emit(VMAXPS, m.as(128), m.as(128), t.as(128));
        a.emit(VMOVHLPS, t.as(128), m.as(128), m.as(128));
        a.emit(VMAXPS, m.as(128), m.as(128), t.as(128));
        a.emit(VMOVSHDUP, t.as(128), m.as(128));
        a.emit(VMAXPS, m.as(128), m.as(128), t.as(128));
    }

    /**
     * A new maximum, and by how much earlier sums shrink; also if it is NaN, as the weights will be, and if it is the same. Before the first key, where the maximum
     * is -inf, sums and results may hold anything, and become zeros.
     */
    private void settle() {
        var same = a.label();
        Vec now = most(0).as(128), old = x(0).as(128);
        a.emit(VMULSS, now, now, factor().as(128));
        a.emit(VMOVSS, old, Mem.at(RDX));
        a.emit(VUCOMISS, old, now);
        a.jump(Condition.A, same);
        a.emit(VMOVSS_STORE, Mem.at(RDX), now);
        a.emit(VBROADCASTSS, x(1), old);
        a.emit(VCMPPS, 4, Mask.K2, x(1), minusInfinity());
        a.emit(VSUBSS, old, old, now);
        a.emit(VBROADCASTSS, x(0), old);
        power.emit(p(0), x(0), part(0));
        a.emit(VMULPS, x(1).mask(Mask.K2).zeroing(), p(0), Mem.at(RCX));
        a.emit(VMOVUPS_STORE, Mem.at(RCX), x(1));
        for (int c = 0; c < form.columns(); c++) {
            a.emit(VMULPS, x(c % 4).mask(Mask.K2).zeroing(), p(0), Mem.at(R8, 64 * c));
            a.emit(VMOVUPS_STORE, Mem.at(R8, 64 * c), x(c % 4));
        }
        a.bind(same);
    }

    private void weights() {
        open();
        a.align(32);
        var row = a.bind(a.label());
        a.emit(VBROADCASTSS, top(), Mem.at(RDX));
        a.emit(VCMPPS, 4, Mask.K2, top(), minusInfinity()); // a query that has seen no key: -inf less 0 is no NaN
        a.emit(VMOVAPS, top().mask(Mask.K2).zeroing(), top());
        a.emit(VMOVUPS, sum(0), Mem.at(RCX));
        a.emit(VXORPS, sum(1), sum(1), sum(1));
        a.mov(RBX, RSI);
        a.mov(RAX, R12);
        var loop = a.bind(a.label());
        for (int v = 0; v < 2; v++) {
            a.emit(VMOVUPS, x(v), Mem.at(RBX, APART * v));
            a.emit(VFMSUB213PS, x(v), factor(), top());
            power.emit(p(v), x(v), part(v));
            a.emit(VADDPS, sum(v), sum(v), p(v));
        }
        a.emit(VCVTNE2PS2BF16, p(0), p(1), p(0));
        a.emit(VMOVUPS_STORE, Mem.at(RBX), p(0));
        next(loop);
        a.emit(VADDPS, sum(0), sum(0), sum(1));
        a.emit(VMOVUPS_STORE, Mem.at(RCX), sum(0));
        a.add(RSI, 64);
        a.add(RDX, 4);
        a.add(RCX, 64);
        a.sub(R10, 1);
        a.jump(Condition.NE, row);
    }
}
