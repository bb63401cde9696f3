package lyceum.learn.tuning;

import java.util.ArrayList;
import java.util.List;
import lyceum.random.Rng;

/**
 * Points of a Halton sequence whose digits are permuted at random: they fill the space more evenly than independent draws do, and any number of first points is
 * a sample. Coordinate j of point i are the digits of i in the j-th prime base, mirrored at the point.
 *
 * @param trials at least 1
 * @see <a href="https://arxiv.org/abs/1706.02808">Owen (2017), A Randomized Halton Algorithm in R</a>
 */
public record QuasiRandomSearch(int trials) implements SearchStrategy {
    public QuasiRandomSearch {
        if (trials < 1) throw new IllegalArgumentException("QuasiRandomSearch: " + trials + " trials; at least 1 is needed");
    }

    /** Point {@code i} of the unit cube of this many dimensions, to ten decimals. */
    static double[] point(int i, int dimensions, Rng rng) {
        var u = new double[dimensions];
        for (int j = 0, base = 2; j < dimensions; j++, base = nextPrime(base)) {
            double unit = 1.0 / base;
            for (int digit = 0, rest = i; unit > 1e-10; digit++, rest /= base, unit /= base) {
                int[] permutation = rng.split(j).split(digit).permutation(base);
                u[j] += permutation[rest % base] * unit;
            }
        }
        return u;
    }

    private static int nextPrime(int p) {
        for (int q = p + 1;; q++) {
            boolean prime = true;
            for (int d = 2; d * d <= q && prime; d++) prime = q % d != 0;
            if (prime) return q;
        }
    }

    @Override public List<Proposal> next(Study past, int most, Rng rng) {
        var next = new ArrayList<Proposal>();
        for (int i = past.trials().size(); i < trials && next.size() < most; i++)
            next.add(Proposal.of(past.space().at(point(i, past.space().size(), rng))));
        return next;
    }

    @Override public int trials(SearchSpace space) { return trials; }
}
