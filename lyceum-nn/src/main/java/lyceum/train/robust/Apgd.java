package lyceum.train.robust;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.UnaryOperator;
import lyceum.autograd.Autograd;
import lyceum.nn.Layer;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * {@link Pgd} without a step size to choose: it begins at twice the radius, has momentum, and at checkpoints that come ever closer each row whose steps no
 * longer pay halves its own and goes back to its worst point.
 *
 * @param steps at least 1; 100 in the paper
 * @param objective the paper runs cross-entropy and {@link AttackObjective#LOGIT_RATIO}
 * @see <a href="https://arxiv.org/abs/2003.01690">Croce and Hein (2020), algorithm 1</a>
 */
@Withers
public record Apgd(ThreatModel threat, int steps, AttackObjective objective) implements Attack, ApgdWithers {
    private static final double MOMENTUM = 0.75, PAYING = 0.75;

    public Apgd {
        Objects.requireNonNull(threat, "threat");
        Objects.requireNonNull(objective, "objective");
        if (steps < 1) throw new IllegalArgumentException("Apgd: steps is " + steps + "; it is at least 1");
    }

    /** Cross-entropy. */
    public Apgd(ThreatModel threat, int steps) { this(threat, steps, AttackObjective.CROSS_ENTROPY); }

    @Override public Tensor perturb(Layer model, Tensor x, Tensor classes, Rng rng) {
        UnaryOperator<Tensor> value = z -> objective.of(model.forward(z), classes);
        return Autograd.noGrad(() -> run(x, value));
    }

    private Tensor run(Tensor x, UnaryOperator<Tensor> value) {
        int n = (int) x.size(0);
        var size = new double[n];
        Arrays.fill(size, 2 * threat.epsilon());
        Tensor z = x, before = x, worst = x;
        double[] most = null, last = null, paid = new double[n], mostThen = null;
        boolean[] halved = new boolean[n];
        int checkpoint = (int) Math.ceil(0.22 * steps), gap = checkpoint, from = 0;
        for (int s = 0; s <= steps; s++) {
            var at = Pgd.slope(value, z);
            double[] now = at.values().toDoubleArray();
            var better = new boolean[n];
            for (int i = 0; i < n; i++) {
                better[i] = most == null || now[i] > most[i];
                if (last != null && now[i] > last[i]) paid[i]++;
            }
            worst = Attack.rows(Tensor.of(better), z, worst).compute();
            if (most == null) most = now.clone();
            else for (int i = 0; i < n; i++) most[i] = Math.max(most[i], now[i]);
            last = now;
            if (mostThen == null) mostThen = most.clone();
            Tensor slope = at.rows(), here = z;
            if (s > 0 && s == checkpoint) {
                var back = new boolean[n];
                for (int i = 0; i < n; i++) {
                    back[i] = paid[i] < PAYING * (s - from) || !halved[i] && most[i] <= mostThen[i];
                    if (back[i]) size[i] /= 2;
                    halved[i] = back[i];
                    paid[i] = 0;
                }
                mostThen = most.clone();
                from = s;
                gap = Math.max(gap - (int) Math.ceil(0.03 * steps), (int) Math.ceil(0.06 * steps));
                checkpoint += Math.max(1, gap);
                here = Attack.rows(Tensor.of(back), worst, z).compute();
                before = Attack.rows(Tensor.of(back), worst, before).compute();
                slope = Pgd.slope(value, here).rows();
            }
            if (s == steps) break;
            var plain = threat.project(threat.step(here, slope, Tensor.of(size).to(x.dtype()).reshape(n, 1)), x);
            var next = s == 0 ? plain : threat.project(here.add(plain.sub(here).mul(MOMENTUM)).add(here.sub(before).mul(1 - MOMENTUM)), x);
            before = here;
            z = next;
        }
        return worst;
    }
}
