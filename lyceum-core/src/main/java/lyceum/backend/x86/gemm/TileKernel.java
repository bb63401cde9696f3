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

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Function;
import lyceum.backend.Precision;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Tile;
import lyceum.backend.x86.machine.Cpu;

/**
 * Generates {@code C (+)= A B} in tiles: {@code down x across} tiles of sums, at most 2 by 2, stay in registers over the inner dimension, so that
 * each tile that is loaded is multiplied twice.
 *
 * <p>A has rows of bytes that follow one another along the inner dimension, B lanes of 4 bytes with 2 or 4 neighbours of it, a row for every
 * group. Operands may have several parts ({@link Precision}), which lie {@link #LEFT_PART} bytes apart in a row of A and {@link #RIGHT_PART} in a
 * panel of B; from term to term one of the two changes, and only that is loaded. The edges of a product are tiles with fewer rows or shorter
 * ones, by the configuration, so that nothing beyond an operand is touched.
 *
 * <p>Arguments: rdi {@link #PARAMETERS}, rsi A, rdx B, rcx C, r8 groups of {@code down} tiles of rows, r9 the configuration.
 */
final class TileKernel {
    /** Longs behind rdi: bytes from row to row of A, from lane row to lane row of B, from row to row of C, steps of 64 bytes of A, 0 to overwrite C. */
    static final int PARAMETERS = 5;
    /** Rows of a tile, and lanes of one of its rows. */
    static final int SIDE = 16;
    /** Inner size of a block of split operands; with it the parts' distances. */
    static final int SPLIT_DEPTH = 128, LEFT_PART = 2 * SPLIT_DEPTH, RIGHT_PART = SPLIT_DEPTH / 2 * 2 * 64;

    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};
    private static final Tile[] TILES = Tile.values();

    private final Assembler a;
    private final Tiles tiles;
    private final TileDot dot;
    private final Precision split;
    private final int down, across;
    /** Parts of A and B that are in the tiles at this point of the code; -1 none. */
    private int leftLoaded, rightLoaded;

    private TileKernel(Assembler a, Tiles tiles, TileDot dot, Precision split, int down, int across) {
        this.a = a;
        this.tiles = tiles;
        this.dot = dot;
        this.split = split;
        this.down = down;
        this.across = across;
    }

    /** @param split whose terms are summed: {@link Precision#BF16} for operands of one part */
    static Assembler.Code generate(Cpu cpu, Function<Assembler, Tiles> tiles, TileDot dot, Precision split, int down, int across, boolean listed) {
        var a = new Assembler(cpu.features(), listed);
        return new TileKernel(a, tiles.apply(a), dot, split, down, across).code();
    }

    /** The sizes of the tiles: {@code rows} of the last of {@code down}, {@code columns} of the last of {@code across}, {@code lanes} of a step. */
    static void configure(MemorySegment to, int down, int rows, int across, int columns, int lanes) {
        to.fill((byte) 0);
        to.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        for (int i = 0; i < down; i++) {
            int height = i < down - 1 ? SIDE : rows;
            for (int j = 0; j < across; j++) size(to, sums(i, j), height, 4 * (j < across - 1 ? SIDE : columns));
            size(to, left(i), height, 4 * lanes);
        }
        for (int j = 0; j < across; j++) size(to, right(j), lanes, 4 * (j < across - 1 ? SIDE : columns));
    }

    private static void size(MemorySegment to, Tile tile, int rows, int bytes) {
        to.set(ValueLayout.JAVA_SHORT_UNALIGNED, 16 + 2 * tile.number(), (short) bytes);
        to.set(ValueLayout.JAVA_BYTE, 48 + tile.number(), (byte) rows);
    }

    private static Tile sums(int i, int j) { return TILES[2 * i + j]; }

    private static Tile left(int i) { return TILES[4 + i]; }

    private static Tile right(int j) { return TILES[6 + j]; }

    private Assembler.Code code() {
        a.enter(SAVED);
        tiles.configure(R9);
        a.mov(RAX, Mem.at(RDI));
        a.mov(R10, Mem.at(RDI, 8));
        a.mov(R11, Mem.at(RDI, 16));
        var group = a.bind(a.label());
        a.mov(RBX, RSI);
        if (down == 2) {
            // The second tile of rows: 16 rows on, in A and in C.
            a.mov(RBP, RAX);
            a.shl(RBP, 4);
            a.add(RBP, RSI);
            a.mov(R14, R11);
            a.shl(R14, 4);
            a.add(R14, RCX);
        }
        begin();
        a.mov(R12, RDX);
        a.mov(R13, Mem.at(RDI, 24));
        a.align(32);
        var loop = a.bind(a.label());
        step();
        a.add(RBX, 64);
        if (down == 2) a.add(RBP, 64);
        a.mov(R15, R10);
        a.shl(R15, 4);
        a.add(R12, R15);
        a.sub(R13, 1);
        a.jump(Condition.NE, loop);
        for (int i = 0; i < down; i++) for (int j = 0; j < across; j++) tiles.store(result(i, j), R11, sums(i, j));
        a.imul(R15, RAX, SIDE * down);
        a.add(RSI, R15);
        a.imul(R15, R11, SIDE * down);
        a.add(RCX, R15);
        a.sub(R8, 1);
        a.jump(Condition.NE, group);
        tiles.release();
        a.leave(SAVED);
        return a.finish();
    }

    private static Mem result(int i, int j) { return Mem.at(i == 0 ? RCX : R14, 64 * j); }

    private void begin() {
        var overwrite = a.label();
        var begun = a.label();
        a.mov(R15, Mem.at(RDI, 32));
        a.test(R15, R15);
        a.jump(Condition.E, overwrite);
        for (int i = 0; i < down; i++) for (int j = 0; j < across; j++) tiles.load(sums(i, j), result(i, j), R11);
        a.jump(begun);
        a.bind(overwrite);
        for (int i = 0; i < down; i++) for (int j = 0; j < across; j++) tiles.zero(sums(i, j));
        a.bind(begun);
    }

    /** The products of 64 bytes of every row of A, term by term. */
    private void step() {
        leftLoaded = rightLoaded = -1;
        for (int t = 0; t < split.terms(); t++) {
            boolean newLeft = split.left(t) != leftLoaded, newRight = split.right(t) != rightLoaded;
            leftLoaded = split.left(t);
            rightLoaded = split.right(t);
            for (int j = 0; newRight && j < across; j++) tiles.load(right(j), Mem.at(R12, 64 * j + RIGHT_PART * rightLoaded), R10);
            for (int i = 0; i < down; i++) {
                if (newLeft) tiles.load(left(i), Mem.at(i == 0 ? RBX : RBP, LEFT_PART * leftLoaded), RAX);
                for (int j = 0; j < across; j++) tiles.dot(dot.instruction, sums(i, j), left(i), right(j));
            }
        }
    }
}
