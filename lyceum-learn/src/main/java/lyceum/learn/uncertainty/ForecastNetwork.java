package lyceum.learn.uncertainty;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.DataLoader;
import lyceum.learn.neural.ColumnScale;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.prob.Normal;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A network that forecasts how far y may be off, and not only y: mean and noise variance, or quantiles, as functions of x. It learns noise; what it
 * has never seen it does not doubt, for that take several ({@link NumberEnsemble}).
 *
 * {@snippet :
 * var model = new ForecastNetwork(32, 32).fit(x, y);
 * NumberForecast forecast = model.forecast(z);
 * double[] noise = forecast.aleatoric();
 * }
 *
 * <p>Columns and y are standardised first. Trained by Adam with a rate that falls to 0 along a cosine.
 *
 * @param hidden widths of the hidden layers, tanh between
 * @param head Gaussian with beta 0.5 by default
 * @param epochs 100 by default
 * @param batchSize 128 by default
 * @param learningRate 3e-3 by default
 * @param penalty on squared weights, 1e-6 by default
 * @param seed of weights and batches
 * @see <a href="https://doi.org/10.1109/ICNN.1994.374138">Nix and Weigend (1994)</a>
 * @see <a href="https://arxiv.org/abs/2203.09168">Seitzer and others (2022): the reweighted loss</a>
 */
@Withers
public record ForecastNetwork(List<Integer> hidden, Head head, int epochs, int batchSize, double learningRate, double penalty, long seed)
        implements ForecastNetworkWithers {

    /** What the outputs are. */
    public sealed interface Head {}

    /**
     * Mean and log variance, by {@code v^beta (log v + (y - m)^2 / v) / 2}, the factor taken as a number. Beta 0 is the likelihood, whose gradient for
     * the mean all but vanishes where the fit is poor at first; 1 fits the mean as squared error does.
     *
     * @param beta in [0, 1]
     * @param warmUp the share of epochs, in [0, 1), in which the mean alone is fitted
     */
    public record Gaussian(double beta, double warmUp) implements Head {
        public Gaussian {
            if (!(beta >= 0 && beta <= 1) || !(warmUp >= 0 && warmUp < 1))
                throw new IllegalArgumentException("Gaussian: beta is " + beta + " and warmUp " + warmUp + "; in [0, 1], and in [0, 1)");
        }
    }

    /** Quantiles by the pinball loss. The variance is that of the normal law through the outermost two. @param levels ascending in (0, 1) */
    public record Quantiles(List<Double> levels) implements Head {
        public Quantiles {
            levels = List.copyOf(levels);
            double last = 0;
            for (double level : levels) {
                if (!(level > last && level < 1))
                    throw new IllegalArgumentException("Quantiles: levels are " + levels + "; they ascend between 0 and 1");
                last = level;
            }
            if (levels.size() < 2) throw new IllegalArgumentException("Quantiles: levels are " + levels + "; two are needed for a spread");
        }

        public Quantiles(Double... levels) { this(List.of(levels)); }
    }

    /** Log variances beyond this, of standardised y, are rounding or nonsense. */
    private static final double WIDEST = 14;

    public ForecastNetwork {
        hidden = List.copyOf(hidden);
        Objects.requireNonNull(head, "head");
        if (epochs < 1 || batchSize < 1) throw new IllegalArgumentException(
                "ForecastNetwork: " + epochs + " epochs with batches of " + batchSize + "; both are at least 1");
        if (!(learningRate > 0) || !(penalty >= 0)) throw new IllegalArgumentException(
                "ForecastNetwork: learningRate is " + learningRate + " and penalty " + penalty + "; above 0, and at least 0");
    }

    public ForecastNetwork(int... hidden) { this(Arrays.stream(hidden).boxed().toList(), new Gaussian(0.5, 0), 100, 128, 3e-3, 1e-6, 0); }

    private int outputs() { return head instanceof Quantiles(var levels) ? levels.size() : 2; }

    public Fitted fit(Tensor x, Tensor y) { return fit(x, y, Progress.SILENT); }

    /**
     * @param x (n x p)
     * @param y (n)
     */
    public Fitted fit(Tensor x, Tensor y, Progress progress) {
        var input = LearnerInput.matrix("ForecastNetwork.fit", x, false);
        var target = input.target(y);
        double[] ones = input.weights(null);
        var columns = ColumnScale.of(input.x(), ones);
        var scale = ColumnScale.of(target.unsqueeze(1), ones);
        Tensor rows = columns.apply(input.x()).to(DType.F32).compute(),
                aims = scale.apply(target.unsqueeze(1)).to(DType.F32).squeeze(1).compute();
        var config = MlpConfig.regressor(input.columns(), outputs(), hidden.stream().mapToInt(v -> v).toArray())
                .withActivation(Activation.TANH);
        var rng = Rng.of(seed);
        var network = new Mlp(config, rng.split(0));
        int n = input.rows(), batch = Math.min(batchSize, n);
        long steps = (long) epochs * ((n + batch - 1) / batch);
        var optimizer = new Adam(learningRate).over(network.parameters())
                .scheduledBy(t -> 0.5 * (1 + Math.cos(Math.PI * Math.min(1.0, (double) t / steps))));
        var losses = new double[epochs];
        for (int epoch = 0; epoch < epochs; epoch++) {
            boolean warm = head instanceof Gaussian g && epoch < g.warmUp * epochs;
            for (int[] some : DataLoader.of(n, batch, rng.split(1 + epoch)).pass(0)) {
                try (var scope = Scope.open("forecast network step")) {
                    optimizer.zeroGrad();
                    var loss = loss(network.forward(rows.rows(some), Pass.inference()), aims.rows(some), warm);
                    losses[epoch] += loss.item() * some.length / n;
                    if (penalty > 0) for (var layer : network.layers()) loss = loss.add(layer.weight().square().sum().mul(penalty / 2));
                    loss.backward();
                    optimizer.step();
                    optimizer.zeroGrad();
                }
            }
            progress.step("forecast network", epoch + 1, epochs, "loss", losses[epoch]);
        }
        var parameters = new LinkedHashMap<String, Tensor>();
        network.state().forEach((name, tensor) -> parameters.put(name, tensor.detach().copy().compute()));
        return new Fitted(this, config, parameters, columns, scale, losses);
    }

    private Tensor loss(Tensor out, Tensor y, boolean warm) {
        return switch (head) {
            case Gaussian(double beta, double share) -> {
                var off = y.sub(out.select(1, 0)).square();
                if (warm) yield off.mean().mul(0.5);
                var log = out.select(1, 1).clamp(-WIDEST, WIDEST);
                var each = log.add(off.mul(log.neg().exp())).mul(0.5);
                yield (beta == 0 ? each : each.mul(log.mul(beta).exp().detach())).mean();
            }
            case Quantiles(var levels) -> {
                Tensor sum = null;
                for (int q = 0; q < levels.size(); q++) {
                    var over = y.sub(out.select(1, q));
                    var pinball = over.relu().mul(levels.get(q)).add(over.neg().relu().mul(1 - levels.get(q))).mean();
                    sum = sum == null ? pinball : sum.add(pinball);
                }
                yield sum;
            }
        };
    }

    /**
     * @param parameters of the network, by name
     * @param columns what inputs are scaled by
     * @param scale what y was scaled by
     * @param losses of each epoch, of standardised y
     */
    public record Fitted(ForecastNetwork learner, MlpConfig config, Map<String, Tensor> parameters, ColumnScale columns, ColumnScale scale,
            double[] losses) implements UncertaintyEstimator<NumberForecast> {
        @Override public int nFeatures() { return config.inputs(); }

        /** The outputs (n x outputs) before they are read: means and log variances, or quantiles, of standardised y. */
        private double[][] outputs(Tensor x) {
            var rows = columns.apply(LearnerInput.forModel(this, x).x());
            return Autograd.noGrad(() -> Mlp.of(config, parameters).predict(rows).toRows());
        }

        @Override public NumberForecast forecast(Tensor x) {
            double[][] out = outputs(x);
            double centre = scale.centre()[0], unit = scale.scale()[0];
            double[] mean = new double[out.length], variance = new double[out.length];
            for (int i = 0; i < out.length; i++) {
                switch (learner.head) {
                    case Gaussian g -> {
                        mean[i] = centre + unit * out[i][0];
                        variance[i] = unit * unit * Math.exp(Math.clamp(out[i][1], -WIDEST, WIDEST));
                    }
                    case Quantiles(var levels) -> {
                        int last = levels.size() - 1;
                        double low = new Normal(0, 1).quantile(levels.getFirst()), high = new Normal(0, 1).quantile(levels.getLast());
                        // Quantiles that cross are put in order.
                        Arrays.sort(out[i]);
                        double sd = unit * (out[i][last] - out[i][0]) / (high - low);
                        mean[i] = centre + unit * out[i][0] - low * sd;
                        variance[i] = sd * sd;
                    }
                }
            }
            return new NumberForecast(mean, variance.clone(), variance, new double[out.length]);
        }

        /** The quantiles (n x levels) in the unit of y, in order. @throws IllegalStateException for a Gaussian head */
        public Tensor quantiles(Tensor x) {
            if (!(learner.head instanceof Quantiles))
                throw new IllegalStateException("ForecastNetwork.quantiles: the head is Gaussian; take forecast");
            double[][] out = outputs(x);
            for (var row : out) {
                Arrays.sort(row);
                for (int q = 0; q < row.length; q++) row[q] = scale.centre()[0] + scale.scale()[0] * row[q];
            }
            return Tensor.of(out);
        }
    }
}
