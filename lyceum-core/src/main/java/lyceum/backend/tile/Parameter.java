package lyceum.backend.tile;

import java.util.Locale;

/**
 * What a launch binds a value to.
 *
 * @param index position among the kernel's parameters, from 0
 */
public record Parameter(String name, Kind kind, int index) {

    /** A buffer of F32, a whole number or a real one. */
    public enum Kind {
        BUFFER, INTEGER, NUMBER
    }

    @Override public String toString() { return kind.name().toLowerCase(Locale.ROOT) + " " + name; }
}
