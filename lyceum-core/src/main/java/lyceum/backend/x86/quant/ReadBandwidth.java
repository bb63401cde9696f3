package lyceum.backend.x86.quant;

import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Instruction.VMOVUPS_STORE;
import static lyceum.backend.x86.asm.Instruction.VPADDD;
import static lyceum.backend.x86.asm.Instruction.VXORPS;

import java.lang.foreign.Arena;
import lyceum.backend.Parallel;
import lyceum.backend.x86.machine.CodeMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/** How fast this machine reads memory: plain vector loads, summed. What a product with one row of activations cannot exceed. */
public final class ReadBandwidth {
    private static final int UNROLL = 8;
    private static final long PIECE = 192 << 10;

    private final Kernel kernel;
    private final Storage memory;
    private final long bytes;

    /** @param bytes read by each {@link #pass}, several times the last cache to measure memory rather than it */
    public ReadBandwidth(long bytes) {
        this.bytes = bytes / PIECE * PIECE;
        this.memory = Allocator.allocate(this.bytes, null);
        memory.segment().asSlice(memory.base(), this.bytes).fill((byte) 1); // pages that were never written are all one page of zeros
        var cpu = Cpu.current();
        int width = cpu.vectorBits();
        var a = new Assembler(cpu.features(), CodeMemory.isListed());
        for (int i = 0; i < UNROLL; i++) a.emit(VXORPS, Vec.ymm(i), Vec.ymm(i), Vec.ymm(i));
        a.align(32);
        var loop = a.bind(a.label());
        for (int i = 0; i < UNROLL; i++) a.emit(VPADDD, Vec.of(i, width), Vec.of(i, width), Mem.at(RDI, i * width / 8));
        a.add(RDI, UNROLL * width / 8);
        a.sub(RSI, UNROLL * width / 8);
        a.jump(Condition.NE, loop);
        for (int i = 1; i < UNROLL; i++) a.emit(VPADDD, Vec.of(0, width), Vec.of(0, width), Vec.of(i, width));
        a.emit(VMOVUPS_STORE, Mem.at(RDX), Vec.of(0, width));
        a.vzeroupper();
        a.ret();
        this.kernel = CodeMemory.load("read-bandwidth", a.finish()).orElseThrow(() -> new IllegalStateException("executable memory is refused"));
    }

    public long bytes() { return bytes; }

    /** Reads everything once, on the threads of {@link Parallel}. */
    public void pass() {
        long base = memory.segment().address() + memory.base();
        Parallel.range(bytes, PIECE, (from, to) -> {
            try (var arena = Arena.ofConfined()) {
                kernel.call(base + from, to - from, arena.allocate(64, 64).address(), 0, 0, 0);
            }
        });
        java.lang.ref.Reference.reachabilityFence(memory);
    }
}
