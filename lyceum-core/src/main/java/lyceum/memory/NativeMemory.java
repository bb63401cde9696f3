package lyceum.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Raw blocks of 64-byte aligned memory that are freed when unreachable.
 *
 * <p>The C library's {@code aligned_alloc} is used rather than {@link Arena#allocate}: it does not zero what will be overwritten, and the
 * JDK counts an arena's memory against {@code -XX:MaxDirectMemorySize}, by default the heap's size, which a model would exceed at once.
 *
 * <p>Blocks of {@value #LARGE} bytes and more begin on a border of 2 MiB and ask Linux for large pages ({@code madvise}), which it grants
 * unless {@code transparent_hugepage} is {@code never}; a refusal is nothing to tell. Measured on a virtual server-class x86, first touch of
 * 256 MiB: 25 ms with large pages, 100 without (where the host has backed the memory already; else its own faults outweigh both).
 * {@code -Dlyceum.memory.largePages=off} does without.
 */
@SuppressWarnings("restricted")
final class NativeMemory {
    static final long ALIGNMENT = 64;
    static final long LARGE = 2L << 20;
    private static final int MADV_HUGEPAGE = 14;

    private static final MemorySegment ALLOC, FREE;
    /** Null where there is no such call, or large pages are not wanted. */
    private static final MemorySegment ADVISE;

    static {
        MemorySegment alloc = null, free = null, advise = null;
        try {
            alloc = NativeCall.require("aligned_alloc");
            free = NativeCall.require("free");
            if (System.getProperty("os.name").equals("Linux") && !"off".equals(System.getProperty("lyceum.memory.largePages")))
                advise = NativeCall.find("madvise");
        } catch (LinkageError refused) {
            System.getLogger("lyceum.memory").log(System.Logger.Level.WARNING,
                    "Native access is refused ({0}); tensors are bounded by "
                            + "-XX:MaxDirectMemorySize. Add --enable-native-access=ALL-UNNAMED to lift that.",
                    refused.getCause() == null ? refused.getMessage() : refused.getCause().getMessage());
        }
        ALLOC = alloc;
        FREE = free;
        ADVISE = advise;
    }

    private NativeMemory() {}

    /**
     * A block of {@code bytes}, its contents undefined.
     *
     * @param freed told when it is given back to the system, or at once where the JDK counts it
     * @throws OutOfMemoryError if the system refuses
     */
    static MemorySegment allocate(long bytes, Runnable freed) {
        if (ALLOC == null) {
            freed.run();
            return Arena.ofAuto().allocate(bytes, ALIGNMENT);
        }
        boolean large = bytes >= LARGE && ADVISE != null;
        long alignment = large ? LARGE : ALIGNMENT;
        long address = NativeCall.call(ALLOC, alignment, Math.ceilDiv(bytes, alignment) * alignment, 0, 0, 0, 0);
        if (address == 0) throw new OutOfMemoryError("aligned_alloc refused " + bytes + " bytes");
        if (large) NativeCall.call(ADVISE, address, bytes / LARGE * LARGE, MADV_HUGEPAGE, 0, 0, 0);
        return MemorySegment.ofAddress(address).reinterpret(bytes, Arena.ofAuto(), block -> {
            NativeCall.call(FREE, block.address(), 0, 0, 0, 0, 0);
            freed.run();
        });
    }
}
