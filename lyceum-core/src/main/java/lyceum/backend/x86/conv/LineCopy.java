package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;
import static lyceum.backend.x86.asm.Vec.zmm;

import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Copies lines of floats, plane by plane: as they are, every second element together, or elements apart to every second place. With AVX-512 by vectors;
 * else a vector counts one element, and there is no tail.
 */
enum LineCopy implements KernelForm {
    PLAIN, EVERY_SECOND, TO_EVERY_SECOND;

    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    static final Field FROM = LAYOUT.word(), FROM_LINE = LAYOUT.word(), TO = LAYOUT.word(), TO_LINE = LAYOUT.word(), LINES = LAYOUT.word(),
            VECTORS = LAYOUT.word();
    static final Field TAIL = LAYOUT.word(), TAIL_LOW = LAYOUT.word(), TAIL_HIGH = LAYOUT.word(), PLANES = LAYOUT.word(),
            FROM_SKIP = LAYOUT.word(), TO_SKIP = LAYOUT.word();
    private static final int EVEN = 0x5555;

    @Override public String name(Cpu cpu) { return "line-copy-" + name().toLowerCase(Locale.ROOT); }

    @Override public void write(Assembler a, Cpu cpu) {
        a.mov(RSI, Mem.at(RDI, FROM));
        a.mov(RDX, Mem.at(RDI, TO));
        a.mov(R11, Mem.at(RDI, PLANES));
        boolean wide = cpu.has(Feature.AVX512);
        if (wide) constants(a);
        var plane = a.bind(a.label());
        a.mov(RCX, Mem.at(RDI, LINES));
        var line = a.bind(a.label());
        a.mov(R8, RSI);
        a.mov(R9, RDX);
        a.mov(R10, Mem.at(RDI, VECTORS));
        var tail = a.label();
        var next = a.label();
        a.test(R10, R10);
        a.jump(Condition.E, tail);
        int bytes = wide ? 64 : 4;
        var loop = a.bind(a.label());
        if (wide) vector(a, false);
        else element(a);
        a.add(R8, this == EVERY_SECOND ? 2 * bytes : bytes);
        a.add(R9, this == TO_EVERY_SECOND ? 2 * bytes : bytes);
        a.sub(R10, 1);
        a.jump(Condition.NE, loop);
        a.bind(tail);
        if (wide) {
            a.mov(RAX, Mem.at(RDI, TAIL));
            a.test(RAX, RAX);
            a.jump(Condition.E, next);
            vector(a, true);
        }
        a.bind(next);
        a.add(RSI, Mem.at(RDI, FROM_LINE));
        a.add(RDX, Mem.at(RDI, TO_LINE));
        a.sub(RCX, 1);
        a.jump(Condition.NE, line);
        a.add(RSI, Mem.at(RDI, FROM_SKIP));
        a.add(RDX, Mem.at(RDI, TO_SKIP));
        a.sub(R11, 1);
        a.jump(Condition.NE, plane);
        a.vzeroupper();
        a.ret();
    }

    private static void element(Assembler a) {
        a.mov32(RAX, Mem.at(R8));
        a.mov32(Mem.at(R9), RAX);
    }

    private void constants(Assembler a) {
        mask(a, Mask.K1, TAIL);
        mask(a, Mask.K2, TAIL_LOW);
        mask(a, Mask.K3, TAIL_HIGH);
        constant(a, Mask.K4, EVEN);
        constant(a, Mask.K5, 0x7FFF); // the last of 32 elements is not needed and may lie beyond the operand
        if (this == EVERY_SECOND) a.emit(VMOVUPS, zmm(2), a.constants(IntStream.range(0, 16).map(i -> 2 * i).toArray()));
        if (this == TO_EVERY_SECOND) {
            a.emit(VMOVUPS, zmm(2), a.constants(IntStream.range(0, 16).map(i -> i / 2).toArray()));
            a.emit(VMOVUPS, zmm(3), a.constants(IntStream.range(0, 16).map(i -> 8 + i / 2).toArray()));
        }
    }

    private static void mask(Assembler a, Mask mask, Field at) {
        a.mov(RAX, Mem.at(RDI, at));
        a.emit(KMOVW_FROM, mask, RAX);
    }

    private static void constant(Assembler a, Mask mask, int value) {
        a.mov(RAX, value);
        a.emit(KMOVW_FROM, mask, RAX);
    }

    private void vector(Assembler a, boolean last) {
        Mem from = Mem.at(R8), to = Mem.at(R9);
        switch (this) {
            case PLAIN -> {
                a.emit(VMOVUPS, last ? zmm(0).mask(Mask.K1).zeroing() : zmm(0), from);
                a.emit(VMOVUPS_STORE, last ? to.mask(Mask.K1) : to, zmm(0));
            }
            case EVERY_SECOND -> {
                a.emit(VMOVUPS, last ? zmm(0).mask(Mask.K2).zeroing() : zmm(0), from);
                a.emit(VMOVUPS, zmm(1).mask(last ? Mask.K3 : Mask.K5).zeroing(), from.plus(64));
                a.emit(VPERMT2PS, zmm(0), zmm(2), zmm(1));
                a.emit(VMOVUPS_STORE, last ? to.mask(Mask.K1) : to, zmm(0));
            }
            case TO_EVERY_SECOND -> {
                a.emit(VMOVUPS, last ? zmm(0).mask(Mask.K1).zeroing() : zmm(0), from);
                a.emit(VPERMPS, zmm(1), zmm(3), zmm(0));
                a.emit(VPERMPS, zmm(0), zmm(2), zmm(0));
                a.emit(VMOVUPS_STORE, to.mask(last ? Mask.K2 : Mask.K4), zmm(0));
                a.emit(VMOVUPS_STORE, to.plus(64).mask(last ? Mask.K3 : Mask.K4), zmm(1));
            }
        }
    }

    /** Lanes of the strided side that a tail of {@code n} elements touches, as 32 bits. */
    int tailLanes(int n) {
        int lanes = n == 0 ? 0 : (int) ((1L << 2 * n - 1) - 1);
        return this == TO_EVERY_SECOND ? lanes & 0x55555555 : lanes;
    }
}
