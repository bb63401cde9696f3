package lyceum.backend.x86.gemm;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import lyceum.backend.x86.machine.CodeMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;

/** The kernels of one CPU, each made when it is first needed. */
final class Kernels {
    private record Micro(Arithmetic arithmetic, int vectors, boolean masked) { }

    private record Copy(int lane, int vectors) { }

    private final Cpu cpu;
    private final Map<Object, Kernel> made = new ConcurrentHashMap<>();

    Kernels(Cpu cpu) { this.cpu = cpu; }

    Kernel micro(Arithmetic arithmetic, int vectors, boolean masked) {
        return made.computeIfAbsent(new Micro(arithmetic, vectors, masked), key -> load("gemm_" + arithmetic + "_" + vectors + (masked ? "_masked" : ""),
                MicroKernel.generate(cpu, arithmetic, vectors, masked, CodeMemory.isListed())));
    }

    Kernel copy(int lane, int vectors) {
        return made.computeIfAbsent(new Copy(lane, vectors), key -> load("copy_" + 8 * lane + "_" + vectors, PackKernel.copy(cpu, lane, vectors, CodeMemory.isListed())));
    }

    Kernel transpose(int lane) {
        return made.computeIfAbsent(lane, key -> load("transpose_" + 8 * lane, PackKernel.transpose(cpu, lane, CodeMemory.isListed())));
    }

    private static Kernel load(String name, lyceum.backend.x86.asm.Assembler.Code code) {
        return CodeMemory.load(name, code).orElseThrow(() -> new IllegalStateException("no executable memory for " + name + "; " + CodeMemory.held() + " bytes are held"));
    }
}
