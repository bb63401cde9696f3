package lyceum.bench;

import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Instruction.VPADDD;
import static lyceum.backend.x86.asm.Instruction.VXORPS;

import java.lang.ref.Reference;
import java.util.List;
import lyceum.backend.Parallel;
import lyceum.backend.quant.BlockMatrix;
import lyceum.backend.x86.machine.CodeMemory;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.Kernel;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.quant.QuantisedProducts;
import lyceum.memory.Storage;

/**
 * How fast this machine reads memory: plain vector loads, summed, on the very memory that the products read, for two buffers of one machine may
 * differ by a third (large pages or not, where the host has put them). What a product with one row of activations cannot exceed.
 */
final class ReadBandwidth {
    private static final int UNROLL = 8;
    /** Bytes of a turn of the loop with the widest vectors, and of what a thread reads at once. */
    private static final long TURN = UNROLL * 64, PIECE = 192 << 10;

    private final Kernel kernel;
    private final List<Storage> parts;
    private final long bytes;

    /**
     * Reads what the products with these matrices read.
     *
     * @throws IllegalStateException where machine code cannot run
     */
    ReadBandwidth(List<BlockMatrix> weights) {
        parts = weights.stream().map(QuantisedProducts::arranged).toList();
        bytes = parts.stream().mapToLong(ReadBandwidth::whole).sum();
        kernel = CodeMemory.load("read-bandwidth", code()).orElseThrow(() -> new IllegalStateException("executable memory is refused"));
    }

    /** Bytes of a part in whole turns of the loop. */
    private static long whole(Storage part) { return part.bytes() / TURN * TURN; }

    private static Assembler.Code code() {
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
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    /** Bytes of a {@link #pass}. */
    long bytes() { return bytes; }

    /** Reads everything once, on the threads of {@link Parallel}. */
    void pass() {
        for (var part : parts) Parallel.range(whole(part), PIECE, (from, to) -> kernel.call(part.address() + from, to - from, 0, 0, 0, 0));
        Reference.reachabilityFence(parts);
    }
}
