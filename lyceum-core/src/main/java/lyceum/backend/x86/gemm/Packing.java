package lyceum.backend.x86.gemm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.DType;
import lyceum.backend.code.KernelCache;
import lyceum.backend.scalar.Elements;
import lyceum.backend.x86.asm.Feature;
import lyceum.backend.x86.machine.Cpu;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/** Copies blocks of the operands into the layouts that the micro-kernel reads in sequence. Strides of sources are those of elements. */
final class Packing {
    /** All memory, to address it as the kernels do. */
    @SuppressWarnings("restricted") static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final int LINE = 64, WIDEST = 8;
    /** Bytes from part to part of a line of a block of B: at most 512 columns, and a line apart. */
    static final int PART_OF_BLOCK = 2 * 512 + LINE;
    /** Inner size of a block of split operands by vectors or tiles, and with it the distance of parts in a row of A by vectors. */
    static final int SPLIT_DEPTH = 128, LEFT_PART = 2 * SPLIT_DEPTH;
    /** Ones, then zeros: a window on it is a mask of some lanes, for CPUs without mask registers. */
    private static final Storage LANE_MASKS = laneMasks();
    /** 64 times the byte 128, then a panel's width of zeros. */
    private static final Storage HALVES = halves(64 * WIDEST);

    private final Cpu cpu;
    private final KernelCache<Cpu> kernels;

    Packing(Cpu cpu, KernelCache<Cpu> kernels) {
        this.cpu = cpu;
        this.kernels = kernels;
    }

    private static Storage laneMasks() {
        var storage = Allocator.allocate(64, null);
        for (int i = 0; i < 16; i++) storage.segment().set(ValueLayout.JAVA_INT, storage.base() + 4L * i, i < 8 ? -1 : 0);
        return storage;
    }

    private static Storage halves(int zeros) {
        var storage = Allocator.allocate(LINE + zeros, null);
        storage.segment().asSlice(storage.base(), LINE).fill((byte) 128);
        storage.segment().asSlice(storage.base() + LINE, zeros).fill((byte) 0);
        return storage;
    }

    /** The address of some bytes of 128. */
    long halves() { return HALVES.address(); }

    /** The address of a panel's width of zeros. */
    long zeros() { return halves() + LINE; }

    /** What a kernel takes as the mask of the first {@code lanes} lanes: the bits, or the address of lanes. */
    long mask(int lanes, int lane) {
        if (cpu.has(Feature.AVX512)) return (1L << lanes) - 1;
        return LANE_MASKS.address() + 32 - (long) lanes * lane;
    }

    private int vectorBytes() { return cpu.vectorBits() / 8; }

    /** Lines a little apart, so that they do not meet in the same set of the cache. */
    private static long apart(long bytes) { return (bytes + LINE - 1) / LINE * LINE + LINE; }

    /** A block of F16, BF16 or bytes in the type in which it is multiplied, four bytes an element. */
    Operand widened(DType type, Scratch scratch, Scratch.Use use, Operand x, int rows, int columns) {
        if (x.columnStride() != type.bytes() && x.rowStride() == type.bytes())
            return widened(type, scratch, use, x.transposed(), columns, rows).transposed();
        long stride = apart(4L * columns), to = scratch.get(use, rows * stride);
        if (x.columnStride() == type.bytes()) {
            kernels.of(new LineKernel.Widen(type)).move((long) rows * columns, x.address(), x.rowStride(), to, stride, rows, columns);
        } else {
            for (int i = 0; i < rows; i++) for (int j = 0; j < columns; j++) {
                long from = x.address() + i * x.rowStride() + j * x.columnStride(), at = to + i * stride + 4L * j;
                if (type.isFloat()) MEMORY.set(ValueLayout.JAVA_FLOAT, at, (float) Elements.getDouble(type, MEMORY, from));
                else MEMORY.set(ValueLayout.JAVA_INT, at, (int) Elements.getLong(type, MEMORY, from));
            }
        }
        return new Operand(to, stride, 4);
    }

    /** True if the elements of a step lie side by side in one direction. */
    static boolean canTile(Arithmetic arithmetic, Operand a, int k) {
        return arithmetic != Arithmetic.I8I8 && k % arithmetic.depth == 0
                && (a.columnStride() == arithmetic.bytes || arithmetic.depth == 1 && a.rowStride() == arithmetic.bytes);
    }

    /** From a packed tile to the next: a line more than it takes, so that those that are packed at once do not meet in the same set of the cache. */
    static long tileBytes(Arithmetic arithmetic, int tile, long steps) { return (long) tile * arithmetic.lane * steps + LINE; }

    /** Rows of A, tile by tile: for every step the elements of a tile's rows are neighbours. The result's strides are those within a tile. */
    Operand tiles(Arithmetic arithmetic, Scratch scratch, Operand a, int rows, int k, int tile) {
        int lane = arithmetic.lane, steps = k / arithmetic.depth;
        long width = (long) tile * lane, apart = tileBytes(arithmetic, tile, steps),
                to = scratch.get(Scratch.Use.LEFT, (rows + tile - 1) / tile * apart + LINE);
        int lanes = vectorBytes() / lane, together = 1;
        boolean isVector = width == 32 || width == vectorBytes();
        for (int row = 0; row < rows; row += together * tile) {
            int height = Math.min(tile, rows - row), vectors = (height + lanes - 1) / lanes;
            long from = a.address() + row * a.rowStride(), at = to + row / tile * apart;
            together = a.columnStride() == arithmetic.bytes || !isVector ? 1 : Math.clamp((rows - row) / tile, 1, PackKernel.MOST_PILES);
            if (a.columnStride() == arithmetic.bytes) turn(from, a.rowStride(), at, width, height, steps, lane);
            else if (isVector && height == tile)
                kernels.of(new PackKernel.Deal((int) width, together)).call(from, a.columnStride(), at, apart, steps, 0);
            else kernels.of(new PackKernel.Copy(lane, vectors)).call(from, a.columnStride(), at, width, steps,
                    mask(height - (vectors - 1) * lanes, lane));
        }
        return new Operand(to, lane, width);
    }

    /** Rows of A, {@code k} elements each. The result's strides are those from row to row and from step to step. */
    Operand rows(Arithmetic arithmetic, Scratch scratch, Operand a, int rows, int k) {
        int bytes = arithmetic.bytes, lane = arithmetic.lane, steps = (k + arithmetic.depth - 1) / arithmetic.depth;
        boolean flipped = arithmetic == Arithmetic.I8I8;
        if (arithmetic.depth > 1 && a.rowStride() == bytes && a.columnStride() != bytes && cpu.has(Feature.AVX512)) {
            long width = (rows + 15L) / 16 * LINE, to = scratch.get(Scratch.Use.LEFT, width * steps);
            for (int strip = 0; strip < rows; strip += 16 * WIDEST)
                interleave(arithmetic, new Operand(a.address() + (long) strip * bytes, a.columnStride(), bytes), to + 4L * strip, width,
                        Math.min(16 * WIDEST, rows - strip), k, flipped);
            return new Operand(to, lane, width);
        }
        long stride = apart((long) steps * lane), to = scratch.get(Scratch.Use.LEFT, rows * stride);
        if (a.columnStride() == bytes && flipped) {
            kernels.of(new LineKernel.Flip()).move((long) rows * k, a.address(), a.rowStride(), to, stride, rows, k);
        } else if (a.columnStride() == bytes) {
            for (int i = 0; i < rows; i++) {
                if (k % arithmetic.depth != 0) MEMORY.set(ValueLayout.JAVA_INT, to + i * stride + 4L * (steps - 1), 0);
                MemorySegment.copy(MEMORY, a.address() + i * a.rowStride(), MEMORY, to + i * stride, (long) k * bytes);
            }
        } else if (a.rowStride() == bytes && arithmetic.depth == 1) {
            turn(a.address(), a.columnStride(), to, stride, k, rows, lane);
        } else {
            for (int i = 0; i < rows; i++)
                gather(arithmetic, a.address() + i * a.rowStride(), a.columnStride(), to + i * stride, lane, k, flipped);
        }
        return new Operand(to, stride, lane);
    }

    /** Lines of F32, contiguous, in parts of BF16; {@link SplitKernel} says how far apart those of a line are. */
    Operand parts(int parts, boolean left, Scratch scratch, Operand x, int lines, int length) {
        long stride = apart(parts == 1 ? 2L * length + LINE : (long) parts * (left ? LEFT_PART : PART_OF_BLOCK));
        long to = scratch.get(left ? Scratch.Use.PARTS_LEFT : Scratch.Use.PARTS_RIGHT, lines * stride);
        kernels.of(new SplitKernel(parts, left)).move((long) lines * length, x.address(), x.rowStride(), to, stride, lines, length);
        return new Operand(to, stride, 2);
    }

    /** One panel of B: {@code k} rows of {@code vectors} vectors, {@code columns} of whose lanes are used. */
    void panel(Arithmetic arithmetic, Operand b, long to, int vectors, int columns, int k) {
        int bytes = arithmetic.bytes, lane = arithmetic.lane, lanes = vectorBytes() / lane, whole = k / arithmetic.depth;
        long width = (long) vectors * vectorBytes();
        if (b.columnStride() == bytes && arithmetic.depth > 1 && cpu.has(Feature.AVX512)) {
            interleave(arithmetic, b, to, width, columns, k, false);
        } else if (b.columnStride() == bytes && arithmetic.depth == 1) {
            kernels.of(new PackKernel.Copy(lane, vectors)).call(b.address(), b.rowStride(), to, width, k,
                    mask(columns - (vectors - 1) * lanes, lane));
        } else if (b.rowStride() == bytes) {
            if (whole > 0) turn(b.address(), b.columnStride(), to, width, columns, whole, lane);
            if (k % arithmetic.depth == 0) return;
            for (int j = 0; j < columns; j++)
                gather(arithmetic, b.address() + j * b.columnStride() + (long) whole * lane, bytes, to + whole * width + (long) j * lane,
                        width, k % arithmetic.depth, false);
        } else {
            for (int j = 0; j < columns; j++)
                gather(arithmetic, b.address() + j * b.columnStride(), b.rowStride(), to + (long) j * lane, width, k, false);
        }
    }

    /** {@code k} rows of {@code columns} elements become groups of lanes. */
    private void interleave(Arithmetic arithmetic, Operand x, long to, long width, int columns, int k, boolean flipped) {
        int depth = arithmetic.depth, vectors = (columns + 15) / 16, whole = k / depth;
        long mask = mask(columns - (vectors - 1) * 16, 4);
        if (whole > 0) kernels.of(new InterleaveKernel(depth, depth, vectors, flipped, false, true)).call(x.address(), x.rowStride(), to,
                width, whole, mask);
        if (k % depth != 0) kernels.of(new InterleaveKernel(depth, k % depth, vectors, flipped, false, true))
                .call(x.address() + (long) whole * depth * x.rowStride(), x.rowStride(), to + whole * width, width, 1, mask);
    }

    /** {@code rows} rows become columns. */
    void turn(long from, long fromStride, long to, long toStride, int rows, int columns, int lane) {
        kernels.of(new TransposeKernel.Form(lane)).move((long) rows * columns, from, fromStride, to, toStride, rows, columns);
    }

    /** {@code k} elements along the inner dimension, {@code depth} to a lane; a lane that is not full ends in zeros. */
    private static void gather(Arithmetic arithmetic, long from, long fromStride, long to, long toStride, int k, boolean flipped) {
        int depth = arithmetic.depth;
        for (int p = 0; p < k; p += depth, to += toStride) {
            if (arithmetic.lane == 8) {
                MEMORY.set(ValueLayout.JAVA_LONG_UNALIGNED, to, MEMORY.get(ValueLayout.JAVA_LONG_UNALIGNED, from + p * fromStride));
                continue;
            }
            int lane = 0;
            for (int d = 0; d < Math.min(depth, k - p); d++) {
                long at = from + (p + d) * fromStride;
                lane |= switch (depth) {
                    case 1 -> MEMORY.get(ValueLayout.JAVA_INT_UNALIGNED, at);
                    case 2 -> (MEMORY.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xFFFF) << 16 * d;
                    default -> (MEMORY.get(ValueLayout.JAVA_BYTE, at) & 0xFF) << 8 * d;
                };
            }
            MEMORY.set(ValueLayout.JAVA_INT, to, flipped ? lane ^ 0x80808080 : lane);
        }
    }
}
