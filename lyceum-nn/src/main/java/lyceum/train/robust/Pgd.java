package lyceum.train.robust;

import java.util.Objects;
import java.util.function.UnaryOperator;
import lyceum.autograd.Autograd;
import lyceum.nn.Layer;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Projected gradient ascent: {@code z = project(z + stepSize * steepest(gradient))}, and of all points seen the worst for the model.
 *
 * {@snippet :
 * var attack = new Pgd(ThreatModel.linf(0.1).within(0, 1), 20).withRestarts(5);
 * Tensor fooling = attack.perturb(network, train.x(), train.y(), Rng.of(1));
 * }
 *
 * @param steps at least 1
 * @param stepSize 0 for {@code 2.5 epsilon / steps}, or epsilon for one step
 * @param restarts runs, at least 1: the first begins at x, the others at random in the ball
 * @param objective what is raised; {@link AttackObjective#MARGIN} is Carlini and Wagner's attack within a ball
 * @see <a href="https://arxiv.org/abs/1706.06083">Madry and others (2018)</a>
 */
@Withers
public record Pgd(ThreatModel threat, int steps, double stepSize, int restarts, AttackObjective objective) implements Attack, PgdWithers {
    public Pgd {
        Objects.requireNonNull(threat, "threat");
        Objects.requireNonNull(objective, "objective");
        if (steps < 1 || restarts < 1)
            throw new IllegalArgumentException("Pgd: steps is " + steps + " and restarts " + restarts + "; both are at least 1");
        if (!(stepSize >= 0)) throw new IllegalArgumentException("Pgd: stepSize is " + stepSize + "; it is at least 0, 0 for the default");
    }

    /** Cross-entropy, one run from x. */
    public Pgd(ThreatModel threat, int steps) { this(threat, steps, 0, 1, AttackObjective.CROSS_ENTROPY); }

    private double pace() { return stepSize > 0 ? stepSize : steps == 1 ? threat.epsilon() : 2.5 * threat.epsilon() / steps; }

    @Override public Tensor perturb(Layer model, Tensor x, Tensor classes, Rng rng) {
        UnaryOperator<Tensor> value = z -> objective.of(model.forward(z), classes);
        return Autograd.noGrad(() -> {
            Tensor worst = x, most = null;
            for (int r = 0; r < restarts; r++) {
                var seen = ascend(x, r == 0 ? x : threat.random(x, rng.split(r)), value);
                worst = most == null ? seen.rows : Attack.rows(seen.values.gt(most), seen.rows, worst).compute();
                most = most == null ? seen.values : most.maximum(seen.values).compute();
            }
            return worst;
        });
    }

    /** The worst of the points that were seen, and how bad. */
    record Seen(Tensor rows, Tensor values) {}

    /** One run by these settings that raises a function of the rows. */
    Seen ascend(Tensor x, Tensor start, UnaryOperator<Tensor> value) {
        Tensor z = start, worst = start, most = null, size = Tensor.full(x.dtype(), pace(), x.size(0), 1);
        for (int s = 0; s <= steps; s++) {
            Tensor slope = null, at;
            if (s == steps) at = value.apply(z).compute();
            else {
                var both = slope(value, z);
                at = both.values;
                slope = both.rows;
            }
            worst = most == null ? z : Attack.rows(at.gt(most), z, worst).compute();
            most = most == null ? at : most.maximum(at).compute();
            if (s < steps) z = threat.project(threat.step(z, slope, size), x);
        }
        return new Seen(worst, most);
    }

    /** The gradient at each row, and the values. */
    static Seen slope(UnaryOperator<Tensor> value, Tensor z) {
        var at = new Tensor[1];
        var gradient = Autograd.grad(t -> {
            var rows = value.apply(t);
            at[0] = rows.detach();
            return rows.sum();
        }).apply(z).compute();
        return new Seen(gradient, at[0].compute());
    }
}
