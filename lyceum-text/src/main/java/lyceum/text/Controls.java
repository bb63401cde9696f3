package lyceum.text;

import java.util.Objects;
import java.util.Set;

/**
 * Which control strings inside a text become control tokens. Text from outside is encoded with {@link #TEXT}: whoever can write a control token writes the system
 * prompt.
 */
public final class Controls {
    /** None: control strings are text. The default everywhere. */
    public static final Controls TEXT = new Controls(Set.of(), false);
    /** All of them, for text that the program itself wrote, such as a rendered chat template. */
    public static final Controls ALL = new Controls(Set.of(), true);

    private final Set<String> allowed;
    private final boolean all;

    private Controls(Set<String> allowed, boolean all) {
        this.allowed = allowed;
        this.all = all;
    }

    /** These alone. */
    public static Controls only(String... allowed) { return new Controls(Set.of(allowed), false); }

    /** Whether this control string becomes its token. */
    public boolean allow(String control) { return all || allowed.contains(control); }

    /** Whether none is allowed. */
    public boolean none() { return !all && allowed.isEmpty(); }

    /** Whether every one is allowed. */
    public boolean all() { return all; }

    @Override public boolean equals(Object other) { return other instanceof Controls c && all == c.all && allowed.equals(c.allowed); }

    @Override public int hashCode() { return Objects.hash(all, allowed); }

    @Override public String toString() { return all ? "all" : none() ? "text" : allowed.toString(); }
}
