package lyceum.data.augment;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Samples mixed with others of their batch, and their labels in the same proportion.
 *
 * {@snippet :
 * var mixed = Mix.mixup(0.2).apply(x, labels, 10, rng);
 * new CrossEntropy().of(model.forward(mixed.x(), pass), mixed.targets()).backward();
 * }
 *
 * <p>One {@code lambda} a sample is drawn from Beta(alpha, alpha); the partners are a random order of the batch.
 *
 * @param kind how two become one
 * @param alpha above 0; small values leave most samples nearly pure
 * @see <a href="https://arxiv.org/abs/1710.09412">Zhang, Cisse, Dauphin, Lopez-Paz (2018): mixup</a>
 * @see <a href="https://arxiv.org/abs/1905.04899">Yun and others (2019): CutMix</a>
 */
public record Mix(Kind kind, double alpha) {

    /** How two samples become one. */
    public enum Kind {
        /** {@code lambda a + (1 - lambda) b}, of any samples. */
        MIXUP,
        /** A box of picture b pasted into a, of {@code 1 - lambda} of the area before it is cut at the border. */
        CUTMIX
    }

    public Mix {
        if (!(alpha > 0) || Double.isInfinite(alpha)) throw new IllegalArgumentException("Mix: alpha is " + alpha + "; above 0 and finite");
    }

    public static Mix mixup(double alpha) { return new Mix(Kind.MIXUP, alpha); }

    public static Mix cutMix(double alpha) { return new Mix(Kind.CUTMIX, alpha); }

    /**
     * A mixed batch.
     *
     * @param x of the given shape, F32 or F64
     * @param targets (n, classes), rows sum to 1
     * @param lambda (n) share of each sample's own; of CutMix that which was really kept
     * @param partners (n) the other's row
     */
    public record Mixed(Tensor x, Tensor targets, double[] lambda, int[] partners) {}

    /** Mixes a batch with labels 0 to classes - 1. @param x (n, ..), for CutMix (n, channels, height, width) or (n, height, width) */
    public Mixed apply(Tensor x, Tensor labels, int classes, Rng rng) {
        if (labels.rank() != 1 || labels.dtype().isFloat() || labels.size(0) != x.size(0)) throw new ShapeException(
                "Mix: labels " + labels.dtype() + labels.shape() + " for x of shape " + x.shape() + "; one class number a row");
        int n = (int) x.size(0);
        int[] label = labels.toIntArray();
        var targets = new double[n * classes];
        for (int i = 0; i < n; i++) {
            if (label[i] < 0 || label[i] >= classes)
                throw new IllegalArgumentException("Mix: label " + label[i] + " at row " + i + " of " + classes + " classes");
            targets[i * classes + label[i]] = 1;
        }
        return apply(x, Tensor.of(targets, n, classes).to(x.dtype() == DType.F64 ? DType.F64 : DType.F32), rng);
    }

    /** Mixes a batch with targets that are distributions already, (n, classes). */
    public Mixed apply(Tensor x, Tensor targets, Rng rng) {
        int n = (int) x.size(0), size = (int) (x.count() / Math.max(1, n)), rank = x.rank();
        if (kind == Kind.CUTMIX && rank != 3 && rank != 4)
            throw new ShapeException("Mix: CutMix takes pictures, not x of shape " + x.shape());
        if (targets.rank() != 2 || targets.size(0) != n)
            throw new ShapeException("Mix: targets of shape " + targets.shape() + " for " + n + " rows");
        var type = x.dtype() == DType.F64 ? DType.F64 : DType.F32;
        int[] partners = rng.permutation(n);
        double[] from = x.to(DType.F64).toDoubleArray(), to = from.clone(), lambda = new double[n];
        for (int i = 0; i < n; i++) {
            lambda[i] = beta(rng);
            int other = partners[i] * size, own = i * size;
            if (kind == Kind.MIXUP)
                for (int k = 0; k < size; k++) to[own + k] = lambda[i] * from[own + k] + (1 - lambda[i]) * from[other + k];
            else lambda[i] = paste(from, to, own, other, size, (int) x.size(rank - 2), (int) x.size(rank - 1), lambda[i], rng);
        }
        var share = Tensor.of(lambda).unsqueeze(1);
        var wide = targets.to(DType.F64);
        var mixed = share.mul(wide).add(share.neg().add(1).mul(wide.rows(partners)));
        return new Mixed(Tensor.of(to).reshape(x.shape().toArray()).to(type), mixed.to(targets.dtype()).compute(), lambda, partners);
    }

    /** Returns the share of the area that was kept. */
    private static double paste(double[] from, double[] to, int own, int other, int size, int height, int width, double lambda, Rng rng) {
        double side = Math.sqrt(1 - lambda);
        int h = (int) (height * side), w = (int) (width * side), middleY = rng.nextInt(height), middleX = rng.nextInt(width);
        int top = Math.max(0, middleY - h / 2), bottom = Math.min(height, middleY - h / 2 + h);
        int left = Math.max(0, middleX - w / 2), right = Math.min(width, middleX - w / 2 + w);
        for (int plane = 0; plane < size; plane += height * width)
            for (int y = top; y < bottom; y++)
                for (int x = left; x < right; x++) to[own + plane + y * width + x] = from[other + plane + y * width + x];
        return 1 - (bottom - top) * (double) (right - left) / (height * width);
    }

    /** Beta(alpha, alpha) from two gammas, by Marsaglia and Tsang (2000). */
    private double beta(Rng rng) {
        double a = logGamma(rng), b = logGamma(rng);
        return 1 / (1 + Math.exp(b - a));
    }

    /** The logarithm of a gamma draw, which does not vanish for a small alpha. */
    private double logGamma(Rng rng) {
        double shape = alpha < 1 ? alpha + 1 : alpha, boost = alpha < 1 ? Math.log(rng.nextDoublePositive()) / alpha : 0;
        double d = shape - 1.0 / 3, c = 1 / Math.sqrt(9 * d);
        while (true) {
            double z = rng.nextGaussian(), v = Math.pow(1 + c * z, 3);
            if (v > 0 && Math.log(rng.nextDoublePositive()) < z * z / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v) + boost;
        }
    }
}
