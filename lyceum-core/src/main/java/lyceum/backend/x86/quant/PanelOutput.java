package lyceum.backend.x86.quant;

import static lyceum.backend.x86.asm.Instruction.*;
import static lyceum.backend.x86.quant.PanelWalk.OUT;
import static lyceum.backend.x86.quant.PanelWalk.STRIDE;
import static lyceum.backend.x86.quant.PanelWalk.VALID;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Vec;

/**
 * The end of a kernel: sixteen results a row of activations, of which only those of existing rows of weights are stored (or added).
 *
 * Walks through OUT.
 *
 * @param scratch three vectors for AVX2
 */
record PanelOutput(Assembler a, boolean wide, boolean add, Vec... scratch) {
    /** Gives the register that holds the results of a row of activations; half h of them, where a vector holds eight. */
    interface Results {
        Vec of(int row, int half);
    }

    void write(int rows, Results results) {
        if (wide) {
            a.mov(Gp.RAX, Layout.ROWS);
            a.cmp(VALID, Gp.RAX);
            a.cmov(Condition.L, Gp.RAX, VALID);
            a.mov(Gp.RCX, -1L);
            a.bzhi(Gp.RAX, Gp.RCX, Gp.RAX);
            a.emit(KMOVW_FROM, Mask.K1, Gp.RAX);
        } else {
            a.emit(VMOVD, scratch[0].as(128), VALID);
            a.emit(VPBROADCASTD, scratch[0], scratch[0].as(128));
        }
        for (int r = 0; r < rows; r++) {
            if (wide) wide(results.of(r, 0));
            else for (int h = 0; h < 2; h++) half(results.of(r, h), h);
            if (r + 1 < rows) a.add(OUT, STRIDE);
        }
    }

    private void wide(Vec y) {
        if (add) a.emit(VADDPS, y.mask(Mask.K1), y, Mem.at(OUT));
        a.emit(VMOVUPS_STORE, Mem.at(OUT).mask(Mask.K1), y);
    }

    /** Lane l exists if {@code l + 8h < valid}. */
    private void half(Vec y, int h) {
        a.emit(VPCMPGTD, scratch[1], scratch[0],
                a.constants(8 * h, 8 * h + 1, 8 * h + 2, 8 * h + 3, 8 * h + 4, 8 * h + 5, 8 * h + 6, 8 * h + 7));
        if (add) {
            a.emit(VMASKMOVPS, scratch[2], scratch[1], Mem.at(OUT, 32 * h));
            a.emit(VADDPS, y, y, scratch[2]);
        }
        a.emit(VMASKMOVPS_STORE, Mem.at(OUT, 32 * h), scratch[1], y);
    }
}
