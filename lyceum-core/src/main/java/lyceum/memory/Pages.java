package lyceum.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

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
    private static final MemorySegment MMAP = NativeCall.require("mmap"), MPROTECT = NativeCall.require("mprotect"),
            MUNMAP = NativeCall.require("munmap");

    private Pages() {}

    /** {@code bytes} rounded up to whole pages. */
    public static long round(long bytes) { return (bytes + SIZE - 1) / SIZE * SIZE; }

    /** Zeroed pages of at least {@code bytes}, or null if the system has none; to be given back by {@link #unmap}. */
    public static MemorySegment map(long bytes) {
        long size = round(bytes), address = NativeCall.call(MMAP, 0, size, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0);
        return address == -1 ? null : MemorySegment.ofAddress(address).reinterpret(size);
    }

    /** From now on pages have these rights alone. False if the system refuses. */
    public static boolean protect(MemorySegment pages, Rights rights) {
        return (int) NativeCall.call(MPROTECT, pages.address(), pages.byteSize(), rights.bits, 0, 0, 0) == 0;
    }

    public static void unmap(long address, long bytes) { NativeCall.call(MUNMAP, address, bytes, 0, 0, 0, 0); }

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
}
