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

/**
 * Generates the bringing of sums from tiles to rows, as they are or rounded to BF16 (the products of tiles know no denormal numbers, which the rounding takes for zeros).
 * With AVX-512 only.
 *
 * <p>Arguments: rdi the first row's sums, rsi whole panels, rdx target, rcx bytes from row to row of it, r8 rows of one tile, r9 columns behind the whole panels.
 */
final class TileSumsKernel {
    private final Assembler a;
    private final boolean narrow, far;

    private TileSumsKernel(Cpu cpu, boolean narrow, boolean far, boolean listed) {
        this.a = new Assembler(cpu.features(), listed);
        this.narrow = narrow;
        this.far = far;
    }

    /** @param far to lines (whole ones) past the caches: a result that does not fit there need not be read first */
    static Assembler.Code generate(Cpu cpu, boolean narrow, boolean far, boolean listed) { return new TileSumsKernel(cpu, narrow, far, listed).code(); }

    private Assembler.Code code() {
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
        move(false);
        a.add(R10, TileKernel.SUMS);
        a.add(R11, narrow ? 64 : 128);
        a.sub(RAX, 1);
        a.jump(Condition.NE, panel);
        a.bind(rest);
        a.test(R9, R9);
        a.jump(Condition.E, next);
        move(true);
        a.bind(next);
        a.add(RDI, TileKernel.LINE);
        a.add(RDX, RCX);
        a.sub(R8, 1);
        a.jump(Condition.NE, row);
        if (far) a.sfence();
        a.vzeroupper();
        a.ret();
        return a.finish();
    }

    private void move(boolean masked) {
        for (int h = 0; h < 2; h++) a.emit(Instruction.VMOVUPS, zmm(h), Mem.at(R10, TileKernel.TILE * h));
        if (narrow) {
            a.emit(Instruction.VCVTNE2PS2BF16, zmm(0), zmm(1), zmm(0));
            if (masked) a.emit(Instruction.VMOVDQU16_STORE, Mem.at(R11).mask(Mask.K1), zmm(0));
            else a.emit(far ? Instruction.VMOVNTPS : Instruction.VMOVUPS_STORE, Mem.at(R11), zmm(0));
            return;
        }
        for (int h = 0; h < 2; h++) {
            var to = Mem.at(R11, 64 * h);
            if (masked) a.emit(Instruction.VMOVUPS_STORE, to.mask(h == 0 ? Mask.K1 : Mask.K2), zmm(h));
            else a.emit(far ? Instruction.VMOVNTPS : Instruction.VMOVUPS_STORE, to, zmm(h));
        }
    }
}
