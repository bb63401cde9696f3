package lyceum.nn;

import lyceum.tensor.Tensor;

/**
 * While learning, each element is dropped with probability {@code p} and the others are scaled by {@code 1 / (1 - p)}; nothing happens while
 * predicting, but in a pass that {@linkplain Pass#sampling samples}.
 *
 * @see <a href="https://jmlr.org/papers/v15/srivastava14a.html">Srivastava et al. (2014)</a>
 */
public record Dropout(double p) implements Layer {
    public Dropout {
        if (!(p >= 0 && p < 1)) throw new IllegalArgumentException("Dropout: p is " + p + "; it lies in [0, 1)");
    }

    @Override public Tensor forward(Tensor x, Pass pass) {
        if (p == 0 || pass.rng() == null) return x;
        var keep = Tensor.rand(pass.rng(), x.dtype(), x.shape().toArray()).ge(p);
        return keep.where(x.mul(1 / (1 - p)), x.zerosLike());
    }
}
