package lyceum.learn.table;

import lyceum.data.Column;
import lyceum.data.ColumnType;

/** What is to be predicted. */
public enum TableTask {
    /** One of several classes. */
    CLASSIFICATION,
    /** A number. */
    REGRESSION;

    /** Whole numbers of so few values, in so many rows each, are classes. */
    private static final int MOST_CLASSES = 10, ROWS_A_CLASS = 5;

    /** The task of predicting this column: texts, truth values and whole numbers of at most ten frequent values are classes. */
    public static TableTask of(Column target) {
        if (target.type().isText() || target.type() == ColumnType.BOOL) return CLASSIFICATION;
        if (target.type() != ColumnType.I64) return REGRESSION;
        long distinct = TableProfile.distinct(target);
        return distinct <= MOST_CLASSES && distinct * ROWS_A_CLASS <= target.size() ? CLASSIFICATION : REGRESSION;
    }
}
