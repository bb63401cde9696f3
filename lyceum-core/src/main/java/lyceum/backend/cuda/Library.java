package lyceum.backend.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One of the three libraries: functions by name, looked up when first called; every one gives a status, 0 for success. None of them takes a float by
 * value, so that every argument is a word, an {@code int} its lower half, as {@link lyceum.memory.NativeCall} says; one signature for each number of
 * arguments is enough.
 */
@SuppressWarnings("restricted")
final class Library {
    private static final Linker LINKER = Linker.nativeLinker();

    private final String name, help;
    private final SymbolLookup lookup;
    private final StatusText text;
    private final Map<String, MethodHandle> functions = new ConcurrentHashMap<>();

    /** What a status means. */
    interface StatusText {
        String of(Library library, int status);
    }

    /** @param lookup null if the library is not there: each call then says {@code help} */
    Library(String name, SymbolLookup lookup, String help, StatusText text) {
        this.name = name;
        this.lookup = lookup;
        this.help = help;
        this.text = text;
    }

    boolean isThere() { return lookup != null; }

    /** Calls a function. @throws CudaException if it fails; {@code what} was asked of it, as in {@code "of 4096 bytes"} or nothing */
    void call(String function, String what, long... arguments) {
        int status = status(function, arguments);
        if (status != 0) throw new CudaException(function + (what.isEmpty() ? "" : " " + what) + ": " + text.of(this, status), status);
    }

    /** Calls a function for its status. */
    int status(String function, long... arguments) {
        try {
            return (int) functions.computeIfAbsent(function, f -> link(f, arguments.length)).invokeExact(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** The text at a pointer that a function {@code (int status, const char** text)} writes. */
    String textBy(String function, int status) {
        try (var arena = Arena.ofConfined()) {
            var place = arena.allocate(ValueLayout.JAVA_LONG);
            if (status(function, status, place.address()) != 0) return null;
            return text(place.get(ValueLayout.JAVA_LONG, 0));
        }
    }

    /** The text that a function {@code const char* (int status)} gives. */
    String textOf(String function, int status) {
        try {
            var handle = LINKER.downcallHandle(address(function), FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
            return text((long) handle.invokeExact((long) status));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static String text(long address) {
        return address == 0 ? null : MemorySegment.ofAddress(address).reinterpret(4096).getString(0);
    }

    private MethodHandle link(String function, int arity) {
        var words = new MemoryLayout[arity];
        Arrays.fill(words, ValueLayout.JAVA_LONG);
        return LINKER.downcallHandle(address(function), FunctionDescriptor.of(ValueLayout.JAVA_INT, words)).asSpreader(long[].class, arity);
    }

    private MemorySegment address(String function) {
        if (lookup == null) throw new CudaException(help, -1);
        return lookup.find(function)
                .orElseThrow(() -> new CudaException(name + " has no function " + function + "; it is older than CUDA 11", -1));
    }
}
