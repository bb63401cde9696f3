package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Vec.zmm;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Generates the bringing of sums from tiles to rows, at the edges of a product; of whole tiles the {@link TileKernel} does that itself. With AVX-512 only.
 *
 * <p>Arguments: rdi the first row's sums, rsi whole panels, rdx target, rcx bytes from row to row of it, r8 rows of one tile, r9 columns behind the whole panels.
 */
final class TileSumsKernel {
    private final Assembler a;
    private final TileKernel.Result result;

    record Form(TileKernel.Result result) implements KernelForm {
        @Override public String name(Cpu cpu) { return "tile sums " + result; }

        @Override public void write(Assembler a, Cpu cpu) { new TileSumsKernel(a, result).write(); }
    }

    private TileSumsKernel(Assembler a, TileKernel.Result result) {
        this.a = a;
        this.result = result;
    }

    private void write() {
        a.mov(RAX, -1);
        a.bzhi(RAX, RAX, R9);
        a.emit(Instruction.KMOVD_FROM, Mask.K1, RAX);
        a.shr(RAX, 16);
        a.emit(Instruction.KMOVW_FROM, Mask.K2, RAX);
        var row = a.bind(a.label());
        var rest = a.label();
        var next = a.label();
        a.mov(R10, RDI);
        a.mov(R11, RDX);
        a.mov(RAX, RSI);
        a.test(RAX, RAX);
        a.jump(Condition.E, rest);
        var panel = a.bind(a.label());
        result.move(a, R10, 0, R11);
        a.add(R10, TileKernel.SUMS);
        a.add(R11, result.rowBytes());
        a.sub(RAX, 1);
        a.jump(Condition.NE, panel);
        a.bind(rest);
        a.test(R9, R9);
        a.jump(Condition.E, next);
        part();
        a.bind(next);
        a.add(RDI, TileKernel.LINE);
        a.add(RDX, RCX);
        a.sub(R8, 1);
        a.jump(Condition.NE, row);
        if (result.isFar()) a.sfence();
        a.vzeroupper();
        a.ret();
    }

    private void part() {
        for (int h = 0; h < 2; h++) a.emit(Instruction.VMOVUPS, zmm(h), Mem.at(R10, TileKernel.TILE * h));
        if (result.isNarrow()) {
            a.emit(Instruction.VCVTNE2PS2BF16, zmm(0), zmm(1), zmm(0));
            a.emit(Instruction.VMOVDQU16_STORE, Mem.at(R11).mask(Mask.K1), zmm(0));
            return;
        }
        for (int h = 0; h < 2; h++) a.emit(Instruction.VMOVUPS_STORE, Mem.at(R11, 64 * h).mask(h == 0 ? Mask.K1 : Mask.K2), zmm(h));
    }
}
