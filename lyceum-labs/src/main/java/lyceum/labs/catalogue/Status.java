package lyceum.labs.catalogue;

import java.util.Locale;

/** How far a topic has come. */
public enum Status {
    /** Nothing runs yet: no lab and no check; its article may be written. */
    PLANNED,
    /** Something runs, and something is missing or fails. */
    PARTIAL,
    /** Article, lab, and every clause has a check whose last run held. */
    WORKS;

    /** As it is written in JSON and on pages: {@code works}. */
    public String word() { return name().toLowerCase(Locale.ROOT); }
}
