package lyceum.theory;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.function.ToLongFunction;

/**
 * Averages over every target on a finite domain, counted and not sampled: without an assumption about targets no learner and no search is better
 * than another.
 *
 * {@snippet :
 * var lunch = new NoFreeLunch(8, 2);                                         // 8 points, 2 labels: 256 targets
 * lunch.offTraining(4, NoFreeLunch.Learner.NEAREST);                         // exactly 1/2
 * lunch.offTraining(4, NoFreeLunch.Learner.NEAREST, NoFreeLunch::isSmooth);  // targets that change at most once: 0.842
 * }
 *
 * <p>The cost is {@code labels^points} targets times all training sets, so domains stay tiny.
 *
 * @param points size of the domain, 0, 1, ..., at most 20
 * @param labels or values of a target, at least 2
 * @see <a href="https://doi.org/10.1162/neco.1996.8.7.1341">Wolpert (1996), The Lack of A Priori Distinctions Between Learning Algorithms</a>
 * @see <a href="https://doi.org/10.1109/4235.585893">Wolpert and Macready (1997), No Free Lunch Theorems for Optimization</a>
 */
public record NoFreeLunch(int points, int labels) {
    private static final double MOST = 1 << 22;

    public NoFreeLunch {
        if (points < 1 || labels < 2 || Math.pow(labels, points) > MOST) throw new IllegalArgumentException("NoFreeLunch: " + labels + "^"
                + points + " targets; there is at least one point and two labels, and at most " + (long) MOST + " targets are counted");
    }

    /** A deterministic rule from labelled points to labels of others. */
    @FunctionalInterface
    public interface Learner {
        /**
         * @param seen training points, ascending
         * @param labels theirs
         * @param point another one
         */
        int predict(int[] seen, int[] labels, int point);

        /** The label of the nearest point; of two as near, the lower one. */
        Learner NEAREST = (seen, labels, point) -> {
            int best = 0;
            for (int i = 1; i < seen.length; i++) if (Math.abs(seen[i] - point) < Math.abs(seen[best] - point)) best = i;
            return labels[best];
        };

        /** The commonest label, the least of equals. */
        Learner MAJORITY = (seen, labels, point) -> {
            var counts = new int[1 + Arrays.stream(labels).max().orElse(0)];
            for (int label : labels) counts[label]++;
            int best = 0;
            for (int label = 1; label < counts.length; label++) if (counts[label] > counts[best]) best = label;
            return best;
        };

        /** Of two labels, the one that {@link #MAJORITY} would not say. */
        Learner ANTI_MAJORITY = (seen, labels, point) -> 1 - MAJORITY.predict(seen, labels, point);

        /** Of two labels: the parity of the point's bits, turned round if that fits more of the seen ones. */
        Learner PARITY = (seen, labels, point) -> {
            int fits = 0;
            for (int i = 0; i < seen.length; i++) fits += labels[i] == (Integer.bitCount(seen[i]) & 1) ? 1 : -1;
            return Integer.bitCount(point) & 1 ^ (fits < 0 ? 1 : 0);
        };
    }

    /** A search that never asks the same point twice. */
    @FunctionalInterface
    public interface Search {
        /**
         * The next point to ask.
         *
         * @param asked so far, in order
         * @param values found there
         */
        int next(int[] asked, int[] values);
    }

    /** A fraction in lowest terms. */
    public record Fraction(BigInteger numerator, BigInteger denominator) {
        public Fraction {
            var common = numerator.gcd(denominator);
            if (common.signum() == 0) throw new ArithmeticException("NoFreeLunch: 0/0; the prior gives weight to no target");
            numerator = numerator.divide(common);
            denominator = denominator.divide(common);
        }

        static Fraction of(long numerator, long denominator) {
            return new Fraction(BigInteger.valueOf(numerator), BigInteger.valueOf(denominator));
        }

        public double value() { return numerator.doubleValue() / denominator.doubleValue(); }

        @Override public String toString() { return numerator + "/" + denominator; }
    }

    /** Number of targets, {@code labels^points}. */
    public int targets() { return (int) Math.round(Math.pow(labels, points)); }

    /** The values of a target by its number: digits in base {@code labels}, the first point's last. */
    public int[] target(int number) {
        var values = new int[points];
        for (int i = 0; i < points; i++, number /= labels) values[i] = number % labels;
        return values;
    }

    /** True if the values change at most once from the first point to the last: a prior for {@link #offTraining(int, Learner, ToLongFunction)}. */
    public static long isSmooth(int[] target) {
        int changes = 0;
        for (int i = 1; i < target.length; i++) if (target[i] != target[i - 1]) changes++;
        return changes <= 1 ? 1 : 0;
    }

    /** Accuracy on points that were not seen, averaged over all targets and all training sets of {@code size} points. */
    public Fraction offTraining(int size, Learner learner) { return offTraining(size, learner, target -> 1); }

    /** The same with weights. @param prior of a target, up to a constant; whole and not negative */
    public Fraction offTraining(int size, Learner learner, ToLongFunction<int[]> prior) {
        long right = 0, all = 0;
        for (int number = 0; number < targets(); number++) {
            int[] target = target(number);
            long weight = weight(prior, target);
            if (weight == 0) continue;
            right = Math.addExact(right, Math.multiplyExact(weight, right(size, learner, target)));
            all = Math.addExact(all, weight);
        }
        return new Fraction(BigInteger.valueOf(right), BigInteger.valueOf(all).multiply(BigInteger.valueOf(guesses(size))));
    }

    private static long weight(ToLongFunction<int[]> prior, int[] target) {
        long weight = prior.applyAsLong(target);
        if (weight < 0)
            throw new IllegalArgumentException("NoFreeLunch: the prior's weight of target " + Arrays.toString(target) + " is " + weight);
        return weight;
    }

    /** Accuracy off training for one target, averaged over all training sets. */
    public Fraction offTraining(int size, Learner learner, int target) {
        return Fraction.of(right(size, learner, target(target)), guesses(size));
    }

    private long guesses(int size) {
        long sets = 1;
        for (int i = 0; i < size; i++) sets = sets * (points - i) / (i + 1);
        return sets * (points - size);
    }

    /** Right guesses over all training sets. */
    private long right(int size, Learner learner, int[] target) {
        if (size < 1 || size >= points) throw new IllegalArgumentException(
                "NoFreeLunch: training sets of " + size + " of " + points + " points; at least 1, and one is left");
        int[] seen = new int[size], values = new int[size];
        long right = 0;
        for (int set = 0; set < 1 << points; set++) {
            if (Integer.bitCount(set) != size) continue;
            for (int point = 0, i = 0; point < points; point++) if ((set >> point & 1) == 1) {
                seen[i] = point;
                values[i++] = target[point];
            }
            for (int point = 0; point < points; point++)
                if ((set >> point & 1) == 0 && learner.predict(seen, values, point) == target[point]) right++;
        }
        return right;
    }

    /**
     * How often a search's best value after its first {@code t + 1} questions is v, over all targets: row t, column v.
     *
     * @throws IllegalArgumentException if the search asks a point twice, or one outside the domain
     */
    public long[][] bestSoFar(Search search) { return bestSoFar(search, target -> 1); }

    /** The same with each target counted by its weight. @param prior whole and not negative */
    public long[][] bestSoFar(Search search, ToLongFunction<int[]> prior) {
        var counts = new long[points][labels];
        for (int number = 0; number < targets(); number++) {
            int[] target = target(number), asked = new int[0], values = new int[0];
            long weight = weight(prior, target);
            int best = 0;
            for (int t = 0; t < points; t++) {
                int point = search.next(asked, values);
                if (point < 0 || point >= points || contains(asked, point))
                    throw new IllegalArgumentException("NoFreeLunch: the search asks " + point + " after " + Arrays.toString(asked)
                            + "; it is a new point from 0 to " + (points - 1));
                asked = Arrays.copyOf(asked, t + 1);
                values = Arrays.copyOf(values, t + 1);
                asked[t] = point;
                values[t] = target[point];
                best = Math.max(best, values[t]);
                counts[t][best] += weight;
            }
        }
        return counts;
    }

    private static boolean contains(int[] asked, int point) {
        for (int other : asked) if (other == point) return true;
        return false;
    }
}
