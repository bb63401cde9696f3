package lyceum.train;

import java.util.List;
import lyceum.DType;
import lyceum.nn.loss.Loss;
import lyceum.optim.Lbfgs;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A classifier without inputs: the features of each row are free, so that only the last layer's geometry is left,
 * {@code min over H, W, b of CE(H W' + b, y) + (weightDecay |W|^2 + featureDecay |H|^2 + biasDecay |b|^2) / 2}.
 *
 * {@snippet :
 * var found = new UnconstrainedFeatures(10, 20, 5).fit(Rng.of(1), Progress.SILENT);
 * found.collapse().worstAngle();              // near 0: a simplex
 * }
 *
 * <p>With at least K - 1 dimensions every minimum is a simplex; with more than K other critical points are saddles.
 *
 * @param classes K, at least 2
 * @param dimensions of the features
 * @param rows of each class
 * @param weightDecay positive
 * @param featureDecay positive; the loss is a mean over rows, so it acts on each row of K n in proportion
 * @param biasDecay at least 0
 * @see <a href="https://arxiv.org/abs/2105.02375">Zhu et al. (2021)</a>
 */
@Withers
public record UnconstrainedFeatures(int classes, int dimensions, int rows, double weightDecay, double featureDecay, double biasDecay)
        implements UnconstrainedFeaturesWithers {

    /** The features (K n, d), class after class, their labels and the last layer. */
    public record Fitted(Tensor features, Tensor labels, Tensor weight, Tensor bias) {
        public NeuralCollapse collapse() { return NeuralCollapse.of(features, labels, weight, bias); }
    }

    public UnconstrainedFeatures {
        if (classes < 2 || dimensions < 1 || rows < 1) throw new IllegalArgumentException(
                "UnconstrainedFeatures: " + classes + " classes, " + dimensions + " dimensions, " + rows + " rows; at least 2, 1 and 1");
        if (!(weightDecay > 0) || !(featureDecay > 0) || !(biasDecay >= 0))
            throw new IllegalArgumentException("UnconstrainedFeatures: decays of weights " + weightDecay + ", features " + featureDecay
                    + " and biases " + biasDecay + "; the first two are positive, or the minimum lies at infinity");
    }

    /** Decays 5e-3 on weights, 5e-3 / (K n) on features, 1e-2 on biases. */
    public UnconstrainedFeatures(int classes, int dimensions, int rows) {
        this(classes, dimensions, rows, 5e-3, 5e-3 / Math.max(1, classes * rows), 1e-2);
    }

    /** From a random start, by L-BFGS. */
    public Fitted fit(Rng rng, Progress progress) {
        int n = classes * rows;
        var h = Tensor.randn(rng, DType.F64, n, dimensions).compute().requiresGrad();
        var w = Tensor.randn(rng, DType.F64, classes, dimensions).compute().requiresGrad();
        var b = Tensor.zeros(DType.F64, classes).compute().requiresGrad();
        var numbers = new long[n];
        for (int i = 0; i < n; i++) numbers[i] = i / rows;
        var labels = Tensor.of(numbers);
        new Lbfgs().withMaxIterations(3000).withGradientTolerance(1e-9).minimize(List.of(h, w, b),
                () -> Loss.crossEntropy(h.matmul(w.transpose()).add(b), labels).add(w.square().sum().mul(weightDecay / 2))
                        .add(h.square().sum().mul(featureDecay / 2)).add(b.square().sum().mul(biasDecay / 2)),
                progress);
        return new Fitted(h.detach(), labels, w.detach(), b.detach());
    }
}
