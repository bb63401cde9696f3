package lyceum.backend.x86.quant;

import static lyceum.backend.x86.asm.Gp.*;
import static lyceum.backend.x86.asm.Instruction.*;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.Function;
import lyceum.backend.code.ArgumentLayout;
import lyceum.backend.code.ArgumentLayout.Field;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Tile;
import lyceum.backend.x86.asm.Vec;
import lyceum.backend.x86.gemm.Tiles;
import lyceum.backend.x86.machine.Cpu;
import lyceum.backend.x86.machine.KernelForm;

/**
 * Writes the product of codes with many rows of activations in tiles of integers (AMX): the span of a group's panels, as {@link PanelWalk} has them, with sixteen rows after
 * sixteen. It gives the bits of {@link BlockKernel}.
 *
 * <p>Codes are unpacked first, with their signs, and scales become floats: that is done once for all rows. Then a tile of codes of 16 rows of weights meets one of 16 rows of
 * activations for every unit that shares a scale; the sums go by way of memory to vectors, which scale them, a row of activations each. Sums of a unit are made some units
 * before they are needed. A unit of 32 positions takes some 55 cycles on Sapphire Rapids, where one of eight rows by vectors alone takes as much again: 12 for the loads and
 * the product, 15 to store the tile, 22 for the vectors' three instructions a row. They add up, so that it does not help to begin still earlier.
 *
 * <p>Argument: rdi a block of the fields below.
 */
final class TileBlockKernel {
    private static final ArgumentLayout LAYOUT = new ArgumentLayout();
    /** Address of the first panel's span; panels; address of the span's first record of the first tile, bytes to the next tile, tiles. */
    static final Field WEIGHTS = LAYOUT.word(), PANELS = LAYOUT.word(), ACTIVATIONS = LAYOUT.word(), TILE_STEP = LAYOUT.word(),
            TILES = LAYOUT.word();
    /** Address of the sums, tile by tile those of every panel, and whether they hold something; of {@link #scratchBytes}; of the tiles' configuration. */
    static final Field SUMS = LAYOUT.word(), ADD = LAYOUT.word(), SCRATCH = LAYOUT.word(), CONFIGURATION = LAYOUT.word();
    static final int PARAMETERS = LAYOUT.bytes();

    /** Rows of activations of a tile; bytes of its sums. */
    static final int ROWS = 16, TILE = 1024;
    /** Sums of so many units wait in memory. */
    private static final int WAITING = 8, AHEAD = 4;
    /** Of an unpacked panel: codes, then scales, then minima, of each unit 16 floats. */
    private static final int CODES = 16 * PanelWalk.POSITIONS, PANEL = CODES + 64 * 16 + 64 * 8;

    private static final Gp[] SAVED = {RBX, R12, R13, R15};
    private static final Tile[] REGISTERS = Tile.values();
    private static final Vec SCALE = Vec.zmm(24), LOW = Vec.zmm(25), CODE = Vec.zmm(26), HIGH = Vec.zmm(27), SUPER_SCALE = Vec.zmm(28),
            SUPER_MINIMUM = Vec.zmm(29), MASK = Vec.zmm(30), BIT = Vec.zmm(31);

    private final Assembler a;
    private final Tiles tiles;
    private final Layout layout;
    private final PackedActivations acts;
    private final int blocks, units, scales, minima;

    /** @param tiles by which it is written @param blocks of 32 positions of the span */
    record Form(Function<Assembler, Tiles> tiles, Layout layout, int blocks) implements KernelForm {
        @Override public String name(Cpu cpu) { return "quant-tiles-" + layout + "-" + blocks; }

        @Override public void write(Assembler a, Cpu cpu) { new TileBlockKernel(a, this).write(); }
    }

    private TileBlockKernel(Assembler a, Form form) {
        this.a = a;
        this.tiles = form.tiles.apply(a);
        this.layout = form.layout;
        this.blocks = form.blocks;
        this.acts = activations(layout);
        this.units = blocks * acts.units();
        this.scales = CODES;
        this.minima = CODES + 64 * 16;
    }

    static PackedActivations activations(Layout layout) { return new PackedActivations(layout, 1, ROWS); }

    /** Bytes of a tile's sums for a panel. */
    static int sumBytes(Layout layout) { return layout.hasMinimum() ? 2 * TILE : TILE; }

    static int scratchBytes(int panels) { return WAITING * TILE + panels * PANEL; }

    /** The sizes of all tiles: sums, rows of activations, and codes, whose row has four positions of each row of weights. */
    static void configure(MemorySegment to, Layout layout) {
        to.fill((byte) 0);
        to.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        for (int t = 0; t < 7; t++) {
            boolean rows = t >= 3 && t < 5, codes = t >= 5;
            to.set(ValueLayout.JAVA_SHORT_UNALIGNED, 16 + 2 * t, (short) (rows ? layout.unit : 64));
            to.set(ValueLayout.JAVA_BYTE, 48 + t, (byte) (codes ? layout.unit / 4 : ROWS));
        }
    }

    private void write() {
        a.enter(SAVED);
        a.mov(R10, Mem.at(RDI, SCRATCH));
        a.mov(RSI, Mem.at(RDI, WEIGHTS));
        a.lea(RCX, Mem.at(R10, WAITING * TILE));
        a.mov(R11, Mem.at(RDI, PANELS));
        if (layout.bits < 8) a.emit(VMOVUPS, MASK, bytes(0x0F));
        if (layout.bits == 5 || layout.bits == 6) a.emit(VMOVUPS, BIT, bytes(layout.bits == 5 ? 0x10 : 0x30));
        var unpacked = a.bind(a.label());
        unpack();
        a.add(RCX, PANEL);
        a.sub(R11, 1);
        a.jump(Condition.NE, unpacked);

        a.mov(RAX, Mem.at(RDI, CONFIGURATION));
        tiles.configure(RAX);
        a.mov(RAX, 64);
        a.mov(RBX, 32);
        a.mov(RSI, Mem.at(RDI, ACTIVATIONS));
        a.mov(RDX, Mem.at(RDI, SUMS));
        a.mov(R8, Mem.at(RDI, TILES));
        var tile = a.bind(a.label());
        a.lea(RCX, Mem.at(R10, WAITING * TILE));
        a.mov(R11, Mem.at(RDI, PANELS));
        var panel = a.bind(a.label());
        sums();
        if (layout.hasMinimum()) minima();
        a.add(RCX, PANEL);
        a.add(RDX, sumBytes(layout));
        a.sub(R11, 1);
        a.jump(Condition.NE, panel);
        a.add(RSI, Mem.at(RDI, TILE_STEP));
        a.sub(R8, 1);
        a.jump(Condition.NE, tile);
        tiles.release();
        a.leave(SAVED);
    }

    private Mem bytes(int value) {
        var all = new int[16];
        Arrays.fill(all, value * 0x01010101);
        return a.constants(all);
    }

    // Unpacking: from RSI, which moves on, to the panel at RCX.

    private void unpack() {
        a.mov(R12, RCX);
        if (layout.length == 64) {
            a.mov(R13, blocks / 2);
            a.lea(R8, Mem.at(RCX, scales));
            var chunk = a.bind(a.label());
            for (int block = 0; block < 2; block++) flat(block);
            for (int block = 0; block < 2; block++) codes(RSI, layout.head + block * layout.blockBytes(), 512 * block);
            a.add(RSI, layout.chunkBytes());
            a.add(R12, 2 * 512);
            a.add(R8, 2 * 64);
            a.sub(R13, 1);
            a.jump(Condition.NE, chunk);
            return;
        }
        superScales();
        a.mov(R13, blocks);
        a.add(RSI, layout.head);
        var block = a.bind(a.label());
        codes(RSI, 0, 0);
        a.add(RSI, layout.blockBytes());
        a.add(R12, 512);
        a.sub(R13, 1);
        a.jump(Condition.NE, block);
    }

    private void flat(int block) {
        a.emit(VCVTPH2PS, SCALE, Mem.at(RSI, 32 * block));
        a.emit(VMOVUPS_STORE, Mem.at(R8, 64 * block), SCALE);
        if (!layout.hasMinimum()) return;
        a.emit(VPMOVZXBD, LOW, Mem.at(RSI, 64 + 16 * block));
        a.emit(VCVTDQ2PS, LOW, LOW);
        a.emit(VMULPS, LOW, LOW, SCALE);
        a.emit(VMOVUPS_STORE, Mem.at(R8, minima - scales + 64 * block), LOW);
    }

    private void superScales() {
        a.emit(VCVTPH2PS, SUPER_SCALE, Mem.at(RSI));
        boolean signed = layout == Layout.Q6_K;
        if (!signed) {
            a.emit(VCVTPH2PS, SUPER_MINIMUM, Mem.at(RSI, 32));
            sixBits();
        }
        for (int u = 0; u < units; u++) {
            a.emit(signed ? VPMOVSXBD : VPMOVZXBD, SCALE, signed ? Mem.at(RSI, 64 + 16 * u) : Mem.at(R10, 16 * u));
            scaled(SCALE, SUPER_SCALE, scales + 64 * u);
            if (signed) continue;
            a.emit(VPMOVZXBD, LOW, Mem.at(R10, 128 + 16 * u));
            scaled(LOW, SUPER_MINIMUM, minima + 64 * u);
        }
    }

    private void scaled(Vec integers, Vec by, int at) {
        a.emit(VCVTDQ2PS, integers, integers);
        a.emit(VMULPS, integers, integers, by);
        a.emit(VMOVUPS_STORE, Mem.at(RCX, at), integers);
    }

    /** From three rows of four bytes, sixteen times, to eight scales and eight minima where sums will wait: see {@code SuperBlock}. */
    private void sixBits() {
        for (int row = 0; row < 2; row++) { // 0 gives scales, 1 minima
            a.emit(VMOVUPS, CODE, Mem.at(RSI, 64 + 64 * row));
            a.emit(VPANDD, SCALE, CODE, bytes(63));
            a.emit(VMOVUPS_STORE, Mem.at(R10, 128 * row), SCALE);
            a.emit(VPSRLW, 2, CODE, CODE);
            a.emit(VPANDD, CODE, CODE, bytes(0x30));
            a.emit(VMOVUPS, HIGH, Mem.at(RSI, 192));
            if (row == 1) a.emit(VPSRLW, 4, HIGH, HIGH);
            a.emit(VPANDD, HIGH, HIGH, MASK);
            a.emit(VPORD, CODE, CODE, HIGH);
            a.emit(VMOVUPS_STORE, Mem.at(R10, 128 * row + 64), CODE);
        }
    }

    /** The codes of 32 positions, with their signs, to {@code to} bytes behind R12. */
    private void codes(Gp from, int at, int to) {
        int vectors = layout.unit / 4, unitBytes = acts.units() == 1 ? 0 : layout.blockBytes() / acts.units();
        for (int u = 0; u < acts.units(); u++) {
            int unit = at + u * unitBytes;
            if (layout.bits == 5 || layout.bits == 6) a.emit(VMOVUPS, HIGH, Mem.at(from, unit + 32 * vectors));
            for (int v = 0; v < vectors; v++) {
                vector(from, unit, v);
                if (layout.offset == 128) a.emit(VPXORD, CODE, CODE, bytes(0x80));
                else if (layout.offset > 0) a.emit(VPSUBB, CODE, CODE, bytes(layout.offset));
                a.emit(VMOVUPS_STORE, Mem.at(R12, to + 64 * (u * vectors + v)), CODE);
            }
        }
    }

    private void vector(Gp from, int unit, int v) {
        if (layout.bits == 8) {
            a.emit(VMOVUPS, CODE, Mem.at(from, unit + 64 * v));
            return;
        }
        var pair = Mem.at(from, unit + 32 * (v & ~1));
        if (v % 2 == 0) a.emit(VPANDD, CODE, MASK, pair);
        else {
            a.emit(VPSRLW, 4, CODE, pair);
            a.emit(VPANDD, CODE, CODE, MASK);
        }
        if (layout.bits == 4) return;
        int shift = layout.bits == 5 ? 4 - v : 4 - 2 * v;
        if (shift > 0) a.emit(VPSLLW, shift, LOW, HIGH);
        else if (shift < 0) a.emit(VPSRLW, -shift, LOW, HIGH);
        a.emit(VPTERNLOGD, 0xF8, CODE, shift == 0 ? HIGH : LOW, BIT); // code or (bits and bit)
    }

    // Products: of the tile of activations at RSI and the panel at RCX, to the sums at RDX.

    private static Vec sum(int r) { return Vec.zmm(8 + r); }

    private void sums() {
        begin(0);
        for (int u = 0; u < Math.min(AHEAD, units); u++) multiply(u);
        for (int u = 0; u < units; u++) {
            if (u + AHEAD < units) multiply(u + AHEAD);
            scale(u);
        }
        end(0);
    }

    /** Of the first span there is nothing to add to. */
    private void begin(int at) {
        var first = a.label();
        var begun = a.label();
        a.mov(R12, Mem.at(RDI, ADD));
        a.test(R12, R12);
        a.jump(Condition.E, first);
        for (int r = 0; r < ROWS; r++) a.emit(VMOVUPS, sum(r), Mem.at(RDX, at + 64 * r));
        a.jump(begun);
        a.bind(first);
        for (int r = 0; r < ROWS; r++) a.emit(VPXORD, sum(r), sum(r), sum(r));
        a.bind(begun);
    }

    private void end(int at) { for (int r = 0; r < ROWS; r++) a.emit(VMOVUPS_STORE, Mem.at(RDX, at + 64 * r), sum(r)); }

    private int record(int u) { return u / acts.units() * acts.recordBytes(); }

    private static Mem waiting(int u) { return Mem.at(R10, TILE * (u % WAITING)); }

    private void multiply(int u) {
        Tile sums = REGISTERS[u % 3], rows = REGISTERS[3 + u % 2], codes = REGISTERS[5 + u % 2];
        tiles.zero(sums);
        tiles.load(rows, Mem.at(RSI, record(u) + u % acts.units() * layout.unit), RBX);
        tiles.load(codes, Mem.at(RCX, 16 * layout.unit * u), RAX);
        tiles.dot(TDPBSSD, sums, rows, codes);
        tiles.store(waiting(u), RAX, sums);
    }

    /** {@code sum += scale (step I)}, for every row of activations. */
    private void scale(int u) {
        a.emit(VMOVUPS, SCALE, Mem.at(RCX, scales + 64 * u));
        for (int r = 0; r < ROWS; r++) {
            var total = Vec.zmm(25 + r % 7);
            a.emit(VCVTDQ2PS, total, waiting(u).plus(64 * r));
            a.emit(VMULPS, total, total, Mem.at(RSI, record(u) + acts.stepAt(r)).broadcast());
            a.emit(VFMADD231PS, sum(r), total, SCALE);
        }
    }

    /** {@code minimum += low (step N)}. */
    private void minima() {
        begin(TILE);
        for (int u = 0; u < units; u++) {
            a.emit(VMOVUPS, LOW, Mem.at(RCX, minima + 64 * u));
            for (int r = 0; r < ROWS; r++) a.emit(VFMADD231PS, sum(r), LOW, Mem.at(RSI, record(u) + acts.sumAt(r)).broadcast());
        }
        end(TILE);
    }
}
