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
import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Tile;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Generates {@code C (+)= A B} in tiles: {@code down x across} tiles of sums, at most 2 by 2, stay in registers over the inner dimension, so that
 * each tile that is loaded is multiplied twice.
 *
 * <p>A is a group of up to two tiles of rows, tile by tile: for every step of 64 bytes of a row the rows of both tiles follow one another, so that a tile is
 * 1 KB of memory and no two of its rows meet in a set of the cache. B has panels of lanes of 4 bytes with 2 or 4 neighbours of the inner dimension, a row for every
 * group of them. Sums are tiles of 1 KB, four to a panel. Operands may have several parts ({@link Precision}), which lie {@link #LEFT_PART} bytes apart in a
 * step of A and {@link #RIGHT_PART} in a panel of B; from term to term one of the two changes, and only that is loaded. The edges of a product are
 * tiles with fewer rows or shorter ones, by the configuration; inner sizes end in zeros.
 *
 * <p>Beside the products every step asks for a line or two of what is multiplied later, at four places: memory far away is slow enough to take a third of the time.
 *
 * <p>Arguments: rdi a block of the fields below, rsi A, rdx B, rcx C, r8 panels, r9 the configuration.
 */
final class TileKernel {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    /** Bytes from lane row to lane row of B, and from panel to panel; steps; 0 to overwrite C. */
    static final Field B_ROW = LAYOUT.word(), B_PANEL = LAYOUT.word(), STEPS = LAYOUT.word(), ADD = LAYOUT.word();
    static final AheadFields LEFT_AHEAD = new AheadFields(), RIGHT_AHEAD = new AheadFields();
    /** Where sums are brought to rows: the first row, bytes from row to row, memory for a panel's sums. */
    static final Field ROWS = LAYOUT.word(), ROW_STRIDE = LAYOUT.word(), ROW_SUMS = LAYOUT.word();
    static final int PARAMETERS = LAYOUT.bytes();
    /** Rows of a tile, and lanes of one of its rows. */
    static final int SIDE = 16;
    /** Bytes of a row of a whole panel, of a tile, of a panel's sums, of a line. */
    static final int PANEL_ROW = 2 * 4 * SIDE, TILE = 64 * SIDE, SUMS = 4 * TILE, LINE = 64;
    /** From part to part: within a step of A, and in a panel of B, whose inner size is at most {@link Packing#SPLIT_DEPTH} then. */
    static final int LEFT_PART = 2 * TILE, RIGHT_PART = Packing.SPLIT_DEPTH / 2 * PANEL_ROW;

    /**
     * What becomes of sums: they stay in tiles, or the last block of the inner dimension brings them to rows of the result, as they are or rounded to BF16 (products of tiles
     * know no denormal numbers, which this rounding takes for zeros). To whole lines {@code FAR} past the caches: a result that does not fit there need not be read first.
     */
    enum Result {
        TILES, ROWS, BF16, ROWS_FAR, BF16_FAR;

        static Result of(boolean narrow, boolean far) { return narrow ? far ? BF16_FAR : BF16 : far ? ROWS_FAR : ROWS; }

        boolean isNarrow() { return this == BF16 || this == BF16_FAR; }

        boolean isFar() { return this == ROWS_FAR || this == BF16_FAR; }

        /** Bytes of a row for a panel. */
        int rowBytes() { return isNarrow() ? PANEL_ROW / 2 : PANEL_ROW; }

        /** A row of a panel's sums, from {@code sums} in the first of two tiles. */
        void move(Assembler a, Gp sums, int at, Gp to) {
            for (int h = 0; h < 2; h++) a.emit(Instruction.VMOVUPS, Vec.zmm(h), Mem.at(sums, at + TILE * h));
            if (isNarrow()) a.emit(Instruction.VCVTNE2PS2BF16, Vec.zmm(0), Vec.zmm(1), Vec.zmm(0));
            for (int h = 0; h < rowBytes() / LINE; h++)
                a.emit(isFar() ? Instruction.VMOVNTPS : Instruction.VMOVUPS_STORE, Mem.at(to, LINE * h), Vec.zmm(h));
        }
    }

    /**
     * What a call asks for in advance: the lines at {@code address} and {@code distance} bytes behind it, {@code step} bytes further at every step, and
     * {@code next} bytes further at every panel.
     */
    record Ahead(long address, long distance, long step, long next) {}

    /** Where those stand behind rdi. */
    static final class AheadFields {
        private final Field address = LAYOUT.word(), distance = LAYOUT.word(), step = LAYOUT.word(), next = LAYOUT.word();

        void set(MemorySegment parameters, Ahead ahead) {
            address.set(parameters, ahead.address);
            distance.set(parameters, ahead.distance);
            step.set(parameters, ahead.step);
            next.set(parameters, ahead.next);
        }
    }

    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};
    private static final Tile[] TILES = Tile.values();

    private final Assembler a;
    private final Tiles tiles;
    private final TileDot dot;
    private final Precision split;
    private final int down, across;
    private final Result result;
    /** Parts of A and B that are in the tiles at this point of the code; -1 none. */
    private int leftLoaded, rightLoaded;

    /**
     * @param tiles by which it is written
     * @param split whose terms are summed: {@link Precision#BF16} for operands of one part
     * @param down tiles of rows, {@code across} of columns: 1 or 2
     * @param result rows for four whole tiles only
     */
    record Form(Function<Assembler, Tiles> tiles, TileDot dot, Precision split, int down, int across, Result result) implements KernelForm {
        @Override public String name(Cpu cpu) { return "tiles " + dot + " " + split + " " + down + " by " + across + " to " + result; }

        @Override public void write(Assembler a, Cpu cpu) { new TileKernel(a, this).write(); }
    }

    private TileKernel(Assembler a, Form form) {
        this.a = a;
        this.tiles = form.tiles.apply(a);
        this.dot = form.dot;
        this.split = form.split;
        this.down = form.down;
        this.across = form.across;
        this.result = form.result;
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

    private void write() {
        a.enter(SAVED);
        tiles.configure(R9);
        a.mov(RAX, LINE);
        a.mov(R10, Mem.at(RDI, B_ROW));
        a.mov(RBP, Mem.at(RDI, LEFT_AHEAD.address));
        a.mov(R14, Mem.at(RDI, RIGHT_AHEAD.address));
        var panel = a.bind(a.label());
        begin();
        a.mov(RBX, RSI);
        a.mov(R12, RDX);
        a.mov(R13, Mem.at(RDI, STEPS));
        a.lea(R11, Mem.at(RCX, SUMS));
        a.align(32);
        var loop = a.bind(a.label());
        step();
        ahead(RBP, LEFT_AHEAD);
        ahead(R14, RIGHT_AHEAD);
        for (int i = 0; i < SUMS / LINE / steps(); i++) a.prefetchWrite(Mem.at(R11, LINE * i));
        a.add(R11, SUMS / steps());
        a.add(RBX, split.parts() * LEFT_PART);
        a.mov(R15, R10);
        a.shl(R15, 4);
        a.add(R12, R15);
        a.sub(R13, 1);
        a.jump(Condition.NE, loop);
        store();
        a.add(RBP, Mem.at(RDI, LEFT_AHEAD.next));
        a.add(R14, Mem.at(RDI, RIGHT_AHEAD.next));
        a.add(RDX, Mem.at(RDI, B_PANEL));
        a.add(RCX, SUMS);
        a.sub(R8, 1);
        a.jump(Condition.NE, panel);
        if (result.isFar()) a.sfence();
        tiles.release();
        a.leave(SAVED);
    }

    private static Mem place(Gp sums, int i, int j) { return Mem.at(sums, TILE * (2 * i + j)); }

    /** The sums go back, or by way of memory that stays near to their rows. */
    private void store() {
        var to = result == Result.TILES ? RCX : R11;
        if (result != Result.TILES) a.mov(R11, Mem.at(RDI, ROW_SUMS));
        for (int i = 0; i < down; i++) for (int j = 0; j < across; j++) tiles.store(place(to, i, j), RAX, sums(i, j));
        if (result == Result.TILES) return;
        a.mov(R12, Mem.at(RDI, ROWS));
        a.mov(RBX, Mem.at(RDI, ROW_STRIDE));
        a.lea(R15, Mem.at(R12, result.rowBytes()));
        a.mov(Mem.at(RDI, ROWS), R15);
        for (int half = 0; half < 2; half++) {
            a.mov(R13, SIDE / 4);
            var rows = a.bind(a.label());
            for (int row = 0; row < 4; row++) {
                result.move(a, R11, LINE * row, R12);
                a.add(R12, RBX);
            }
            a.add(R11, 4 * LINE);
            a.sub(R13, 1);
            a.jump(Condition.NE, rows);
            if (half == 0) a.add(R11, TILE);
        }
    }

    private void begin() {
        var overwrite = a.label();
        var begun = a.label();
        a.mov(R15, Mem.at(RDI, ADD));
        a.test(R15, R15);
        a.jump(Condition.E, overwrite);
        for (int i = 0; i < down; i++) for (int j = 0; j < across; j++) tiles.load(sums(i, j), place(RCX, i, j), RAX);
        a.jump(begun);
        a.bind(overwrite);
        for (int i = 0; i < down; i++) for (int j = 0; j < across; j++) tiles.zero(sums(i, j));
        a.bind(begun);
    }

    /** Of a whole block: in so many the sums of the next panel are brought near. */
    private int steps() { return split.parts() > 1 ? 4 : 8; }

    /** Lines that follow one another at a place of an {@link Ahead}. */
    static int lines(Precision split) { return split.parts() > 1 ? 2 : 1; }

    private void ahead(Gp at, AheadFields fields) {
        a.mov(R15, Mem.at(RDI, fields.distance));
        for (int i = 0; i < lines(split); i++) {
            a.prefetch(1, Mem.at(at, LINE * i));
            a.prefetch(1, Mem.at(at, R15, 1, LINE * i));
        }
        a.add(at, Mem.at(RDI, fields.step));
    }

    /** The products of 64 bytes of every row of A, term by term. */
    private void step() {
        leftLoaded = rightLoaded = -1;
        for (int t = 0; t < split.terms(); t++) {
            boolean newLeft = split.left(t) != leftLoaded, newRight = split.right(t) != rightLoaded;
            leftLoaded = split.left(t);
            rightLoaded = split.right(t);
            for (int j = 0; newRight && j < across; j++) tiles.load(right(j), Mem.at(R12, LINE * j + RIGHT_PART * rightLoaded), R10);
            for (int i = 0; i < down; i++) {
                if (newLeft) tiles.load(left(i), Mem.at(RBX, TILE * i + LEFT_PART * leftLoaded), RAX);
                for (int j = 0; j < across; j++) tiles.dot(dot.instruction, sums(i, j), left(i), right(j));
            }
        }
    }
}
