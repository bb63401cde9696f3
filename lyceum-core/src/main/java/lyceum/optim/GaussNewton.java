package lyceum.optim;

import java.util.Objects;
import java.util.function.UnaryOperator;
import lyceum.autograd.Autograd;
import lyceum.linalg.LinearMap;
import lyceum.tensor.Tensor;

/**
 * The generalised Gauss-Newton matrix {@code G = sum_i J_i' H_i J_i}: J the Jacobian of a model's outputs z in its parameters, H the Hessian of the
 * loss in z. Positive semi-definite, whatever the model; for the losses here, negative log-likelihoods of exponential families in their natural
 * parameters, it is the Fisher information.
 *
 * {@snippet :
 * LinearMap fisher = GaussNewton.SOFTMAX.of(w -> network(w, inputs), weights);   // logits (n, classes); products alone, no matrix
 * var direction = new NaturalGradient().direction(fisher, gradient);
 * }
 *
 * @see <a href="https://doi.org/10.1162/08997660260028683">Schraudolph (2002)</a>
 * @see <a href="https://arxiv.org/abs/1412.1193">Martens (2020), section 9</a>
 */
public enum GaussNewton {
    /** Half of the squared error: a normal with this mean and unit variance. {@code H = I}. */
    SQUARED {
        @Override Tensor curvature(Tensor z, Tensor v) { return v; }
    },
    /** Binary labels with z their logit: {@code H = p (1 - p)}. */
    LOGISTIC {
        @Override Tensor curvature(Tensor z, Tensor v) {
            var p = z.sigmoid();
            return v.mul(p).mul(p.rsub(1));
        }
    },
    /** Classes with z their logits, along the last axis: {@code H = diag(p) - p p'}. */
    SOFTMAX {
        @Override Tensor curvature(Tensor z, Tensor v) {
            var p = z.softmax(-1);
            var pv = p.mul(v);
            return pv.sub(p.mul(pv.sum(-1, true)));
        }
    },
    /** Counts with z the logarithm of their mean: {@code H = exp z}. */
    POISSON {
        @Override Tensor curvature(Tensor z, Tensor v) { return v.mul(z.exp()); }
    };

    /** {@code H v} of every output at once. */
    abstract Tensor curvature(Tensor z, Tensor v);

    /**
     * Products with G at {@code theta}, for the sum over all outputs: one forward and one reverse sweep each.
     *
     * @param outputs the model: parameters (p), F64, to outputs of any shape
     */
    public LinearMap of(UnaryOperator<Tensor> outputs, double[] theta) {
        Objects.requireNonNull(outputs, "outputs");
        var at = Tensor.of(theta);
        return LinearMap.symmetric(theta.length, v -> {
            var push = Autograd.valueAndJvp(outputs, at, v);
            return Autograd.vjp(outputs, at, curvature(push.value(), push.tangent()));
        });
    }
}
