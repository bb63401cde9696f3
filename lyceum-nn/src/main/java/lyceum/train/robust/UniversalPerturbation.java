package lyceum.train.robust;

import java.util.Objects;
import lyceum.autograd.Autograd;
import lyceum.nn.Layer;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * One change for all rows, found by gradient ascent of their mean loss: it may be computed on some rows and added to others.
 *
 * @param steps at least 1
 * @see <a href="https://arxiv.org/abs/1610.08401">Moosavi-Dezfooli, Fawzi, Fawzi and Frossard (2017)</a>
 */
public record UniversalPerturbation(ThreatModel threat, int steps) implements Attack {
    public UniversalPerturbation {
        Objects.requireNonNull(threat, "threat");
        if (steps < 1) throw new IllegalArgumentException("UniversalPerturbation: steps is " + steps + "; it is at least 1");
    }

    /** The change (1, ..) that raises the mean loss of the rows most, of all that were seen. */
    public Tensor find(Layer model, Tensor x, Tensor classes) {
        var free = new ThreatModel(threat.norm(), threat.epsilon(), Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        var zero = x.narrow(0, 0, 1).zerosLike().compute();
        return Autograd.noGrad(() -> new Pgd(free, steps).ascend(zero, zero, d -> AttackObjective.CROSS_ENTROPY
                .of(model.forward(x.add(d).clamp(threat.low(), threat.high())), classes).mean().reshape(1)).rows());
    }

    /** Rows with a change that was found, cut to the box. */
    public Tensor apply(Tensor x, Tensor change) { return Autograd.noGrad(() -> threat.project(x.add(change), x)); }

    @Override public Tensor perturb(Layer model, Tensor x, Tensor classes, Rng rng) { return apply(x, find(model, x, classes)); }
}
