package lyceum.backend.x86.conv;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import lyceum.backend.Parallel;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;
import lyceum.backend.x86.conv.Copies.Place;
import lyceum.backend.x86.conv.Tables.Columns;
import lyceum.backend.x86.conv.Tables.Steps;
import lyceum.backend.x86.conv.Tiles.Product;

/**
 * Products over small images: columns of several examples are packed densely, a block of steps at a time, so that no lane is wasted. A piece of work
 * is a block of rows and of columns, with its own packed block and its own sums, which stay in the second-level cache.
 */
final class PackedProduct {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    /** The most vectors of a block of columns, rows of a block of rows, steps that are packed at once. */
    private static final int VECTORS = 13, ROWS = 256, STEPS = 256;
    /** Bytes of a line of packed columns or sums at most: one vector more may come in, and one is written beyond the last. */
    private static final long LINE = 64 * (VECTORS + 2);

    private final Tiles tiles;
    private final Copies copies;
    private final Kernel pack;
    private final Element element;
    private final int lanes;
    private final ThreadLocal<MemorySegment> arguments = Arguments.perThread();
    /** A packed block and its sums. */
    private final ThreadLocal<MemorySegment> scratches = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate((STEPS + ROWS) * LINE, 64));

    PackedProduct(Cpu cpu, Tiles tiles, Copies copies) {
        this.tiles = tiles;
        this.copies = copies;
        pack = Pack.generate(cpu);
        element = tiles.element();
        lanes = tiles.lanes();
    }

    /** True if dense columns save more than packing costs. */
    boolean pays(int examples, int outputs, int rows, Columns columns) {
        if (pack == null || rows < 48) return false;
        long flat = (long) examples * columns.count(), dense = ((long) examples * outputs + lanes - 1) / lanes;
        return flat > 1.08 * dense + 1;
    }

    /** A block of columns: what to pack, and for each example in it how many outputs stand where. */
    private record Block(Columns source, int outputs, List<Part> parts) { }

    /** @param first output of the example in this block, {@code at} its place in the block */
    private record Part(int example, int first, int count, int at) { }

    /** @param products of each example, whose operands differ in x and y alone; y lies in {@code result} */
    void multiply(Product[] products, int rows, int depth, Columns columns, Steps steps, MemorySegment result) {
        var blocks = blocks(products, columns);
        int rowBlocks = (rows + ROWS - 1) / ROWS;
        Parallel.range((long) blocks.size() * rowBlocks, 1, (double) blocks.getFirst().outputs * Math.min(rows, ROWS) * depth / tiles.pace(), (from, to) -> {
            for (long piece = from; piece < to; piece++) {
                int first = (int) (piece % rowBlocks) * ROWS;
                piece(blocks.get((int) (piece / rowBlocks)), products, first, Math.min(rows, first + ROWS), depth, steps, result);
            }
        });
        for (var block : blocks) java.lang.ref.Reference.reachabilityFence(block);
    }

    private List<Block> blocks(Product[] products, Columns columns) {
        var blocks = new ArrayList<Block>();
        int total = products.length * columns.count(), n = 0, all = 0;
        for (int v = 0; v < columns.count(); v++) all += columns.outputs(v);
        long dense = ((long) products.length * all + lanes - 1) / lanes, needed = (dense + VECTORS - 1) / VECTORS;
        int most = (int) ((dense + needed - 1) / needed) + 1; // one more, for a block seldom ends at its last lane
        while (n < total) {
            var source = new Columns(total - n, element, lanes);
            var parts = new ArrayList<Part>();
            int filled = 0;
            // As many of the vectors as fit; a block ends between vectors.
            while (n < total && filled + columns.outputs(n % columns.count()) <= most * lanes) {
                int example = n / columns.count(), v = n % columns.count();
                var last = parts.isEmpty() ? null : parts.getLast();
                int count = columns.outputs(v), first = (int) (columns.y(v) / element.bytes);
                source.add(products[example].x() - products[0].x() + columns.x(v), (long) element.bytes * filled, columns.valid(v));
                if (last != null && last.example == example) parts.set(parts.size() - 1, new Part(example, last.first, last.count + count, last.at));
                else parts.add(new Part(example, first, count, filled));
                filled += count;
                n++;
            }
            blocks.add(new Block(source, filled, parts));
        }
        return blocks;
    }

    private void piece(Block block, Product[] products, int firstRow, int lastRow, int depth, Steps steps, MemorySegment result) {
        int vectors = (block.outputs + lanes - 1) / lanes, line = (vectors + 1) * lanes, bytes = element.bytes;
        var dense = new Columns(vectors, element, lanes);
        for (int v = 0; v < vectors; v++) dense.add((long) bytes * v * lanes, (long) bytes * v * lanes, element.wordMask((1 << lanes) - 1));
        var numbers = new Steps(STEPS);
        var scratch = scratches.get();
        long packed = scratch.address(), sums = packed + STEPS * LINE;
        var p = products[0];
        for (int from = 0; from < depth || from == 0; from += STEPS) {
            int n = Math.min(STEPS, depth - from);
            if (n > 0) pack(p.x(), steps, from, n, block.source, packed, (long) bytes * line);
            numbers.clear();
            for (int k = 0; k < n; k++) numbers.add((long) bytes * k * line, steps.a(from + k));
            boolean last = from + STEPS >= depth;
            var product = new Product(p.a(), p.aStride(), packed, sums - (long) bytes * firstRow * line, (long) bytes * line, last ? p.bias() : 0, last && p.relu(), from > 0);
            tiles.multiply(product, numbers, 0, n, firstRow, lastRow, dense, 0, vectors);
        }
        for (var part : block.parts) {
            var from = new Place(scratch, STEPS * LINE, bytes).plus(part.at);
            var to = new Place(result, products[part.example].y() + firstRow * p.yStride() + (long) bytes * part.first - result.address(), bytes);
            copies.lines(from, line, 1, to, p.yStride() / bytes, 1, part.count, lastRow - firstRow, Copies.Planes.ONE);
        }
        for (var kept : new Object[] {dense, numbers}) java.lang.ref.Reference.reachabilityFence(kept);
    }

    private void pack(long x, Steps steps, int from, int n, Columns columns, long to, long line) {
        var call = arguments.get();
        call.set(LONG, Pack.X, x);
        call.set(LONG, Pack.STEPS, steps.address(from));
        call.set(LONG, Pack.COUNT, n);
        call.set(LONG, Pack.COLUMNS, columns.address(0));
        call.set(LONG, Pack.VECTORS, columns.count());
        call.set(LONG, Pack.TO, to);
        call.set(LONG, Pack.TO_LINE, line);
        pack.call(call.address());
    }
}
