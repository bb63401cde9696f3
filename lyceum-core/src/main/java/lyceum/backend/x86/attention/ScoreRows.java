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
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;
import lyceum.backend.x86.machine.Lanes;

/**
 * A step of the running softmax over scores that lie as rows, a row for each query: what {@link ScoreColumns} does where queries fill lanes. With few of them it would work
 * on idle lanes: one query of 128 keys takes 128 powers there, and 8 here. Scores are in powers of two, hidden ones are negative infinity.
 *
 * <p>Of each row: {@code m' = max(m, max S)}, {@code scale = 2^(m - m')}, {@code S = 2^(S - m')}, {@code l = scale l + sum S}.
 *
 * <p>Arguments: {@link #SCORES} address of the first row, the next {@value #ROW} bytes further and a vector longer than its keys, {@link #ROWS} and {@link #KEYS} how many, at
 * least one; {@link #TOP}, {@link #TOTAL} and {@link #SCALES} addresses of one float a row.
 */
final class ScoreRows {
    static final int ROW = 4 * (Scratch.KEYS + 16);
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    static final Field SCORES = LAYOUT.word(), ROWS = LAYOUT.word(), KEYS = LAYOUT.word(), TOP = LAYOUT.word(), TOTAL = LAYOUT.word(),
            SCALES = LAYOUT.word();

    /** @param half writes weights as BF16, neighbouring ones as pairs, from the beginning of a row on */
    record Form(boolean half) implements KernelForm {
        @Override public String name(Cpu cpu) { return "attention_weight_rows" + (half ? "_bf16" : "") + "_" + cpu.vectorBits(); }

        @Override public void write(Assembler a, Cpu cpu) { new ScoreRows(a, Lanes.of(cpu), half).write(); }
    }

    private final Assembler a;
    private final Lanes lanes;
    private final boolean half;
    private final PowerOfTwo power;
    private final Vec top, old, x, p, n, seen, total, spare;

    private ScoreRows(Assembler a, Lanes lanes, boolean half) {
        this.a = a;
        this.lanes = lanes;
        this.half = half;
        this.power = new PowerOfTwo(a, lanes, 24);
        this.top = lanes.vec(0);
        this.old = lanes.vec(1);
        this.x = lanes.vec(2);
        this.p = lanes.vec(3);
        this.n = lanes.vec(4);
        this.seen = lanes.vec(5);
        this.total = lanes.vec(6);
        this.spare = lanes.vec(7);
    }

    private void write() {
        power.prepare();
        a.mov(RSI, Mem.at(RDI, SCORES));
        a.mov(RCX, Mem.at(RDI, ROWS));
        a.mov(R8, Mem.at(RDI, TOP));
        a.mov(R9, Mem.at(RDI, TOTAL));
        a.mov(R10, Mem.at(RDI, SCALES));
        var row = a.bind(a.label());
        maximum();
        settle();
        weights();
        a.add(RSI, ROW);
        a.add(R8, 4);
        a.add(R9, 4);
        a.add(R10, 4);
        a.sub(RCX, 1);
        a.jump(Condition.NE, row);
        a.vzeroupper();
        a.ret();
    }

    private Mem minusInfinity() {
        var words = new int[lanes.count()];
        Arrays.fill(words, Float.floatToRawIntBits(Float.NEGATIVE_INFINITY));
        return a.constants(words);
    }

    /** {@code vector} for every vector of the row, R11 walking along it. */
    private void along(Runnable vector) {
        a.mov(R11, RSI);
        a.mov(RAX, Mem.at(RDI, KEYS));
        a.align(32);
        var loop = a.bind(a.label());
        vector.run();
        a.add(R11, lanes.bytes());
        a.sub(RAX, lanes.count());
        a.jump(Condition.G, loop);
    }

    /** The last vector is filled up with hidden keys; then the largest score is in the lowest lanes. */
    private void maximum() {
        a.mov(RAX, Mem.at(RDI, KEYS));
        a.emit(VMOVUPS, top, minusInfinity());
        a.emit(VMOVUPS_STORE, Mem.at(RSI, RAX, 4), top);
        along(() -> a.emit(VMAXPS, top, top, Mem.at(R11)));
        across(VMAXPS, top);
    }

    /** The new maximum into all lanes of {@link #top}, and by how much the sum shrinks. */
    private void settle() {
        a.emit(VBROADCASTSS, old, Mem.at(R8));
        a.emit(VMAXPS, top.as(128), top.as(128), old.as(128));
        a.emit(VMOVSS_STORE, Mem.at(R8), top.as(128));
        a.emit(VBROADCASTSS, top, Mem.at(R8));
        a.emit(VMOVUPS, n, minusInfinity()); // a maximum of -inf (no key seen yet) becomes 0, so that -inf minus it is no NaN
        if (lanes.wide()) {
            a.emit(VCMPPS, 4, Mask.K2, top, n); // not equal
            a.emit(VMOVAPS, top.mask(Mask.K2).zeroing(), top);
        } else {
            a.emit(VCMPPS, 4, n, top, n);
            a.emit(VANDPS, top, top, n);
        }
        a.emit(VSUBPS, x, old, top);
        power.emit(p, x, n, seen);
        a.emit(VMOVSS_STORE, Mem.at(R10), p.as(128));
        a.emit(VMOVSS, total.as(128), Mem.at(R9));
        a.emit(VMULPS, total.as(128), total.as(128), p.as(128)); // the other lanes are zeros
    }

    private void weights() {
        if (half) a.mov(RDX, RSI);
        along(() -> {
            a.emit(VMOVUPS, x, Mem.at(R11));
            a.emit(VSUBPS, x, x, top);
            power.emit(p, x, n, seen);
            a.emit(VADDPS, total, total, p);
            if (half) {
                a.emit(VCVTNEPS2BF16, p.as(256), p);
                a.emit(VMOVUPS_STORE, Mem.at(RDX), p.as(256));
                a.add(RDX, lanes.bytes() / 2);
            } else {
                a.emit(VMOVUPS_STORE, Mem.at(R11), p);
            }
        });
        across(VADDPS, total);
        a.emit(VMOVSS_STORE, Mem.at(R9), total.as(128));
    }

    /** All lanes joined, into each of the lowest four. */
    private void across(Instruction join, Vec all) {
        if (lanes.wide()) {
            a.emit(VEXTRACTF64X4, 1, spare.as(256), all);
            a.emit(join, all.as(256), all.as(256), spare.as(256));
        }
        Vec four = all.as(128), other = spare.as(128);
        a.emit(VEXTRACTF128, 1, other, all.as(256));
        a.emit(join, four, four, other);
        a.emit(VPERMILPS, 0x4E, other, four);
        a.emit(join, four, four, other);
        a.emit(VPERMILPS, 0xB1, other, four);
        a.emit(join, four, four, other);
    }
}
