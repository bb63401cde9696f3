package lyceum.backend.x86.conv;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;
import static lyceum.backend.x86.asm.Vec.xmm;

import java.util.Locale;
import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;
import lyceum.backend.x86.machine.Lanes;

/**
 * The transforms of Winograd's F(4 x 4, 3 x 3): 6 x 6 inputs of a tile, 3 x 3 weights, and 4 x 4 outputs of 6 x 6 sums. A lane is a tile, or a channel
 * of the weights. Each goes over rows first and leaves what it has in scratch, then over columns.
 *
 * <p>Tiles are dealt out to the lanes as a transposition within 128 bits does it, on both sides: vectors of neighbours in a line of the image hold a
 * line of a tile in each 128 bits.
 *
 * @param bias, {@code relu} for OUTPUT
 */
record WinogradKernel(Lanes lanes, Form form, boolean bias, boolean relu) implements KernelForm {
    /** FLIPPED are weights backwards, for the gradient by the input. */
    enum Form {
        INPUT, WEIGHT, FLIPPED, OUTPUT
    }

    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    /** From what, and to what; bytes from one of the 36 matrices to the next; bytes from one repetition to the next on both sides. */
    static final Field FROM = LAYOUT.word(), TO = LAYOUT.word(), MATRIX = LAYOUT.word(), COUNT = LAYOUT.word(), FROM_STEP = LAYOUT.word(),
            TO_STEP = LAYOUT.word();
    /** Bytes of a line of the image; table; scratch; bias; sums that say whether all is finite. The table of weights is the places of the lanes (32 bits, in elements), others begin with the number of their entries (64 bits). */
    static final Field LINE = LAYOUT.word(), TABLE = LAYOUT.word(), SCRATCH = LAYOUT.word(), BIAS = LAYOUT.word(), SEEN = LAYOUT.vector(64);
    /** INPUT: tiles side by side: for each line of the tiles the masks of eight loads, then where the run lies (in elements, of the first tile if it were in it). */
    static final int RUN = 104, RUN_PLACE = 96;
    /** OUTPUT: a tile: where it lies (in elements), how many lines and columns of it there are (a byte each). */
    static final int TILE = 8, TILE_LINES = 4, TILE_COLUMNS = 5;
    static final int SCRATCH_BYTES = 36 * 64, SIDE = 6, OUT = 4;

    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};

    @Override public String name(Cpu cpu) {
        return "winograd-" + form.name().toLowerCase(Locale.ROOT) + (bias ? "-bias" : "") + (relu ? "-relu" : "") + "-" + lanes.bits();
    }

    @Override public void write(Assembler a, Cpu cpu) {
        a.enter(SAVED);
        a.mov(RSI, Mem.at(RDI, FROM));
        a.mov(RDX, Mem.at(RDI, TO));
        a.mov(RCX, Mem.at(RDI, COUNT));
        a.mov(R8, Mem.at(RDI, LINE));
        a.mov(R9, Mem.at(RDI, MATRIX));
        a.mov(R10, Mem.at(RDI, SCRATCH));
        a.mov(R11, Mem.at(RDI, TABLE));
        var transforms = new WinogradTransforms(a, lanes, form);
        a.emit(VMOVUPS, transforms.seen(), Mem.at(RDI, SEEN));
        var loop = a.bind(a.label());
        switch (form) {
            case INPUT -> input(a, transforms);
            case OUTPUT -> output(a, transforms);
            default -> weight(a, transforms);
        }
        a.add(RSI, Mem.at(RDI, FROM_STEP));
        a.add(RDX, Mem.at(RDI, TO_STEP));
        a.sub(RCX, 1);
        a.jump(Condition.NE, loop);
        if (form != Form.OUTPUT) a.emit(VMOVUPS_STORE, Mem.at(RDI, SEEN), transforms.seen());
        a.leave(SAVED);
    }

    private void input(Assembler a, WinogradTransforms transforms) {
        a.mov(RAX, RSI);
        for (int i = 0; i < SIDE; i++) {
            line(a, transforms, i);
            a.add(RAX, R8);
            transforms.inputs();
            for (int j = 0; j < SIDE; j++) a.emit(VMOVUPS_STORE, scratch(i, j), lanes.vec(6 + j));
        }
        for (int j = 0; j < SIDE; j++) {
            for (int i = 0; i < SIDE; i++) a.emit(VMOVUPS, lanes.vec(i), scratch(i, j));
            transforms.inputs();
            toMatrices(a, j);
        }
    }

    /** Line i of the tiles to registers 0 to 5, a column each: the first four columns of all lanes lie in four vectors, the last two in four others. */
    private void line(Assembler a, WinogradTransforms transforms, int i) {
        for (int v = 0; v < 8; v++) a.emit(VXORPS, lanes.vec(v), lanes.vec(v), lanes.vec(v));
        a.mov(R13, Mem.at(R11));
        a.lea(R12, Mem.at(R11, 8));
        var run = a.bind(a.label());
        a.movsxd(RBX, Mem.at(R12, RUN_PLACE));
        a.lea(RBX, Mem.at(RAX, RBX, 4));
        for (int v = 0; v < 8; v++)
            transforms.loadInto(lanes.vec(v), Mem.at(R12, 16 * i + 2 * v), Mem.at(RBX, lanes.bytes() * (v % 4) + (v < 4 ? 0 : 16)));
        a.add(R12, RUN);
        a.sub(R13, 1);
        a.jump(Condition.NE, run);
        transforms.transpose(0, OUT);
        transforms.transpose(4, SIDE - OUT);
        for (int j = 0; j < SIDE; j++) transforms.check(lanes.vec(j));
    }

    private void weight(Assembler a, WinogradTransforms transforms) {
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                int tap = 3 * i + j;
                transforms.gather(lanes.vec(j), RSI, 4 * (form == Form.FLIPPED ? 8 - tap : tap), Mem.at(R11));
            }
            transforms.weights();
            for (int j = 0; j < SIDE; j++) a.emit(VMOVUPS_STORE, scratch(i, j), lanes.vec(6 + j));
        }
        for (int j = 0; j < SIDE; j++) {
            for (int i = 0; i < 3; i++) a.emit(VMOVUPS, lanes.vec(i), scratch(i, j));
            transforms.weights();
            toMatrices(a, j);
        }
    }

    private void output(Assembler a, WinogradTransforms transforms) {
        a.mov(RAX, RSI);
        for (int i = 0; i < SIDE; i++) {
            for (int j = 0; j < SIDE; j++) {
                a.emit(VMOVUPS, lanes.vec(j), Mem.at(RAX));
                a.add(RAX, R9);
            }
            transforms.outputs();
            for (int j = 0; j < OUT; j++) a.emit(VMOVUPS_STORE, scratch(i, j), lanes.vec(6 + j));
        }
        if (bias) a.mov(RAX, Mem.at(RDI, BIAS));
        for (int j = 0; j < OUT; j++) {
            for (int i = 0; i < SIDE; i++) a.emit(VMOVUPS, lanes.vec(i), scratch(i, j));
            transforms.outputs();
            if (bias) a.emit(VBROADCASTSS, lanes.vec(0), Mem.at(RAX));
            if (relu) a.emit(VXORPS, lanes.vec(1), lanes.vec(1), lanes.vec(1));
            for (int i = 0; i < OUT; i++) {
                var y = lanes.vec(6 + i);
                if (bias) a.emit(VADDPS, y, y, lanes.vec(0));
                if (relu) a.emit(VMAXPS, y, lanes.vec(1), y);
                a.emit(VMOVUPS_STORE, scratch(i, j), y);
            }
        }
        if (bias) {
            a.add(RAX, 4);
            a.mov(Mem.at(RDI, BIAS), RAX);
        }
        for (int i = 0; i < OUT; i++) {
            for (int j = 0; j < OUT; j++) a.emit(VMOVUPS, lanes.vec(j), scratch(i, j));
            transforms.transpose(0, OUT);
            for (int j = 0; j < OUT; j++) a.emit(VMOVUPS_STORE, scratch(i, j), lanes.vec(j));
        }
        tiles(a);
    }

    /** The tiles, of which a line is 16 bytes in scratch, to their places. */
    private void tiles(Assembler a) {
        int line = lanes.bytes() * SIDE;
        a.mov(R13, Mem.at(R11));
        a.lea(R12, Mem.at(R11, 8));
        a.mov(RBX, R10);
        var partial = a.label();
        var next = a.label();
        var tile = a.bind(a.label());
        a.movsxd(RAX, Mem.at(R12));
        a.lea(RAX, Mem.at(RDX, RAX, 4));
        a.movzx16(R14, Mem.at(R12, TILE_LINES));
        a.cmp(R14, OUT << 8 | OUT);
        a.jump(Condition.NE, partial);
        for (int i = 0; i < OUT; i++) {
            a.emit(VMOVUPS, xmm(0), Mem.at(RBX, i * line));
            a.emit(VMOVUPS_STORE, Mem.at(RAX), xmm(0));
            a.add(RAX, R8);
        }
        a.bind(next);
        a.add(R12, TILE);
        a.add(RBX, 16);
        a.sub(R13, 1);
        a.jump(Condition.NE, tile);
        var done = a.label();
        a.jump(done);
        a.bind(partial);
        a.movzx8(R14, Mem.at(R12, TILE_LINES));
        a.mov(R15, RBX);
        var row = a.bind(a.label());
        a.movzx8(RBP, Mem.at(R12, TILE_COLUMNS));
        var element = a.bind(a.label());
        a.emit(VMOVSS, xmm(0), Mem.at(R15, RBP, 4, -4));
        a.emit(VMOVSS_STORE, Mem.at(RAX, RBP, 4, -4), xmm(0));
        a.sub(RBP, 1);
        a.jump(Condition.NE, element);
        a.add(R15, line);
        a.add(RAX, R8);
        a.sub(R14, 1);
        a.jump(Condition.NE, row);
        a.jump(next);
        a.bind(done);
    }

    private Mem scratch(int i, int j) { return Mem.at(R10, lanes.bytes() * (SIDE * i + j)); }

    /** Registers 6 to 11 to column {@code j} of the matrices. */
    private void toMatrices(Assembler a, int j) {
        a.mov(RAX, RDX);
        a.imul(RBX, R9, j);
        a.add(RAX, RBX);
        a.imul(RBX, R9, SIDE);
        for (int i = 0; i < SIDE; i++) {
            a.emit(VMOVUPS_STORE, Mem.at(RAX), lanes.vec(6 + i));
            a.add(RAX, RBX);
        }
    }
}
