package lyceum.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Whole pages from the system ({@code mmap}, {@code mprotect}), for what needs rights of its own: machine code, and operands between guards.
 *
 * <p>Loading this class throws where native access is refused or the functions do not exist.
 */
@SuppressWarnings("restricted")
public final class Pages {
    /** Bytes of a page. */
    public static final long SIZE = 4096;

    /** What may be done with pages: nothing, or reading and executing; fresh ones can be read and written. */
    public enum Rights {
        NONE(0), READ_EXECUTE(1 | 4);

        private final int bits;

        Rights(int bits) { this.bits = bits; }
    }

    private static final int READ_WRITE = 1 | 2, PRIVATE_ANONYMOUS = 2 | 0x20;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final MethodHandle MMAP = function("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
    private static final MethodHandle MPROTECT = function("mprotect", FunctionDescriptor.of(INT, LONG, LONG, INT));
    private static final MethodHandle MUNMAP = function("munmap", FunctionDescriptor.of(INT, LONG, LONG));

    private Pages() { }

    private static MethodHandle function(String name, FunctionDescriptor type) {
        var linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
    }

    /** {@code bytes} rounded up to whole pages. */
    public static long round(long bytes) { return (bytes + SIZE - 1) / SIZE * SIZE; }

    /** Zeroed pages of at least {@code bytes}, or null if the system has none; to be given back by {@link #unmap}. */
    public static MemorySegment map(long bytes) {
        try {
            long size = round(bytes), address = (long) MMAP.invokeExact(0L, size, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
            return address == -1 ? null : MemorySegment.ofAddress(address).reinterpret(size);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** From now on pages have these rights alone. False if the system refuses. */
    public static boolean protect(MemorySegment pages, Rights rights) {
        try {
            return (int) MPROTECT.invokeExact(pages.address(), pages.byteSize(), rights.bits) == 0;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    public static void unmap(long address, long bytes) {
        try {
            int ignored = (int) MUNMAP.invokeExact(address, bytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /**
     * {@code bytes} of memory that end where a page begins which nobody may touch, behind another such page: a kernel that reads or writes past
     * an operand stops there. Freed when unreachable.
     */
    static MemorySegment guarded(long bytes) {
        long inner = Math.max(SIZE, round(bytes)), all = inner + 2 * SIZE;
        var pages = map(all);
        if (pages == null) throw new OutOfMemoryError("mmap refused " + all + " bytes");
        protect(pages.asSlice(0, SIZE), Rights.NONE);
        protect(pages.asSlice(SIZE + inner), Rights.NONE);
        long address = pages.address();
        return pages.reinterpret(Arena.ofAuto(), freed -> unmap(address, all)).asSlice(SIZE, inner);
    }

    private static AssertionError unexpected(Throwable e) {
        if (e instanceof Error error) throw error;
        if (e instanceof RuntimeException runtime) throw runtime;
        return new AssertionError(e);
    }
}
