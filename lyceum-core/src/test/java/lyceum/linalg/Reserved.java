package lyceum.linalg;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Addresses without memory behind them until they are touched, page by page: for matrices that are large in their strides alone. Linux. */
final class Reserved implements AutoCloseable {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final MethodHandle MMAP = function("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
    private static final MethodHandle MUNMAP = function("munmap", FunctionDescriptor.of(INT, LONG, LONG));
    private static final int READ_AND_WRITE = 3, PRIVATE_ANONYMOUS_NORESERVE = 0x4022;

    private final long address, bytes;

    Reserved(long bytes) {
        this.bytes = bytes;
        try {
            address = (long) MMAP.invokeExact(0L, bytes, READ_AND_WRITE, PRIVATE_ANONYMOUS_NORESERVE, -1, 0L);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        if (address == -1) throw new AssertionError("the system reserves no " + bytes + " bytes of addresses");
    }

    private static MethodHandle function(String name, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(Linker.nativeLinker().defaultLookup().findOrThrow(name), type);
    }

    MemorySegment segment() { return MemorySegment.ofAddress(address).reinterpret(bytes); }

    @Override public void close() {
        try {
            if ((int) MUNMAP.invokeExact(address, bytes) != 0) throw new AssertionError("munmap refused");
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
