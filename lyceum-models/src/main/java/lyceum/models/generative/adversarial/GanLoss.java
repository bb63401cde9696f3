package lyceum.models.generative.adversarial;

import lyceum.tensor.Tensor;

/**
 * What the players of a {@link Gan} minimise, by the critic's scores d: numbers without a sigmoid. The critic's loss is the mean of {@link #real} over real items
 * plus the mean of {@link #fake} over generated ones, the generator's the mean of {@link #generator} over generated ones.
 *
 * {@snippet :
 * GanLoss usual = GanLoss.nonSaturating().withSmoothing(0.1);
 * GanLoss wasserstein = GanLoss.wasserstein();                 // with a gradient penalty, clipping or spectral norm
 * }
 */
public sealed interface GanLoss {
    /** The critic's loss at real items' scores, elementwise. */
    Tensor real(Tensor d);

    /** The critic's loss at generated items' scores, elementwise. */
    Tensor fake(Tensor d);

    /** The generator's loss at its items' scores, elementwise. */
    Tensor generator(Tensor d);

    /** The zero-sum game of the first paper: the generator minimises {@code log(1 - D)}. */
    static Logistic minimax() { return new Logistic(true, 0); }

    /** The generator maximises {@code log D} instead, whose slope stays where the critic is sure. */
    static Logistic nonSaturating() { return new Logistic(false, 0); }

    static Wasserstein wasserstein() { return new Wasserstein(); }

    static Hinge hinge() { return new Hinge(); }

    static LeastSquares leastSquares() { return new LeastSquares(0); }

    private static void requireSmall(String name, double s) {
        if (!(s >= 0 && s < 0.5)) throw new IllegalArgumentException(name + ": smoothing is " + s + "; it lies in [0, 0.5)");
    }

    /**
     * Binary cross-entropy of logits, {@code D = 1 / (1 + exp(-d))}: finite however sure the critic is.
     *
     * @param minimax whether the generator minimises {@code log(1 - D)}, or else {@code -log D}
     * @param smoothing s: real items have the target 1 - s, generated ones 0 (one-sided), in [0, 0.5)
     * @see <a href="https://arxiv.org/abs/1406.2661">Goodfellow and others (2014)</a>
     * @see <a href="https://arxiv.org/abs/1606.03498">Salimans and others (2016), one-sided label smoothing</a>
     */
    record Logistic(boolean minimax, double smoothing) implements GanLoss {
        public Logistic { requireSmall("GanLoss.Logistic", smoothing); }

        public Logistic withSmoothing(double smoothing) { return new Logistic(minimax, smoothing); }

        @Override public Tensor real(Tensor d) {
            var sure = d.neg().softplus();
            return smoothing == 0 ? sure : sure.add(d.mul(smoothing)); // (1 - s) softplus(-d) + s softplus(d)
        }

        @Override public Tensor fake(Tensor d) { return d.softplus(); }

        @Override public Tensor generator(Tensor d) { return minimax ? d.softplus().neg() : d.neg().softplus(); }
    }

    /**
     * Differences of means: of a critic of slope at most 1 its largest value is the Wasserstein distance. Bound the slope by {@link CriticPenalty.GradientPenalty},
     * {@link CriticPenalty.WeightClipping} or {@link lyceum.nn.SpectralNorm}.
     *
     * @see <a href="https://arxiv.org/abs/1701.07875">Arjovsky, Chintala and Bottou (2017)</a>
     */
    record Wasserstein() implements GanLoss {
        @Override public Tensor real(Tensor d) { return d.neg(); }

        @Override public Tensor fake(Tensor d) { return d; }

        @Override public Tensor generator(Tensor d) { return d.neg(); }
    }

    /** Margins of 1 for the critic, BigGAN's choice (<a href="https://arxiv.org/abs/1705.02894">Lim and Ye 2017</a>). */
    record Hinge() implements GanLoss {
        @Override public Tensor real(Tensor d) { return d.rsub(1).relu(); }

        @Override public Tensor fake(Tensor d) { return d.add(1).relu(); }

        @Override public Tensor generator(Tensor d) { return d.neg(); }
    }

    /**
     * Half the squared distance from the targets 1 - s and 0, of the generator's from 1 (<a href="https://arxiv.org/abs/1611.04076">Mao and others 2017</a>).
     *
     * @param smoothing s, in [0, 0.5)
     */
    record LeastSquares(double smoothing) implements GanLoss {
        public LeastSquares { requireSmall("GanLoss.LeastSquares", smoothing); }

        @Override public Tensor real(Tensor d) { return d.sub(1 - smoothing).square().mul(0.5); }

        @Override public Tensor fake(Tensor d) { return d.square().mul(0.5); }

        @Override public Tensor generator(Tensor d) { return d.sub(1).square().mul(0.5); }
    }
}
