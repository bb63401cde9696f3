package lyceum.train.robust;

import java.util.Arrays;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.nn.Layer;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Changes inputs so that a model errs. */
@FunctionalInterface
public interface Attack {
    /**
     * Changed rows, each within what is allowed around its own.
     *
     * @param model gives logits (n, classes) and treats rows apart; it is run predicting
     * @param x (n, ..)
     * @param classes the true ones (n)
     */
    Tensor perturb(Layer model, Tensor x, Tensor classes, Rng rng);

    /** One step of the whole radius along the steepest ascent of the loss: the fast gradient sign method in its norm (Goodfellow and others 2015). */
    static Attack fgsm(ThreatModel threat) { return new Pgd(threat, 1).withStepSize(threat.epsilon()); }

    /** What fools another model, tried on this one: needs neither gradients nor answers of the attacked. */
    static Attack transfer(Layer surrogate, Attack attack) {
        return (model, x, classes, rng) -> attack.perturb(surrogate, x, classes, rng);
    }

    /** All attacks, for each row the worst: its largest margin. */
    static Attack worstOf(List<? extends Attack> attacks) {
        if (attacks.isEmpty()) throw new IllegalArgumentException("Attack.worstOf: there are no attacks");
        var all = List.copyOf(attacks);
        return (model, x, classes, rng) -> Autograd.noGrad(() -> {
            Tensor worst = x, margin = AttackObjective.MARGIN.of(model.forward(x), classes);
            for (int i = 0; i < all.size(); i++) {
                var next = all.get(i).perturb(model, x, classes, rng.split(i));
                var at = AttackObjective.MARGIN.of(model.forward(next), classes);
                worst = rows(at.gt(margin), next, worst).compute();
                margin = margin.maximum(at).compute();
            }
            return worst;
        });
    }

    /** For each row {@code a} where the condition (n) holds, else {@code b}. */
    static Tensor rows(Tensor condition, Tensor a, Tensor b) {
        long[] shape = new long[a.rank()];
        Arrays.fill(shape, 1);
        shape[0] = a.size(0);
        return condition.reshape(shape).where(a, b);
    }
}
