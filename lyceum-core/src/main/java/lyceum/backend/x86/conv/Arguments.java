package lyceum.backend.x86.conv;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The block through which a thread passes a kernel what does not fit its registers. */
final class Arguments {
    private static final int BYTES = 256;

    private Arguments() {}

    static ThreadLocal<MemorySegment> perThread() { return ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(BYTES, 64)); }
}
