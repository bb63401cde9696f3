package lyceum.backend.x86.machine;

import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RSI;

import java.util.function.LongBinaryOperator;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/**
 * A loop of the widest loads and nothing else: what no kernel can exceed that reads memory, to be timed beside one. {@code lyceum.backend.ReadLoop} finds
 * it by its name.
 */
public final class ReadPeak implements LongBinaryOperator {
    private static final int UNROLL = 8;
    /** Bytes that are read in about 50 microseconds from memory: a longer call lets collections run. */
    private static final long LONG = 1 << 20;

    private final Kernel kernel;

    /** @throws IllegalStateException where machine code cannot run */
    public ReadPeak() {
        var cpu = Cpu.current();
        var a = new Assembler(cpu.features());
        int bits = cpu.vectorBits();
        a.align(32);
        var loop = a.bind(a.label());
        for (int i = 0; i < UNROLL; i++) a.emit(Instruction.VMOVUPS, Vec.of(i, bits), Mem.at(RDI, i * bits / 8));
        a.add(RDI, UNROLL * bits / 8);
        a.sub(RSI, UNROLL * bits / 8);
        a.jump(Condition.NE, loop);
        a.vzeroupper();
        a.ret();
        kernel = CodeMemory.load("read-peak", a.finish()).orElseThrow(() -> new IllegalStateException("no executable memory"));
    }

    /** Reads {@code bytes}, a multiple of 512, from {@code address} on; returns {@code bytes}. */
    @Override public long applyAsLong(long address, long bytes) {
        if (bytes < LONG) kernel.call(address, bytes, 0, 0, 0, 0);
        else kernel.callLong(address, bytes, 0, 0, 0, 0);
        return bytes;
    }
}
