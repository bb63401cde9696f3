package lyceum.backend.x86.attention;

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

import java.util.Arrays;
import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;
import lyceum.backend.x86.machine.Lanes;

/**
 * From scores to weights, in place, for a block of keys (rows) times {@value #QUERIES} queries (columns, in lanes): so that a row's maximum and sum
 * need nothing across lanes.
 *
 * <p>{@link Form#gradient} false is a step of the running softmax: maxima M and sums L of the queries go on, each weight is {@code 2^(f S - M)}, and the
 * factor by which what was summed so far shrinks goes to SCALES. True is the backward pass: {@code P = 2^(f S - M)} with M the saved log-sum-exp, and
 * {@code dS = P (dP - L)} in place of dP, with L the row sums of dO O.
 *
 * <p>Arguments, 8 bytes each: {@link #SCORES} address of the scores, {@link #KEYS} how many, {@link #TOP} address of M, {@link #TOTAL} of L,
 * {@link #SCALES}, {@link #FIRST} and {@link #LAST}: query i sees key c if {@code FIRST + c <= i <= LAST + c}; {@link #FACTOR} f (a float),
 * {@link #BIAS} address of the bias, as the scores lie, {@link #OTHER} address of dP, {@link #PAIRED} where pairs of dS go.
 */
final class ScoreColumns {
    static final int QUERIES = 64, ROW = 4 * QUERIES;
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    static final Field SCORES = LAYOUT.word(), KEYS = LAYOUT.word(), TOP = LAYOUT.word(), TOTAL = LAYOUT.word(), SCALES = LAYOUT.word(),
            FIRST = LAYOUT.word();
    static final Field LAST = LAYOUT.word(), FACTOR = LAYOUT.word(), BIAS = LAYOUT.word(), OTHER = LAYOUT.word(), PAIRED = LAYOUT.word();

    private static final float LOG2E = 1.44269504f;

    /**
     * @param few only the first vector of queries
     * @param pairs writes BF16. Weights of the forward pass in pairs: row t holds those of keys 2t and 2t + 1. P and dS of the backward pass row by row (pairs of
     *        neighbouring queries), and dS once more in pairs of keys
     */
    record Form(boolean gradient, boolean few, boolean masked, boolean biased, boolean pairs) implements KernelForm {
        @Override public String name(Cpu cpu) {
            return "attention_weights" + (few ? "_few" : "") + (gradient ? "_gradient" : "") + (masked ? "_masked" : "")
                    + (biased ? "_biased" : "") + (pairs ? "_pairs" : "") + "_" + cpu.vectorBits();
        }

        @Override public void write(Assembler a, Cpu cpu) { new ScoreColumns(a, Lanes.of(cpu), this).write(); }

        @Override public boolean equals(Object other) { return other instanceof Form && other.hashCode() == hashCode(); }

        @Override public int hashCode() {
            return (gradient ? 16 : 0) + (few ? 8 : 0) + (masked ? 4 : 0) + (biased ? 2 : 0) + (pairs ? 1 : 0);
        }
    }

    private final Assembler a;
    private final Lanes lanes;
    private final Form form;
    private final PowerOfTwo power;
    /** Vectors that are worked on at once. */
    private final int atOnce;
    /** Lanes before them. */
    private int lane;

    private ScoreColumns(Assembler a, Lanes lanes, Form form) {
        this.a = a;
        this.lanes = lanes;
        this.form = form;
        this.power = new PowerOfTwo(a, lanes, 24);
        this.atOnce = form.few ? 1 : 4;
    }

    // Registers. Wide CPUs have temporaries for each of the vectors, narrow ones for one.

    private Vec top(int v) { return lanes.vec(v); }

    private Vec total(int v) { return lanes.vec(4 + v); }

    private Vec x(int v) { return lanes.vec(lanes.wide() ? 8 + v : 8); }

    private Vec n(int v) { return lanes.vec(lanes.wide() ? 12 + v : 9); }

    private Vec p(int v) { return lanes.vec(lanes.wide() ? 16 + v : 10); }

    private Vec seen() { return lanes.vec(11); }

    private Vec factor() { return lanes.vec(lanes.wide() ? 20 : 12); }

    private Vec firstLane() { return lanes.vec(lanes.wide() ? 21 : 13); }

    private Vec lastLane() { return lanes.vec(lanes.wide() ? 22 : 14); }

    private Vec spare() { return lanes.vec(lanes.wide() ? 23 : 15); }

    private void write() {
        power.prepare();
        for (lane = 0; lane < (form.few ? 1 : QUERIES); lane += atOnce * lanes.count()) {
            if (form.gradient) gradients();
            else weights();
        }
        a.vzeroupper();
        a.ret();
    }

    private int offset(int v) { return 4 * lane + v * lanes.bytes(); }

    private void open() {
        a.mov(RSI, Mem.at(RDI, SCORES));
        a.mov(RAX, Mem.at(RDI, KEYS));
        if (form.biased) a.mov(RDX, Mem.at(RDI, BIAS));
        if (form.gradient) a.mov(RCX, Mem.at(RDI, OTHER));
        a.emit(VBROADCASTSS, factor(), Mem.at(RDI, FACTOR));
        if (!form.masked) return;
        a.emit(VPBROADCASTD, firstLane(), Mem.at(RDI, FIRST));
        a.emit(VPBROADCASTD, lastLane(), Mem.at(RDI, LAST));
    }

    private void nextKey(lyceum.backend.x86.asm.Label loop) {
        a.add(RSI, ROW);
        if (form.biased) a.add(RDX, ROW);
        if (form.gradient) a.add(RCX, ROW);
        if (form.masked) {
            a.emit(VPADDD, firstLane(), firstLane(), words(1));
            a.emit(VPADDD, lastLane(), lastLane(), words(1));
        }
        a.sub(RAX, 1);
        a.jump(Condition.NE, loop);
    }

    private Mem words(int value) {
        var w = new int[lanes.count()];
        Arrays.fill(w, value);
        return a.constants(w);
    }

    /** Less by 1 for the second of two keys, which is the same as bounds greater by 1. */
    private Mem laneNumbers(int v, int row) {
        var w = new int[lanes.count()];
        for (int i = 0; i < w.length; i++) w[i] = lane + v * lanes.count() + i - row;
        return a.constants(w);
    }

    /** {@code x} becomes -inf where the key is not seen. Leaves in k2 what is seen, or (AVX2) in the spare register what is not. */
    private void hide(int v, Vec x, int row) {
        var minusInfinity = words(Float.floatToRawIntBits(Float.NEGATIVE_INFINITY));
        if (lanes.wide()) {
            a.emit(VMOVUPS, spare(), laneNumbers(v, row));
            a.emit(VPCMPD, 5, Mask.K2, spare(), firstLane()); // not less
            a.emit(VPCMPD, 2, Mask.K3, spare(), lastLane()); // less or equal
            a.emit(KANDW, Mask.K2, Mask.K2, Mask.K3);
            a.emit(VMOVUPS, spare(), minusInfinity);
            a.emit(VBLENDMPS, x.mask(Mask.K2), spare(), x);
        } else {
            a.emit(VPCMPGTD, spare(), firstLane(), laneNumbers(v, row));
            a.emit(VMOVUPS, n(v), laneNumbers(v, row));
            a.emit(VPCMPGTD, n(v), n(v), lastLane());
            a.emit(VORPS, spare(), spare(), n(v));
            a.emit(VMOVUPS, n(v), minusInfinity);
            a.emit(VBLENDVPS, x, x, n(v), spare());
        }
    }

    /** {@code x = f S}, and the bias in powers of two. */
    private void addBias(int v, Vec x, int row) {
        a.emit(VMULPS, x, x, factor());
        a.emit(VMOVUPS, n(v), words(Float.floatToRawIntBits(LOG2E)));
        a.emit(VFMADD231PS, x, n(v), Mem.at(RDX, row * ROW + offset(v)));
    }

    private boolean rewrites() { return form.masked || form.biased; }

    private void weights() {
        open();
        for (int v = 0; v < atOnce; v++) a.emit(VMOVUPS, top(v), words(Float.floatToRawIntBits(Float.NEGATIVE_INFINITY)));
        a.align(32);
        var maxima = a.bind(a.label());
        for (int v = 0; v < atOnce; v++) {
            if (!rewrites()) {
                a.emit(VMAXPS, top(v), top(v), Mem.at(RSI, offset(v)));
                continue;
            }
            a.emit(VMOVUPS, x(v), Mem.at(RSI, offset(v)));
            if (form.biased) addBias(v, x(v), 0);
            if (form.masked) hide(v, x(v), 0);
            a.emit(VMAXPS, top(v), top(v), x(v));
            a.emit(VMOVUPS_STORE, Mem.at(RSI, offset(v)), x(v));
        }
        nextKey(maxima);
        if (form.biased) a.emit(VMOVUPS, factor(), words(Float.floatToRawIntBits(1)));
        settle();
        a.mov(RSI, Mem.at(RDI, SCORES));
        a.mov(RAX, Mem.at(RDI, KEYS));
        if (form.pairs) pairs();
        else singles();
        a.mov(RDX, Mem.at(RDI, TOTAL));
        for (int v = 0; v < atOnce; v++) a.emit(VMOVUPS_STORE, Mem.at(RDX, offset(v)), total(v));
    }

    /** The new maxima, and by how much earlier sums shrink. */
    private void settle() {
        a.mov(R8, Mem.at(RDI, TOP));
        a.mov(R9, Mem.at(RDI, TOTAL));
        a.mov(R10, Mem.at(RDI, SCALES));
        for (int v = 0; v < atOnce; v++) {
            a.emit(VMOVUPS, x(v), Mem.at(R8, offset(v)));
            a.emit(VMULPS, top(v), top(v), factor());
            a.emit(VMAXPS, top(v), top(v), x(v));
            a.emit(VMOVUPS_STORE, Mem.at(R8, offset(v)), top(v));
            zeroIfNone(v);
            a.emit(VSUBPS, x(v), x(v), top(v));
            power.emit(p(v), x(v), n(v), seen());
            a.emit(VMOVUPS_STORE, Mem.at(R10, offset(v)), p(v));
            a.emit(VMULPS, total(v), p(v), Mem.at(R9, offset(v)));
        }
    }

    /** A maximum of -inf (no key seen yet) becomes 0, so that -inf minus it is no NaN. */
    private void zeroIfNone(int v) {
        a.emit(VMOVUPS, n(v), words(Float.floatToRawIntBits(Float.NEGATIVE_INFINITY)));
        if (lanes.wide()) {
            a.emit(VCMPPS, 4, Mask.K2, top(v), n(v)); // not equal
            a.emit(VMOVAPS, top(v).mask(Mask.K2).zeroing(), top(v));
        } else {
            a.emit(VCMPPS, 4, n(v), top(v), n(v));
            a.emit(VANDPS, top(v), top(v), n(v));
        }
    }

    private void weight(int v, int row) {
        a.emit(VMOVUPS, x(v), Mem.at(RSI, row * ROW + offset(v)));
        a.emit(VFMSUB213PS, x(v), factor(), top(v));
        power.emit(p(v), x(v), n(v), seen());
        a.emit(VADDPS, total(v), total(v), p(v));
    }

    private void singles() {
        a.align(32);
        var loop = a.bind(a.label());
        for (int v = 0; v < atOnce; v++) {
            weight(v, 0);
            a.emit(VMOVUPS_STORE, Mem.at(RSI, offset(v)), p(v));
        }
        a.add(RSI, ROW);
        a.sub(RAX, 1);
        a.jump(Condition.NE, loop);
    }

    /** Two keys at a time; the last of an odd number is paired with zeros. Writes behind what it reads. */
    private void pairs() {
        a.mov(R11, RSI);
        a.sub(RAX, 2);
        Label end = new Label(a);
        a.jump(Condition.L, end.odd);
        a.align(32);
        var loop = a.bind(a.label());
        for (int v = 0; v < atOnce; v++) {
            weight(v, 0);
            a.emit(VCVTNEPS2BF16, half(p(v)), p(v));
            a.emit(VPMOVZXWD, spare(), half(p(v)));
            weight(v, 1);
            a.emit(VCVTNEPS2BF16, half(p(v)), p(v));
            a.emit(VPMOVZXWD, p(v), half(p(v)));
            a.emit(VPSLLD, 16, p(v), p(v));
            a.emit(VORPS, p(v), p(v), spare());
            a.emit(VMOVUPS_STORE, Mem.at(R11, offset(v)), p(v));
        }
        a.add(RSI, 2 * ROW);
        a.add(R11, ROW);
        a.sub(RAX, 2);
        a.jump(Condition.GE, loop);
        a.bind(end.odd);
        a.add(RAX, 1);
        a.jump(Condition.L, end.done);
        for (int v = 0; v < atOnce; v++) {
            weight(v, 0);
            a.emit(VCVTNEPS2BF16, half(p(v)), p(v));
            a.emit(VPMOVZXWD, p(v), half(p(v)));
            a.emit(VMOVUPS_STORE, Mem.at(R11, offset(v)), p(v));
        }
        a.bind(end.done);
    }

    private record Label(lyceum.backend.x86.asm.Label odd, lyceum.backend.x86.asm.Label done) {
        Label(Assembler a) { this(a.label(), a.label()); }
    }

    private static Vec half(Vec v) { return v.as(256); }

    /** dP, with zeros in place of what was not computed. {@link #hide} has left the mask. */
    private void loadSeen(int v, Vec x, int row) {
        var from = Mem.at(RCX, row * ROW + offset(v));
        if (!form.masked) a.emit(VMOVUPS, x, from);
        else if (lanes.wide()) a.emit(VMOVUPS, x.mask(Mask.K2).zeroing(), from);
        else a.emit(VANDNPS, x, spare(), from);
    }

    private void gradients() {
        open();
        a.mov(R8, Mem.at(RDI, TOP));
        a.mov(R9, Mem.at(RDI, TOTAL));
        for (int v = 0; v < atOnce; v++) {
            a.emit(VMOVUPS, top(v), Mem.at(R8, offset(v)));
            a.emit(VMOVUPS, total(v), Mem.at(R9, offset(v)));
        }
        if (form.pairs) {
            gradientPairs();
            return;
        }
        a.align(32);
        var loop = a.bind(a.label());
        for (int v = 0; v < atOnce; v++) {
            gradient(v, 0);
            a.emit(VMOVUPS_STORE, Mem.at(RSI, offset(v)), p(v));
            a.emit(VMOVUPS_STORE, Mem.at(RCX, offset(v)), x(v));
        }
        nextKey(loop);
    }

    /** {@code p = P}, {@code x = dS}. */
    private void gradient(int v, int row) {
        a.emit(VMOVUPS, x(v), Mem.at(RSI, row * ROW + offset(v)));
        if (form.biased) addBias(v, x(v), row);
        if (form.masked) hide(v, x(v), row);
        if (form.biased) a.emit(VSUBPS, x(v), x(v), top(v));
        else a.emit(VFMSUB213PS, x(v), factor(), top(v));
        power.emit(p(v), x(v), n(v), seen());
        loadSeen(v, x(v), row);
        a.emit(VSUBPS, x(v), x(v), total(v));
        a.emit(VMULPS, x(v), x(v), p(v));
    }

    /** As {@link #gradient}, stored as rows of BF16; {@code x} holds dS as BF16 in the lower halves of its lanes. Half as long, they are written behind what is read. */
    private void gradientInHalves(int v, int row) {
        gradient(v, row);
        int at = row * ROW + offset(v) / 2;
        a.emit(VCVTNEPS2BF16, half(p(v)), p(v));
        a.emit(VMOVUPS_STORE, Mem.at(RSI, at), half(p(v)));
        a.emit(VCVTNEPS2BF16, half(x(v)), x(v));
        a.emit(VMOVUPS_STORE, Mem.at(RCX, at), half(x(v)));
        a.emit(VPMOVZXWD, x(v), half(x(v)));
    }

    private void gradientPairs() {
        a.mov(R11, Mem.at(RDI, PAIRED));
        var end = new Label(a);
        a.sub(RAX, 2);
        a.jump(Condition.L, end.odd);
        a.align(32);
        var loop = a.bind(a.label());
        for (int v = 0; v < atOnce; v++) {
            var first = lanes.vec(8 + (v + 1) % 4); // another vector's temporary
            gradientInHalves(v, 0);
            a.emit(VMOVAPS, first, x(v));
            gradientInHalves(v, 1);
            a.emit(VPSLLD, 16, x(v), x(v));
            a.emit(VORPS, x(v), x(v), first);
            a.emit(VMOVUPS_STORE, Mem.at(R11, offset(v)), x(v));
        }
        a.add(RSI, 2 * ROW);
        a.add(RCX, 2 * ROW);
        a.add(R11, ROW);
        if (form.biased) a.add(RDX, 2 * ROW);
        if (form.masked) {
            a.emit(VPADDD, firstLane(), firstLane(), words(2));
            a.emit(VPADDD, lastLane(), lastLane(), words(2));
        }
        a.sub(RAX, 2);
        a.jump(Condition.GE, loop);
        a.bind(end.odd);
        a.add(RAX, 1);
        a.jump(Condition.L, end.done);
        for (int v = 0; v < atOnce; v++) {
            gradientInHalves(v, 0);
            a.emit(VMOVUPS_STORE, Mem.at(R11, offset(v)), x(v));
        }
        a.bind(end.done);
    }
}
