package lyceum.learn.table;

/**
 * What a column of a table is to a learner.
 *
 * @param reason why it is taken so, a phrase
 * @param missing rows without a value
 * @param distinct different values, without the missing ones
 */
public record TableColumn(String name, Kind kind, String reason, int missing, int distinct) {
    /** How it is taken. */
    public enum Kind {
        /** As it is; true is 1 and false 0. */
        NUMBER,
        /** A column of zeros and ones for each frequent value. */
        CATEGORY,
        /** Days since 1970, month and day of the week. */
        DATE,
        /** Not at all. */
        LEFT_OUT
    }
}
