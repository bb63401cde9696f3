package lyceum.models.generative.flow;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.linalg.Linalg;
import lyceum.linalg.Lu;
import lyceum.nn.Init;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.ShapesOnly;
import lyceum.tensor.Tensor;

/**
 * A learned mixing of channels, the same at every place: {@code y = W x}, {@code W = P L (U + diag(sign exp(log_s)))} with P a fixed permutation, L unit lower and U
 * strictly upper triangular. So {@code log |det W|} is the sum of {@code log_s}, in O(c), and W stays invertible. It begins as a random rotation.
 *
 * <p>Items are (n, c) or (n, c, h, w). {@code sign} and {@code order} are kept as they began.
 *
 * @see <a href="https://arxiv.org/abs/1807.03039">Kingma and Dhariwal (2018), section 3.2</a>
 */
public final class InvertibleConvolution extends FlowLayer {
    private final Tensor lower, upper, log_s, sign, order;

    public InvertibleConvolution(int channels, DType dtype, Rng rng) {
        if (channels < 1) throw new IllegalArgumentException("InvertibleConvolution: " + channels + " channels; at least 1");
        if (ShapesOnly.isRunning()) { // a rotation has values, and none are asked for
            lower = Tensor.zeros(dtype, channels, channels).requiresGrad();
            upper = Tensor.zeros(dtype, channels, channels).requiresGrad();
            log_s = Tensor.zeros(dtype, channels).requiresGrad();
            sign = Tensor.zeros(dtype, channels);
            order = Tensor.zeros(DType.I64, channels);
            return;
        }
        var lu = Lu.of(Init.orthogonal(1).sample(rng, DType.F64, channels, channels).compute());
        var diagonal = lu.upper().diagonal();
        lower = lu.lower().tril(-1).to(dtype).copy().compute().requiresGrad();
        upper = lu.upper().triu(1).to(dtype).copy().compute().requiresGrad();
        log_s = diagonal.abs().log().to(dtype).copy().compute().requiresGrad();
        sign = diagonal.sign().to(dtype).copy().compute();
        order = Tensor.of(lu.permutation()).to(DType.I64).compute();
    }

    private Tensor unitLower() { return lower.tril(-1).add(eye()); }

    private Tensor scaledUpper() { return upper.triu(1).add(eye().mul(sign.mul(log_s.exp()))); }

    private Tensor eye() { return Tensor.eye(lower.dtype(), lower.size(0)); }

    /** W (c, c). */
    public Tensor weight() { return unitLower().matmul(scaledUpper()).indexSelect(0, order.argsort(0)); }

    /** {@code W^-1}, by two triangular solves. */
    public Tensor inverseWeight() {
        var solved = Linalg.solveTriangular(unitLower(), eye(), true, false);
        return Linalg.solveTriangular(scaledUpper(), solved, false, false).indexSelect(1, order.argsort(0));
    }

    private Moved mixed(Tensor x, Tensor by, int direction) {
        long c = lower.size(0);
        if (x.rank() != 2 && x.rank() != 4 || x.size(1) != c)
            throw new ShapeException("InvertibleConvolution: items " + x.shape() + "; they are (n, " + c + ") or (n, " + c + ", h, w)");
        long places = x.count() / x.size(0) / c;
        var y = x.rank() == 2 ? x.matmul(by.transpose()) : x.conv(by.reshape(c, c, 1, 1));
        return new Moved(y, log_s.sum().mul((double) direction * places).expand(x.size(0)));
    }

    @Override public Moved transform(Tensor x, Pass pass) { return mixed(x, weight(), 1); }

    @Override public Moved inverse(Tensor y, Pass pass) { return mixed(y, inverseWeight(), -1); }
}
