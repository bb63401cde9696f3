package lyceum.kernel;

import java.util.Arrays;
import java.util.Set;
import lyceum.DType;
import lyceum.linalg.Eigen;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Features from landmarks L, m rows of the data: {@code phi(x) = K_LL^(-1/2) k(L, x)}. Their inner products are the kernel exactly
 * between landmarks, and elsewhere the best that functions of the landmarks can do. For any kernel; with fast-falling eigenvalues far
 * fewer features than random cosines.
 *
 * {@snippet :
 * Tensor x = Tensor.randn(Rng.of(1), DType.F64, 500, 5);
 * Tensor features = new Nystroem(new Rbf(2.0), 50, 0).fit(x).transform(x);       // (500 x 50)
 * }
 *
 * @param kernel a valid one
 * @param landmarks m, drawn without replacement; all rows where there are fewer
 * @param seed of the draw
 * @see <a href="https://papers.nips.cc/paper_files/paper/2000/hash/19de10adbaa1b2ee13f77f679fa1483a-Abstract.html">Williams and Seeger
 * (2001)</a>
 */
@Withers
public record Nystroem(KernelFunction kernel, int landmarks, long seed) implements NystroemWithers, Transformer {
    public Nystroem {
        if (landmarks < 1) throw new IllegalArgumentException("Nystroem: landmarks is " + landmarks + "; it is at least 1");
    }

    @Override public Set<Tag> tags() { return Set.of(Tag.RANDOMISED, Tag.NO_WEIGHTS, Tag.ORDER_DEPENDENT); }

    @Override public NystroemModel fit(Tensor x) { return fit(x, null, null); }

    @Override public NystroemModel fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        int n = input.rows();
        var rows = input.x().to(DType.F64);
        int[] chosen = landmarks >= n ? Rng.of(seed).permutation(n) : Rng.of(seed).sample(n, landmarks);
        var drawn = rows.rows(chosen).compute();
        var eigen = Eigen.symmetric(kernel.gram(drawn));
        double[] values = eigen.values().toDoubleArray();
        double floor = 1e-12 * Math.max(Arrays.stream(values).max().orElse(0), Double.MIN_NORMAL);
        // Directions that rounding alone has filled are left out, or copies of rows would blow up.
        return new NystroemModel(kernel, drawn, eigen.function(v -> v > floor ? 1 / Math.sqrt(v) : 0));
    }
}
