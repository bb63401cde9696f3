package lyceum.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

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

    private static final MethodHandle ALLOC, FREE;
    /** Null where there is no such call, or large pages are not wanted. */
    private static final MethodHandle ADVISE;

    static {
        MethodHandle alloc = null, free = null, advise = null;
        try {
            var linker = Linker.nativeLinker();
            var size = ValueLayout.JAVA_LONG;
            var lookup = linker.defaultLookup();
            alloc = linker.downcallHandle(lookup.findOrThrow("aligned_alloc"), FunctionDescriptor.of(ValueLayout.ADDRESS, size, size));
            free = linker.downcallHandle(lookup.findOrThrow("free"), FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
            if (System.getProperty("os.name").equals("Linux") && !"off".equals(System.getProperty("lyceum.memory.largePages")))
                advise = lookup.find("madvise").map(f -> linker.downcallHandle(f, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, size, ValueLayout.JAVA_INT))).orElse(null);
        } catch (RuntimeException | UnsatisfiedLinkError refused) {
            System.getLogger("lyceum.memory").log(System.Logger.Level.WARNING, "Native access is refused ({0}); tensors are bounded by "
                    + "-XX:MaxDirectMemorySize. Add --enable-native-access=ALL-UNNAMED to lift that.", refused.getMessage());
        }
        ALLOC = alloc;
        FREE = free;
        ADVISE = advise;
    }

    private NativeMemory() { }

    /** A block of {@code bytes}, its contents undefined. @throws OutOfMemoryError if the system refuses */
    static MemorySegment allocate(long bytes) {
        if (ALLOC == null) return Arena.ofAuto().allocate(bytes, ALIGNMENT);
        boolean large = bytes >= LARGE && ADVISE != null;
        long alignment = large ? LARGE : ALIGNMENT;
        try {
            var raw = (MemorySegment) ALLOC.invokeExact(alignment, Math.ceilDiv(bytes, alignment) * alignment);
            if (raw.address() == 0) throw new OutOfMemoryError("aligned_alloc refused " + bytes + " bytes");
            if (large) {
                int refused = (int) ADVISE.invokeExact(raw, bytes / LARGE * LARGE, MADV_HUGEPAGE);
                assert refused <= 0;
            }
            return raw.reinterpret(bytes, Arena.ofAuto(), NativeMemory::free);
        } catch (Error | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static void free(MemorySegment segment) {
        try {
            FREE.invokeExact(segment);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
