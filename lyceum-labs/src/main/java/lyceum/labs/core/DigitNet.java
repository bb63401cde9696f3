package lyceum.labs.core;

import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A network of one hidden layer that reads digits, as a function of all its weights in one vector: for looks at its loss. */
record DigitNet(Tensor x, Tensor y, int hidden) {

    /** Reads {@code rows} of the digits, F64. */
    static DigitNet of(int rows, int hidden, Rng rng) {
        var all = Datasets.digits().flat();
        var some = Split.stratified(all, rng, (double) rows / all.size(), 1 - (double) rows / all.size()).getFirst();
        return new DigitNet(some.x().to(DType.F64).div(16).compute(), some.y(), hidden);
    }

    int rows() { return (int) x.size(0); }

    /** Fresh weights. */
    Tensor start(Rng rng) {
        Tensor first = Tensor.randn(rng, DType.F64, 64L * hidden).mul(Math.sqrt(2.0 / 64)),
                second = Tensor.randn(rng, DType.F64, 10L * hidden).mul(Math.sqrt(2.0 / hidden));
        return Tensor.concat(0, first, Tensor.zeros(DType.F64, hidden), second, Tensor.zeros(DType.F64, 10)).compute().requiresGrad();
    }

    Tensor loss(Tensor w) { return loss(w, x, y); }

    Tensor loss(Tensor w, int[] batch) { return loss(w, x.rows(batch), y.rows(batch)); }

    private Tensor loss(Tensor w, Tensor x, Tensor y) {
        long at = 64L * hidden;
        Tensor first = w.narrow(0, 0, at).reshape(64, hidden), second = w.narrow(0, at + hidden, 10L * hidden).reshape(hidden, 10);
        var h = x.matmul(first).add(w.narrow(0, at, hidden)).relu();
        return new CrossEntropy().of(h.matmul(second).add(w.narrow(0, at + 11L * hidden, 10)), y);
    }
}
