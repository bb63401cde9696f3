package lyceum.train.privacy;

import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Optimizer;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A private training in progress; see {@link DpSgd#start}. For one thread. */
public final class PrivateRun {
    private final DpSgd settings;
    private final Module model;
    private final Loss loss;
    private final Dataset data;
    private final Rng rng;
    private final Optimizer optimizer;
    private final double q;
    private long seen, clipped;

    PrivateRun(DpSgd settings, Module model, Loss loss, Dataset data, Rng rng) {
        this.settings = settings;
        this.model = model;
        this.loss = loss;
        this.data = data;
        this.rng = rng;
        q = DpSgd.q(settings.lotSize(), data.size());
        optimizer = settings.rule().over(model.parameters());
    }

    /** Steps taken. */
    public long steps() { return optimizer.steps(); }

    /** What the steps so far have cost. */
    public PrivacyAccountant accountant() { return PrivacyAccountant.start().sampledGaussian(q, settings.noise(), steps()); }

    /** Epsilon spent so far. */
    public double epsilon(double delta) { return accountant().epsilon(delta); }

    /** The share of gradients that were shortened; NaN before the first. It was learned from the rows and is not covered by the promise. */
    public double clippedShare() { return seen == 0 ? Double.NaN : (double) clipped / seen; }

    /** The rows of a step, each taken with probability q; a step may have none. */
    public int[] rows(long step) {
        var draws = rng.split(2 * step);
        var rows = new int[data.size()];
        int n = 0;
        for (int i = 0; i < rows.length; i++) if (draws.nextDouble() < q) rows[n++] = i;
        return Arrays.copyOf(rows, n);
    }

    /** One step. @return false if there was none to take */
    public boolean step() {
        if (steps() >= settings.steps()) return false;
        int[] rows = rows(steps());
        var draws = rng.split(2 * steps() + 1);
        var parameters = model.parameters();
        try (var scope = Scope.open("private step")) {
            var sums = new Tensor[parameters.size()];
            for (int from = 0; from < rows.length; from += settings.microBatch()) {
                var part = Arrays.copyOfRange(rows, from, Math.min(rows.length, from + settings.microBatch()));
                // Dropout masks are shared by the rows of a part; they do not depend on the data.
                var sum = settings.method().sum(model, loss, data.x().rows(part), data.y().rows(part), settings.clip(),
                        Pass.training(draws.split(1 + from)));
                seen += part.length;
                for (double norm : sum.norms()) if (!(norm <= settings.clip())) clipped++;
                int i = 0;
                for (var gradient : sum.gradients().values()) {
                    sums[i] = sums[i] == null ? gradient.compute() : sums[i].add(gradient).compute();
                    i++;
                }
            }
            Autograd.noGrad(() -> {
                int i = 0;
                var noise = draws.split(0);
                for (var p : parameters.values()) {
                    var g = sums[i] == null ? p.detach().zerosLike() : sums[i];
                    if (settings.noise() > 0) g = g
                            .add(Tensor.randn(noise, DType.F64, p.shape().toArray()).mul(settings.noise() * settings.clip()).to(p.dtype()));
                    sums[i++] = g.div((double) settings.lotSize()).to(p.dtype());
                }
                optimizer.step(sums);
            });
        }
        return true;
    }
}
