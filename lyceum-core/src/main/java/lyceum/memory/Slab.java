package lyceum.memory;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A block from which small storages are carved one after another; it is freed as one when none of them is reachable, so that a small tensor
 * costs the collector no reference of its own.
 */
final class Slab {
    /** Storages up to {@code TINY} bytes come from slabs of the first size, those up to {@code SMALL} from the second: 8 at least to a slab. */
    static final int TINY = 4096, SMALL = 32768, TINY_SLAB = 65536, SMALL_SLAB = 262144;

    private final MemorySegment memory;
    private final AtomicLong top = new AtomicLong();
    private Block block;

    Slab(MemorySegment memory) { this.memory = memory; }

    /** 0 for tiny storages, 1 for small ones. */
    static int kind(long bytes) { return bytes <= TINY ? 0 : 1; }

    static int bytes(int kind) { return kind == 0 ? TINY_SLAB : SMALL_SLAB; }

    /** The next {@code bytes} of it, or null if it is full. */
    Storage carve(long bytes) {
        long size = Math.max(64, (bytes + 63) & -64L);
        long at = top.getAndAdd(size);
        return at + size <= memory.byteSize() ? new Storage(memory, at, bytes, this, null) : null;
    }

    void block(Block block) { this.block = block; }

    /** At the end of the scope: nobody may read its storages any more, so that it need not wait for the collector. */
    void close() { block.release(); }
}
