package lyceum.backend.x86.conv;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import lyceum.backend.Parallel;
import lyceum.backend.code.KernelCache;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.conv.Copies.Place;
import lyceum.backend.x86.conv.Tables.Columns;
import lyceum.backend.x86.conv.Tables.Steps;
import lyceum.backend.x86.conv.Tiles.Product;
import lyceum.memory.Scope;

/**
 * Products over small images: columns of several examples are packed densely, a block of steps at a time, so that no lane is wasted. A piece of work
 * is a block of rows and of columns, with its own packed block and its own sums, which stay in the second-level cache.
 */
final class PackedProduct {
    /** The most vectors of a block of columns, rows of a block of rows, steps that are packed at once. */
    private static final int VECTORS = 13, ROWS = 256, STEPS = 256;
    /** Bytes of a line of packed columns or sums, with room for what is written beyond its end: an odd number of lines of the cache. */
    private static final long LINE = 64 * (VECTORS + 2);

    private final Tiles tiles;
    private final Copies copies;
    private final KernelCache<Cpu> kernels;
    private final Element element;
    private final int lanes;
    /** Vectors side by side. */
    private final Columns side;
    private final ThreadLocal<MemorySegment> arguments = Arguments.perThread();
    /** A packed block and its sums. */
    private final ThreadLocal<MemorySegment> scratches = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate((STEPS + ROWS) * LINE, 64));

    PackedProduct(KernelCache<Cpu> kernels, Tiles tiles, Copies copies) {
        this.kernels = kernels;
        this.tiles = tiles;
        this.copies = copies;
        element = tiles.element();
        lanes = tiles.lanes();
        side = new Columns(VECTORS, element, lanes);
        for (int v = 0; v < VECTORS; v++)
            side.add((long) v * lanes * element.bytes, (long) v * lanes * element.bytes, element.wordMask((1 << lanes) - 1));
    }

    /** True if dense columns save more than packing costs. */
    boolean pays(int examples, int outputs, int rows, Columns columns) {
        if (rows < 48) return false;
        long flat = (long) examples * columns.count(), dense = ((long) examples * outputs + lanes - 1) / lanes;
        return flat > 1.08 * dense + 1;
    }

    /** A block of columns: what to pack, and for each example in it how many outputs stand where. */
    private record Block(Columns source, List<Part> parts) {
        void put(int example, int first, int count, int at) {
            var last = parts.isEmpty() ? null : parts.getLast();
            if (last == null || last.example != example) parts.add(new Part(example, first, count, at));
            else parts.set(parts.size() - 1, new Part(example, last.first, last.count + count, last.at));
        }

        int outputs() { return parts.getLast().at + parts.getLast().count; }
    }

    /** @param first output of the example in this block, {@code at} its place in the block */
    private record Part(int example, int first, int count, int at) {}

    /** @param products of each example, whose operands differ in x and y alone; y lies in {@code result} */
    void multiply(Product[] products, int rows, int depth, Columns columns, Steps steps, MemorySegment result) {
        var blocks = blocks(products, columns);
        Scope.current().hold(blocks);
        int rowBlocks = (rows + ROWS - 1) / ROWS;
        Parallel.range((long) blocks.size() * rowBlocks, 1,
                (double) blocks.getFirst().outputs() * Math.min(rows, ROWS) * depth / tiles.pace(), (from, to) -> {
                    for (long piece = from; piece < to; piece++) {
                        int first = (int) (piece % rowBlocks) * ROWS;
                        piece(blocks.get((int) (piece / rowBlocks)), products, first, Math.min(rows, first + ROWS), depth, steps, result);
                    }
                });
    }

    /** Blocks whose numbers of vectors differ by one at most, all full except for the last of all; a source vector may be cut in two. */
    private List<Block> blocks(Product[] products, Columns columns) {
        var blocks = new ArrayList<Block>();
        int outputs = 0;
        for (int v = 0; v < columns.count(); v++) outputs += columns.outputs(v);
        long dense = Math.ceilDiv((long) products.length * outputs, lanes), needed = Math.ceilDiv(dense, VECTORS);
        int sources = (VECTORS * lanes / outputs + 2) * columns.count();
        var block = new Block(new Columns(sources, element, lanes), new ArrayList<>());
        int filled = 0, most = (int) (dense / needed) * lanes;
        for (int example = 0; example < products.length; example++) {
            for (int v = 0, done = 0; v < columns.count();) {
                int first = (int) (columns.y(v) / element.bytes) + done, n = Math.min(columns.outputs(v) - done, most - filled);
                int mask = Integer.expand((1 << element.words * (done + n)) - (1 << element.words * done), columns.valid(v));
                block.source.add(products[example].x() - products[0].x() + columns.x(v), (long) element.bytes * filled, mask);
                block.put(example, first, n, filled);
                filled += n;
                done += n;
                if (done == columns.outputs(v)) {
                    v++;
                    done = 0;
                }
                if (filled < most) continue;
                blocks.add(block);
                long made = blocks.size();
                most = (int) ((made + 1) * dense / needed - made * dense / needed) * lanes;
                block = new Block(new Columns(sources, element, lanes), new ArrayList<>());
                filled = 0;
            }
        }
        if (filled > 0) blocks.add(block);
        return blocks;
    }

    private void piece(Block block, Product[] products, int firstRow, int lastRow, int depth, Steps steps, MemorySegment result) {
        var scratch = scratches.get();
        long packed = scratch.address(), sums = packed + STEPS * LINE;
        var dense = steps.dense(STEPS, LINE);
        var p = products[0];
        for (int from = 0; from < depth || from == 0; from += STEPS) {
            int n = Math.min(STEPS, depth - from);
            if (n > 0) pack(p.x(), steps, from, n, block.source, packed);
            boolean last = from + STEPS >= depth;
            var product = new Product(p.a(), p.aStride(), packed, sums - firstRow * LINE, LINE, last ? p.bias() : 0, last && p.relu(),
                    from > 0);
            tiles.multiply(product, dense, from, n, firstRow, lastRow, side, 0, Math.ceilDiv(block.outputs(), lanes));
        }
        for (var part : block.parts) {
            var from = new Place(scratch, STEPS * LINE, element.bytes).plus(part.at);
            var to = new Place(result,
                    products[part.example].y() + firstRow * p.yStride() + (long) element.bytes * part.first - result.address(),
                    element.bytes);
            copies.lines(from, LINE / element.bytes, 1, to, p.yStride() / element.bytes, 1, part.count, lastRow - firstRow,
                    Copies.Planes.ONE);
        }
    }

    private void pack(long x, Steps steps, int from, int n, Columns columns, long to) {
        var call = arguments.get();
        Pack.X.set(call, x);
        Pack.STEPS.set(call, steps.address(from));
        Pack.COUNT.set(call, n);
        Pack.COLUMNS.set(call, columns.address(0));
        Pack.VECTORS.set(call, columns.count());
        Pack.TO.set(call, to);
        Pack.TO_LINE.set(call, LINE);
        kernels.of(new Pack()).call(call.address());
    }
}
