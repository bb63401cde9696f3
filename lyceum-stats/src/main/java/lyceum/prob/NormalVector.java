package lyceum.prob;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.linalg.Linalg;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** {@code mean + L z}. */
record NormalVector(Tensor mean, Tensor lower) implements Reparameterized {
    NormalVector {
        if (mean.rank() != 1 || lower.rank() != 2 || lower.size(0) != mean.size(0) || lower.size(1) != mean.size(0))
            throw new ShapeException(
                    "multivariateNormal: mean " + mean.shape() + " and Cholesky factor " + lower.shape() + "; they are (d) and (d, d)");
        lower = lower.tril();
    }

    @Override public long[] shape() { return mean.shape().toArray(); }

    @Override public int pointAxes() { return 1; }

    @Override public Tensor rsample(Rng rng, long... count) {
        return rsample(Tensor.randn(rng, mean.dtype(), Draws.joined(count, shape())));
    }

    @Override public Tensor rsample(Tensor noise) {
        long d = mean.size(0);
        return noise.reshape(noise.count() / d, d).matmul(lower.transpose()).reshape(noise.shape().toArray()).add(mean);
    }

    @Override public Tensor logDensity(Tensor x) {
        long d = mean.size(0);
        long[] all = x.shape().toArray();
        var z = Linalg.solveTriangular(lower, x.sub(mean).reshape(x.count() / d, d).transpose(), true, false);
        var log = z.square().sum(0).mul(-0.5).sub(lower.diagonal().abs().log().sum()).sub(0.5 * d * Math.log(2 * Math.PI));
        return log.reshape(Arrays.copyOf(all, all.length - 1));
    }
}
