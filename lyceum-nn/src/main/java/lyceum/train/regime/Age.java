package lyceum.train.regime;

import java.util.Arrays;

/**
 * How old the pupil is in each round: the lambda of {@link RowRegularizer}, from losses as they are when the round begins.
 *
 * @see <a href="https://papers.nips.cc/paper/3923-self-paced-learning-for-latent-variable-models">Kumar, Packer and Koller (2010)</a>
 */
@FunctionalInterface
public interface Age {
    /**
     * @param round from 0
     * @param losses of the rows that share this age, at least one
     */
    double of(int round, double[] losses);

    /** The same in each round. @param lambda above 0; infinity admits everything */
    static Age fixed(double lambda) { return growing(lambda, 1, lambda); }

    /**
     * {@code min(limit, first factor^round)}, in units of the loss. @param first above 0 @param factor at least 1 @param limit at least
     * first
     */
    static Age growing(double first, double factor, double limit) {
        if (!(first > 0 && factor >= 1 && limit >= first)) throw new IllegalArgumentException(
                "Age.growing: first is " + first + ", factor " + factor + ", limit " + limit + "; above 0, at least 1, at least first");
        return (round, losses) -> Math.min(limit, first * Math.pow(factor, round));
    }

    /**
     * So large that a share of the rows has losses below it: {@code min(limit, first + round step)}. The scale of the loss does not matter.
     *
     * @param first in (0, 1]
     * @param step at least 0
     * @param limit at least first, at most 1; 1 admits everything
     */
    static Age share(double first, double step, double limit) {
        if (!(first > 0 && step >= 0 && limit >= first && limit <= 1)) throw new IllegalArgumentException(
                "Age.share: first is " + first + ", step " + step + ", limit " + limit + "; in (0, 1], at least 0, from first to 1");
        return (round, losses) -> {
            double share = Math.min(limit, first + round * step);
            if (share == 1) return Double.POSITIVE_INFINITY;
            var sorted = losses.clone();
            Arrays.sort(sorted);
            return sorted[(int) Math.min(sorted.length - 1, Math.round(share * sorted.length))];
        };
    }
}
