package lyceum.backend.x86.fourier;

import java.lang.foreign.MemorySegment;
import lyceum.backend.x86.fourier.Columns.Place;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/** What a thread works in, kept between transforms: as large as the largest so far, up to a bound. */
final class Scratch {
    /** Bytes of a block that a thread keeps when a transform is done. */
    private static final long MOST_KEPT = 32L << 20;
    private static final ThreadLocal<Scratch> THREAD = new ThreadLocal<>();

    private final Storage parameters = Allocator.allocate(PassKernel.PARAMETERS, null);
    private final MemorySegment block = parameters.segment().asSlice(parameters.base(), PassKernel.PARAMETERS);
    private final Storage[] kept = new Storage[4];

    static Scratch ofThread() {
        var own = THREAD.get();
        if (own == null) THREAD.set(own = new Scratch());
        return own;
    }

    /** Behind a kernel's argument. */
    MemorySegment block() { return block; }

    /** One of two matrices. Numbers beside the columns are never read into them, but computed with. */
    Place place(int which, int rows, int columns) {
        long bytes = (long) rows * columns * Double.BYTES;
        var storage = get(which, 2 * bytes);
        return new Place(storage.address(), storage.address() + bytes, (long) columns * Double.BYTES);
    }

    /** Between the two halves of a transform. */
    Storage middle(long bytes) { return get(2, bytes); }

    /** What a convolution transforms to and fro. */
    Storage convolved(long bytes) { return get(3, bytes); }

    /** Gives up what only a very long transform needs. */
    void trim() { for (int i = 0; i < kept.length; i++) if (kept[i] != null && kept[i].bytes() > MOST_KEPT) kept[i] = null; }

    private Storage get(int which, long bytes) {
        var storage = kept[which];
        if (storage != null && storage.bytes() >= bytes) return storage;
        storage = Allocator.allocate(bytes + bytes / 4, null);
        storage.segment().asSlice(storage.base(), storage.bytes()).fill((byte) 0); // what is no number slows arithmetic down
        return kept[which] = storage;
    }
}
