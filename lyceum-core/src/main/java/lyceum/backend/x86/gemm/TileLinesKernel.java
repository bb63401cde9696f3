package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R12;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Vec.ymm;
import static lyceum.backend.x86.asm.Vec.zmm;

import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mask;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Generates the bringing of sums from tiles to rows of BF16 that keep some of the positions, without gaps: a table says for each panel which. A row takes one
 * pass, while the tiles are in the cache.
 *
 * <p>Sums are rounded, and the bias is added to what was rounded, as if one were done after the other. Products of tiles know no denormal numbers, and this
 * rounding takes them for zeros.
 *
 * <p>Argument: rdi a block of the fields below.
 */
final class TileLinesKernel {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    /** Tiles; panels of 32 positions; the table; rows, at least 1; the first, and bytes from row to row; the first's bias, and bytes from bias to bias. */
    static final Field SUMS = LAYOUT.word(), PANELS = LAYOUT.word(), TABLE = LAYOUT.word(), ROWS = LAYOUT.word(), TO = LAYOUT.word(),
            TO_ROW = LAYOUT.word(), BIAS = LAYOUT.word(), BIAS_STEP = LAYOUT.word();
    /** A panel in the table: which position comes to each place, the places that there are, bytes of these. */
    static final int ORDER = 0, PLACES = 64, BYTES = 72, ENTRY = 128;

    private static final Gp[] SAVED = {RBX, R12};
    private static final int BIASES = 8, ZERO = 9;

    /** @param relu and what is negative becomes zero */
    record Form(boolean bias, boolean relu) implements KernelForm {
        @Override public String name(Cpu cpu) { return "tile lines" + (bias ? " bias" : "") + (relu ? " relu" : ""); }

        @Override public void write(Assembler a, Cpu cpu) { new TileLinesKernel(a, this).write(); }
    }

    private final Assembler a;
    private final Form form;

    private TileLinesKernel(Assembler a, Form form) {
        this.a = a;
        this.form = form;
    }

    private void write() {
        a.enter(SAVED);
        a.mov(RSI, Mem.at(RDI, SUMS));
        a.mov(RDX, Mem.at(RDI, TO));
        a.mov(R8, Mem.at(RDI, ROWS));
        a.mov(R9, Mem.at(RDI, BIAS));
        a.mov(R12, TileKernel.SIDE);
        if (form.relu) a.emit(Instruction.VXORPS, zmm(ZERO), zmm(ZERO), zmm(ZERO));
        var row = a.bind(a.label());
        if (form.bias) {
            a.movzx16(RAX, Mem.at(R9));
            a.shl(RAX, 16);
            a.emit(Instruction.VPBROADCASTD_GP, zmm(BIASES), RAX);
            a.add(R9, Mem.at(RDI, BIAS_STEP));
        }
        a.mov(R10, RSI);
        a.mov(R11, RDX);
        a.mov(RCX, Mem.at(RDI, TABLE));
        a.mov(RBX, Mem.at(RDI, PANELS));
        var panel = a.bind(a.label());
        panel();
        a.add(R10, TileKernel.SUMS);
        a.add(RCX, ENTRY);
        a.sub(RBX, 1);
        a.jump(Condition.NE, panel);
        a.add(RSI, TileKernel.LINE);
        a.add(RDX, Mem.at(RDI, TO_ROW));
        var same = a.label();
        a.sub(R12, 1);
        a.jump(Condition.NE, same);
        a.add(RSI, TileKernel.TILE); // past the tile beside, to the one below
        a.bind(same);
        a.sub(R8, 1);
        a.jump(Condition.NE, row);
        a.leave(SAVED);
    }

    private void panel() {
        for (int h = 0; h < 2; h++) a.emit(Instruction.VMOVUPS, zmm(h), Mem.at(R10, TileKernel.TILE * h));
        if (form.bias) {
            round();
            a.emit(Instruction.VEXTRACTI64X4, 1, ymm(1), zmm(0));
            for (int h = 1; h >= 0; h--) {
                a.emit(Instruction.VPMOVZXWD, zmm(h), ymm(h));
                a.emit(Instruction.VPSLLD, 16, zmm(h), zmm(h));
                a.emit(Instruction.VADDPS, zmm(h), zmm(h), zmm(BIASES));
            }
        }
        // With the value second, so that NaN and -0 stay.
        for (int h = 0; form.relu && h < 2; h++) a.emit(Instruction.VMAXPS, zmm(h), zmm(ZERO), zmm(h));
        round();
        a.emit(Instruction.VMOVUPS, zmm(2), Mem.at(RCX, ORDER));
        a.emit(Instruction.VPERMW, zmm(0), zmm(2), zmm(0));
        a.mov(RAX, Mem.at(RCX, PLACES));
        a.emit(Instruction.KMOVD_FROM, Mask.K1, RAX);
        a.emit(Instruction.VMOVDQU16_STORE, Mem.at(R11).mask(Mask.K1), zmm(0));
        a.add(R11, Mem.at(RCX, BYTES));
    }

    private void round() { a.emit(Instruction.VCVTNE2PS2BF16, zmm(0), zmm(1), zmm(0)); }
}
