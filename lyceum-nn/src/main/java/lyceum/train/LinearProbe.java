package lyceum.train;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.loss.Loss;
import lyceum.optim.Lbfgs;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/**
 * What a linear classifier reads from features that do not change: multinomial logistic regression on the standardised columns, fitted by L-BFGS with a
 * penalty on squared weights. The common yardstick of representations.
 *
 * {@snippet :
 * double share = LinearProbe.fit(x, y).accuracy(x, y);
 * }
 *
 * <p>All arithmetic is F64; deterministic. Columns that do not vary are only centred.
 *
 * @param mean of the columns (width)
 * @param scale deviations of the columns (width), 1 where there is none
 * @param weight (classes, width) for standardised columns
 * @param bias (classes)
 * @see <a href="https://arxiv.org/abs/1610.01644">Alain and Bengio (2016)</a>
 */
public record LinearProbe(Tensor mean, Tensor scale, Tensor weight, Tensor bias) {
    /** Half of the weight of the squared weights in the loss, beside the mean cross-entropy, is this by default. */
    public static final double PENALTY = 1e-4;

    /** With the default penalty, and at most 1,000 steps. */
    public static LinearProbe fit(Tensor features, Tensor labels) { return fit(features, labels, PENALTY, 1_000); }

    /**
     * @param features (n, width)
     * @param labels class numbers (n), from 0
     * @param penalty the loss is the mean cross-entropy and {@code penalty / 2} times the sum of squared weights
     * @param steps of L-BFGS at most
     */
    public static LinearProbe fit(Tensor features, Tensor labels, double penalty, int steps) {
        if (!(penalty >= 0)) throw new IllegalArgumentException("LinearProbe: the penalty is " + penalty + "; it is at least 0");
        Tensor x = features.detach().to(DType.F64);
        long[] y = labels(x, labels);
        int classes = Math.max(2, (int) Arrays.stream(y).max().orElse(0) + 1);
        Tensor mean = x.mean(0).compute(), deviation = x.std(0, 0, false);
        var scale = deviation.eq(0).where(deviation.onesLike(), deviation).compute();
        Tensor z = x.sub(mean).div(scale).compute(), target = Tensor.of(y);
        Tensor w = Tensor.zeros(DType.F64, classes, x.size(1)).compute().requiresGrad(),
                b = Tensor.zeros(DType.F64, classes).compute().requiresGrad();
        new Lbfgs().withMaxIterations(steps).minimize(List.of(w, b),
                () -> Loss.crossEntropy(z.affine(w, b), target).add(w.square().sum().mul(penalty / 2)), Progress.SILENT);
        return new LinearProbe(mean, scale, w.detach(), b.detach());
    }

    /** Scores (n, classes): logarithms of probabilities up to a constant a row. */
    public Tensor logits(Tensor features) {
        return Autograd.noGrad(() -> features.detach().to(DType.F64).sub(mean).div(scale).affine(weight, bias));
    }

    /** The class of each row (n). */
    public Tensor predict(Tensor features) { return Autograd.noGrad(() -> logits(features).argmax(1)); }

    /** Share of rows whose class it gives. */
    public double accuracy(Tensor features, Tensor labels) {
        var y = Tensor.of(labels(features, labels));
        return Autograd.noGrad(() -> predict(features).eq(y).to(DType.F64).mean().item());
    }

    private static long[] labels(Tensor x, Tensor labels) {
        if (x.rank() != 2 || labels.rank() != 1 || labels.size(0) != x.size(0) || !labels.dtype().isInteger())
            throw new ShapeException("LinearProbe: features " + x.shape() + ", labels " + labels.dtype() + " " + labels.shape()
                    + "; they are (n, width) and class numbers (n)");
        if (x.isFinite().all().item() == 0) throw new IllegalArgumentException("LinearProbe: a feature is not finite");
        long[] y = labels.toLongArray();
        for (long v : y) if (v < 0) throw new IllegalArgumentException("LinearProbe: label " + v + "; class numbers begin at 0");
        return y;
    }
}
