package lyceum.retrieval;

import java.lang.foreign.MemorySegment;
import lyceum.memory.Allocator;

/**
 * Native memory for rows of one size, a chunk of them at a time, its contents undefined. Chunks are parts of blocks, each several times what came before up to 16 MiB: so large that
 * they have large pages, without which a walk that reads rows all over would look up nearly every address in the page tables too.
 */
final class RowMemory {
    /** Rows of a chunk. */
    static final int CHUNK = 4096;
    private static final int GROWTH = 4;
    private static final long MOST = 16L << 20;

    private final long bytes;
    private MemorySegment block;
    private long used, given;

    RowMemory(long rowBytes) { bytes = CHUNK * rowBytes; }

    /** The next one. For one thread at a time. */
    MemorySegment chunk() {
        if (block == null || used == block.byteSize()) {
            block = Allocator.unpooled(Math.max(1, Math.min(MOST, GROWTH * given) / bytes) * bytes);
            used = 0;
        }
        var chunk = block.asSlice(used, bytes);
        used += bytes;
        given += bytes;
        return chunk;
    }
}
