package lyceum.labs;

import java.util.Objects;

/**
 * A number that a lab checked.
 *
 * @param name     what it is: {@code within + between = total}
 * @param topic    the topic's slug
 * @param clause   the clause of the topic that it proves, from 1; 0 where it proves none
 * @param value    what was measured; 1 or 0 for a fact
 * @param expected the bound in words: {@code below 1e-9}
 * @param verdict  whether it holds
 */
public record CheckResult(String name, String topic, int clause, double value, String expected, Verdict verdict) {

    /** Checks that there is a verdict. */
    public CheckResult {
        Objects.requireNonNull(verdict, "a check without a verdict");
    }

    /** Whether it holds. */
    public boolean holds() { return verdict == Verdict.HOLDS; }

    /** Whether it fails; a check that does not apply to the run's parameters neither holds nor fails. */
    public boolean fails() { return verdict == Verdict.FAILS; }

    /** Whether it was judged: it holds or fails. */
    public boolean judged() { return holds() || fails(); }
}
