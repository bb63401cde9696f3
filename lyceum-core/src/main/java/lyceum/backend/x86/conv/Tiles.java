package lyceum.backend.x86.conv;

import java.lang.foreign.MemorySegment;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.conv.Tables.Columns;
import lyceum.backend.x86.conv.Tables.Steps;

/** Covers rows and columns of a product with tiles that fit the registers, and calls the kernel for each. Kernels are made on first use. */
final class Tiles {

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
    record Product(long a, long aStride, long x, long y, long yStride, long bias, boolean relu, boolean accumulate) {}

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
        OffsetProduct.A_STRIDE.set(arguments, p.aStride);
        OffsetProduct.STEPS.set(arguments, steps.address(firstStep));
        OffsetProduct.COUNT.set(arguments, count);
        OffsetProduct.X.set(arguments, p.x);
        OffsetProduct.Y_STRIDE.set(arguments, p.yStride);
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
        OffsetProduct.A.set(arguments, p.a + row * p.aStride);
        OffsetProduct.Y.set(arguments, p.y + row * p.yStride);
        OffsetProduct.BIAS.set(arguments, p.bias + (long) element.bytes * row);
        OffsetProduct.COLUMNS.set(arguments, columns.address(first));
        OffsetProduct.TILES.set(arguments, count);
        OffsetProduct.A_MOVE.set(arguments, down ? rows * p.aStride : 0);
        OffsetProduct.Y_MOVE.set(arguments, down ? rows * p.yStride : 0);
        OffsetProduct.BIAS_MOVE.set(arguments, down ? (long) element.bytes * rows : 0);
        OffsetProduct.COLUMNS_MOVE.set(arguments, down ? 0 : (long) vectors * OffsetProduct.COLUMN);
        var kernel = kernels.of(new OffsetProduct(element, rows, vectors, p.accumulate, p.bias != 0, p.relu));
        if (OffsetProduct.COUNT.get(arguments) * rows * vectors * count > LONG_CALL) kernel.callLong(arguments.address());
        else kernel.call(arguments.address());
    }
}
