package lyceum.backend.x86.fuse;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The memory of a thread that calls kernels: an argument block, and buffers for the rows that a program keeps. */
final class Scratch {
    private static final ThreadLocal<Scratch> OWN = new ThreadLocal<>();

    final MemorySegment block = Arena.ofAuto().allocate(ArgumentBlock.MOST, 64);
    private MemorySegment rows = MemorySegment.NULL;

    static Scratch get() {
        var own = OWN.get();
        if (own == null) OWN.set(own = new Scratch());
        return own;
    }

    /** Buffers for rows of {@code columns} elements, their addresses written into the block from {@code at} on. */
    void keepRows(long[] elementBytes, long columns, long at) {
        long needed = 0;
        for (long bytes : elementBytes) needed += bytes * columns + 128;
        if (rows.byteSize() < needed) rows = Arena.ofAuto().allocate(needed, 64);
        long address = rows.address();
        for (long bytes : elementBytes) {
            block.set(java.lang.foreign.ValueLayout.JAVA_LONG, at, address);
            address += (bytes * columns + 63) / 64 * 64;
            at += ArgumentBlock.OPERAND_BYTES;
        }
    }
}
