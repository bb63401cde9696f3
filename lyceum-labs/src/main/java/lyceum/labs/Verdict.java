package lyceum.labs;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** The outcome of a check, written to JSON and pages as its {@link #words}. */
public enum Verdict {

    /** The value satisfies the bound. */
    HOLDS("holds"),
    /** It does not, in a run with the lab's default parameters. */
    FAILS("fails"),
    /** A numbered check of a run with other parameters: it says nothing about the clause, whatever the value. */
    OTHER_SETTING("not the clause's setting"),
    /** A value outside its bound that proves no clause, in a run with other parameters: the bound was made for the defaults. */
    DIFFERS("differs at this setting");

    private final String words;

    Verdict(String words) { this.words = words; }

    /** The verdict of a check: numbered or not, in a run with the lab's defaults or not, with a value inside its bound or not. */
    public static Verdict of(boolean numbered, boolean defaults, boolean holds) {
        if (numbered && !defaults) return OTHER_SETTING;
        return holds ? HOLDS : defaults ? FAILS : DIFFERS;
    }

    @JsonCreator static Verdict read(String words) {
        for (var verdict : values()) {
            if (verdict.words.equals(words)) return verdict;
        }
        throw new IllegalArgumentException("'" + words + "' is not a verdict");
    }

    /** As people read it: {@code not the clause's setting}. */
    @JsonValue public String words() { return words; }
}
