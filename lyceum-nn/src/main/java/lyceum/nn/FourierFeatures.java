package lyceum.nn;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Coordinates as waves: {@code [cos 2 pi B x, sin 2 pi B x]} with a fixed random matrix B, so that a network learns detail as fast as outline.
 * Rows (.., inputs) become (.., 2 waves).
 *
 * <p>The deviation of B is the bandwidth: too small leaves blur, too large makes grain between the training points.
 *
 * @see <a href="https://arxiv.org/abs/2006.10739">Tancik et al. (2020)</a>
 */
public final class FourierFeatures extends Module {
    private final Tensor frequencies;

    /** Frequencies normal with this deviation, in periods per unit of x. */
    public FourierFeatures(int inputs, int waves, double deviation, DType dtype, Rng rng) {
        if (inputs < 1 || waves < 1 || !(deviation > 0)) throw new IllegalArgumentException(
                "FourierFeatures: " + inputs + " inputs, " + waves + " waves, deviation " + deviation + "; all are positive");
        frequencies = Tensor.randn(rng, dtype, waves, inputs).mul(deviation).compute();
    }

    /** Given frequencies (waves, inputs), a buffer that is not trained. */
    public FourierFeatures(Tensor frequencies) {
        if (frequencies.rank() != 2)
            throw new ShapeException("FourierFeatures: frequencies " + frequencies.shape() + " are not (waves, inputs)");
        this.frequencies = frequencies.detach().copy().compute();
    }

    public Tensor frequencies() { return frequencies; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (x.rank() < 1 || x.size(-1) != frequencies.size(1))
            throw new ShapeException("FourierFeatures: input " + x.shape() + " for " + frequencies.size(1) + " coordinates");
        var angle = x.matmul(frequencies.transpose()).mul(2 * Math.PI);
        return Tensor.concat(-1, angle.cos(), angle.sin());
    }
}
