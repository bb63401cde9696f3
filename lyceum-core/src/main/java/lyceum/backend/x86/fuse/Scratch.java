package lyceum.backend.x86.fuse;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import lyceum.backend.code.Geometry;

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

    /**
     * Buffers for rows of {@code columns} elements, written into the block as operands from {@code at} on. An output that no other operand may lie upon is one itself:
     * its lines are then fetched while the program computes what it keeps, and not all at once in its last loop.
     */
    void keepRows(Compiled code, Geometry geometry, long columns, long at) {
        long needed = 0;
        for (long bytes : code.keptBytes()) needed += bytes * columns + 128;
        if (rows.byteSize() < needed) rows = Arena.ofAuto().allocate(needed, 64);
        long free = rows.address();
        for (int k = 0; k < code.keptBytes().length; k++, at += ArgumentBlock.OPERAND_BYTES) {
            int output = code.keptIn()[k];
            boolean isOutput = output >= 0 && geometry.isApart(output);
            ArgumentBlock.ADDRESS.set(block, at,
                    isOutput ? ArgumentBlock.ADDRESS.get(block, (long) output * ArgumentBlock.OPERAND_BYTES) : free);
            ArgumentBlock.ROW_BYTES.set(block, at, isOutput ? geometry.rowBytes[output] : 0);
            free += (code.keptBytes()[k] * columns + 63) / 64 * 64;
        }
    }
}
