package lyceum.backend.x86.gemm;

import java.lang.foreign.MemorySegment;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/** What a thread packs into, kept between products: off-heap, as large as the largest piece so far. */
final class Scratch {
    private static final ThreadLocal<Scratch> THREAD = ThreadLocal.withInitial(Scratch::new);

    private final Storage parameters = Allocator.allocate(8L * MicroKernel.PARAMETERS, null);
    private final MemorySegment parameterBlock = parameters.segment().asSlice(parameters.base(), 8L * MicroKernel.PARAMETERS);
    private Storage left, right;

    static Scratch ofThread() { return THREAD.get(); }

    MemorySegment parameters() { return parameterBlock; }

    long left(long bytes) { return address(left = grown(left, bytes)); }

    long right(long bytes) { return address(right = grown(right, bytes)); }

    private static Storage grown(Storage storage, long bytes) { return storage != null && storage.bytes() >= bytes ? storage : Allocator.allocate(bytes + bytes / 4, null); }

    private static long address(Storage storage) { return storage.segment().address() + storage.base(); }
}
