package lyceum.backend.x86.machine;

import java.util.function.DoubleUnaryOperator;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.CodeMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;

/** As many F32 multiply-adds as asked for, in registers: what {@link lyceum.backend.Roofline} calls the peak. Found by name, where machine code can run. */
public final class FmaPeak implements DoubleUnaryOperator {
    /** Independent chains: more than the latency times the units of any CPU so far (4 cycles, 2 units), and fewer than AVX2's registers. */
    private static final int CHAINS = 14;

    private final Kernel kernel;
    private final double operationsOfATurn;

    /** @throws IllegalStateException with the reason, where machine code cannot run */
    public FmaPeak() {
        var cpu = Cpu.current();
        int bits = cpu.vectorBits();
        operationsOfATurn = 2.0 * CHAINS * bits / 32;
        var a = new Assembler(cpu.features());
        for (int i = 0; i < 16; i++) a.emit(Instruction.VXORPS, Vec.ymm(i), Vec.ymm(i), Vec.ymm(i)); // zeros: no denormals, no overflow
        var loop = a.bind(a.label());
        for (int i = 0; i < CHAINS; i++) a.emit(Instruction.VFMADD231PS, Vec.of(i, bits), Vec.of(14, bits), Vec.of(15, bits));
        a.sub(Gp.RDI, 1);
        a.jump(Condition.NE, loop);
        a.vzeroupper();
        a.ret();
        kernel = CodeMemory.load("fma_peak", a.finish()).orElseThrow(() -> new IllegalStateException("no executable memory"));
    }

    /** Runs about so many operations, and returns how many they were. */
    @Override public double applyAsDouble(double operations) {
        long turns = Math.max(1, (long) (operations / operationsOfATurn));
        kernel.callLong(turns, 0, 0, 0, 0, 0);
        return turns * operationsOfATurn;
    }
}
