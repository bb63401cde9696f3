package lyceum.backend.x86.gemm;

import java.lang.foreign.MemorySegment;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/** What a thread packs into, kept between products: off-heap, as large as the largest piece so far. */
final class Scratch {
    private static final ThreadLocal<Scratch> THREAD = new ThreadLocal<>();
    private static final int PARAMETERS = Math.max(MicroKernel.PARAMETERS, TileKernel.PARAMETERS + Tiles.CONFIGURATION);

    /** What a block of memory is for. */
    enum Use {
        LEFT, RIGHT, WIDE_LEFT, WIDE_RIGHT, PARTS_LEFT, PARTS_RIGHT, SUMS, STARTS, TILES_LEFT, TILES_SUMS, TRIANGLE, PAIRS
    }

    private final Storage parameters = Allocator.allocate(PARAMETERS, null);
    private final MemorySegment parameterBlock = parameters.segment().asSlice(parameters.base(), PARAMETERS);
    private final Storage[] blocks = new Storage[Use.values().length];

    static Scratch ofThread() {
        var own = THREAD.get();
        if (own == null) THREAD.set(own = new Scratch());
        return own;
    }

    /** The block behind a kernel's first argument. */
    MemorySegment parameters() { return parameterBlock; }

    /** The address of at least so many bytes, whatever they hold. */
    long get(Use use, long bytes) {
        var storage = storage(use, bytes);
        return storage.address();
    }

    Storage storage(Use use, long bytes) {
        var storage = blocks[use.ordinal()];
        return storage != null && storage.bytes() >= bytes ? storage
                : (blocks[use.ordinal()] = Allocator.allocate(bytes + bytes / 4, null));
    }
}
