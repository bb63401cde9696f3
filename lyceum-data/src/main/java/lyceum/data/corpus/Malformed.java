package lyceum.data.corpus;

import lyceum.FormatException;

/**
 * A line, row or message that could not be read.
 *
 * @param source  the file's name
 * @param line    counted from 1; 0 where the source as a whole is meant
 * @param problem in a few words
 */
public record Malformed(String source, long line, String problem) {
    @Override public String toString() { return source + (line > 0 ? ", line " + line : "") + ": " + problem; }

    FormatException asException() {
        return new FormatException(this + "; give the reader an onMalformed that does not throw to skip such lines");
    }
}
