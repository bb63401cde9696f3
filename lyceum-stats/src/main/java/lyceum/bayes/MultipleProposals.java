package lyceum.bayes;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.prob.Distribution;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Importance sampling from several proposals, {@code n_i} draws of each: {@code sum_i 1/n_i sum_j share_i(x_ij) f(x_ij) p(x_ij) / q_i(x_ij)}. It
 * is unbiased for any shares that sum to 1 wherever {@code f p} is not 0 and vanish where their proposal does. With the balance heuristic
 * every draw has the weight {@code p / sum_i c_i q_i}, c_i the share of draws: for an f of at least 0 as good, up to
 * {@code (1/min n_i - 1/sum n_i) mean^2} of variance, as any other (Veach and Guibas 1995).
 *
 * {@snippet :
 * var two = MultipleProposals.of(List.of(new Normal(-3, 1), new Normal(3, 1)), 500, 500);
 * two.with(MultipleProposals.Heuristic.power(2)).draw(target::logDensity, Rng.of(1)).mean(x -> x[0] * x[0]);
 * }
 *
 * @param proposals all over numbers, or all over vectors of one length
 * @param counts draws of each, at least 1
 * @param heuristic the shares
 */
public record MultipleProposals(List<? extends Distribution> proposals, List<Integer> counts, Heuristic heuristic) {

    /** Whose work a point is. */
    @FunctionalInterface
    public interface Heuristic {
        /** The shares, which sum to 1. @param log {@code log(n_i q_i(x))}, at least one of them above {@code -Infinity} */
        double[] shares(double... log);

        /** In proportion to {@code n_i q_i}. */
        static Heuristic balance() { return power(1); }

        /** In proportion to {@code (n_i q_i)^exponent}: better than the balance heuristic where one proposal is nearly perfect. */
        static Heuristic power(double exponent) {
            if (!(exponent > 0) || exponent == Double.POSITIVE_INFINITY)
                throw new IllegalArgumentException("power: the exponent is " + exponent + "; it is positive and finite");
            return log -> {
                double most = Arrays.stream(log).max().orElseThrow(), sum = 0;
                var shares = new double[log.length];
                for (int i = 0; i < log.length; i++) sum += shares[i] = Math.exp(exponent * (log[i] - most));
                for (int i = 0; i < log.length; i++) shares[i] /= sum;
                return shares;
            };
        }

        /** In proportion among those with at least {@code least} times the largest {@code n_i q_i}. @param least in [0, 1] */
        static Heuristic cutoff(double least) {
            if (!(least >= 0 && least <= 1)) throw new IllegalArgumentException("cutoff: " + least + "; it lies between 0 and 1");
            return log -> {
                double floor = Arrays.stream(log).max().orElseThrow() + Math.log(least);
                return balance().shares(Arrays.stream(log).map(l -> l >= floor ? l : Double.NEGATIVE_INFINITY).toArray());
            };
        }

        /** All to the largest {@code n_i q_i}, the first of equals. */
        static Heuristic maximum() {
            return log -> {
                int best = 0;
                for (int i = 1; i < log.length; i++) if (log[i] > log[best]) best = i;
                var shares = new double[log.length];
                shares[best] = 1;
                return shares;
            };
        }
    }

    public MultipleProposals {
        proposals = List.copyOf(proposals);
        counts = List.copyOf(counts);
        if (proposals.isEmpty() || proposals.size() != counts.size()) throw new IllegalArgumentException(
                "MultipleProposals: " + counts.size() + " counts for " + proposals.size() + " proposals; one each, and at least one");
        for (int n : counts) if (n < 1) throw new IllegalArgumentException("MultipleProposals: " + n + " draws of a proposal; at least 1");
    }

    /** By the balance heuristic. */
    public static MultipleProposals of(List<? extends Distribution> proposals, int... counts) {
        return new MultipleProposals(proposals, Arrays.stream(counts).boxed().toList(), Heuristic.balance());
    }

    public MultipleProposals with(Heuristic other) { return new MultipleProposals(proposals, counts, other); }

    /** The draws of all proposals in their order. @param logTarget of draws, (n) or (n x d): (n) */
    public ImportanceSampling draw(UnaryOperator<Tensor> logTarget, Rng rng) {
        int k = proposals.size(), total = counts.stream().reduce(0, Math::addExact);
        var ends = new int[k];
        var drawn = new Tensor[k];
        for (int i = 0; i < k; i++) {
            drawn[i] = proposals.get(i).sample(k == 1 ? rng : rng.split(i), counts.get(i));
            ends[i] = counts.get(i) + (i == 0 ? 0 : ends[i - 1]);
        }
        var all = k == 1 ? drawn[0] : Tensor.concat(0, drawn);
        double[][] log = new double[k][];
        for (int i = 0; i < k; i++) log[i] = values("proposal " + i, proposals.get(i).logDensity(all), total);
        double[] weights = values("target", logTarget.apply(all), total), scaled = new double[k];
        for (int j = 0, from = 0; j < total; j++) {
            if (j == ends[from]) from++;
            double share = 1;
            if (k > 1) {
                for (int i = 0; i < k; i++) scaled[i] = Math.log(counts.get(i)) + log[i][j];
                share = heuristic.shares(scaled)[from];
            }
            // The weight of a mean over all draws: total/n_i share_i p/q_i
            if (share == 0 || weights[j] == Double.NEGATIVE_INFINITY) weights[j] = Double.NEGATIVE_INFINITY;
            else weights[j] += Math.log(share * total / counts.get(from)) - log[from][j];
        }
        return new ImportanceSampling(rows(all), weights, ends);
    }

    private static double[] values(String whose, Tensor log, int n) {
        if (log.rank() != 1 || log.size(0) != n) throw new ShapeException(
                "draw: the log density of the " + whose + " has shape " + log.shape() + "; " + n + " draws have (" + n + ",)");
        return log.toDoubleArray();
    }

    private static double[][] rows(Tensor draws) { return draws.reshape(draws.size(0), draws.count() / draws.size(0)).toRows(); }
}
