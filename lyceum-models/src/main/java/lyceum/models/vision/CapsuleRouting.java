package lyceum.models.vision;

import java.util.ArrayList;
import java.util.List;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Routing by agreement: children share themselves out among parents, more to those whose output their vote resembles.
 *
 * <p>From {@code b = 0}, so many times: {@code c_i = softmax_j(b_i)}, {@code s_j = sum_i c_ij u_ji}, {@code v_j = squash(s_j)}, {@code
 * b_ij += u_ji . v_j}. Gradients flow through all rounds.
 *
 * @param iterations rounds, at least 1; one gives all parents equal shares
 * @see <a href="https://arxiv.org/abs/1710.09829">Sabour, Frosst and Hinton (2017), procedure 1</a>
 */
public record CapsuleRouting(int iterations) {
    private static final double EPSILON = 1e-12; // inside the root: a length has no gradient at zero

    public CapsuleRouting {
        if (iterations < 1) throw new IllegalArgumentException("CapsuleRouting: " + iterations + " iterations; at least 1");
    }

    /**
     * @param outputs of the parents, (batch, parents, dimension)
     * @param couplings of each round, (batch, children, parents)
     */
    public record Routed(Tensor outputs, List<Tensor> couplings) {
        public Routed { couplings = List.copyOf(couplings); }
    }

    /** The same direction, a length of {@code |s|^2 / (1 + |s|^2)}, along an axis. */
    public static Tensor squash(Tensor s, int axis) {
        var square = s.square().sum(axis, true);
        return s.mul(square.add(EPSILON).sqrt().div(square.add(1)));
    }

    /** @param votes (batch, children, parents, dimension) */
    public Routed route(Tensor votes) {
        if (votes.rank() != 4)
            throw new ShapeException("CapsuleRouting: votes " + votes.shape() + "; (batch, children, parents, dimension)");
        var logits = Tensor.zeros(votes.dtype(), votes.size(0), votes.size(1), votes.size(2));
        var couplings = new ArrayList<Tensor>();
        Tensor outputs = null;
        for (int round = 0; round < iterations; round++) {
            if (round > 0) logits = logits.add(votes.mul(outputs.unsqueeze(1)).sum(3));
            var c = logits.softmax(2);
            couplings.add(c);
            outputs = squash(votes.mul(c.unsqueeze(3)).sum(1), 2);
        }
        return new Routed(outputs, couplings);
    }
}
