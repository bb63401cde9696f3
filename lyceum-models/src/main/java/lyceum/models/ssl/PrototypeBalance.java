package lyceum.models.ssl;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * How a teacher's logits over prototypes become targets that use all of them: without it, self-distillation gives every picture one answer.
 *
 * {@snippet :
 * Tensor wanted = new PrototypeBalance.SinkhornKnopp(3).targets(logits, 0.07, null);   // (n, prototypes), each row sums to 1
 * }
 */
public sealed interface PrototypeBalance {
    /**
     * Targets (n, prototypes) of a batch's logits, each row a distribution; no gradient flows.
     *
     * @param temperature above 0; below the student's it sharpens
     * @param centre a running mean of logits (prototypes), which {@link Centring} alone reads
     */
    Tensor targets(Tensor logits, double temperature, Tensor centre);

    /**
     * {@code softmax((logits - centre) / temperature)} with a running centre {@code c = m c + (1 - m) mean(logits)}, against one answer for all.
     *
     * @param momentum m, in [0, 1)
     * @see <a href="https://arxiv.org/abs/2104.14294">Caron et al. (2021)</a>
     */
    record Centring(double momentum) implements PrototypeBalance {
        public Centring {
            if (!(momentum >= 0 && momentum < 1))
                throw new IllegalArgumentException("Centring: momentum is " + momentum + "; it lies in [0, 1)");
        }

        @Override public Tensor targets(Tensor logits, double temperature, Tensor centre) {
            check(logits, temperature);
            if (centre == null) throw new IllegalArgumentException("Centring.targets: no centre; begin with zeros (prototypes)");
            return Autograd.noGrad(() -> logits.detach().sub(centre).div(temperature).softmax(1));
        }

        /** The next centre. */
        public Tensor moved(Tensor centre, Tensor logits) {
            return Autograd.noGrad(() -> centre.mul(momentum).add(logits.detach().mean(0).mul(1 - momentum)));
        }
    }

    /**
     * {@code exp(logits / temperature)} scaled by turns: each prototype to the same mass over the batch, then each row to 1. In logarithms and F64, so that
     * no temperature overflows.
     *
     * @param rounds at least 1; 3 are usual
     * @see <a href="https://arxiv.org/abs/2006.09882">Caron et al. (2020), for targets by Sinkhorn and Knopp</a>
     */
    record SinkhornKnopp(int rounds) implements PrototypeBalance {
        public SinkhornKnopp {
            if (rounds < 1) throw new IllegalArgumentException("SinkhornKnopp: " + rounds + " rounds; at least 1");
        }

        @Override public Tensor targets(Tensor logits, double temperature, Tensor centre) {
            check(logits, temperature);
            return Autograd.noGrad(() -> {
                Tensor x = logits.detach().to(DType.F64).div(temperature);
                for (int round = 0; round < rounds; round++) x = x.sub(x.logSumExp(0, true)).logSoftmax(1).compute();
                return x.exp().to(logits.dtype());
            });
        }
    }

    /** {@code softmax(logits / temperature)}: nothing is balanced. */
    record None() implements PrototypeBalance {
        @Override public Tensor targets(Tensor logits, double temperature, Tensor centre) {
            check(logits, temperature);
            return Autograd.noGrad(() -> logits.detach().div(temperature).softmax(1));
        }
    }

    private static void check(Tensor logits, double temperature) {
        if (logits.rank() != 2 || logits.size(0) == 0)
            throw new ShapeException("targets: logits " + logits.shape() + "; they are (n, prototypes)");
        if (!(temperature > 0)) throw new IllegalArgumentException("targets: the temperature is " + temperature + "; it is above 0");
    }
}
