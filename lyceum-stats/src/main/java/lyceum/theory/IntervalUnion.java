package lyceum.theory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoublePredicate;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * A classifier on the line that says yes inside some intervals: unions of at most k have VC dimension 2k, and the best of them on a sample is found
 * exactly.
 *
 * @param ends ascending; yes begins at the first, ends before the second, and so on
 */
public record IntervalUnion(double[] ends) implements DoublePredicate {

    @Override public boolean test(double x) {
        int below = 0;
        while (below < ends.length && ends[below] <= x) below++;
        return below % 2 == 1;
    }

    /** How many intervals. */
    public int count() { return (ends.length + 1) / 2; }

    /** Share of points with another label. */
    public double error(double[] x, boolean[] yes) {
        int wrong = 0;
        for (int i = 0; i < x.length; i++) if (test(x[i]) != yes[i]) wrong++;
        return (double) wrong / x.length;
    }

    /** The unions of at most 1, 2, ... {@code most} intervals with the fewest errors on a sample. Ends lie midway between points. */
    public static List<IntervalUnion> fit(double[] x, boolean[] yes, int most) {
        if (x.length == 0 || yes.length != x.length)
            throw new ShapeException("IntervalUnion: " + yes.length + " labels for " + x.length + " points");
        var gains = new double[x.length];
        for (int i = 0; i < x.length; i++) gains[i] = yes[i] ? 1 : -1;
        var search = new Search(x, most);
        var moved = new boolean[x.length][2 * most + 1];
        double[] value = search.run(gains, moved);
        var unions = new ArrayList<IntervalUnion>();
        for (int k = 1; k <= most; k++) unions.add(search.union(best(value, k), moved));
        return unions;
    }

    /** Unions of at most k intervals at given points, as functions of values 0 and 1: for the complexity of their 0-1 losses, which is the same. */
    public static RademacherComplexity.HypothesisClass hypotheses(double[] x, int k) {
        var search = new Search(x, k);
        return signs -> {
            double[] value = search.run(signs, null);
            return value[best(value, k)] / x.length;
        };
    }

    /** The state of at most k intervals with the largest gain, the fewest ends of those that tie. */
    private static int best(double[] value, int k) {
        int best = 0;
        for (int s = 1; s <= 2 * k; s++) if (value[s] > value[best]) best = s;
        return best;
    }

    /** Over points in order, states that count the ends passed: odd ones say yes and gain what the point is worth. */
    private static final class Search {
        private final double[] x;
        private final long[] order;
        private final int states;

        Search(double[] x, int most) {
            if (most < 1) throw new IllegalArgumentException("IntervalUnion: at most " + most + " intervals; 1 or more");
            this.x = x;
            order = Tensor.of(x).argsort(0, false).toLongArray();
            states = 2 * most + 1;
        }

        /** The largest gain that ends in each state. @param moved receives whether a state was entered just before a point; or null */
        double[] run(double[] gains, boolean[][] moved) {
            var value = new double[states];
            Arrays.fill(value, Double.NEGATIVE_INFINITY);
            value[0] = 0;
            for (int i = 0; i < x.length; i++) {
                int point = (int) order[i];
                boolean free = i == 0 || x[point] != x[(int) order[i - 1]]; // equal points get one label
                for (int s = states - 1; s >= 0; s--) {
                    boolean enter = free && s > 0 && value[s - 1] > value[s];
                    if (enter) value[s] = value[s - 1];
                    if (moved != null) moved[i][s] = enter;
                    if (s % 2 == 1) value[s] += gains[point];
                }
            }
            return value;
        }

        IntervalUnion union(int state, boolean[][] moved) {
            var ends = new double[state];
            int s = state;
            for (int i = x.length - 1; i >= 0; i--) if (moved[i][s]) {
                double here = x[(int) order[i]];
                ends[--s] = i == 0 ? Double.NEGATIVE_INFINITY : 0.5 * (x[(int) order[i - 1]] + here);
            }
            return new IntervalUnion(ends);
        }
    }
}
