package lyceum.labs;

/**
 * A number that a lab checked.
 *
 * @param name     what it is: {@code within + between = total}
 * @param topic    the topic's slug
 * @param clause   the clause of the topic that it proves, from 1; 0 where it proves none
 * @param value    what was measured; 1 or 0 for a fact
 * @param expected the bound in words: {@code below 1e-9}
 * @param holds    whether the value satisfies it
 */
public record CheckResult(String name, String topic, int clause, double value, String expected, boolean holds) { }
