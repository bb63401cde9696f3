package lyceum.optim;

import java.util.List;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Stochastic gradient descent with momentum.
 *
 * {@snippet :
 * var optimizer = new Sgd(0.1).withMomentum(0.9).over(model.parameters());
 * for (var batch : batches) {
 *     optimizer.zeroGrad();
 *     loss(batch).backward();
 *     optimizer.step();
 * }
 * }
 *
 * <p>With {@code g} the gradient plus {@code weightDecay * x}, {@code v = momentum * v + (1 - dampening) * g} (the first {@code v} is g itself)
 * and {@code x = x - learningRate * v}; Nesterov's form steps along {@code g + momentum * v}. The learning rate stands outside the velocity, as
 * in PyTorch: they differ from the other convention once a schedule changes the rate.
 *
 * @param learningRate at least 0
 * @param momentum in [0, 1); 0 keeps no velocity
 * @param dampening share of the gradient kept out of the velocity, in [0, 1]
 * @param nesterov looks ahead along the velocity; needs momentum, and no dampening
 * @param weightDecay coupled: its pull goes through the velocity, as the gradient of {@code weightDecay / 2 * |x|^2}
 * @param maximize ascends instead
 * @see <a href="https://doi.org/10.1214/aoms/1177729586">Robbins and Monro (1951)</a>
 * @see <a href="https://doi.org/10.1016/0041-5553(64)90137-5">Polyak (1964), for the heavy ball</a>
 * @see <a href="https://proceedings.mlr.press/v28/sutskever13.html">Sutskever, Martens, Dahl and Hinton (2013)</a>
 */
@Withers
public record Sgd(double learningRate, double momentum, double dampening, boolean nesterov, double weightDecay, boolean maximize)
        implements SgdWithers, UpdateRule {
    public Sgd {
        Settings.atLeast("Sgd", "learningRate", learningRate, 0);
        if (!(momentum >= 0 && momentum < 1)) throw new IllegalArgumentException("Sgd: momentum is " + momentum + "; it lies in [0, 1)");
        if (!(dampening >= 0 && dampening <= 1))
            throw new IllegalArgumentException("Sgd: dampening is " + dampening + "; it lies in [0, 1]");
        if (nesterov && (momentum == 0 || dampening != 0)) throw new IllegalArgumentException(
                "Sgd: nesterov needs momentum above 0 and no dampening; they are " + momentum + " and " + dampening);
        Settings.atLeast("Sgd", "weightDecay", weightDecay, 0);
    }

    /** Plain: no momentum, no decay. */
    public Sgd(double learningRate) { this(learningRate, 0, 0, false, 0, false); }

    @Override public List<String> slots(Tensor x) { return momentum == 0 ? List.of() : List.of("velocity"); }

    @Override public boolean isElementwise() { return true; }

    @Override public Update next(Tensor x, Tensor gradient, List<Tensor> slots, long step, double rate) {
        var g = maximize ? gradient.neg() : gradient;
        if (weightDecay != 0) g = g.add(x.mul(weightDecay));
        if (momentum == 0) return new Update(x.sub(g.mul(rate)), List.of());
        var v = step == 1 ? g : slots.getFirst().mul(momentum).add(g.mul(1 - dampening));
        return new Update(x.sub((nesterov ? g.add(v.mul(momentum)) : v).mul(rate)), List.of(v));
    }
}
