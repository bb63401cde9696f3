package lyceum.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import lyceum.backend.simt.Buffer;
import lyceum.backend.simt.Dim;
import lyceum.backend.simt.Kernel;
import lyceum.backend.simt.Launcher;

/**
 * A graphics card of NVIDIA's, through the driver's interface (CUDA Driver API, CUDA 11 and later).
 *
 * {@snippet :
 * try (var card = CudaDevice.open()) {
 *     card.launch(kernel, grid, block, a, b, c, n); // as Simt does
 * }
 * }
 *
 * <p>{@link #launch(Kernel, Dim, Dim, Object...)} copies there and back and waits; {@link #stream} gives what runs beside. Safe for threads. A kernel is
 * compiled when its source is first launched, and kept.
 */
public final class CudaDevice implements AutoCloseable, Launcher {
    static final String NO_DRIVER = "no CUDA driver: this machine has no libcuda.so.1 (nvcuda.dll on Windows); install NVIDIA's driver, "
            + "or run the kernels under lyceum.backend.simt.Simt, which needs none";
    private static final int MAJOR = 75, MINOR = 76, OUT_OF_MEMORY = 2, ILLEGAL_ADDRESS = 700;

    /** A compiled source. */
    private record Function(long module, long function) {}

    /** Arrays that a launch closes; a failure to do so is told beside the launch's own. */
    private record Held(Map<Buffer, CudaArray> arrays) implements AutoCloseable {
        @Override public void close() { arrays.values().forEach(CudaArray::close); }
    }

    private final Library driver;
    private final Nvrtc nvrtc;
    private final Cublas cublas;
    private final int device;
    private final long context;
    private final String name, architecture;
    private final long memoryBytes;
    private final Map<String, Function> functions = new HashMap<>();
    private boolean closed;

    private CudaDevice(CudaLibraries libraries, int ordinal) {
        driver = driver(libraries);
        nvrtc = new Nvrtc(libraries.nvrtc());
        cublas = new Cublas(libraries.cublas());
        driver.call("cuInit", "", 0);
        try (var arena = Arena.ofConfined()) {
            var word = arena.allocate(JAVA_LONG);
            driver.call("cuDeviceGetCount", "", word.address());
            int count = word.get(JAVA_INT, 0);
            if (ordinal < 0 || ordinal >= count)
                throw new CudaException("CUDA device " + ordinal + ": the driver sees " + count + " of them, counted from 0", -1);
            driver.call("cuDeviceGet", "", word.address(), ordinal);
            device = word.get(JAVA_INT, 0);
            var text = arena.allocate(256);
            driver.call("cuDeviceGetName", "", text.address(), 256, device);
            name = text.getString(0);
            driver.call("cuDeviceTotalMem_v2", "", word.address(), device);
            memoryBytes = word.get(JAVA_LONG, 0);
            architecture = "compute_" + attribute(word, MAJOR) + attribute(word, MINOR);
            driver.call("cuDevicePrimaryCtxRetain", "", word.address(), device);
            context = word.get(JAVA_LONG, 0);
        }
    }

    private static Library driver(CudaLibraries libraries) {
        return new Library("the CUDA driver", libraries.driver(), NO_DRIVER, (of, status) -> {
            String name = of.textBy("cuGetErrorName", status), text = of.textBy("cuGetErrorString", status);
            var help = switch (status) {
                case OUT_OF_MEMORY -> "; close arrays that are no longer used";
                case ILLEGAL_ADDRESS -> "; run the kernel under Simt, which names the thread and the step";
                default -> "";
            };
            return (text == null ? "failed" : text) + " (" + (name == null ? "status" : name) + " " + status + ")" + help;
        });
    }

    private int attribute(MemorySegment word, int attribute) {
        driver.call("cuDeviceGetAttribute", "", word.address(), attribute, device);
        return word.get(JAVA_INT, 0);
    }

    /** The first card. @throws CudaException if there is no driver or no card: says which */
    public static CudaDevice open() { return open(CudaLibraries.installed(), 0); }

    /** Card number {@code ordinal} of the driver in {@code libraries}. @throws CudaException if there is none */
    public static CudaDevice open(CudaLibraries libraries, int ordinal) { return new CudaDevice(libraries, ordinal); }

    /** The first card, or nothing and a line in the log that says why. */
    public static Optional<CudaDevice> find() {
        try {
            return Optional.of(open());
        } catch (CudaException none) {
            System.getLogger("lyceum.backend").log(Level.INFO, "Without a graphics card: {0}", none.getMessage());
            return Optional.empty();
        }
    }

    /** As the driver calls it. */
    public String name() { return name; }

    /** Of the card, in all. */
    public long memoryBytes() { return memoryBytes; }

    /** What kernels are compiled for, as {@code compute_90}. */
    public String architecture() { return architecture; }

    /** Whether NVRTC is there, without which no kernel is launched. */
    public boolean canCompile() { return nvrtc.isThere(); }

    /** Memory of so many bytes, undefined at first. @throws CudaException if the card has no more */
    public CudaArray allocate(long bytes) {
        if (bytes < 1) throw new IllegalArgumentException("allocate: " + bytes + " bytes; at least 1");
        try (var arena = Arena.ofConfined()) {
            var place = arena.allocate(JAVA_LONG);
            driver("cuMemAlloc_v2", "of " + bytes + " bytes", place.address(), bytes);
            return new CudaArray(this, place.get(JAVA_LONG, 0), bytes);
        }
    }

    /** A stream, which does not wait for others. */
    public CudaStream stream() {
        try (var arena = Arena.ofConfined()) {
            var place = arena.allocate(JAVA_LONG);
            int nonBlocking = 1;
            driver("cuStreamCreate", "", place.address(), nonBlocking);
            return new CudaStream(this, place.get(JAVA_LONG, 0));
        }
    }

    /**
     * Runs a kernel to its end: copies the buffers to the card, and back what they then hold.
     *
     * @throws IllegalArgumentException if an argument is of another kind than the kernel's
     * @throws CudaException if it does not compile, does not fit or fails
     */
    @Override public void launch(Kernel kernel, Dim grid, Dim block, Object... arguments) {
        kernel.check(arguments);
        try (var arena = Arena.ofConfined(); var held = new Held(new IdentityHashMap<>()); var stream = stream()) {
            var arrays = held.arrays;
            var host = new IdentityHashMap<Buffer, MemorySegment>();
            var onCard = arguments.clone();
            for (int i = 0; i < arguments.length; i++) {
                if (!(arguments[i] instanceof Buffer buffer)) continue;
                if (!arrays.containsKey(buffer)) {
                    arrays.put(buffer, allocate(Math.max(4, 4L * buffer.length())));
                    host.put(buffer, arena.allocateFrom(JAVA_INT, buffer.words()));
                    stream.copyIn(host.get(buffer), arrays.get(buffer));
                }
                onCard[i] = arrays.get(buffer);
            }
            stream.launch(kernel, grid, block, onCard);
            arrays.forEach((buffer, array) -> stream.copyOut(array, host.get(buffer)));
            stream.synchronize();
            host.forEach((buffer, segment) -> MemorySegment.copy(segment, JAVA_INT, 0, buffer.words(), 0, buffer.length()));
        }
    }

    void launch(long stream, Kernel kernel, Dim grid, Dim block, Object... arguments) {
        var function = function(kernel);
        try (var arena = Arena.ofConfined()) {
            var pointers = arena.allocate(JAVA_LONG, Math.max(1, arguments.length));
            for (int i = 0; i < arguments.length; i++) {
                var value = arena.allocate(JAVA_LONG);
                switch (arguments[i]) {
                    case CudaArray array -> value.set(JAVA_LONG, 0, array.address());
                    case Integer number -> value.set(JAVA_INT, 0, number);
                    case Float number -> value.set(ValueLayout.JAVA_FLOAT, 0, number);
                    default -> throw new IllegalArgumentException("launch of " + kernel.name() + ": argument " + i + " is " + arguments[i]
                            + "; it takes a CudaArray, an Integer or a Float");
                }
                pointers.setAtIndex(JAVA_LONG, i, value.address());
            }
            int dynamicSharedBytes = 0;
            driver("cuLaunchKernel", "of " + kernel.name(), function.function, grid.x(), grid.y(), grid.z(), block.x(), block.y(),
                    block.z(), dynamicSharedBytes, stream, pointers.address(), 0);
        }
    }

    void matmul(long stream, CudaArray a, CudaArray b, CudaArray c, int m, int n, int k) {
        sized("a", a, m, k);
        sized("b", b, k, n);
        sized("c", c, m, n);
        setCurrent();
        cublas.product(stream, a.address(), b.address(), c.address(), m, n, k);
    }

    private static void sized(String name, CudaArray array, long rows, long columns) {
        if (rows < 1 || columns < 1 || array.bytes() < 4 * rows * columns) throw new IllegalArgumentException(
                "matmul: " + name + " is " + rows + " x " + columns + " of F32 in an array of " + array.bytes() + " bytes");
    }

    private synchronized Function function(Kernel kernel) {
        var source = kernel.cuda();
        var known = functions.get(source);
        if (known != null) return known;
        var ptx = nvrtc.compile(kernel.name(), source, architecture);
        try (var arena = Arena.ofConfined()) {
            var place = arena.allocate(JAVA_LONG);
            driver("cuModuleLoadData", "of " + kernel.name(), place.address(), arena.allocateFrom(ValueLayout.JAVA_BYTE, ptx).address());
            long module = place.get(JAVA_LONG, 0);
            driver("cuModuleGetFunction", "of " + kernel.name(), place.address(), module, arena.allocateFrom(kernel.name()).address());
            var function = new Function(module, place.get(JAVA_LONG, 0));
            functions.put(source, function);
            return function;
        }
    }

    void free(long address) { driver("cuMemFree_v2", "", address); }

    /** Calls the driver with this device current in the calling thread, as it wants it. */
    void driver(String function, String what, long... arguments) {
        setCurrent();
        driver.call(function, what, arguments);
    }

    private void setCurrent() {
        if (closed) throw new IllegalStateException("the CudaDevice " + name + " is closed");
        driver.call("cuCtxSetCurrent", "", context);
    }

    /** Gives back what was compiled, and the device. */
    @Override public synchronized void close() {
        if (closed) return;
        setCurrent();
        cublas.close();
        for (var f : functions.values()) driver.call("cuModuleUnload", "", f.module);
        functions.clear();
        closed = true;
        driver.call("cuDevicePrimaryCtxRelease_v2", "", device);
    }
}
