package lyceum.backend.x86.index;

import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Instruction.KMOVW_FROM;
import static lyceum.backend.x86.asm.Instruction.VMOVAPS;

import lyceum.DType;
import lyceum.backend.Backend.Scan;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * A running reduction along another axis than the last, for a strip of columns whose running values stay in registers.
 *
 * <p>Arguments: in, out, length, bytes between rows of in, of out, columns in the last vector (0 if it is whole).
 */
record ColumnScan(Scan scan, DType type, int vectors, boolean partial) implements KernelForm {
    /** Vectors of a strip at most. */
    static final int STRIP = 16;
    private static final Gp IN = RDI, OUT = RSI, LENGTH = RDX, IN_STEP = RCX, OUT_STEP = R8, COLUMNS = R9;

    @Override public String name(Cpu cpu) {
        return "running_" + scan + "_" + type + "_columns_" + vectors + (partial ? "_partial" : "") + "_" + cpu.vectorBits();
    }

    @Override public void write(Assembler a, Cpu cpu) {
        var step = new RunningStep(a, scan, type, 512);
        step.prepare();
        if (partial) {
            a.mov(RAX, -1L);
            a.bzhi(RAX, RAX, COLUMNS);
            a.emit(KMOVW_FROM, Mask.K1, RAX);
        }
        for (int v = 0; v < vectors; v++) a.emit(VMOVAPS, Vec.zmm(v), step.neutral());
        a.align(32);
        var row = a.bind(a.label());
        for (int v = 0; v < vectors; v++) {
            boolean isPart = partial && v == vectors - 1;
            var x = Vec.zmm(STRIP + v % 8);
            step.load(x, Mem.at(IN, v * step.bytes()), isPart);
            step.join(Vec.zmm(v), Vec.zmm(v), x);
            a.emit(VMOVAPS, RunningStep.SPARE, Vec.zmm(v));
            step.store(Mem.at(OUT, v * step.bytes()), RunningStep.SPARE, isPart);
        }
        a.add(IN, IN_STEP);
        a.add(OUT, OUT_STEP);
        a.sub(LENGTH, 1);
        a.jump(Condition.NE, row);
        a.vzeroupper();
        a.ret();
    }
}
