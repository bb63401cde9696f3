package lyceum.backend.x86.gemm;

import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Gp;
import lyceum.backend.x86.asm.Instruction;
import lyceum.backend.x86.asm.Mem;
import lyceum.backend.x86.asm.Tile;

/**
 * How a generator writes what it wants of tile registers: as the instructions of AMX, or (in tests, on CPUs without tiles) as other code that does
 * the same to memory. A tile has up to 16 rows of up to 64 bytes, as the configuration says; what it has is all that is loaded, multiplied or stored.
 */
public interface Tiles {
    /** Bytes of a configuration: the palette, 1, at byte 0; the bytes of a row of tile t at {@code 16 + 2 t} (two bytes), its rows at {@code 48 + t}. */
    int CONFIGURATION = 64;

    /** Tiles have the sizes that stand at the address; they hold zeros. Before anything else. */
    void configure(Gp address);

    void zero(Tile tile);

    /** Rows from {@code first} on, {@code stride} bytes apart. */
    void load(Tile tile, Mem first, Gp stride);

    /**
     * {@code sums += left right}, for lanes of 4 bytes that hold 2 or 4 neighbours of the inner dimension, as the instruction takes them: a row of
     * {@code left} has a lane for each row of {@code right}. Three tiles, all distinct.
     */
    void dot(Instruction dot, Tile sums, Tile left, Tile right);

    void store(Mem first, Gp stride, Tile tile);

    /** No tile is in use any more: the state of the CPU is as before {@link #configure}. */
    void release();

    /** The tile registers of the CPU. */
    record Registers(Assembler a) implements Tiles {
        @Override public void configure(Gp address) { a.emit(Instruction.LDTILECFG, Mem.at(address)); }

        @Override public void zero(Tile tile) { a.emit(Instruction.TILEZERO, tile); }

        @Override public void load(Tile tile, Mem first, Gp stride) { a.emit(Instruction.TILELOADD, tile, along(first, stride)); }

        @Override public void dot(Instruction dot, Tile sums, Tile left, Tile right) { a.emit(dot, sums, left, right); }

        @Override public void store(Mem first, Gp stride, Tile tile) { a.emit(Instruction.TILESTORED, along(first, stride), tile); }

        @Override public void release() { a.emit(Instruction.TILERELEASE); }

        private static Mem along(Mem first, Gp stride) { return Mem.at(first.base(), stride, 1, first.displacement()); }
    }
}
