package lyceum.bench;

import com.fasterxml.jackson.annotation.JsonValue;

/** How a measurement stands to its target. */
public enum Verdict {
    NONE(""), MET("met"), NEAR("within 0.9 of it"), MISSED("missed"), NOT_MEASURED_HERE("not measured here");

    /** A row may fall this far short of a target that the median reaches. */
    private static final double NEARNESS = 0.9;

    private final String words;

    Verdict(String words) { this.words = words; }

    @JsonValue public String words() { return words; }

    /** On a ratio that should be at least {@code target}. */
    static Verdict atLeast(double target, double ratio) {
        if (Double.isNaN(target) || Double.isNaN(ratio)) return NONE;
        return ratio >= target ? MET : ratio >= NEARNESS * target ? NEAR : MISSED;
    }

    /** On a measurement that should be at most {@code limit}. */
    static Verdict atMost(double limit, double value) { return atLeast(1, limit / value); }
}
