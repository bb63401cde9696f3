package lyceum.backend.x86.attention;

import static lyceum.backend.x86.asm.Gp.R10;
import static lyceum.backend.x86.asm.Gp.R11;
import static lyceum.backend.x86.asm.Gp.R12;
import static lyceum.backend.x86.asm.Gp.R13;
import static lyceum.backend.x86.asm.Gp.R14;
import static lyceum.backend.x86.asm.Gp.R15;
import static lyceum.backend.x86.asm.Gp.R8;
import static lyceum.backend.x86.asm.Gp.RAX;
import static lyceum.backend.x86.asm.Gp.RBP;
import static lyceum.backend.x86.asm.Gp.RBX;
import static lyceum.backend.x86.asm.Gp.RCX;
import static lyceum.backend.x86.asm.Gp.RDI;
import static lyceum.backend.x86.asm.Gp.RDX;
import static lyceum.backend.x86.asm.Gp.RSI;
import static lyceum.backend.x86.asm.Instruction.TDPBF16PS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Function;
import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Label;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Tile;
import lyceum.backend.x86.gemm.Tiles;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * {@value #QUERIES} queries meet up to {@value #KEYS} keys, in tiles: scores {@code S = Q K'} to memory that stays in the first-level cache, a step of the
 * running softmax on them ({@link TileWeights}), which leaves weights of BF16 in their place, and {@code O += P V}.
 *
 * <p>Keys come as panels of 16: a row of 16 pairs of neighbouring elements for each pair of a key, so that a tile of 32 elements of 16 keys is 1 KB in a
 * piece. Values come as pairs of neighbouring rows. All tiles are full: queries and keys are padded with zeros along their elements, values along the keys;
 * scores of keys that are padding are hidden by the bounds, rows of queries that do not exist may hold anything.
 *
 * <p>Two tiles of Q side by side meet each tile of K; those of up to 64 elements stay in registers. The sums of a pair begin as a tile of zeros that is loaded:
 * {@code tilezero} before two dependent products took 4.9 cycles for 16 scores where this takes 2.9, and four sums at once, with Q loaded again, 3.5.
 *
 * <p>Arguments, 8 bytes each, at rdi.
 */
final class TileBlock {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    /** Address of the queries, and bytes from one to the next; of the first panel of keys; of the first pair of values, and bytes to the next. */
    static final Field Q = LAYOUT.word(), Q_STRIDE = LAYOUT.word(), K = LAYOUT.word(), V = LAYOUT.word(), V_STRIDE = LAYOUT.word();
    /** Address of the scores, and how many tiles of 16 keys, an even number. */
    static final Field SCORES = LAYOUT.word(), TILES = LAYOUT.word();
    /** Address of the results (floats), and bytes from one to the next; of the largest score of each query in powers of two; of 16 partial sums for each. */
    static final Field RESULT = LAYOUT.word(), RESULT_STRIDE = LAYOUT.word(), TOPS = LAYOUT.word(), TOTALS = LAYOUT.word();
    /** Queries that there are; what makes scores powers of two (a float); address of the bounds; of 64 bytes of zeros; of the tiles' configuration. */
    static final Field ROWS = LAYOUT.word(), FACTOR = LAYOUT.word(), BOUNDS = LAYOUT.word(), ZEROS = LAYOUT.word(),
            CONFIGURATION = LAYOUT.word();
    /** How often: each time with the next queries. What goes on from one time to the next is left changed. */
    static final Field TIMES = LAYOUT.word();
    static final int ARGUMENTS = LAYOUT.bytes();

    static final int QUERIES = 32, KEYS = 128;
    /** Bytes of a tile: 16 scores of 16 queries, 32 weights of them, or 32 elements of 16 keys. */
    static final int TILE = 1024;
    /** Bytes from the scores for 16 keys to those for the next: a line more than two tiles, or a load of later scores would wait for the store of weights 4 KB before it. */
    static final int APART = 2 * TILE + 64;

    private static final Gp[] SAVED = {RBX, RBP, R12, R13, R14, R15};
    private static final Tile[] REGISTERS = Tile.values();
    /** Tiles of Q, 32 elements each, that stay in registers. */
    private static final int HELD = 2;

    /** @param tiles by which it is written; {@code steps} of 32 elements of a key, {@code columns} of 16 elements of a value; {@code masked} if not every query sees every key */
    record Form(Function<Assembler, Tiles> tiles, int steps, int columns, boolean masked) implements KernelForm {
        @Override public String name(Cpu cpu) {
            return "attention_tiles_" + steps + "x" + columns + (masked ? "_masked" : "") + "_" + cpu.vectorBits();
        }

        @Override public void write(Assembler a, Cpu cpu) { new TileBlock(a, tiles.apply(a), this).write(); }
    }

    private final Assembler a;
    private final Tiles tiles;
    private final Form form;

    private TileBlock(Assembler a, Tiles tiles, Form form) {
        this.a = a;
        this.tiles = tiles;
        this.form = form;
    }

    /** All tiles are full. */
    static void configure(MemorySegment to) {
        to.fill((byte) 0);
        to.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        for (var tile : REGISTERS) {
            to.set(ValueLayout.JAVA_SHORT_UNALIGNED, 16 + 2 * tile.number(), (short) 64);
            to.set(ValueLayout.JAVA_BYTE, 48 + tile.number(), (byte) 16);
        }
    }

    private void write() {
        a.enter(SAVED);
        a.mov(RAX, Mem.at(RDI, CONFIGURATION));
        tiles.configure(RAX);
        var again = a.bind(a.label());
        scores();
        new TileWeights(a, form).write();
        values();
        next(again);
        tiles.release();
        a.leave(SAVED);
    }

    private void next(Label again) {
        var done = a.label();
        a.mov(RAX, Mem.at(RDI, TIMES));
        a.sub(RAX, 1);
        a.jump(Condition.E, done);
        a.mov(Mem.at(RDI, TIMES), RAX);
        step(Q, Q_STRIDE);
        step(RESULT, RESULT_STRIDE);
        advance(TOPS, 4 * QUERIES);
        advance(TOTALS, 64 * QUERIES);
        a.jump(again);
        a.bind(done);
    }

    private void step(Field argument, Field stride) {
        a.mov(RAX, Mem.at(RDI, stride));
        a.imul(RAX, RAX, QUERIES);
        a.add(RAX, Mem.at(RDI, argument));
        a.mov(Mem.at(RDI, argument), RAX);
    }

    private void advance(Field argument, int bytes) {
        a.mov(RAX, Mem.at(RDI, argument));
        a.add(RAX, bytes);
        a.mov(Mem.at(RDI, argument), RAX);
    }

    private static Tile sum(int i) { return REGISTERS[i]; }

    private static Tile query(int i, int step) { return REGISTERS[2 + 2 * i + step % HELD]; }

    private static Tile key(int step) { return REGISTERS[6 + step % HELD]; }

    private void loadQuery(int i, int step) { tiles.load(query(i, step), Mem.at(i == 0 ? RSI : RBX, 64 * step), RAX); }

    private void loadKey(int step) { tiles.load(key(step), Mem.at(RDX, TILE * step), R11); }

    private void scores() {
        boolean held = form.steps <= HELD;
        a.mov(RSI, Mem.at(RDI, Q));
        a.mov(RAX, Mem.at(RDI, Q_STRIDE));
        a.mov(RBX, RAX);
        a.shl(RBX, 4);
        a.add(RBX, RSI);
        a.mov(RDX, Mem.at(RDI, K));
        a.mov(RCX, Mem.at(RDI, SCORES));
        a.mov(R8, Mem.at(RDI, TILES));
        a.mov(R12, Mem.at(RDI, ZEROS));
        a.mov(R13, 0);
        a.mov(R11, 64);
        for (int step = 0; held && step < form.steps; step++) for (int i = 0; i < 2; i++) loadQuery(i, step);
        a.align(32);
        var loop = a.bind(a.label());
        for (int step = 0; held && step < form.steps; step++) loadKey(step);
        for (int i = 0; i < 2; i++) tiles.load(sum(i), Mem.at(R12), R13);
        for (int step = 0; step < form.steps; step++) {
            if (!held) {
                loadKey(step);
                for (int i = 0; i < 2; i++) loadQuery(i, step);
            }
            for (int i = 0; i < 2; i++) tiles.dot(TDPBF16PS, sum(i), query(i, step), key(step));
        }
        for (int i = 0; i < 2; i++) tiles.store(Mem.at(RCX, TILE * i), R11, sum(i));
        a.add(RDX, TILE * form.steps);
        a.add(RCX, APART);
        a.sub(R8, 1);
        a.jump(Condition.NE, loop);
    }

    private void values() {
        a.mov(RSI, Mem.at(RDI, SCORES));
        a.mov(R11, Mem.at(RDI, V_STRIDE));
        a.mov(R14, R11);
        a.shl(R14, 4);
        a.mov(RCX, Mem.at(RDI, RESULT));
        a.mov(R13, Mem.at(RDI, RESULT_STRIDE));
        a.mov(RBP, R13);
        a.shl(RBP, 4);
        a.add(RBP, RCX);
        a.mov(R10, 64);
        for (int column = 0; column < form.columns; column += 2) values(column, Math.min(2, form.columns - column));
    }

    /** Two columns of tiles of the result at most. */
    private void values(int column, int count) {
        for (int i = 0; i < 2; i++) for (int c = 0; c < count; c++) tiles.load(REGISTERS[2 * i + c], result(i, column + c), R13);
        a.mov(R12, RSI);
        a.mov(R8, Mem.at(RDI, V));
        a.mov(RDX, Mem.at(RDI, TILES));
        a.align(32);
        var loop = a.bind(a.label());
        for (int c = 0; c < count; c++) tiles.load(REGISTERS[6 + c], Mem.at(R8, 64 * (column + c)), R11);
        for (int i = 0; i < 2; i++) {
            tiles.load(REGISTERS[4 + i], Mem.at(R12, TILE * i), R10);
            for (int c = 0; c < count; c++) tiles.dot(TDPBF16PS, REGISTERS[2 * i + c], REGISTERS[4 + i], REGISTERS[6 + c]);
        }
        a.add(R12, 2 * APART);
        a.add(R8, R14);
        a.sub(RDX, 2);
        a.jump(Condition.NE, loop);
        for (int i = 0; i < 2; i++) for (int c = 0; c < count; c++) tiles.store(result(i, column + c), R13, REGISTERS[2 * i + c]);
    }

    private static Mem result(int i, int column) { return Mem.at(i == 0 ? RCX : RBP, 64 * column); }
}
