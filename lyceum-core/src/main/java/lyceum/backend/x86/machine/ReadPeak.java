package lyceum.backend.x86.machine;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;

import java.util.function.LongBinaryOperator;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/**
 * A loop of the widest loads and nothing else: what no kernel can exceed that reads memory, to be timed beside one. It reads four quarters side by side, as a product reads
 * rows: where one ends a page, the others' loads are under way. {@code lyceum.backend.ReadLoop} finds it by its name.
 */
public final class ReadPeak implements LongBinaryOperator {
    private static final int QUARTERS = 4, UNROLL = 2;
    /** Bytes that are read in about 50 microseconds from memory: a longer call lets collections run. */
    private static final long LONG = 1 << 20;

    private final Kernel kernel;

    /** @throws IllegalStateException where machine code cannot run */
    public ReadPeak() {
        var cpu = Cpu.current();
        var a = new Assembler(cpu.features());
        int bits = cpu.vectorBits();
        a.lea(R8, Mem.at(RDI, RDX, 1));
        a.lea(R9, Mem.at(RDI, RDX, 2));
        a.lea(R10, Mem.at(R8, RDX, 2));
        Gp[] quarters = {RDI, R8, R9, R10};
        a.align(32);
        var loop = a.bind(a.label());
        for (int i = 0; i < UNROLL; i++)
            for (int q = 0; q < QUARTERS; q++)
                a.emit(Instruction.VMOVUPS, Vec.of(QUARTERS * i + q, bits), Mem.at(quarters[q], i * bits / 8));
        for (var quarter : quarters) a.add(quarter, UNROLL * bits / 8);
        a.sub(RSI, QUARTERS * UNROLL * bits / 8);
        a.jump(Condition.NE, loop);
        a.vzeroupper();
        a.ret();
        kernel = CodeMemory.load("read-peak", a.finish()).orElseThrow(() -> new IllegalStateException("no executable memory"));
    }

    /** Reads {@code bytes}, a multiple of 512, from {@code address} on; returns {@code bytes}. */
    @Override public long applyAsLong(long address, long bytes) {
        if (bytes < LONG) kernel.call(address, bytes, bytes / QUARTERS, 0, 0, 0);
        else kernel.callLong(address, bytes, bytes / QUARTERS, 0, 0, 0);
        return bytes;
    }
}
