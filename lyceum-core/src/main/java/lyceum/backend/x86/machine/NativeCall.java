package lyceum.backend.x86.machine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The few system calls that machine code needs, and the two ways into it.
 *
 * <p>Loading this class throws where native access is refused or the functions do not exist; {@link Cpu} turns that into a reason.
 */
@SuppressWarnings("restricted")
final class NativeCall {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final FunctionDescriptor KERNEL = FunctionDescriptor.ofVoid(LONG, LONG, LONG, LONG, LONG, LONG);

    /** Without a state change of the thread: 2.5 ns, and the collector waits for it. */
    static final MethodHandle CRITICAL = LINKER.downcallHandle(KERNEL, Linker.Option.critical(false));
    /** With a state change: 8 ns, and the collector goes on meanwhile. */
    static final MethodHandle PLAIN = LINKER.downcallHandle(KERNEL);

    private static final int PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20;
    private static final long ARCH_PRCTL = 158, ARCH_REQ_XCOMP_PERM = 0x1023, TILE_DATA = 18;

    private static final MethodHandle MMAP = function("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
    private static final MethodHandle MPROTECT = function("mprotect", FunctionDescriptor.of(INT, LONG, LONG, INT));
    private static final MethodHandle MUNMAP = function("munmap", FunctionDescriptor.of(INT, LONG, LONG));

    private NativeCall() { }

    private static MethodHandle function(String name, FunctionDescriptor type) { return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type); }

    /** Pages that can be read and written, or null if the system has none. */
    static MemorySegment map(long bytes) {
        try {
            long address = (long) MMAP.invokeExact(0L, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
            return address == -1 ? null : MemorySegment.ofAddress(address).reinterpret(bytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** From now on the pages can be read and executed, and no longer written. False if the system refuses. */
    static boolean makeExecutable(MemorySegment pages) {
        try {
            return (int) MPROTECT.invokeExact(pages.address(), pages.byteSize(), PROT_READ | PROT_EXEC) == 0;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static void unmap(long address, long bytes) {
        try {
            int ignored = (int) MUNMAP.invokeExact(address, bytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Asks the kernel for the tile registers, once for the process. */
    static boolean requestTiles() {
        try {
            var syscall = function("syscall", FunctionDescriptor.of(LONG, LONG, LONG, LONG));
            return (long) syscall.invokeExact(ARCH_PRCTL, ARCH_REQ_XCOMP_PERM, TILE_DATA) == 0;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static AssertionError unexpected(Throwable e) {
        if (e instanceof Error error) throw error;
        if (e instanceof RuntimeException runtime) throw runtime;
        return new AssertionError(e);
    }
}
