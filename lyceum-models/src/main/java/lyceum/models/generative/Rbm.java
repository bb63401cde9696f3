package lyceum.models.generative;

import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Init;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/**
 * A restricted Boltzmann machine: visible units v and binary hidden units h, joined across and not within. With {@code E(v, h) = -a v - b h - h W v} for binary visible
 * units, and {@code |v - a|^2 / 2 - b h - h W v} for normal ones of unit variance, {@code p(v, h) = exp(-E) / Z}.
 *
 * {@snippet :
 * var rbm = new Rbm(784, 100, Rbm.Visible.BERNOULLI, DType.F32, rng);
 * var trainer = new lyceum.train.Trainer(new lyceum.optim.Sgd(0.05), 10).withBatchSize(10);
 * trainer.start(rbm, (int) x.size(0), rbm.contrast(x, 1, 10), null, rng).finish(lyceum.progress.Progress.SILENT);      // 10 persistent chains
 * Tensor features = rbm.hidden(x);
 * }
 *
 * <p>Rows are (n, visible). Parameters {@code weight} (hidden, visible), {@code visible_bias}, {@code hidden_bias}. Nothing is recorded but {@link #freeEnergy} and the loss.
 *
 * @see <a href="https://doi.org/10.1162/089976602760128018">Hinton (2002), on contrastive divergence</a>
 * @see <a href="https://doi.org/10.1145/1390156.1390290">Tieleman (2008), on persistent chains</a>
 * @see <a href="https://doi.org/10.1145/1390156.1390266">Salakhutdinov and Murray (2008), on annealed importance sampling</a>
 */
public final class Rbm extends Module {
    private static final int MOST_BITS = 24, BLOCK = 1 << 12;

    /** What visible units are. */
    public enum Visible {
        /** 0 or 1; data between are taken as probabilities. */
        BERNOULLI,
        /** Normal with variance 1: standardise the data. */
        GAUSSIAN
    }

    private final Visible kind;
    private final Tensor weight, visible_bias, hidden_bias;

    /** Small normal weights, no biases. */
    public Rbm(int visible, int hidden, Visible kind, DType dtype, Rng rng) {
        if (visible < 1 || hidden < 1)
            throw new IllegalArgumentException("Rbm: " + visible + " visible and " + hidden + " hidden units; at least 1 of each");
        this.kind = Objects.requireNonNull(kind, "kind");
        weight = Init.begin(Init.normal(0.01), rng, dtype, hidden, visible).requiresGrad();
        visible_bias = Tensor.zeros(dtype, visible).requiresGrad();
        hidden_bias = Tensor.zeros(dtype, hidden).requiresGrad();
    }

    public Visible kind() { return kind; }

    /** (hidden, visible). */
    public Tensor weight() { return weight; }

    public Tensor visibleBias() { return visible_bias; }

    public Tensor hiddenBias() { return hidden_bias; }

    private Tensor checked(Tensor v) {
        if (v.rank() != 2 || v.size(1) != weight.size(1))
            throw new ShapeException("Rbm: rows " + v.shape() + " for " + weight.size(1) + " visible units");
        return v.dtype() == weight.dtype() ? v : v.to(weight.dtype());
    }

    /** {@code -ln sum_h exp(-E(v, h))} of each row (n), recorded: lower is likelier, by {@code ln p(v) = -F(v) - ln Z}. */
    public Tensor freeEnergy(Tensor v) {
        v = checked(v);
        var paths = v.matmul(weight.transpose()).add(hidden_bias).softplus().sum(1);
        return kind == Visible.BERNOULLI ? v.matmul(visible_bias).add(paths).neg()
                : v.sub(visible_bias).square().sum(1).mul(0.5).sub(paths);
    }

    /** As {@link #hidden}, recorded. */
    @Override protected Tensor compute(Tensor v, Pass pass) { return checked(v).matmul(weight.transpose()).add(hidden_bias).sigmoid(); }

    /** Probability of each hidden unit, (n, hidden): a row's features. */
    public Tensor hidden(Tensor v) { return hidden(v, 1); }

    private Tensor hidden(Tensor v, double share) {
        return Autograd.noGrad(() -> checked(v).matmul(weight.transpose()).add(hidden_bias).mul(share).sigmoid().compute());
    }

    /** Means of the visible units, (n, visible), by states or probabilities of the hidden ones. */
    public Tensor visible(Tensor h) { return visible(h, 1, visible_bias); }

    private Tensor visible(Tensor h, double share, Tensor bias) {
        return Autograd.noGrad(() -> {
            var means = h.matmul(weight).mul(share).add(bias);
            return (kind == Visible.BERNOULLI ? means.sigmoid() : means).compute();
        });
    }

    private static Tensor coins(Tensor p, Rng rng) {
        return Tensor.rand(rng, p.dtype(), p.shape().toArray()).lt(p).to(p.dtype()).compute();
    }

    private Tensor drawn(Tensor means, Rng rng) {
        return kind == Visible.BERNOULLI ? coins(means, rng)
                : means.add(Tensor.randn(rng, means.dtype(), means.shape().toArray())).compute();
    }

    /** Chains (n, visible) after so many sweeps, each of all hidden and then all visible units. */
    public Tensor gibbs(Tensor v, int sweeps, Rng rng) {
        if (sweeps < 1) throw new IllegalArgumentException("gibbs: " + sweeps + " sweeps; at least 1");
        var state = checked(v);
        for (int i = 0; i < sweeps; i++) state = drawn(visible(coins(hidden(state), rng)), rng);
        return state;
    }

    /** Chains that begin at coin flips, after so many sweeps. */
    public Tensor sample(int chains, int sweeps, Rng rng) {
        return gibbs(drawn(Tensor.full(weight.dtype(), kind == Visible.BERNOULLI ? 0.5 : 0, chains, weight.size(1)), rng), sweeps, rng);
    }

    /**
     * A loss whose gradient is that of contrastive divergence: {@code mean F(data) - mean F(chains)}, chains being k sweeps from the batch, or from where the last step left
     * them. Its value says nothing of the likelihood.
     *
     * @param data (n, visible)
     * @param k sweeps of a step
     * @param persistent chains that go on from step to step; 0 for chains from each batch
     */
    public BatchLoss contrast(Tensor data, int k, int persistent) {
        if (k < 1 || persistent < 0)
            throw new IllegalArgumentException("contrast: " + k + " sweeps and " + persistent + " chains; at least 1, and none or more");
        var x = checked(data);
        var chains = new Tensor[1];
        return (rows, pass) -> {
            Tensor batch = x.rows(rows), from = persistent == 0 ? batch : chains[0];
            if (from == null) from = started(persistent, pass);
            var model = gibbs(from, k, pass.rng());
            if (persistent > 0) {
                try (var kept = Scope.outside()) {
                    chains[0] = model.copy();
                }
            }
            return freeEnergy(batch).mean().sub(freeEnergy(model.detach()).mean());
        };
    }

    private Tensor started(int chains, Pass pass) {
        try (var kept = Scope.outside()) {
            return sample(chains, 1, pass.rng());
        }
    }

    /**
     * {@code ln Z} by summing over all states of the smaller layer that can be summed over.
     *
     * @throws IllegalArgumentException if that layer has more than 24 units: take {@link #annealed}
     */
    public double logPartition() {
        boolean byHidden = kind == Visible.GAUSSIAN || weight.size(0) <= weight.size(1);
        int bits = (int) (byHidden ? weight.size(0) : weight.size(1));
        if (bits > MOST_BITS) throw new IllegalArgumentException(
                "logPartition: 2^" + bits + " states; at most 2^" + MOST_BITS + ". annealed(..) estimates it");
        double most = Double.NEGATIVE_INFINITY, sum = 0;
        for (long from = 0; from < 1L << bits; from += BLOCK) {
            double[] logs;
            try (var scope = Scope.open("states")) {
                logs = logWeights(states(from, (int) Math.min(BLOCK, (1L << bits) - from), bits), byHidden).toDoubleArray();
            }
            for (double log : logs) {
                if (log > most) {
                    sum = sum * Math.exp(most - log) + 1;
                    most = log;
                } else sum += Math.exp(log - most);
            }
        }
        return most + Math.log(sum);
    }

    /** Rows of bits: the numbers from one on. */
    private static Tensor states(long from, int count, int bits) {
        var states = new double[count * bits];
        for (int i = 0; i < count; i++) for (int j = 0; j < bits; j++) states[i * bits + j] = from + i >> j & 1;
        return Tensor.of(states, count, bits);
    }

    /** {@code ln sum exp(-E)} over the other layer, F64. */
    private Tensor logWeights(Tensor states, boolean ofHidden) {
        return Autograd.noGrad(() -> {
            Tensor w = weight.to(DType.F64), a = visible_bias.to(DType.F64), b = hidden_bias.to(DType.F64);
            if (!ofHidden) return states.matmul(a).add(states.matmul(w.transpose()).add(b).softplus().sum(1)).compute();
            var fields = states.matmul(w);
            var rest = kind == Visible.BERNOULLI ? fields.add(a).softplus().sum(1)
                    : fields.mul(a).sum(1).add(fields.square().sum(1).mul(0.5)).add(0.5 * Math.log(2 * Math.PI) * w.size(1));
            return states.matmul(b).add(rest).compute();
        });
    }

    /**
     * An estimate of {@code ln Z}.
     *
     * @param mean ln of the mean weight
     * @param low and high: three standard errors of the mean weight to either side; low is negative infinity if the weights scatter that much
     */
    public record LogPartition(double mean, double low, double high) {}

    /**
     * {@code ln Z} by annealed importance sampling from independent units to this machine.
     *
     * @param chains independent runs
     * @param temperatures steps of each run, evenly spaced
     */
    public LogPartition annealed(int chains, int temperatures, Rng rng) {
        if (chains < 2 || temperatures < 1)
            throw new IllegalArgumentException("annealed: " + chains + " chains and " + temperatures + " temperatures; at least 2 and 1");
        var v = drawn(visible(Tensor.zeros(weight.dtype(), chains, weight.size(0))), rng);
        var logs = new double[chains];
        for (int t = 1; t <= temperatures; t++) {
            double before = (t - 1.0) / temperatures, now = (double) t / temperatures;
            var at = v;
            var gain = Autograd.noGrad(() -> {
                var paths = at.matmul(weight.transpose()).add(hidden_bias).to(DType.F64);
                return paths.mul(now).softplus().sub(paths.mul(before).softplus()).sum(1);
            }).toDoubleArray();
            for (int i = 0; i < chains; i++) logs[i] += gain[i];
            v = drawn(visible(coins(hidden(v, now), rng), now, visible_bias), rng);
        }
        return estimate(logs, logBase());
    }

    /** Of the machine without weights and hidden biases. */
    private double logBase() {
        double visible = kind == Visible.BERNOULLI ? Autograd.noGrad(() -> visible_bias.to(DType.F64).softplus().sum().item())
                : 0.5 * Math.log(2 * Math.PI) * weight.size(1);
        return weight.size(0) * Math.log(2) + visible;
    }

    private static LogPartition estimate(double[] logs, double base) {
        double most = Double.NEGATIVE_INFINITY, mean = 0, square = 0;
        for (double log : logs) most = Math.max(most, log);
        for (double log : logs) mean += Math.exp(log - most) / logs.length;
        for (double log : logs) square += Math.pow(Math.exp(log - most) - mean, 2) / (logs.length - 1.0);
        double error = 3 * Math.sqrt(square / logs.length);
        return new LogPartition(base + most + Math.log(mean),
                mean > error ? base + most + Math.log(mean - error) : Double.NEGATIVE_INFINITY, base + most + Math.log(mean + error));
    }

    /** {@code ln p(v)} of each row (n) by a {@linkplain #logPartition known} or estimated {@code ln Z}, nats. */
    public Tensor logProbability(Tensor v, double logPartition) {
        return Autograd.noGrad(() -> freeEnergy(v).neg().sub(logPartition).compute());
    }
}
