package lyceum.kernel;

import java.util.Set;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * D random cosines whose inner products approximate a kernel of differences: {@code phi(x) = sqrt(2 / D) cos(omega . x + b)}, the
 * frequencies omega drawn from the kernel's spectral distribution and the phases b uniform on {@code [0, 2 pi)}. A linear learner on them
 * is nearly the kernel learner, in time that grows with n instead of n^2 or n^3. The error falls like {@code 1 / sqrt(D)}.
 *
 * {@snippet :
 * Tensor x = Tensor.randn(Rng.of(1), DType.F64, 1000, 5);
 * Tensor features = new RandomFourierFeatures(new Rbf(2.0), 300, 0).fit(x).transform(x);       // (1000 x 300)
 * }
 *
 * @param kernel of which k(x, x) is 1
 * @param features D, at least 1
 * @param seed of the draws
 * @see <a href="https://papers.nips.cc/paper_files/paper/2007/hash/013a006f03dbc5392effeb8f18fda755-Abstract.html">Rahimi and Recht
 * (2007)</a>
 */
@Withers
public record RandomFourierFeatures(ShiftInvariant kernel, int features, long seed) implements RandomFourierFeaturesWithers, Transformer {
    public RandomFourierFeatures {
        if (features < 1) throw new IllegalArgumentException("RandomFourierFeatures: features is " + features + "; it is at least 1");
    }

    @Override public Set<Tag> tags() { return Set.of(Tag.RANDOMISED, Tag.STATELESS); }

    @Override public RandomFourierModel fit(Tensor x) { return fit(x, null, null); }

    @Override public RandomFourierModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.weights(weights);
        int p = input.columns();
        var rng = Rng.of(seed);
        double[] omega = new double[p * features], phase = new double[features];
        for (int d = 0; d < features; d++) {
            double[] drawn = kernel.frequency(rng, p);
            for (int j = 0; j < p; j++) omega[j * features + d] = drawn[j];
            phase[d] = 2 * Math.PI * rng.nextDouble();
        }
        return new RandomFourierModel(Tensor.of(omega, p, features), Tensor.of(phase));
    }
}
