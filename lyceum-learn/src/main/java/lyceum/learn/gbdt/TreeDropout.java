package lyceum.learn.gbdt;

import java.util.Arrays;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * DART: a round is fitted to what the earlier rounds without some of them, drawn at random, leave over; the new round and those left out are
 * then scaled down, so that together they do not overshoot. Later rounds thus do more than correct what the first few got wrong.
 *
 * <p>With k rounds left out and learning rate r, which leaf values include: {@link Normalization#TREE} multiplies the new round by
 * {@code 1 / (k + r)} and the others by {@code k / (k + r)} (the paper's, where r is 1), {@link Normalization#FOREST} both by
 * {@code 1 / (1 + r)}. A round of several outputs is left out whole, with one r; XGBoost leaves out single trees of it, and divides r by their
 * number.
 *
 * @param rate each earlier round's chance to be left out, 0.1 by default
 * @param skip the chance that a round leaves none out, 0 by default
 * @param atLeastOne whether one is left out where chance would leave out none; not by default
 * @param byWeight whether rounds of larger weight are likelier to be left out; not by default
 * @param normalization {@link Normalization#TREE} by default
 * @see <a href="https://proceedings.mlr.press/v38/korlakaivinayak15.html">Vinayak and Gilad-Bachrach (2015), DART: Dropouts meet Multiple
 *      Additive Regression Trees</a>
 */
@Withers
public record TreeDropout(double rate, double skip, boolean atLeastOne, boolean byWeight, Normalization normalization)
        implements TreeDropoutWithers {

    /** What keeps the sum in bounds. */
    public enum Normalization {
        /** The new round weighs as much as each that was left out. */
        TREE,
        /** The new round weighs as much as all that were left out together. */
        FOREST
    }

    public TreeDropout {
        if (!(rate >= 0 && rate <= 1 && skip >= 0 && skip <= 1))
            throw new IllegalArgumentException("TreeDropout: rate is " + rate + " and skip " + skip + "; both lie between 0 and 1");
        if (normalization == null) throw new IllegalArgumentException("TreeDropout: normalization is null; it is TREE or FOREST");
    }

    public TreeDropout(double rate) { this(rate, 0, false, false, Normalization.TREE); }

    public TreeDropout() { this(0.1); }

    /** Rounds to leave out, ascending. @param weights of the rounds so far */
    int[] draw(double[] weights, Rng rng) {
        int n = weights.length, count = 0;
        if (n == 0 || skip > 0 && rng.nextDouble() < skip) return new int[0];
        double all = Arrays.stream(weights).sum();
        var drawn = new int[n];
        for (int t = 0; t < n; t++) if (rng.nextDouble() < (byWeight ? rate * n * weights[t] / all : rate)) drawn[count++] = t;
        if (count == 0 && atLeastOne) drawn[count++] = byWeight ? byWeight(weights, all * rng.nextDouble()) : rng.nextInt(n);
        return Arrays.copyOf(drawn, count);
    }

    private static int byWeight(double[] weights, double place) {
        int t = 0;
        for (double sum = weights[0]; sum <= place && t + 1 < weights.length; sum += weights[t]) t++;
        return t;
    }

    /** What the new round weighs. */
    double ownWeight(int left, double learningRate) {
        if (left == 0) return 1;
        return 1 / ((normalization == Normalization.TREE ? left : 1) + learningRate);
    }

    /** What the weights of those left out are multiplied by. */
    double factor(int left, double learningRate) {
        return normalization == Normalization.TREE ? left / (left + learningRate) : 1 / (1 + learningRate);
    }
}
