package lyceum.memory;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Calls of the C library and of machine code, all by one signature: six words to a word. A function of fewer arguments leaves the other registers
 * alone, and an {@code int} is the lower half of a word, under the conventions of System V, AArch64 and Windows alike. One signature, because
 * linking one costs a start 55 ms the first time and 5 ms each time more.
 *
 * <p>Loading this class throws where native access is refused.
 */
@SuppressWarnings("restricted")
public final class NativeCall {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG;
    private static final FunctionDescriptor WORDS = FunctionDescriptor.of(WORD, WORD, WORD, WORD, WORD, WORD, WORD);

    /** With a change of the thread's state: 8 ns, and the collector goes on meanwhile. Takes the function's address and six words. */
    public static final MethodHandle PLAIN = LINKER.downcallHandle(WORDS);

    private NativeCall() {}

    /** As {@link #PLAIN} without that change: 2.5 ns, and the collector waits for the call. */
    public static MethodHandle critical() { return LINKER.downcallHandle(WORDS, Linker.Option.critical(false)); }

    /** A function of the C library, or null. */
    public static MemorySegment find(String name) { return LINKER.defaultLookup().find(name).orElse(null); }

    /** @throws UnsatisfiedLinkError without such a function */
    public static MemorySegment require(String name) {
        var function = find(name);
        if (function == null) throw new UnsatisfiedLinkError("the C library has no " + name);
        return function;
    }

    public static long call(MemorySegment function, long a, long b, long c, long d, long e, long f) {
        try {
            return (long) PLAIN.invokeExact(function, a, b, c, d, e, f);
        } catch (Throwable thrown) {
            throw unexpected(thrown);
        }
    }

    /** What no native function throws. */
    public static AssertionError unexpected(Throwable e) {
        if (e instanceof Error error) throw error;
        if (e instanceof RuntimeException runtime) throw runtime;
        return new AssertionError(e);
    }
}
