package lyceum.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;

/** NVIDIA's compiler at run time: CUDA C to PTX, which the driver makes the card's code of. */
final class Nvrtc {
    private static final int COMPILATION = 6;

    private final Library library;

    Nvrtc(SymbolLookup lookup) {
        library = new Library("NVRTC", lookup,
                "kernels need NVRTC to be compiled, and there is none: install the CUDA toolkit, or put libnvrtc.so.12 on the library path",
                (of, status) -> of.textOf("nvrtcGetErrorString", status) + " (NVRTC's status " + status + ")");
    }

    boolean isThere() { return library.isThere(); }

    /** PTX, with a zero at its end. @throws CudaException with the compiler's log if the source is wrong */
    byte[] compile(String name, String source, String architecture) {
        try (var arena = Arena.ofConfined()) {
            var place = arena.allocate(JAVA_LONG);
            library.call("nvrtcCreateProgram", "of " + name, place.address(), arena.allocateFrom(source).address(),
                    arena.allocateFrom(name + ".cu").address(), 0, 0, 0);
            long program = place.get(JAVA_LONG, 0);
            try {
                var options = arena.allocate(JAVA_LONG);
                options.set(JAVA_LONG, 0, arena.allocateFrom("--gpu-architecture=" + architecture).address());
                int status = library.status("nvrtcCompileProgram", program, 1, options.address());
                if (status == COMPILATION)
                    throw new CudaException("kernel " + name + " does not compile: " + text(arena, program, "nvrtcGetProgramLog").strip(),
                            status);
                if (status != 0) throw new CudaException("nvrtcCompileProgram of " + name + " for " + architecture + ": "
                        + library.textOf("nvrtcGetErrorString", status) + " (NVRTC's status " + status + ")", status);
                return bytes(arena, program, "nvrtcGetPTX");
            } finally {
                library.call("nvrtcDestroyProgram", "", place.address());
            }
        }
    }

    private String text(Arena arena, long program, String what) {
        var bytes = bytes(arena, program, what);
        return new String(bytes, 0, Math.max(0, bytes.length - 1));
    }

    /** What {@code what} writes, as many bytes as {@code what + "Size"} says. */
    private byte[] bytes(Arena arena, long program, String what) {
        var size = arena.allocate(JAVA_LONG);
        library.call(what + "Size", "", program, size.address());
        var bytes = arena.allocate(Math.max(1, size.get(JAVA_LONG, 0)));
        library.call(what, "", program, bytes.address());
        return bytes.toArray(JAVA_BYTE);
    }
}
