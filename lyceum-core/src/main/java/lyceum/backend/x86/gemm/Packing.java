package lyceum.backend.x86.gemm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.asm.Feature;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/** Copies blocks of the operands into the layouts that the micro-kernel reads in sequence. */
final class Packing {
    /** All memory, to address it as the kernels do. */
    @SuppressWarnings("restricted")
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final int LINE = 64;
    /** Ones, then zeros: a window on it is a mask of some lanes, for CPUs without mask registers. */
    private static final Storage LANE_MASKS = laneMasks();

    private final Cpu cpu;
    private final Kernels kernels;

    Packing(Cpu cpu, Kernels kernels) {
        this.cpu = cpu;
        this.kernels = kernels;
    }

    private static Storage laneMasks() {
        var storage = Allocator.allocate(64, null);
        for (int i = 0; i < 16; i++) storage.segment().set(ValueLayout.JAVA_INT, storage.base() + 4L * i, i < 8 ? -1 : 0);
        return storage;
    }

    /** What a kernel takes as the mask of the first {@code lanes} lanes: the bits, or the address of lanes. */
    long mask(int lanes, int lane) {
        if (cpu.has(Feature.AVX512)) return (1L << lanes) - 1;
        return LANE_MASKS.segment().address() + LANE_MASKS.base() + 32 - (long) lanes * lane;
    }

    /** Rows of A one behind the other, a line apart, so that they do not meet in the same set of the cache. */
    Operand rows(Arithmetic arithmetic, Scratch scratch, Operand a, int rows, int steps) {
        int lane = arithmetic.lane;
        long stride = ((long) steps * lane + LINE - 1) / LINE * LINE + LINE, to = scratch.left(rows * stride);
        if (a.columnStride() == lane) {
            for (int i = 0; i < rows; i++) MemorySegment.copy(MEMORY, a.address() + i * a.rowStride(), MEMORY, to + i * stride, (long) steps * lane);
        } else if (a.rowStride() == lane) {
            turn(a.address(), a.columnStride(), to, stride, steps, rows, lane);
        } else {
            for (int i = 0; i < rows; i++) gather(a.address() + i * a.rowStride(), a.columnStride(), to + i * stride, lane, steps, lane);
        }
        return new Operand(to, stride, lane);
    }

    /** One panel of B: {@code steps} rows of {@code vectors} vectors, {@code columns} of whose lanes are used. */
    void panel(Arithmetic arithmetic, Operand b, long to, int vectors, int columns, int steps) {
        int lane = arithmetic.lane, lanes = cpu.vectorBits() / 8 / lane;
        long width = (long) vectors * cpu.vectorBits() / 8;
        if (b.columnStride() == lane) {
            kernels.copy(lane, vectors).call(b.address(), b.rowStride(), to, width, steps, mask(columns - (vectors - 1) * lanes, lane));
        } else if (b.rowStride() == lane) {
            for (int v = 0; v < vectors; v++) {
                int strip = Math.min(lanes, columns - v * lanes);
                kernels.transpose(lane).call(b.address() + (long) v * lanes * b.columnStride(), b.columnStride(), to + (long) v * cpu.vectorBits() / 8, width, strip, steps);
            }
        } else {
            for (int p = 0; p < steps; p++) gather(b.address() + p * b.rowStride(), b.columnStride(), to + p * width, lane, columns, lane);
        }
    }

    /** {@code rows} rows become columns: strips of as many rows as a vector has lanes. */
    private void turn(long from, long fromStride, long to, long toStride, int rows, int columns, int lane) {
        int lanes = cpu.vectorBits() / 8 / lane;
        for (int r = 0; r < rows; r += lanes) {
            kernels.transpose(lane).call(from + r * fromStride, fromStride, to + (long) r * lane, toStride, Math.min(lanes, rows - r), columns);
        }
    }

    private static void gather(long from, long fromStride, long to, long toStride, int count, int lane) {
        for (int i = 0; i < count; i++) {
            if (lane == 8) MEMORY.set(ValueLayout.JAVA_LONG_UNALIGNED, to + i * toStride, MEMORY.get(ValueLayout.JAVA_LONG_UNALIGNED, from + i * fromStride));
            else MEMORY.set(ValueLayout.JAVA_INT_UNALIGNED, to + i * toStride, MEMORY.get(ValueLayout.JAVA_INT_UNALIGNED, from + i * fromStride));
        }
    }
}
