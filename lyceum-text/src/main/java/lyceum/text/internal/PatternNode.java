package lyceum.text.internal;

import java.util.List;

/** A pattern's tree. */
sealed interface PatternNode {
    /** One character out of a set. */
    record One(CodePointSet set) implements PatternNode {}

    /** One after the other. */
    record Sequence(List<PatternNode> parts) implements PatternNode {}

    /** The first that fits. */
    record Choice(List<PatternNode> options) implements PatternNode {}

    /** Between {@code min} and {@code max} times (-1: any number), as many as possible or as few. */
    record Repeat(PatternNode body, int min, int max, boolean greedy) implements PatternNode {}

    /** What follows (or goes before) fits, or does not; nothing is taken. */
    record Look(PatternNode body, boolean ahead, boolean negative) implements PatternNode {}

    PatternNode EMPTY = new Sequence(List.of());
}
