package lyceum.backend.x86.attention;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import lyceum.DType;
import lyceum.backend.View;
import lyceum.memory.Storage;

/** Memory between two pages that cannot be touched, so that a kernel that reads or writes past an operand ends the JVM. */
public final class GuardedMemory {
    private static final long PAGE = 4096;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final MethodHandle MMAP = function("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
    private static final MethodHandle MPROTECT = function("mprotect", FunctionDescriptor.of(INT, LONG, LONG, INT));
    private static final MethodHandle MUNMAP = function("munmap", FunctionDescriptor.of(INT, LONG, LONG));

    private GuardedMemory() {}

    private static MethodHandle function(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type);
    }

    /** {@code bytes} that end right before a guard page, or begin right behind one; unmapped when {@code arena} closes. */
    public static MemorySegment allocate(Arena arena, long bytes, boolean atEnd) {
        long inner = (bytes + PAGE - 1) / PAGE * PAGE, all = inner + 2 * PAGE;
        try {
            long address = (long) MMAP.invokeExact(0L, all, 3, 0x22, -1, 0L);
            if (address == -1) throw new OutOfMemoryError("mmap refused " + all + " bytes");
            int first = (int) MPROTECT.invokeExact(address, PAGE, 0), last = (int) MPROTECT.invokeExact(address + PAGE + inner, PAGE, 0);
            if (first != 0 || last != 0) throw new AssertionError("mprotect refused");
            long start = address + PAGE + (atEnd ? inner - bytes : 0);
            return MemorySegment.ofAddress(start).reinterpret(bytes, arena, segment -> unmap(address, all));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static void unmap(long address, long bytes) {
        try {
            int ignored = (int) MUNMAP.invokeExact(address, bytes);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** A row-major view between guard pages. */
    public static View view(Arena arena, DType type, boolean atEnd, long... shape) {
        var storage = Storage.wrap(allocate(arena, View.size(shape) * type.bytes(), atEnd));
        return new View(type, storage, 0, shape, View.contiguousStrides(shape));
    }
}
