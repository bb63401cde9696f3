package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;

import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.KernelForm;

/**
 * For small images, where gaps between lines would waste lanes: for each step one dense line of the elements that the columns read. Vectors are
 * stored whole and in order, so that each one's surplus is overwritten by the next; a line has room for that of the last.
 */
record Pack() implements KernelForm {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    static final Field X = LAYOUT.word(), STEPS = LAYOUT.word(), COUNT = LAYOUT.word(), COLUMNS = LAYOUT.word(), VECTORS = LAYOUT.word(),
            TO = LAYOUT.word(), TO_LINE = LAYOUT.word();

    @Override public String name(Cpu cpu) { return "convolution-pack-" + cpu.vectorBits(); }

    @Override public void write(Assembler a, Cpu cpu) {
        int bits = cpu.vectorBits();
        Vec value = Vec.of(0, bits), order = Vec.of(1, bits);
        a.mov(RSI, Mem.at(RDI, X));
        a.mov(R8, Mem.at(RDI, STEPS));
        a.mov(R9, Mem.at(RDI, COUNT));
        a.mov(RDX, Mem.at(RDI, TO));
        var step = a.bind(a.label());
        a.movsxd(RCX, Mem.at(R8));
        a.add(RCX, RSI);
        a.mov(R10, Mem.at(RDI, COLUMNS));
        a.mov(R11, Mem.at(RDI, VECTORS));
        var vector = a.bind(a.label());
        a.mov(RAX, Mem.at(R10, OffsetProduct.COLUMN_X));
        a.emit(VMOVUPS, value, Mem.at(RCX, RAX, 1));
        a.emit(VMOVUPS, order, Mem.at(R10, OffsetProduct.COLUMN_ORDER));
        a.emit(VPERMPS, value, order, value);
        a.mov(RAX, Mem.at(R10, OffsetProduct.COLUMN_Y));
        a.emit(VMOVUPS_STORE, Mem.at(RDX, RAX, 1), value);
        a.add(R10, OffsetProduct.COLUMN);
        a.sub(R11, 1);
        a.jump(Condition.NE, vector);
        a.add(R8, OffsetProduct.STEP);
        a.add(RDX, Mem.at(RDI, TO_LINE));
        a.sub(R9, 1);
        a.jump(Condition.NE, step);
        a.vzeroupper();
        a.ret();
    }
}
