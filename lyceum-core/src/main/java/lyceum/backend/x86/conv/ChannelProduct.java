package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;

import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.KernelForm;

/**
 * One channel of a depthwise convolution: {@link OffsetProduct} with one row, over neighbouring vectors, which are read as operands of the
 * multiply-adds themselves.
 *
 * @param element that all operands have
 * @param vectors side by side; groups of them follow one another in one call
 * @param masked stores outputs alone; else whole vectors, whose surplus the next one overwrites
 */
record ChannelProduct(Element element, int vectors, boolean bias, boolean relu, boolean masked) implements KernelForm {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    static final Field X = LAYOUT.word(), A = LAYOUT.word(), STEPS = LAYOUT.word(), COUNT = LAYOUT.word(), COLUMNS = LAYOUT.word(),
            Y = LAYOUT.word(), BIAS = LAYOUT.word(), GROUPS = LAYOUT.word();
    static final int MOST = 12;

    @Override public String name(Cpu cpu) {
        return "channel-product-" + vectors + (bias ? "-bias" : "") + (relu ? "-relu" : "") + (masked ? "-masked" : "")
                + element.suffix(cpu.vectorBits());
    }

    @Override public void write(Assembler a, Cpu cpu) {
        int bits = cpu.vectorBits(), bytes = bits / 8;
        boolean wide = cpu.has(Feature.AVX512);
        Vec factor = Vec.of(vectors, bits), order = Vec.of(vectors + 1, bits), lanes = Vec.of(vectors + 2, bits);
        a.push(RBX);
        a.mov(RSI, Mem.at(RDI, X));
        a.mov(R8, Mem.at(RDI, A));
        a.mov(R9, Mem.at(RDI, COLUMNS));
        a.mov(RDX, Mem.at(RDI, Y));
        a.mov(RCX, Mem.at(RDI, GROUPS));
        var group = a.bind(a.label());
        for (int v = 0; v < vectors; v++) a.emit(VXORPS, Vec.of(v, bits), Vec.of(v, bits), Vec.of(v, bits));
        a.mov(R10, Mem.at(RDI, STEPS));
        a.mov(R11, Mem.at(RDI, COUNT));
        var summed = a.label();
        a.test(R11, R11);
        a.jump(Condition.E, summed);
        var tap = a.bind(a.label());
        a.movsxd(RAX, Mem.at(R10));
        a.movsxd(RBX, Mem.at(R10, 4));
        a.emit(element.broadcast, factor, Mem.at(R8, RBX, 1));
        for (int v = 0; v < vectors; v++) a.emit(element.multiplyAdd, Vec.of(v, bits), factor, Mem.at(RSI, RAX, 1, v * bytes));
        a.add(R10, OffsetProduct.STEP);
        a.sub(R11, 1);
        a.jump(Condition.NE, tap);
        a.bind(summed);
        if (bias) {
            a.mov(RAX, Mem.at(RDI, BIAS));
            a.emit(element.broadcast, factor, Mem.at(RAX));
            for (int v = 0; v < vectors; v++) a.emit(element.add, Vec.of(v, bits), Vec.of(v, bits), factor);
        }
        if (relu) {
            a.emit(VXORPS, factor, factor, factor);
            for (int v = 0; v < vectors; v++) a.emit(element.max, Vec.of(v, bits), factor, Vec.of(v, bits));
        }
        for (int v = 0; v < vectors; v++) {
            int entry = v * OffsetProduct.COLUMN;
            var value = Vec.of(v, bits);
            a.emit(VMOVUPS, order, Mem.at(R9, entry + OffsetProduct.COLUMN_ORDER));
            a.emit(VPERMPS, value, order, value);
            a.mov(RAX, Mem.at(R9, entry + OffsetProduct.COLUMN_Y));
            if (!masked) {
                a.emit(VMOVUPS_STORE, Mem.at(RDX, RAX, 1), value);
            } else if (wide) {
                a.mov32(RBX, Mem.at(R9, entry + OffsetProduct.COLUMN_MASK));
                a.emit(KMOVW_FROM, Mask.K1, RBX);
                a.emit(VMOVUPS_STORE, Mem.at(RDX, RAX, 1).mask(Mask.K1), value);
            } else {
                a.emit(VMOVUPS, lanes, Mem.at(R9, entry + OffsetProduct.COLUMN_LANES));
                a.emit(VMASKMOVPS_STORE, Mem.at(RDX, RAX, 1), lanes, value);
            }
        }
        a.add(RSI, vectors * bytes);
        a.add(R9, vectors * OffsetProduct.COLUMN);
        a.sub(RCX, 1);
        a.jump(Condition.NE, group);
        a.vzeroupper();
        a.pop(RBX);
        a.ret();
    }
}
