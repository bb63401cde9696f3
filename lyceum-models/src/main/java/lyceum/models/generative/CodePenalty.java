package lyceum.models.generative;

import java.util.function.UnaryOperator;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** What an {@link Autoencoder} pays for its codes beside the reconstruction: what keeps a wide one from copying. */
public sealed interface CodePenalty {
    /** Nothing: the code's size alone. */
    CodePenalty NONE = new None();

    /**
     * The price of a batch, a scalar, recorded.
     *
     * @param encoder takes x to codes
     * @param x what it saw, (n, ..)
     * @param code what it said, (n, ..)
     * @param rng for estimates
     */
    Tensor of(UnaryOperator<Tensor> encoder, Tensor x, Tensor code, Rng rng);

    /** No price. */
    record None() implements CodePenalty {
        @Override public Tensor of(UnaryOperator<Tensor> encoder, Tensor x, Tensor code, Rng rng) { return code.zerosLike().sum(); }
    }

    /** {@code weight sum_j |h_j|}, a mean over rows: few numbers of a code differ from 0. @param weight above 0 */
    record L1(double weight) implements CodePenalty {
        public L1 { requireAbove("L1: weight", weight); }

        @Override public Tensor of(UnaryOperator<Tensor> encoder, Tensor x, Tensor code, Rng rng) {
            return code.abs().sum().mul(weight / code.size(0));
        }
    }

    /**
     * {@code weight sum_j KL(rate | mean activity of h_j in the batch)} of coins: each number of a code is on for few rows. For codes between 0 and 1, such as a sigmoid's.
     *
     * @param rate wanted, between 0 and 1; 0.05 is usual
     * @param weight above 0
     * @see <a href="https://web.stanford.edu/class/cs294a/sparseAutoencoder.pdf">Ng (2011), CS294A lecture notes</a>
     */
    record ActivityKl(double rate, double weight) implements CodePenalty {
        private static final double EDGE = 1e-6;

        public ActivityKl {
            if (!(rate > 0 && rate < 1)) throw new IllegalArgumentException("ActivityKl: rate is " + rate + "; between 0 and 1");
            requireAbove("ActivityKl: weight", weight);
        }

        @Override public Tensor of(UnaryOperator<Tensor> encoder, Tensor x, Tensor code, Rng rng) {
            var activity = code.mean(0).clamp(EDGE, 1 - EDGE);
            var cross = activity.log().mul(rate).add(activity.rsub(1).log().mul(1 - rate));
            double own = rate * Math.log(rate) + (1 - rate) * Math.log(1 - rate);
            return cross.rsub(own).sum().mul(weight);
        }
    }

    /**
     * {@code weight |dh/dx|_F^2}, the squared entries of the encoder's Jacobian, a mean over rows: codes that do not move where the data do not ask for it. Rows are
     * taken one by one, so no batch norm.
     *
     * @param weight above 0
     * @param directions 0 for all numbers of the code, a sweep for each; else an unbiased estimate by so many random ones
     * @see <a href="https://icml.cc/2011/papers/455_icmlpaper.pdf">Rifai and others (2011)</a>
     */
    record Contractive(double weight, int directions) implements CodePenalty {
        public Contractive {
            requireAbove("Contractive: weight", weight);
            if (directions < 0) throw new IllegalArgumentException("Contractive: " + directions + " directions; 0 for all");
        }

        /** By all numbers of the code. */
        public Contractive(double weight) { this(weight, 0); }

        @Override public Tensor of(UnaryOperator<Tensor> encoder, Tensor x, Tensor code, Rng rng) {
            return squaredJacobian(encoder, x, rng).mean().mul(weight);
        }

        /** {@code |dh/dx|_F^2} of each row (n), recorded where the encoder's parameters are. */
        public Tensor squaredJacobian(UnaryOperator<Tensor> encoder, Tensor x, Rng rng) {
            var codes = Autograd.pullback(z -> encoder.apply(z).reshape(z.size(0), -1), x.detach());
            long n = codes.value().size(0), k = codes.value().size(1);
            var sum = Tensor.zeros(codes.value().dtype(), n);
            for (int j = 0; j < (directions == 0 ? k : directions); j++) {
                var along = directions == 0 ? Tensor.eye(codes.value().dtype(), k).narrow(0, j, 1).expand(n, k).contiguous()
                        : Tensor.randn(rng, codes.value().dtype(), n, k);
                sum = sum.add(codes.back().apply(along).square().reshape(n, -1).sum(1));
            }
            return directions == 0 ? sum : sum.div(directions);
        }
    }

    private static void requireAbove(String name, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException(name + " is " + value + "; above 0");
    }
}
