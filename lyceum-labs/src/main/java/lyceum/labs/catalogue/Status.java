package lyceum.labs.catalogue;

/** How far a topic has come. */
public enum Status {
    /** No article, no lab and no check yet. */
    PLANNED,
    /** Something is there, and something is missing or fails. */
    PARTIAL,
    /** Article, lab, and every clause has a check whose last run held. */
    WORKS;

    /** As it is written in JSON and on pages: {@code works}. */
    public String word() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
