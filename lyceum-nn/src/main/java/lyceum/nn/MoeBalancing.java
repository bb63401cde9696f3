package lyceum.nn;

import java.util.Arrays;
import lyceum.info.OptimalTransport;
import lyceum.nn.loss.LoadBalancingLoss;

/**
 * How a {@link MoeRouter} is kept from sending all tokens to few experts. Each strategy acts at one of three points: on the scores by which experts are chosen,
 * on the loss, or on a bias after the choice. All act while learning alone.
 *
 * {@snippet :
 * config.withBalancing(new MoeBalancing.Auxiliary(0.01));
 * config.withBalancing(new MoeBalancing.BiasUpdate(0.001).and(new MoeBalancing.ZLoss(0.001)));
 * }
 *
 * <p>{@link Routing#load()}, {@link Routing#loadVariation()} and {@link Routing#dropped()} say what it came to.
 */
public interface MoeBalancing {
    /** Scores for choosing: those of tokens (T x E, row by row) or others in their place. Gates do not see it. */
    default double[] selection(double[] scores, int tokens, int experts, int k) { return scores; }

    /** Whether {@link #selection} weighs all experts for each token, so that groups may not leave some out (their scores are negative infinity). */
    default boolean needsAllExperts() { return false; }

    /** Adds its price to the loss, by {@link Pass#penalty}. */
    default void penalise(Routing routing, Pass pass) {}

    /** Whether the router holds a bias for choosing. */
    default boolean hasBias() { return false; }

    /** What is added to each expert's bias after a step (E). */
    default double[] biasStep(Routing routing) { return new double[routing.counts().length]; }

    /** Nothing is done. */
    static MoeBalancing none() { return new None(); }

    /** See {@link #none}. */
    record None() implements MoeBalancing {}

    /** This strategy, then another. */
    default MoeBalancing and(MoeBalancing next) { return new Both(this, next); }

    /** {@link LoadBalancingLoss} of the batch, times the weight (Fedus et al. 2022; 0.01 there). */
    record Auxiliary(double weight) implements MoeBalancing {
        @Override public void penalise(Routing routing, Pass pass) {
            var p = routing.probabilities();
            // Sigmoids do not sum to 1: shares are compared with shares.
            pass.penalty(() -> new LoadBalancingLoss().ofShares(p.div(p.sum(-1, true)), routing.shares(), null).mul(weight));
        }
    }

    /**
     * Squared coefficients of variation of importance (sums of gates) and, where there is noise, of the smooth load (Shazeer et al. 2017; 0.1 each there).
     */
    record Variation(double importance, double load) implements MoeBalancing {
        @Override public void penalise(Routing routing, Pass pass) {
            pass.penalty(() -> {
                var price = LoadBalancingLoss.squaredVariation(routing.dense()).mul(importance);
                return routing.smoothLoad() == null ? price : price.add(LoadBalancingLoss.squaredVariation(routing.smoothLoad()).mul(load));
            });
        }
    }

    /** Mean squared log-sum-exp of the logits, times the weight (Zoph et al. 2022; 0.001 there): keeps logits small and does not balance. */
    record ZLoss(double weight) implements MoeBalancing {
        @Override public void penalise(Routing routing, Pass pass) {
            if (routing.logits() != null) pass.penalty(() -> LoadBalancingLoss.zLoss(routing.logits()).mul(weight));
        }
    }

    /** After each step, an expert with less than the mean load has its bias raised by the rate, one with more lowered (Wang et al. 2024; 0.001 there). */
    record BiasUpdate(double rate) implements MoeBalancing {
        @Override public boolean hasBias() { return true; }

        @Override public double[] biasStep(Routing routing) {
            double[] load = routing.load();
            return Arrays.stream(load).map(l -> rate * Math.signum(1.0 / load.length - l)).toArray();
        }
    }

    /**
     * Chooses by the entropic transport plan of tokens to experts with even shares on both sides: {@code exp(scores / epsilon)} with rows and columns scaled
     * (Clark et al. 2022, "S-BASE").
     *
     * @param epsilon above 0; smaller is nearer to the optimal assignment
     */
    record Sinkhorn(double epsilon) implements MoeBalancing {
        public Sinkhorn {
            if (!(epsilon > 0)) throw new IllegalArgumentException("Sinkhorn: epsilon is " + epsilon + "; it is above 0");
        }

        @Override public double[] selection(double[] scores, int tokens, int experts, int k) {
            return Arrays.stream(plan(scores, tokens, experts, 1e-7)).flatMapToDouble(Arrays::stream).toArray();
        }

        @Override public boolean needsAllExperts() { return true; }

        /** The plan (T, E): rows sum to 1 / T, columns to 1 / E, within a relative 1e-8. */
        public double[][] plan(double[] scores, int tokens, int experts) { return plan(scores, tokens, experts, 1e-9); }

        private double[][] plan(double[] scores, int tokens, int experts, double tolerance) {
            return new lyceum.info.Sinkhorn(epsilon).withTolerance(tolerance)
                    .plan(costs(scores, tokens, experts), equal(tokens), equal(experts)).mass();
        }
    }

    /** Chooses by the assignment of the greatest sum of scores among those that give all experts equally many tokens, up to one (Lewis et al. 2021, "BASE"). */
    record Assignment() implements MoeBalancing {
        @Override public double[] selection(double[] scores, int tokens, int experts, int k) {
            double[][] costs = costs(scores, tokens, experts);
            double high = 1;
            for (double s : scores) high = Math.max(high, Math.abs(s));
            var selected = new double[scores.length];
            for (int round = 0; round < k; round++) {
                var room = new double[experts];
                // Which experts take one more when tokens do not divide changes by round.
                for (int t = 0; t < tokens; t++) room[(t + round) % experts]++;
                double[][] mass = OptimalTransport.plan(costs, equal(tokens), room).mass();
                for (int t = 0; t < tokens; t++) for (int e = 0; e < experts; e++) {
                    if (mass[t][e] * tokens < 0.5) continue;
                    selected[t * experts + e] = k - round;
                    costs[t][e] = 1e3 * high * tokens;
                }
            }
            return selected;
        }

        @Override public boolean needsAllExperts() { return true; }
    }

    /** One strategy, then another. */
    record Both(MoeBalancing first, MoeBalancing second) implements MoeBalancing {
        @Override public double[] selection(double[] scores, int tokens, int experts, int k) {
            return second.selection(first.selection(scores, tokens, experts, k), tokens, experts, k);
        }

        @Override public void penalise(Routing routing, Pass pass) {
            first.penalise(routing, pass);
            second.penalise(routing, pass);
        }

        @Override public boolean needsAllExperts() { return first.needsAllExperts() || second.needsAllExperts(); }

        @Override public boolean hasBias() { return first.hasBias() || second.hasBias(); }

        @Override public double[] biasStep(Routing routing) {
            double[] step = first.biasStep(routing), more = second.biasStep(routing);
            for (int e = 0; e < step.length; e++) step[e] += more[e];
            return step;
        }
    }

    private static double[][] costs(double[] scores, int tokens, int experts) {
        var costs = new double[tokens][experts];
        for (int t = 0; t < tokens; t++) for (int e = 0; e < experts; e++) costs[t][e] = -scores[t * experts + e];
        return costs;
    }

    private static double[] equal(int n) {
        var weights = new double[n];
        Arrays.fill(weights, 1);
        return weights;
    }
}
