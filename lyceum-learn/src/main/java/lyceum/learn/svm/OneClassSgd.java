package lyceum.learn.svm;

import java.util.Arrays;
import java.util.Set;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.NoveltyDetector;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The one-class machine in its primal, for many rows: stochastic gradient descent on {@code nu |w|^2 / 2 - nu rho + mean_i max(0, rho - w
 * . phi(x_i))}, phi an explicit feature map. With {@link lyceum.kernel.RandomFourierFeatures} or {@link lyceum.kernel.Nystroem} it is
 * nearly {@link OneClassSvm} with their kernel, in time proportional to the rows.
 *
 * {@snippet :
 * Tensor x = Tensor.randn(Rng.of(1), DType.F64, 2000, 3);
 * OneClassSgdModel model = new OneClassSgd(new RandomFourierFeatures(new Rbf(1.5), 200, 0), 0.1).fit(x);
 * }
 *
 * <p>Weights are averaged over the second half of the steps; the offset is then the share nu of the rows' scores exactly.
 *
 * @param features phi, or null for x itself: then the origin counts, and rows should lie away from it
 * @param nu above 0 and at most 1
 * @param passes over the rows, 20
 * @param seed of their order
 */
@Withers
public record OneClassSgd(Transformer features, double nu, int passes, long seed) implements OneClassSgdWithers, NoveltyDetector {
    public OneClassSgd {
        if (!(nu > 0 && nu <= 1)) throw new IllegalArgumentException("OneClassSgd: nu is " + nu + "; it is above 0 and at most 1");
        if (passes < 1) throw new IllegalArgumentException("OneClassSgd: passes is " + passes + "; it is at least 1");
    }

    public OneClassSgd(Transformer features, double nu) { this(features, nu, 20, 0); }

    @Override public Set<Tag> tags() { return Set.of(Tag.RANDOMISED, Tag.NO_WEIGHTS, Tag.ORDER_DEPENDENT); }

    @Override public OneClassSgdModel fit(Tensor x) { return fit(x, null); }

    @Override public OneClassSgdModel fit(Tensor x, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        var rows = input.x().to(DType.F64);
        FittedTransformer map = features == null ? null : features.fit(rows, null, null);
        double[][] phi = (map == null ? rows : map.transform(rows)).toRows();
        int n = phi.length, d = phi[0].length;
        double[] w = new double[d], mean = new double[d];
        double rho = 0;
        long step = 0, half = (long) passes * n / 2;
        var rng = Rng.of(seed);
        for (int pass = 0; pass < passes; pass++) {
            for (int i : rng.permutation(n)) {
                // 1 / (strong convexity x time): Pegasos' rate, which starts after a pass.
                double eta = 1 / (nu * (n + step)), score = 0;
                for (int j = 0; j < d; j++) score += w[j] * phi[i][j];
                boolean inside = score < rho;
                for (int j = 0; j < d; j++) w[j] += eta * ((inside ? phi[i][j] : 0) - nu * w[j]);
                rho += eta * (nu - (inside ? 1 : 0));
                if (++step <= half) continue;
                for (int j = 0; j < d; j++) mean[j] += (w[j] - mean[j]) / (step - half);
            }
        }
        var scores = new double[n];
        for (int i = 0; i < n; i++) for (int j = 0; j < d; j++) scores[i] += mean[j] * phi[i][j];
        Arrays.sort(scores);
        return new OneClassSgdModel(map, Tensor.of(mean), scores[Math.min(n - 1, (int) (nu * n))], input.columns());
    }
}
