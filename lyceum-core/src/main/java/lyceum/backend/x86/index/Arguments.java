package lyceum.backend.x86.index;

import static lyceum.backend.x86.asm.Gp.RDI;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Label;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.machine.Kernel;

/**
 * A thread's block of what {@link RowKernel} and {@link ElementKernel} are told, 8 bytes each: addresses of the indices, of what stands at them one by one
 * and of the table, each with the bytes from one to the next, the size of the table's axis, how many, and whether an index was out of range.
 */
final class Arguments {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    private static final Field[] OPERANDS = {LAYOUT.word(), LAYOUT.word(), LAYOUT.word(), LAYOUT.word(), LAYOUT.word(), LAYOUT.word()};
    private static final Field SIZE = LAYOUT.word(), COUNT = LAYOUT.word();
    /** Bytes of whole vectors of a row, and the lanes of the last; bytes between neighbours along the table's axis. */
    static final Field BYTES = LAYOUT.word(), LANES = LAYOUT.word(), AXIS_STEP = BYTES;
    private static final Field FAILED = LAYOUT.word();
    private static final ThreadLocal<Arguments> MINE = ThreadLocal.withInitial(Arguments::new);

    private final MemorySegment memory = Arena.ofAuto().allocate(LAYOUT.bytes(), 64);

    static Arguments mine() { return MINE.get(); }

    /** Index, dense and table: address and step in bytes. */
    Arguments operands(long... addressesAndSteps) {
        for (int i = 0; i < addressesAndSteps.length; i++) set(OPERANDS[i], addressesAndSteps[i]);
        return this;
    }

    Arguments set(Field field, long value) {
        field.set(memory, value);
        return this;
    }

    /** False if an index was out of range. */
    boolean run(Kernel kernel, long size, long count) {
        set(SIZE, size).set(COUNT, count).set(FAILED, 0);
        kernel.callLong(memory.address());
        return FAILED.get(memory) == 0;
    }

    // In the kernels.

    /** The operands, the size and the count into these registers. */
    static void load(Assembler a, Gp... registers) {
        for (int i = 0; i < OPERANDS.length; i++) a.mov(registers[i], Mem.at(RDI, OPERANDS[i]));
        a.mov(registers[OPERANDS.length], Mem.at(RDI, SIZE));
        a.mov(registers[OPERANDS.length + 1], Mem.at(RDI, COUNT));
    }

    /** Where an index is not below the size: it counts from the end, or is out of range and ends the kernel. */
    static void wrap(Assembler a, Label here, Gp index, Gp size, Label back, Label end) {
        a.bind(here);
        a.add(index, size);
        a.cmp(index, size);
        a.jump(Condition.B, back);
        a.mov(index, 1);
        a.mov(Mem.at(RDI, FAILED), index);
        a.jump(end);
    }
}
