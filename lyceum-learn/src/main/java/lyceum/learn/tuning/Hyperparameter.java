package lyceum.learn.tuning;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * One hyper-parameter: its name, its values, and when it applies. {@link SearchSpace} makes them.
 *
 * <p>Every kind has a coordinate in [0, 1): the share of the range (of its logarithm) below the value, or the choice's place. A uniform coordinate is a uniform
 * (log-uniform) value, each integer and each choice being as likely as the next.
 *
 * @param low smallest value; 0 for choices
 * @param high largest value, included for integers; the number of choices for choices
 * @param choices the values of a choice; empty for numbers
 * @param parent the choice that this parameter depends on, or null
 * @param when values of the parent for which it applies
 */
public record Hyperparameter(String name, Kind kind, double low, double high, List<Object> choices, String parent, List<Object> when) {
    /** What values are. */
    public enum Kind {
        REAL, LOG_REAL, INTEGER, LOG_INTEGER, CHOICE
    }

    public Hyperparameter {
        if (name.isBlank()) throw new IllegalArgumentException("Hyperparameter: the name is blank");
        choices = List.copyOf(choices);
        when = List.copyOf(when);
        if (kind == Kind.CHOICE) {
            if (choices.isEmpty()) throw new IllegalArgumentException("Hyperparameter " + name + ": there is nothing to choose from");
            if (choices.stream().distinct().count() < choices.size())
                throw new IllegalArgumentException("Hyperparameter " + name + ": a choice stands twice in " + choices);
        } else {
            boolean whole = kind == Kind.INTEGER || kind == Kind.LOG_INTEGER, log = kind == Kind.LOG_REAL || kind == Kind.LOG_INTEGER;
            if (!(low < high || whole && low == high) || Double.isInfinite(low) || Double.isInfinite(high))
                throw new IllegalArgumentException(
                        "Hyperparameter " + name + ": the range is " + low + " to " + high + "; it is finite and rises");
            if (log && !(low > 0)) throw new IllegalArgumentException(
                    "Hyperparameter " + name + ": a logarithmic range begins at " + low + "; it begins above 0");
        }
    }

    boolean isChoice() { return kind == Kind.CHOICE; }

    /** How many values there are; {@code Long.MAX_VALUE} for reals. */
    public long count() {
        return switch (kind) {
            case REAL, LOG_REAL -> Long.MAX_VALUE;
            case INTEGER, LOG_INTEGER -> (long) (high - low) + 1;
            case CHOICE -> choices.size();
        };
    }

    /** The value at a coordinate in [0, 1]: a Double, a Long or a choice. */
    Object at(double u) {
        return switch (kind) {
            case REAL -> within(low + u * (high - low));
            case LOG_REAL -> within(low * Math.pow(high / low, u));
            case INTEGER -> (long) within(low + Math.floor(u * (high - low + 1)));
            // Integers own the stretch from half below to half above them
            case LOG_INTEGER -> (long) within(Math.rint(Math.exp(Math.log(low - 0.5) + u * Math.log((high + 0.5) / (low - 0.5)))));
            case CHOICE -> choices.get(Math.min(choices.size() - 1, (int) (u * choices.size())));
        };
    }

    private double within(double v) { return Math.clamp(v, low, high); }

    /** The middle of the coordinates that give this value. */
    double coordinate(Object value) {
        return switch (kind) {
            case REAL -> ((Double) value - low) / (high - low);
            case LOG_REAL -> Math.log((Double) value / low) / Math.log(high / low);
            case INTEGER -> ((Long) value - low + 0.5) / (high - low + 1);
            case LOG_INTEGER -> Math.log((Long) value / (low - 0.5)) / Math.log((high + 0.5) / (low - 0.5));
            case CHOICE -> (choices.indexOf(value) + 0.5) / choices.size();
        };
    }

    /** At most {@code points} values, evenly spaced from the lowest to the highest; all choices. */
    List<Object> grid(int points) {
        if (isChoice()) return choices;
        if (count() <= points) return LongStream.rangeClosed((long) low, (long) high).<Object>mapToObj(v -> v).toList();
        boolean log = kind == Kind.LOG_REAL || kind == Kind.LOG_INTEGER, whole = kind == Kind.INTEGER || kind == Kind.LOG_INTEGER;
        return IntStream.range(0, points).<Object>mapToObj(i -> {
            double share = points == 1 ? 0.5 : (double) i / (points - 1);
            double v = within(log ? low * Math.pow(high / low, share) : low + share * (high - low));
            if (whole) return Math.round(v);
            return v;
        }).distinct().toList();
    }
}
