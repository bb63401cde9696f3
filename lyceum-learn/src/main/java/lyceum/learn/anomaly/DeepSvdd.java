package lyceum.learn.anomaly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.DataLoader;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.StandardScaler;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Deep support vector data description: a network draws normal rows together around a fixed centre, and the score is the squared distance from it.
 * Layers have no biases, as a bias alone could map everything to the centre. Columns are standardised first.
 *
 * @param widths of the layers, the last being the size of the representation
 * @param epochs 50 by default
 * @param batchSize 64 by default
 * @param learningRate of Adam, 1e-3 by default
 * @param penalty on squared weights, 1e-4 by default
 * @param seed of weights and batches
 * @see <a href="https://proceedings.mlr.press/v80/ruff18a.html">Ruff and others (2018)</a>
 */
@Withers
public record DeepSvdd(List<Integer> widths, int epochs, int batchSize, double learningRate, double penalty, long seed)
        implements DeepSvddWithers, AnomalyScorer {
    public DeepSvdd {
        widths = List.copyOf(widths);
        if (widths.isEmpty() || widths.stream().anyMatch(w -> w < 1))
            throw new IllegalArgumentException("DeepSvdd: widths are " + widths + "; at least one layer, each at least 1 wide");
        if (epochs < 1 || batchSize < 1)
            throw new IllegalArgumentException("DeepSvdd: " + epochs + " epochs with batches of " + batchSize + "; both are at least 1");
        if (!(learningRate > 0) || !(penalty >= 0)) throw new IllegalArgumentException(
                "DeepSvdd: learningRate is " + learningRate + " and penalty " + penalty + "; above 0, and at least 0");
    }

    public DeepSvdd(int... widths) { this(Arrays.stream(widths).boxed().toList(), 50, 64, 1e-3, 1e-4, 0); }

    @Override public Set<Tag> tags() { return Set.of(Tag.RANDOMISED, Tag.ORDER_DEPENDENT); }

    private static Sequential network(int inputs, List<Integer> widths, Rng rng) {
        var layers = new ArrayList<Layer>();
        int width = inputs;
        for (int next : widths) {
            if (width != inputs || !layers.isEmpty()) layers.add(Activation.LEAKY_RELU);
            layers.add(new Linear(width, next, false, DType.F64, Init.heUniform(), rng));
            width = next;
        }
        return new Sequential(layers);
    }

    @Override public Fitted fit(Tensor x) { return fit(x, Progress.SILENT); }

    public Fitted fit(Tensor x, Progress progress) {
        var input = LearnerInput.forFit(this, x).x().to(DType.F64);
        var scaler = new StandardScaler().fit(input);
        var rows = scaler.transform(input).compute();
        var rng = Rng.of(seed);
        var network = network((int) rows.size(1), widths, rng.split(0));
        var centre = centre(network, rows);
        var optimizer = new Adam(learningRate).over(network.parameters());
        var losses = new double[epochs];
        int n = (int) rows.size(0);
        for (int epoch = 0; epoch < epochs; epoch++) {
            for (int[] batch : DataLoader.of(n, Math.min(batchSize, n), rng.split(1 + epoch)).pass(0)) {
                try (var scope = Scope.open("deep SVDD step")) {
                    optimizer.zeroGrad();
                    var distance = network.forward(rows.rows(batch), Pass.inference()).sub(centre).square().sum(1).mean();
                    losses[epoch] += distance.item() * batch.length / n;
                    for (var weight : network.parameters().values()) distance = distance.add(weight.square().sum().mul(penalty / 2));
                    distance.backward();
                    optimizer.step();
                    optimizer.zeroGrad();
                }
            }
            progress.step("deep SVDD", epoch + 1, epochs, "mean squared distance", losses[epoch]);
        }
        var model = new Fitted(this, scaler, network.state(), centre, losses, null);
        return new Fitted(this, scaler, network.state(), centre, losses, model.scores(input));
    }

    /** The mean output before training, moved away from 0 where weights of 0 would reach it. */
    private static Tensor centre(Sequential network, Tensor rows) {
        double[] c = Autograd.noGrad(() -> network.forward(rows).mean(0)).toDoubleArray();
        for (int j = 0; j < c.length; j++) if (Math.abs(c[j]) < 0.1) c[j] = c[j] < 0 ? -0.1 : 0.1;
        return Tensor.of(c);
    }

    /**
     * @param parameters of the network, by name
     * @param losses mean squared distance of each epoch
     */
    public record Fitted(DeepSvdd scorer, FittedTransformer scaler, Map<String, Tensor> parameters, Tensor centre, double[] losses,
            Tensor trainingScores) implements ScoringModel {
        @Override public int nFeatures() { return scaler.nFeatures(); }

        @Override public Tensor scores(Tensor x) {
            var rows = scaler.transform(LearnerInput.forModel(this, x).x().to(DType.F64));
            var network = network(nFeatures(), scorer.widths, Rng.of(0));
            network.load(parameters);
            return Autograd.noGrad(() -> network.forward(rows).sub(centre).square().sum(1).compute());
        }
    }
}
