package lyceum.backend.x86.machine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The two ways into machine code, and the one system call that it needs beside {@link lyceum.memory.Pages}.
 *
 * <p>Loading this class throws where native access is refused; {@link Cpu} turns that into a reason.
 */
@SuppressWarnings("restricted")
final class NativeCall {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final FunctionDescriptor KERNEL = FunctionDescriptor.ofVoid(LONG, LONG, LONG, LONG, LONG, LONG);

    /** Without a state change of the thread: 2.5 ns, and the collector waits for it. */
    static final MethodHandle CRITICAL = LINKER.downcallHandle(KERNEL, Linker.Option.critical(false));
    /** With a state change: 8 ns, and the collector goes on meanwhile. */
    static final MethodHandle PLAIN = LINKER.downcallHandle(KERNEL);

    private static final long ARCH_PRCTL = 158, ARCH_REQ_XCOMP_PERM = 0x1023, TILE_DATA = 18;

    private NativeCall() { }

    private static MethodHandle function(String name, FunctionDescriptor type) { return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type); }

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
