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

import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Label;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;
import lyceum.backend.x86.machine.Lanes;

/**
 * Small loops over rows. Arguments: {@link #FROM} and {@link #FROM_STRIDE}, {@link #TO} and {@link #TO_STRIDE} in bytes, {@link #ROWS} how many (at least
 * one), {@link #FACTORS} address of a float a row, {@link #WIDTH} elements of a row, {@link #LANES} lanes of the last vector.
 */
final class RowKernels {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    static final Field FROM = LAYOUT.word(), FROM_STRIDE = LAYOUT.word(), TO = LAYOUT.word(), TO_STRIDE = LAYOUT.word(),
            ROWS = LAYOUT.word(), FACTORS = LAYOUT.word();
    static final Field WIDTH = LAYOUT.word(), LANES = LAYOUT.word();

    private final Assembler a;
    private final Lanes lanes;

    private RowKernels(Assembler a, Lanes lanes) {
        this.a = a;
        this.lanes = lanes;
    }

    private void open() {
        a.mov(R8, Mem.at(RDI, FROM));
        a.mov(R9, Mem.at(RDI, TO));
        a.mov(R10, Mem.at(RDI, ROWS));
        a.mov(R11, Mem.at(RDI, FACTORS));
        lanes.loadMask(a, Mem.at(RDI, LANES), RAX);
    }

    private interface Vector {
        void emit(boolean partial);
    }

    /** {@code vector} for every vector of a row, RSI and RDX walking along R8 and R9. */
    private void along(int fromBytes, int toBytes, Vector vector) {
        var rest = a.label();
        var done = a.label();
        a.mov(RSI, R8);
        a.mov(RDX, R9);
        a.mov(RCX, Mem.at(RDI, WIDTH));
        a.sub(RCX, lanes.count());
        a.jump(Condition.L, rest);
        var loop = a.bind(a.label());
        vector.emit(false);
        a.add(RSI, fromBytes);
        a.add(RDX, toBytes);
        a.sub(RCX, lanes.count());
        a.jump(Condition.GE, loop);
        a.bind(rest);
        a.add(RCX, lanes.count());
        a.jump(Condition.E, done);
        vector.emit(true);
        a.bind(done);
    }

    private void close(Label row) {
        a.add(R8, Mem.at(RDI, FROM_STRIDE));
        a.add(R9, Mem.at(RDI, TO_STRIDE));
        a.add(R11, 4);
        a.sub(R10, 1);
        a.jump(Condition.NE, row);
        a.vzeroupper();
        a.ret();
    }

    /** {@code to[i] = factors[i] from[i]}. @param half stores BF16 */
    record Scale(boolean half) implements KernelForm {
        @Override public String name(Cpu cpu) { return "attention_scale_rows" + (half ? "_bf16" : "") + "_" + cpu.vectorBits(); }

        @Override public void write(Assembler a, Cpu cpu) { scale(a, Lanes.of(cpu), half); }

        @Override public boolean equals(Object other) { return other instanceof Scale && other.hashCode() == hashCode(); }

        @Override public int hashCode() { return half ? 1 : 0; }
    }

    private static void scale(Assembler a, Lanes lanes, boolean half) {
        var rows = new RowKernels(a, lanes);
        rows.open();
        var row = a.bind(a.label());
        a.emit(VBROADCASTSS, lanes.vec(1), Mem.at(R11));
        rows.along(lanes.bytes(), half ? lanes.bytes() / 2 : lanes.bytes(), partial -> {
            if (partial) lanes.loadPartial(a, lanes.vec(0), Mem.at(RSI));
            else a.emit(VMOVUPS, lanes.vec(0), Mem.at(RSI));
            a.emit(VMULPS, lanes.vec(0), lanes.vec(0), lanes.vec(1));
            if (half) {
                a.emit(VCVTNEPS2BF16, lanes.vec(0).as(256), lanes.vec(0));
                a.emit(VMOVDQU16_STORE, partial ? Mem.at(RDX).mask(Mask.K1) : Mem.at(RDX), lanes.vec(0).as(256));
            } else if (partial) {
                lanes.storePartial(a, Mem.at(RDX), lanes.vec(0));
            } else {
                a.emit(VMOVUPS_STORE, Mem.at(RDX), lanes.vec(0));
            }
        });
        rows.close(row);
    }

    /** {@code factors[i] = sum_c from[i][c] to[i][c]}. @param pairs of BF16, which WIDTH then counts */
    record Dots(boolean pairs) implements KernelForm {
        @Override public String name(Cpu cpu) { return "attention_row_dots" + (pairs ? "_pairs" : "") + "_" + cpu.vectorBits(); }

        @Override public void write(Assembler a, Cpu cpu) { dots(a, Lanes.of(cpu), pairs); }
    }

    private static void dots(Assembler a, Lanes lanes, boolean pairs) {
        var rows = new RowKernels(a, lanes);
        rows.open();
        var row = a.bind(a.label());
        var sum = lanes.vec(1);
        a.emit(VXORPS, sum, sum, sum);
        rows.along(lanes.bytes(), lanes.bytes(), partial -> {
            if (partial) {
                lanes.loadPartial(a, lanes.vec(0), Mem.at(RSI));
                lanes.loadPartial(a, lanes.vec(2), Mem.at(RDX));
                a.emit(pairs ? VDPBF16PS : VFMADD231PS, sum, lanes.vec(0), lanes.vec(2));
            } else {
                a.emit(VMOVUPS, lanes.vec(0), Mem.at(RSI));
                a.emit(pairs ? VDPBF16PS : VFMADD231PS, sum, lanes.vec(0), Mem.at(RDX));
            }
        });
        rows.addLanes(R11);
        rows.close(row);
    }

    /** The lanes of register 1 added up and stored. */
    private void addLanes(Gp to) {
        if (lanes.wide()) {
            a.emit(VEXTRACTF64X4, 1, lanes.vec(2).as(256), lanes.vec(1));
            a.emit(VADDPS, lanes.vec(1).as(256), lanes.vec(1).as(256), lanes.vec(2).as(256));
        }
        var x = lanes.vec(1).as(128);
        var y = lanes.vec(2).as(128);
        a.emit(VEXTRACTF128, 1, y, lanes.vec(1).as(256));
        a.emit(VADDPS, x, x, y);
        a.emit(VMOVHLPS, y, x, x);
        a.emit(VADDPS, x, x, y);
        a.emit(VMOVSHDUP, y, x);
        a.emit(VADDSS, x, x, y);
        a.emit(VMOVSS_STORE, Mem.at(to), x);
    }

    /** Asks for rows in time. Arguments in registers: address, stride in bytes, how many rows (at least one), bytes of a row. @param written whether to write them */
    record Prefetch(boolean written) implements KernelForm {
        @Override public String name(Cpu cpu) { return "attention_prefetch" + (written ? "_result" : "") + "_" + cpu.vectorBits(); }

        @Override public void write(Assembler a, Cpu cpu) { prefetch(a, written); }

        @Override public boolean equals(Object other) { return other instanceof Prefetch && other.hashCode() == hashCode(); }

        @Override public int hashCode() { return written ? 1 : 0; }
    }

    private static void prefetch(Assembler a, boolean written) {
        var row = a.bind(a.label());
        a.mov(R8, RDI);
        a.mov(RAX, RCX);
        var line = a.bind(a.label());
        if (written) a.prefetchWrite(Mem.at(R8));
        else a.prefetch(1, Mem.at(R8));
        a.add(R8, 64);
        a.sub(RAX, 64);
        a.jump(Condition.G, line);
        a.add(RDI, RSI);
        a.sub(RDX, 1);
        a.jump(Condition.NE, row);
        a.ret();
    }

    /** {@code to[t]} = pairs of the elements of rows {@code from[2t]} and {@code from[2t + 1]}, BF16 both; ROWS counts pairs, FROM_STRIDE two rows, FACTORS is one row's stride. */
    record Pair() implements KernelForm {
        @Override public String name(Cpu cpu) { return "attention_pair_rows" + "_" + cpu.vectorBits(); }

        @Override public void write(Assembler a, Cpu cpu) { pair(a, Lanes.of(cpu)); }
    }

    private static void pair(Assembler a, Lanes lanes) {
        var rows = new RowKernels(a, lanes);
        a.mov(R8, Mem.at(RDI, FROM));
        a.mov(R9, Mem.at(RDI, TO));
        a.mov(R10, Mem.at(RDI, ROWS));
        a.mov(R11, Mem.at(RDI, FACTORS));
        lanes.loadMask(a, Mem.at(RDI, LANES), RAX);
        var row = a.bind(a.label());
        rows.along(lanes.bytes() / 2, lanes.bytes(), partial -> {
            var first = lanes.vec(0);
            var second = lanes.vec(1);
            a.emit(VPMOVZXWD, partial ? first.mask(Mask.K1).zeroing() : first, Mem.at(RSI));
            a.emit(VPMOVZXWD, partial ? second.mask(Mask.K1).zeroing() : second, Mem.at(RSI, R11, 1));
            a.emit(VPSLLD, 16, second, second);
            a.emit(VPORD, first, first, second);
            if (partial) lanes.storePartial(a, Mem.at(RDX), first);
            else a.emit(VMOVUPS_STORE, Mem.at(RDX), first);
        });
        a.add(R8, Mem.at(RDI, FROM_STRIDE));
        a.add(R9, Mem.at(RDI, TO_STRIDE));
        a.sub(R10, 1);
        a.jump(Condition.NE, row);
        a.vzeroupper();
        a.ret();
    }
}
