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
 */
@SuppressWarnings("restricted")
final class NativeMemory {
    static final long ALIGNMENT = 64;

    private static final MethodHandle ALLOC, FREE;

    static {
        MethodHandle alloc = null, free = null;
        try {
            var linker = Linker.nativeLinker();
            var size = ValueLayout.JAVA_LONG;
            var lookup = linker.defaultLookup();
            alloc = linker.downcallHandle(lookup.findOrThrow("aligned_alloc"), FunctionDescriptor.of(ValueLayout.ADDRESS, size, size));
            free = linker.downcallHandle(lookup.findOrThrow("free"), FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
        } catch (RuntimeException | UnsatisfiedLinkError refused) {
            System.getLogger("lyceum.memory").log(System.Logger.Level.WARNING, "Native access is refused ({0}); tensors are bounded by "
                    + "-XX:MaxDirectMemorySize. Add --enable-native-access=ALL-UNNAMED to lift that.", refused.getMessage());
        }
        ALLOC = alloc;
        FREE = free;
    }

    private NativeMemory() { }

    /** A block of {@code bytes}, its contents undefined. @throws OutOfMemoryError if the system refuses */
    static MemorySegment allocate(long bytes) {
        if (ALLOC == null) return Arena.ofAuto().allocate(bytes, ALIGNMENT);
        try {
            var raw = (MemorySegment) ALLOC.invokeExact(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
            if (raw.address() == 0) throw new OutOfMemoryError("aligned_alloc refused " + bytes + " bytes");
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
