package lyceum.stats;

/** What a test looks for against its null hypothesis. */
public enum Alternative {
    TWO_SIDED, LESS, GREATER
}
