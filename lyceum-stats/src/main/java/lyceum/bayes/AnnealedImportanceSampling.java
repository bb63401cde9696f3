package lyceum.bayes;

import java.util.function.DoubleFunction;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Importance sampling along a path of densities {@code base^(1-b) target^b}, b from 0 to 1: a draw of the base walks by steps that leave each
 * density in turn unchanged, and its weight {@code prod (target(x)/base(x))^(b_t - b_(t-1))} is an unbiased estimate of the target's normalising
 * constant over the base's, whether or not the walk has settled.
 *
 * {@snippet :
 * var base = new Normal(0, 5);
 * var found = new AnnealedImportanceSampling(500, 200).run(rng -> new double[] {base.sample(rng)}, x -> base.logDensity(x[0]),
 *         x -> -x[0] * x[0] / 2, Rng.of(1));
 * found.logNormaliser();       // log sqrt(2 pi)
 * }
 *
 * @param chains draws of the base, independent; at least 1
 * @param temperatures rises of b, equal ones after a start as b = (t/T)^power
 * @param power 1 for equal rises; above 1 dense where the base is much wider than the target
 * @param moves steps of the kernel at each temperature
 * @see <a href="https://doi.org/10.1023/A:1008923215028">Neal (2001), Annealed importance sampling</a>
 */
@Withers
public record AnnealedImportanceSampling(int chains, int temperatures, double power, int moves)
        implements AnnealedImportanceSamplingWithers {
    public AnnealedImportanceSampling {
        if (chains < 1 || temperatures < 1 || moves < 1) throw new IllegalArgumentException("AnnealedImportanceSampling: " + chains
                + " chains, " + temperatures + " temperatures and " + moves + " moves; there is at least 1 of each");
        if (!(power > 0) || power == Double.POSITIVE_INFINITY)
            throw new IllegalArgumentException("AnnealedImportanceSampling: power is " + power + "; it is positive and finite");
    }

    /** Temperatures of power 3, one move at each. */
    public AnnealedImportanceSampling(int chains, int temperatures) { this(chains, temperatures, 3, 1); }

    /** With Metropolis steps of three lengths, 0.1, 0.5 and 2, in turn: right for targets whose width is about 1. */
    public ImportanceSampling run(Function<Rng, double[]> base, ToDoubleFunction<double[]> logBase, ToDoubleFunction<double[]> logTarget,
            Rng rng) {
        return run(base, logBase, logTarget,
                between -> new MetropolisHastings(between, Proposal.normal(0.1), Proposal.normal(0.5), Proposal.normal(2)), rng);
    }

    /**
     * @param base draws
     * @param logBase its log density, normalised if the target's constant itself is wanted
     * @param logTarget up to the constant that is sought; {@code -Infinity} where it is 0
     * @param kernel of the log of a density between: steps that leave it unchanged
     * @return the ends of the walks, weighted for the target; {@link ImportanceSampling#logNormaliser} is the logarithm of the constant
     */
    public ImportanceSampling run(Function<Rng, double[]> base, ToDoubleFunction<double[]> logBase, ToDoubleFunction<double[]> logTarget,
            Function<ToDoubleFunction<double[]>, TransitionKernel> kernel, Rng rng) {
        var ends = new double[chains][];
        var logWeights = new double[chains];
        DoubleFunction<TransitionKernel> at = b -> kernel.apply(x -> {
            double from = logBase.applyAsDouble(x);
            // Where the base is 0 the path never goes: its ratio to the target is not defined there
            return from == Double.NEGATIVE_INFINITY ? from : (1 - b) * from + b * logTarget.applyAsDouble(x);
        });
        Parallel.range(chains, 1, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                var stream = rng.split(i);
                double[] x = base.apply(stream).clone();
                double last = 0;
                for (int t = 1; t <= temperatures && logWeights[i] > Double.NEGATIVE_INFINITY; t++) {
                    double b = t == temperatures ? 1 : Math.pow((double) t / temperatures, power);
                    logWeights[i] += (b - last) * (logTarget.applyAsDouble(x) - logBase.applyAsDouble(x));
                    last = b;
                    if (t == temperatures || !(logWeights[i] > Double.NEGATIVE_INFINITY)) continue;
                    var walker = at.apply(b).start(x, 0, stream.split(t));
                    for (int m = 0; m < moves; m++) walker.step();
                    x = walker.state().clone();
                }
                ends[i] = x;
            }
        });
        return new ImportanceSampling(ends, logWeights, chains);
    }
}
