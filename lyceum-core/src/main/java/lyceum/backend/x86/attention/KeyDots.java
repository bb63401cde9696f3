package lyceum.backend.x86.attention;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Instruction.*;

import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;
import lyceum.backend.x86.machine.Lanes;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/**
 * Scores of a few queries, one after the other: {@code to[c] = f key_c . query}, with the query in registers and vectors along the keys. For few queries (decoding) it reads keys
 * at memory speed, where {@link TileProduct} would leave most lanes idle.
 *
 * <p>Arguments: {@link #PAGES} address of a list of {@linkplain Scratch#page pages} of keys, {@link #STRIDE} bytes between keys, {@link #QUERY} address of the first query,
 * {@link #QUERY_STRIDE} bytes between queries, {@link #QUERIES} how many, {@link #TO} address of the first score of the first, its others follow, those of the next query
 * {@value ScoreRows#ROW} bytes further, {@link #FACTOR} f, {@link #LANES} lanes of the last vector.
 */
final class KeyDots {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    static final Field PAGES = LAYOUT.word(), STRIDE = LAYOUT.word(), QUERY = LAYOUT.word(), TO = LAYOUT.word(), FACTOR = LAYOUT.word(),
            LANES = LAYOUT.word();
    static final Field QUERY_STRIDE = LAYOUT.word(), QUERIES = LAYOUT.word();
    /** Vectors of a query that fit into registers. */
    static final int MOST = 8;
    /** Queries up to which this beats the product of tiles. */
    static final int FEW = 6;
    private static final int AT_ONCE = 4;

    /** @param vectors of a row; {@code partial} if the last has lanes beyond it; {@code pairs} of BF16 */
    record Form(int vectors, boolean partial, boolean pairs) implements KernelForm {
        @Override public String name(Cpu cpu) {
            return "attention_key_dots_" + vectors + (partial ? "_partial" : "") + (pairs ? "_pairs" : "") + "_" + cpu.vectorBits();
        }

        @Override public void write(Assembler a, Cpu cpu) { new KeyDots(a, Lanes.of(cpu), this).write(); }
    }

    private final Assembler a;
    private final Lanes lanes;
    private final Form form;

    private KeyDots(Assembler a, Lanes lanes, Form form) {
        this.a = a;
        this.lanes = lanes;
        this.form = form;
    }

    // Registers: 0 to 3 sums, 4 to 6 spare, 7 to 14 the query.

    private Vec query(int v) { return lanes.vec(7 + v); }

    private void write() {
        a.push(RBX);
        if (form.partial) lanes.loadMask(a, Mem.at(RDI, LANES), RAX);
        a.mov(R8, Mem.at(RDI, STRIDE));
        a.lea(R9, Mem.at(R8, R8, 2));
        a.mov(R10, Mem.at(RDI, QUERY));
        a.mov(R11, Mem.at(RDI, TO));
        a.mov(RAX, Mem.at(RDI, QUERIES));
        var next = a.bind(a.label());
        for (int v = 0; v < form.vectors; v++) load(query(v), Mem.at(R10, v * lanes.bytes()), v);
        a.mov(RBX, Mem.at(RDI, PAGES));
        a.mov(RDX, R11);
        var done = a.label();
        var page = a.bind(a.label());
        a.mov(RCX, Mem.at(RBX, 8));
        a.test(RCX, RCX);
        a.jump(Condition.E, done);
        a.mov(RSI, Mem.at(RBX));
        a.add(RBX, 16);
        var rest = a.label();
        a.sub(RCX, AT_ONCE);
        a.jump(Condition.L, rest);
        var loop = a.bind(a.label());
        keys(AT_ONCE);
        a.lea(RSI, Mem.at(RSI, R8, 4));
        a.add(RDX, AT_ONCE * 4);
        a.sub(RCX, AT_ONCE);
        a.jump(Condition.GE, loop);
        a.bind(rest);
        a.add(RCX, AT_ONCE);
        a.jump(Condition.E, page);
        var single = a.bind(a.label());
        keys(1);
        a.add(RSI, R8);
        a.add(RDX, 4);
        a.sub(RCX, 1);
        a.jump(Condition.NE, single);
        a.jump(page);
        a.bind(done);
        a.add(R10, Mem.at(RDI, QUERY_STRIDE));
        a.add(R11, ScoreRows.ROW);
        a.sub(RAX, 1);
        a.jump(Condition.NE, next);
        a.pop(RBX);
        a.vzeroupper();
        a.ret();
    }

    private void load(Vec to, Mem from, int v) {
        if (form.partial && v == form.vectors - 1) lanes.loadPartial(a, to, from);
        else a.emit(VMOVUPS, to, from);
    }

    private Mem key(int k, int v) {
        int at = v * lanes.bytes();
        return switch (k) {
            case 0 -> Mem.at(RSI, at);
            case 1 -> Mem.at(RSI, R8, 1, at);
            case 2 -> Mem.at(RSI, R8, 2, at);
            default -> Mem.at(RSI, R9, 1, at);
        };
    }

    private void keys(int count) {
        for (int k = 0; k < AT_ONCE; k++) a.emit(VXORPS, lanes.vec(k), lanes.vec(k), lanes.vec(k));
        for (int v = 0; v < form.vectors; v++) {
            for (int k = 0; k < count; k++) {
                if (form.partial && v == form.vectors - 1) {
                    lanes.loadPartial(a, lanes.vec(4), key(k, v));
                    a.emit(form.pairs ? VDPBF16PS : VFMADD231PS, lanes.vec(k), query(v), lanes.vec(4));
                } else {
                    a.emit(form.pairs ? VDPBF16PS : VFMADD231PS, lanes.vec(k), query(v), key(k, v));
                }
            }
        }
        addLanes();
        a.emit(VBROADCASTSS, lanes.vec(4).as(128), Mem.at(RDI, FACTOR));
        var sums = lanes.vec(0).as(128);
        a.emit(VMULPS, sums, sums, lanes.vec(4).as(128));
        a.emit(count == 1 ? VMOVSS_STORE : VMOVUPS_STORE, Mem.at(RDX), sums);
    }

    /** The lanes of registers 0 to 3 added up, into the four lanes of the first. */
    private void addLanes() {
        Vec a0 = lanes.vec(0), a1 = lanes.vec(1), a2 = lanes.vec(2), a3 = lanes.vec(3), t = lanes.vec(4), u = lanes.vec(5);
        a.emit(VUNPCKLPS, t, a0, a1);
        a.emit(VUNPCKHPS, u, a0, a1);
        a.emit(VADDPS, a0, t, u);
        a.emit(VUNPCKLPS, t, a2, a3);
        a.emit(VUNPCKHPS, u, a2, a3);
        a.emit(VADDPS, a2, t, u);
        a.emit(VUNPCKLPD, t, a0, a2);
        a.emit(VUNPCKHPD, u, a0, a2);
        a.emit(VADDPS, a0, t, u);
        if (lanes.wide()) {
            a.emit(VEXTRACTF64X4, 1, t.as(256), a0);
            a.emit(VADDPS, a0.as(256), a0.as(256), t.as(256));
        }
        a.emit(VEXTRACTF128, 1, t.as(128), a0.as(256));
        a.emit(VADDPS, a0.as(128), a0.as(128), t.as(128));
    }
}
