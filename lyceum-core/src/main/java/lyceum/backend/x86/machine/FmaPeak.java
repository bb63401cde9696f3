package lyceum.backend.x86.machine;

import static lyceum.backend.x86.asm.Gp.RDI;

import java.util.function.DoubleUnaryOperator;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Vec;

/**
 * A loop of multiply-adds in registers, of the widest vectors and in chains enough to hide their latency: what no F32 product can exceed, to be
 * timed beside one. {@code lyceum.backend.Roofline} finds it by its name.
 */
public final class FmaPeak implements DoubleUnaryOperator {
    private static final int CHAINS = 12;

    private final Kernel kernel;
    private final int lanes;

    /** @throws IllegalStateException where machine code cannot run */
    public FmaPeak() {
        var cpu = Cpu.current();
        var a = new Assembler(cpu.features());
        int bits = cpu.vectorBits();
        for (int i = 0; i < CHAINS + 2; i++) a.emit(Instruction.VXORPS, Vec.of(i, bits), Vec.of(i, bits), Vec.of(i, bits));
        a.align(32);
        var loop = a.bind(a.label());
        for (int i = 0; i < CHAINS; i++) a.emit(Instruction.VFMADD231PS, Vec.of(i, bits), Vec.of(CHAINS, bits), Vec.of(CHAINS + 1, bits));
        a.sub(RDI, 1);
        a.jump(Condition.NE, loop);
        a.vzeroupper();
        a.ret();
        kernel = CodeMemory.load("peak", a.finish()).orElseThrow(() -> new IllegalStateException("no executable memory"));
        lanes = bits / 32;
    }

    /** Does about so many operations, a multiply-add being two, on this thread; returns how many it did. */
    @Override public double applyAsDouble(double operations) {
        long rounds = Math.max(1, (long) (operations / (2.0 * CHAINS * lanes)));
        kernel.callLong(rounds);
        return 2.0 * CHAINS * lanes * rounds;
    }
}
