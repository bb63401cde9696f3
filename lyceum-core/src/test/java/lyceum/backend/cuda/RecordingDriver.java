package lyceum.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A driver, an NVRTC and a cuBLAS that are Java behind native addresses: each call is noted, a few do something ("the card's" memory is this process's),
 * and any can be made to fail. Arities are those of the published headers, so that a call with another number of arguments cannot be linked to it by accident:
 * it would read words that nobody passed.
 */
final class RecordingDriver implements AutoCloseable {
    /** Parameters of each function in cuda.h, nvrtc.h and cublas_v2.h. */
    static final Map<String, Integer> ARITIES = new TreeMap<>(
            Map.ofEntries(Map.entry("cuInit", 1), Map.entry("cuDeviceGetCount", 1), Map.entry("cuDeviceGet", 2),
                    Map.entry("cuDeviceGetName", 3), Map.entry("cuDeviceTotalMem_v2", 2), Map.entry("cuDeviceGetAttribute", 3),
                    Map.entry("cuDevicePrimaryCtxRetain", 2), Map.entry("cuDevicePrimaryCtxRelease_v2", 1), Map.entry("cuCtxSetCurrent", 1),
                    Map.entry("cuMemAlloc_v2", 2), Map.entry("cuMemFree_v2", 1), Map.entry("cuMemcpyHtoDAsync_v2", 4),
                    Map.entry("cuMemcpyDtoHAsync_v2", 4), Map.entry("cuEventCreate", 2), Map.entry("cuEventRecord", 2),
                    Map.entry("cuStreamWaitEvent", 3), Map.entry("cuEventDestroy_v2", 1), Map.entry("cuStreamCreate", 2),
                    Map.entry("cuStreamSynchronize", 1), Map.entry("cuStreamDestroy_v2", 1), Map.entry("cuModuleLoadData", 2),
                    Map.entry("cuModuleGetFunction", 3), Map.entry("cuModuleUnload", 1), Map.entry("cuLaunchKernel", 11),
                    Map.entry("cuGetErrorName", 2), Map.entry("cuGetErrorString", 2), Map.entry("nvrtcCreateProgram", 6),
                    Map.entry("nvrtcCompileProgram", 3), Map.entry("nvrtcGetPTXSize", 2), Map.entry("nvrtcGetPTX", 2),
                    Map.entry("nvrtcGetProgramLogSize", 2), Map.entry("nvrtcGetProgramLog", 2), Map.entry("nvrtcDestroyProgram", 1),
                    Map.entry("nvrtcGetErrorString", 1), Map.entry("cublasCreate_v2", 1), Map.entry("cublasDestroy_v2", 1),
                    Map.entry("cublasSetStream_v2", 2), Map.entry("cublasSgemm_v2", 14), Map.entry("cublasGetStatusString", 1)));

    /** A call that was made. */
    record Call(String function, long[] arguments) {}

    final List<Call> calls = new ArrayList<>();
    /** The status that a function gives instead of 0. */
    final Map<String, Integer> failing = new HashMap<>();
    /** What the launched kernel does, on the addresses of its parameters. */
    Runnable onLaunch = () -> {};
    MemorySegment[] parameters;
    String compiled, option, loaded;
    int devices = 1, streams;
    private final Arena arena = Arena.ofShared();
    private final Map<Long, MemorySegment> memory = new HashMap<>();
    private final Map<String, MemorySegment> stubs = new HashMap<>();

    SymbolLookup lookup(String prefix) {
        return name -> name.startsWith(prefix) && ARITIES.containsKey(name) ? Optional.of(stub(name)) : Optional.empty();
    }

    CudaLibraries libraries() { return new CudaLibraries(lookup("cu"), lookup("nvrtc"), lookup("cublas")); }

    /** The names of the calls, without the many that make the context current. */
    List<String> order() { return calls.stream().map(Call::function).filter(f -> !f.equals("cuCtxSetCurrent")).toList(); }

    Call last(String function) { return calls.stream().filter(c -> c.function.equals(function)).reduce((a, b) -> b).orElseThrow(); }

    /** Bytes of the card that were not freed. */
    int blocksHeld() { return memory.size(); }

    private MemorySegment stub(String name) {
        return stubs.computeIfAbsent(name, n -> {
            try {
                int arity = ARITIES.get(n);
                boolean text = n.equals("nvrtcGetErrorString") || n.equals("cublasGetStatusString");
                var words = new MemoryLayout[arity];
                Arrays.fill(words, JAVA_LONG);
                var method = MethodHandles.lookup().bind(this, text ? "text" : "called",
                        MethodType.methodType(text ? long.class : int.class, String.class, long[].class));
                return Linker.nativeLinker().upcallStub(method.bindTo(n).asCollector(long[].class, arity),
                        FunctionDescriptor.of(text ? JAVA_LONG : JAVA_INT, words), arena);
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        });
    }

    long text(String function, long[] arguments) {
        calls.add(new Call(function, arguments));
        return arena.allocateFrom("status " + arguments[0] + " in words").address();
    }

    int called(String function, long[] a) {
        calls.add(new Call(function, a.clone()));
        if (failing.containsKey(function)) return failing.get(function);
        switch (function) {
            case "cuDeviceGetCount" -> at(a[0], 4).set(JAVA_INT, 0, devices);
            case "cuDeviceGet" -> at(a[0], 4).set(JAVA_INT, 0, 40 + (int) a[1]);
            case "cuDeviceGetName" -> at(a[0], a[1]).setString(0, "Recording card");
            case "cuDeviceTotalMem_v2" -> at(a[0], 8).set(JAVA_LONG, 0, 80L << 30);
            case "cuDeviceGetAttribute" -> at(a[0], 4).set(JAVA_INT, 0, a[1] == 75 ? 9 : 0);
            case "cuDevicePrimaryCtxRetain" -> at(a[0], 8).set(JAVA_LONG, 0, 1001);
            case "cuStreamCreate" -> at(a[0], 8).set(JAVA_LONG, 0, streams++ == 0 ? 1002 : 2000 + streams);
            case "cuEventCreate" -> at(a[0], 8).set(JAVA_LONG, 0, 1007);
            case "cuModuleLoadData" -> {
                loaded = MemorySegment.ofAddress(a[1]).reinterpret(1000).getString(0);
                at(a[0], 8).set(JAVA_LONG, 0, 1003);
            }
            case "cuModuleGetFunction" -> at(a[0], 8).set(JAVA_LONG, 0, 1004);
            case "nvrtcCreateProgram" -> {
                compiled = MemorySegment.ofAddress(a[1]).reinterpret(100_000).getString(0);
                at(a[0], 8).set(JAVA_LONG, 0, 1005);
            }
            case "nvrtcCompileProgram" -> option = MemorySegment.ofAddress(at(a[2], 8).get(JAVA_LONG, 0)).reinterpret(1000).getString(0);
            case "nvrtcGetPTXSize", "nvrtcGetProgramLogSize" -> at(a[1], 8).set(JAVA_LONG, 0, 12);
            case "nvrtcGetPTX" -> at(a[1], 12).setString(0, ".version 8\n");
            case "nvrtcGetProgramLog" -> at(a[1], 12).setString(0, "line 3: no\n");
            case "cublasCreate_v2" -> at(a[0], 8).set(JAVA_LONG, 0, 1006);
            case "cuGetErrorName" -> at(a[1], 8).set(JAVA_LONG, 0, arena.allocateFrom("CUDA_ERROR_" + a[0]).address());
            case "cuGetErrorString" -> at(a[1], 8).set(JAVA_LONG, 0, arena.allocateFrom("error " + a[0] + " in words").address());
            case "cuMemAlloc_v2" -> {
                var block = arena.allocate(a[1], 16);
                memory.put(block.address(), block);
                at(a[0], 8).set(JAVA_LONG, 0, block.address());
            }
            case "cuMemFree_v2" -> {
                if (memory.remove(a[0]) == null) return 1;
            }
            case "cuMemcpyHtoDAsync_v2", "cuMemcpyDtoHAsync_v2" ->
                    MemorySegment.copy(at(a[1], a[2]), JAVA_BYTE, 0, at(a[0], a[2]), JAVA_BYTE, 0, a[2]);
            case "cuLaunchKernel" -> {
                parameters = new MemorySegment[4];
                for (int i = 0; i < parameters.length; i++) parameters[i] = at(at(a[9], 32).getAtIndex(JAVA_LONG, i), 8);
                onLaunch.run();
            }
            default -> {
            }
        }
        return 0;
    }

    static MemorySegment at(long address, long bytes) { return MemorySegment.ofAddress(address).reinterpret(bytes); }

    @Override public void close() { arena.close(); }
}
