package lyceum.backend.x86.conv;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.conv.Tables.Columns;
import lyceum.backend.x86.conv.Tables.Steps;

/** Covers rows and columns of a product with tiles that fit the registers, and calls the kernel for each. Kernels are made on first use. */
final class Tiles {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    /** Vectors of work, about 50 microseconds, beyond which a collection shall not have to wait. */
    static final long LONG_CALL = 150_000;

    private final Cpu cpu;
    private final Element element;
    private final ThreadLocal<MemorySegment> perThread = Arguments.perThread();
    private final KernelCache<Cpu> kernels;

    Tiles(KernelCache<Cpu> kernels, Element element) {
        this.kernels = kernels;
        this.cpu = kernels.cpu();
        this.element = element;
    }

    Element element() { return element; }

    int lanes() { return element.lanes(cpu); }

    /** Multiply-adds in a nanosecond, about. */
    double pace() { return 3.0 * lanes(); }

    /**
     * One product. Addresses are in bytes.
     *
     * @param a of the first row, whose rows lie {@code aStride} apart; likewise y
     * @param bias of the first row, or 0
     */
    record Product(long a, long aStride, long x, long y, long yStride, long bias, boolean relu, boolean accumulate) { }

    /** Vectors of a tile, for so many: as equal as possible. */
    int width(int vectors) {
        int most = OffsetProduct.mostVectors(cpu);
        if (most == 4) most = vectors % 4 == 0 && vectors % 3 != 0 && vectors <= 8 ? 4 : 3;
        return Math.min(most, vectors);
    }

    /** Rows of a panel beside tiles of that width. */
    int height(int width, int rows) { return Math.min(rows, OffsetProduct.mostRows(cpu, width)); }

    /** Rows {@code firstRow .. lastRow - 1} times column vectors {@code first .. last - 1}, tile by tile, each in registers. */
    void multiply(Product p, Steps steps, int firstStep, int count, int firstRow, int lastRow, Columns columns, int first, int last) {
        var arguments = perThread.get();
        arguments.set(LONG, OffsetProduct.A_STRIDE, p.aStride);
        arguments.set(LONG, OffsetProduct.STEPS, steps.address(firstStep));
        arguments.set(LONG, OffsetProduct.COUNT, count);
        arguments.set(LONG, OffsetProduct.X, p.x);
        arguments.set(LONG, OffsetProduct.Y_STRIDE, p.yStride);
        int width = width(last - first), height = height(width, lastRow - firstRow);
        if (last - first <= width) {
            int whole = (lastRow - firstRow) / height, rest = firstRow + whole * height;
            call(p, firstRow, height, columns, first, last - first, whole, true);
            if (rest < lastRow) call(p, rest, lastRow - rest, columns, first, last - first, 1, true);
            return;
        }
        int whole = (last - first) / width, rest = first + whole * width;
        for (int row = firstRow; row < lastRow; row += height) {
            int rows = Math.min(height, lastRow - row);
            call(p, row, rows, columns, first, width, whole, false);
            if (rest < last) call(p, row, rows, columns, rest, last - rest, 1, false);
        }
    }

    /** So many tiles of one form, {@code down} or across. */
    private void call(Product p, int row, int rows, Columns columns, int first, int vectors, int count, boolean down) {
        var arguments = perThread.get();
        arguments.set(LONG, OffsetProduct.A, p.a + row * p.aStride);
        arguments.set(LONG, OffsetProduct.Y, p.y + row * p.yStride);
        arguments.set(LONG, OffsetProduct.BIAS, p.bias + (long) element.bytes * row);
        arguments.set(LONG, OffsetProduct.COLUMNS, columns.address(first));
        arguments.set(LONG, OffsetProduct.TILES, count);
        arguments.set(LONG, OffsetProduct.A + OffsetProduct.MOVE, down ? rows * p.aStride : 0);
        arguments.set(LONG, OffsetProduct.Y + OffsetProduct.MOVE, down ? rows * p.yStride : 0);
        arguments.set(LONG, OffsetProduct.BIAS + OffsetProduct.MOVE, down ? (long) element.bytes * rows : 0);
        arguments.set(LONG, OffsetProduct.COLUMNS + OffsetProduct.MOVE, down ? 0 : (long) vectors * OffsetProduct.COLUMN);
        var kernel = kernels.of(new OffsetProduct(element, rows, vectors, p.accumulate, p.bias != 0, p.relu));
        if (arguments.get(LONG, OffsetProduct.COUNT) * rows * vectors * count > LONG_CALL) kernel.callLong(arguments.address());
        else kernel.call(arguments.address());
    }
}
