package lyceum.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import lyceum.optim.Adam;
import lyceum.optim.UpdateRule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The member of a family that is nearest to a posterior, by climbing the evidence lower bound {@code E_q[log p(x, z) - log q(z)]}.
 *
 * {@snippet :
 * var target = LogDensity.of(z -> z.square().mul(Tensor.of(-0.5, -2)).sum());        // a normal with deviations 1 and 1/2
 * var fit = new VariationalInference().fit(target, VariationalFamily.fullRank(2), Rng.of(1));
 * fit.q().mean();
 * fit.elbo(1_000, Rng.of(2));          // with its standard error
 * fit.reliability(2_000, Rng.of(3)).k();    // above 0.7: do not trust q
 * }
 *
 * <p>Unknowns range over all numbers: put the logarithm of a positive one into the target, with the log of its Jacobian. The learning rate falls to 0
 * along a cosine.
 *
 * @param steps at least 1
 * @param samples draws of z a step; score gradients need at least 2
 * @param rule what turns a gradient into a step
 * @param gradient how the bound's gradient is estimated
 * @see <a href="https://arxiv.org/abs/1603.00788">Kucukelbir, Tran, Ranganath, Gelman and Blei (2017), automatic differentiation variational inference</a>
 * @see <a href="https://arxiv.org/abs/1401.0118">Ranganath, Gerrish and Blei (2014), black box variational inference</a>
 */
@Withers
public record VariationalInference(int steps, int samples, UpdateRule rule, Gradient gradient) implements VariationalInferenceWithers {
    /** Estimators without bias of the bound's gradient. */
    public enum Gradient {
        /**
         * Through the draw, {@code z(e)}, less the part whose mean is 0: no noise is left where q is the posterior (Roeder, Wu and Duvenaud, 2017). Asks
         * for the target's gradient.
         */
        REPARAMETERISED,
        /** {@code (log p - log q) grad log q}, less the mean of the other draws: needs values of the target alone, and many more draws. */
        SCORE
    }

    public VariationalInference {
        if (steps < 1) throw new IllegalArgumentException("VariationalInference: steps is " + steps + "; at least 1 is needed");
        if (samples < (gradient == Gradient.SCORE ? 2 : 1))
            throw new IllegalArgumentException("VariationalInference: samples is " + samples + "; score gradients need 2, others 1");
    }

    /** 5,000 steps of Adam from a rate of 0.05, ten draws each, reparameterised. */
    public VariationalInference() { this(5_000, 10, new Adam(0.05), Gradient.REPARAMETERISED); }

    /**
     * What was found.
     *
     * @param q the approximation
     * @param path estimates of the bound at each step, from that step's draws
     */
    public record Fit(VariationalFamily q, List<Double> path, LogDensity target) {
        public Fit { path = List.copyOf(path); }

        /** The bound, by Monte Carlo. */
        public Elbo.Estimate elbo(int draws, Rng rng) { return Elbo.estimate(target::at, q, 1, draws, rng); }

        /** The bound of K draws each, nearer to the evidence. */
        public Elbo.Estimate importanceWeighted(int samples, int draws, Rng rng) {
            return Elbo.estimate(target::at, q, samples, draws, rng);
        }

        /** How the ratios {@code p(x, z) / q(z)} are spread: whether q can stand for the posterior. */
        public ParetoSmoothing reliability(int draws, Rng rng) {
            var ratios = new double[draws];
            for (int i = 0; i < draws; i++) {
                double[] e = q.noise(rng);
                ratios[i] = target.at(q.push(e)) - q.logDensityAt(e);
            }
            return ParetoSmoothing.of(ratios);
        }
    }

    /** From {@code start}, which says the family as well. */
    public Fit fit(LogDensity target, VariationalFamily start, Rng rng) { return fit(step -> target, target, start, rng); }

    /**
     * The same with a target a step: estimates from minibatches, their likelihood scaled up to all data.
     *
     * @param batches the target of each step
     * @param whole what {@link Fit} is judged by
     */
    public Fit fit(IntFunction<LogDensity> batches, LogDensity whole, VariationalFamily start, Rng rng) {
        var q = start;
        double[] lambda = start.parameters();
        Tensor x = Tensor.of(lambda);
        List<Tensor> slots = rule.slots(x).stream().map(s -> rule.start(s, Tensor.of(lambda))).toList();
        var path = new ArrayList<Double>(steps);
        for (int step = 1; step <= steps; step++) {
            var found = gradient(batches.apply(step - 1), q, rng);
            if (!Double.isFinite(found.elbo)) throw new IllegalArgumentException("VariationalInference: the bound at step " + step + " is "
                    + found.elbo + "; the target must be finite where q draws, start nearer to it or narrower");
            path.add(found.elbo);
            for (int i = 0; i < found.gradient.length; i++) found.gradient[i] = -found.gradient[i];
            double rate = rule.learningRate() * 0.5 * (1 + Math.cos(Math.PI * (step - 1) / steps));
            var update = rule.next(x, Tensor.of(found.gradient), slots, step, rate);
            x = update.parameter();
            slots = update.slots();
            q = q.with(x.toDoubleArray());
        }
        return new Fit(q, path, whole);
    }

    /** An estimate of the bound, and of its gradient by the family's parameters. */
    public record Estimate(double elbo, double[] gradient) {}

    /** One estimate from {@link #samples} draws. */
    public Estimate gradient(LogDensity target, VariationalFamily q, Rng rng) {
        int d = q.dimensions();
        var sum = new double[q.parameters().length];
        double elbo = 0;
        if (gradient == Gradient.REPARAMETERISED) {
            var slope = new double[d];
            for (int s = 0; s < samples; s++) {
                double[] e = q.noise(rng), z = q.push(e), own = q.slope(e);
                elbo += (target.at(z, slope) - q.logDensityAt(e)) / samples;
                for (int i = 0; i < d; i++) slope[i] = (slope[i] - own[i]) / samples;
                q.addGradient(e, slope, 0, sum);
            }
            return new Estimate(elbo, sum);
        }
        double[] gains = new double[samples];
        double[][] noises = new double[samples][];
        for (int s = 0; s < samples; s++) {
            noises[s] = q.noise(rng);
            gains[s] = target.at(q.push(noises[s])) - q.logDensityAt(noises[s]);
            elbo += gains[s] / samples;
        }
        for (int s = 0; s < samples; s++) {
            double[] score = q.score(noises[s]);
            // The mean of the others: (gain - (n elbo - gain) / (n - 1)) / n
            double advantage = (gains[s] - elbo) / (samples - 1);
            for (int i = 0; i < sum.length; i++) sum[i] += advantage * score[i];
        }
        return new Estimate(elbo, sum);
    }
}
