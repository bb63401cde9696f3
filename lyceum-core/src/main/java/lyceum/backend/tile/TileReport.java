package lyceum.backend.tile;

import java.util.List;

/**
 * What the programs of a launch did to memory.
 *
 * @param faults one for each instruction of each program that did something wrong, the first thousand
 * @param loaded elements read, {@code stored} written: without those that masks left out
 */
public record TileReport(List<Fault> faults, long loaded, long stored) {

    /** What may be wrong. */
    public enum Kind {
        /** An address outside of the buffer. */
        OUT_OF_RANGE,
        /** Two programs, or two elements of one tile, write to one address. */
        OVERLAPPING_STORES,
        /** A program reads what another one writes. */
        READ_AND_WRITE
    }

    /**
     * @param element offset in the buffer
     * @param program whose instruction it was, {@code other} with which it collides: itself where there is none, -2 where there are several
     * @param detail  in words
     */
    public record Fault(Kind kind, String buffer, long element, int program, int other, String detail) {
        @Override public String toString() { return detail; }
    }

    public TileReport {
        faults = List.copyOf(faults);
    }
}
