package lyceum.backend.x86.machine;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import lyceum.memory.NativeCall;

/**
 * Machine code that can be called: {@code void(long, long, long, long, long, long)} after the System V ABI, so the arguments stand in rdi, rsi,
 * rdx, rcx, r8, r9. What does not fit goes through a block of memory whose address is one of them.
 *
 * <p>The code is freed when the kernel is unreachable. Operands are the caller's to keep reachable.
 */
public final class Kernel {
    private static final boolean CHECKED = "on".equals(System.getenv("LYCEUM_CHECK_CALLS"));
    /** Elements that are moved in about 30 microseconds, from memory to memory. */
    private static final long MANY = 1 << 16;
    private static final MethodHandle CRITICAL = NativeCall.critical();

    private final String name;
    private final MemorySegment entry;

    Kernel(String name, MemorySegment entry) {
        this.name = name;
        this.entry = entry;
    }

    public String name() { return name; }

    MemorySegment entry() { return entry; }

    /** For work of up to about 50 microseconds: a collection waits until it is done. */
    @SuppressWarnings("unused") public void call(long a, long b, long c, long d, long e, long f) {
        try {
            if (CHECKED) CheckedCall.call(this, entry, a, b, c, d, e, f);
            else {
                long nothing = (long) CRITICAL.invokeExact(entry, a, b, c, d, e, f);
            }
        } catch (Throwable thrown) {
            throw NativeCall.unexpected(thrown);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    public void call(long a) { call(a, 0, 0, 0, 0, 0); }

    /** For longer work: a collection may run meanwhile. */
    public void callLong(long a, long b, long c, long d, long e, long f) {
        try {
            if (CHECKED) CheckedCall.call(this, entry, a, b, c, d, e, f);
            else NativeCall.call(entry, a, b, c, d, e, f);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    public void callLong(long a) { callLong(a, 0, 0, 0, 0, 0); }

    /** For copies: by one call or the other, as the number of elements says. */
    public void move(long elements, long a, long b, long c, long d, long e, long f) {
        if (elements < MANY) call(a, b, c, d, e, f);
        else callLong(a, b, c, d, e, f);
    }

    @Override public String toString() { return name + " at 0x" + Long.toHexString(entry.address()); }
}
