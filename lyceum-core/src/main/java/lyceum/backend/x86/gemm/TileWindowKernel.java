package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R12;
import static lyceum.backend.x86.asm.Gp.R13;
import static lyceum.backend.x86.asm.Gp.R14;
import static lyceum.backend.x86.asm.Gp.R15;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.R9;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RBP;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;

import java.util.function.Function;
import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Tile;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Generates sums over windows in two by two tiles: {@link TileKernel}'s product whose right operand is read where it lies, tap after tap at a distance of its own. Its
 * rows are planes of lanes, each with two neighbouring channels of a position, so that a tile is 16 positions of 32 channels.
 *
 * <p>The left operand has for each tap and each step of 32 channels two tiles of 1 KB, one behind the other. Sums are as there: four tiles for 32 positions.
 *
 * <p>Arguments: rdi a block of the fields below, rsi the left operand, rdx the first position, rcx sums, r8 panels of 32 positions, r9 the configuration.
 */
final class TileWindowKernel {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    /** Bytes from plane to plane; steps of a tap; 0 to overwrite sums; bytes from position to tap, from the first of these to behind the last; what is multiplied later. */
    static final Field PLANE = LAYOUT.word(), STEPS = LAYOUT.word(), ADD = LAYOUT.word(), TAPS = LAYOUT.word(), TAPS_END = LAYOUT.word(),
            AHEAD = LAYOUT.word();
    static final int PARAMETERS = LAYOUT.bytes();

    private static final int SIDE = TileKernel.SIDE, LINE = TileKernel.LINE, TILE = TileKernel.TILE;
    /** R15 for tiles that are written as other code, which may use it. */
    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};
    private static final Tile[] TILES = Tile.values();

    /**
     * @param tiles by which it is written
     * @param ahead lines of the left operand that are asked for at every step
     */
    record Form(Function<Assembler, Tiles> tiles, int ahead) implements KernelForm {
        @Override public String name(Cpu cpu) { return "tile windows, " + ahead + " ahead"; }

        @Override public void write(Assembler a, Cpu cpu) { new TileWindowKernel(a, this).write(); }
    }

    private final Assembler a;
    private final Tiles tiles;
    private final int ahead;

    private TileWindowKernel(Assembler a, Form form) {
        this.a = a;
        tiles = form.tiles.apply(a);
        ahead = form.ahead;
    }

    private static Tile sums(int i, int j) { return TILES[2 * i + j]; }

    private static Mem place(int i, int j) { return Mem.at(RCX, TILE * (2 * i + j)); }

    private void write() {
        a.enter(SAVED);
        tiles.configure(R9);
        a.mov(RAX, LINE);
        a.mov(R10, Mem.at(RDI, PLANE));
        a.mov(RBP, Mem.at(RDI, AHEAD));
        a.mov(R14, R10);
        a.shl(R14, 4);
        var panel = a.bind(a.label());
        begin();
        a.mov(RBX, RSI);
        a.mov(R11, Mem.at(RDI, TAPS));
        var tap = a.bind(a.label());
        a.mov(R12, Mem.at(R11));
        a.add(R12, RDX);
        a.mov(R13, Mem.at(RDI, STEPS));
        a.align(32);
        var step = a.bind(a.label());
        for (int j = 0; j < 2; j++) tiles.load(TILES[6 + j], Mem.at(R12, LINE * j), R10);
        for (int i = 0; i < 2; i++) {
            tiles.load(TILES[4 + i], Mem.at(RBX, TILE * i), RAX);
            for (int j = 0; j < 2; j++) tiles.dot(Instruction.TDPBF16PS, sums(i, j), TILES[4 + i], TILES[6 + j]);
        }
        for (int i = 0; i < ahead; i++) a.prefetch(1, Mem.at(RBP, LINE * i));
        a.add(RBP, LINE * ahead);
        a.add(RBX, TileKernel.LEFT_PART);
        a.add(R12, R14);
        a.sub(R13, 1);
        a.jump(Condition.NE, step);
        a.add(R11, 8);
        a.cmp(R11, Mem.at(RDI, TAPS_END));
        a.jump(Condition.NE, tap);
        for (int i = 0; i < 2; i++) for (int j = 0; j < 2; j++) tiles.store(place(i, j), RAX, sums(i, j));
        a.add(RDX, 2 * 4 * SIDE);
        a.add(RCX, TileKernel.SUMS);
        a.sub(R8, 1);
        a.jump(Condition.NE, panel);
        tiles.release();
        a.leave(SAVED);
    }

    private void begin() {
        var overwrite = a.label();
        var begun = a.label();
        a.mov(R9, Mem.at(RDI, ADD));
        a.test(R9, R9);
        a.jump(Condition.E, overwrite);
        for (int i = 0; i < 2; i++) for (int j = 0; j < 2; j++) tiles.load(sums(i, j), place(i, j), RAX);
        a.jump(begun);
        a.bind(overwrite);
        for (int i = 0; i < 2; i++) for (int j = 0; j < 2; j++) tiles.zero(sums(i, j));
        a.bind(begun);
    }
}
