package lyceum.learn.leakage;

import java.util.List;

/**
 * A leak and what shows it.
 *
 * @param columns those concerned; empty where it is about rows
 * @param pairs of a training row and a test row that share what they must not; at most {@link LeakageAudit#SHOWN} of them
 * @param evidence a sentence with the numbers
 * @param measure the number that is too large: an area, a share, a count
 * @param inflation by how much the score is too good, or null without a learner and a way to repair
 */
public record Finding(Kind kind, List<Integer> columns, List<Pair> pairs, String evidence, double measure, Inflation inflation) {
    public Finding {
        columns = List.copyOf(columns);
        pairs = List.copyOf(pairs);
    }

    /** A training row and a test row. */
    public record Pair(int train, int test) {}

    /** What leaks. */
    public enum Type {
        /** The answer, through a column that will be empty or other in live use. */
        TARGET,
        /** Test rows, through the procedure. */
        OTHER
    }

    /** How it leaks. */
    public enum Kind {
        /** A column tells the answer alone. */
        PROXY(Type.TARGET),
        /** A column was written after the moment of prediction. */
        WRITTEN_LATER(Type.TARGET),
        /** The same row trains and tests. */
        DUPLICATES(Type.OTHER),
        /** Nearly the same row, or text, trains and tests. */
        NEAR_DUPLICATES(Type.OTHER),
        /** A group has rows on both sides. */
        SHARED_GROUPS(Type.OTHER),
        /** Training rows are later than test rows. */
        TIME_ORDER(Type.OTHER),
        /** What is fitted before the learner changes with the values of test rows. */
        FITTED_ON_TEST_ROWS(Type.OTHER),
        /** What is fitted before the learner changes with the labels of test rows: selection or target encoding outside of the folds. */
        FITTED_ON_TEST_LABELS(Type.OTHER),
        /** Training and test rows can be told apart: they are not of one population. */
        DISTINGUISHABLE(Type.OTHER);

        private final Type type;

        Kind(Type type) { this.type = type; }

        public Type type() { return type; }
    }

    /**
     * Scores of each fold as evaluated, and with this leak's cause removed (in folds cut anew where the split was the cause).
     *
     * @param greaterIsBetter of the score
     */
    public record Inflation(double[] before, double[] after, boolean greaterIsBetter) {
        /** By how much the mean score is too good. */
        public double value() { return (greaterIsBetter ? 1 : -1) * (mean(before) - mean(after)); }

        static double mean(double[] scores) {
            double sum = 0;
            for (double s : scores) sum += s;
            return sum / scores.length;
        }
    }

    public Type type() { return kind.type(); }

    /** The estimated inflation, or {@code none} without one. */
    public double inflationOr(double none) { return inflation == null ? none : inflation.value(); }

    @Override public String toString() {
        return kind + " (" + (type() == Type.TARGET ? "target leakage" : "data leakage") + "): " + evidence
                + (inflation == null ? "" : "; estimated inflation %.3f".formatted(inflation.value()));
    }
}
