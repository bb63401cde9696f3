package lyceum.learn.manifold;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import lyceum.learn.neural.ColumnScale;
import lyceum.nn.Activation;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A network that squeezes rows into a few numbers and another that rebuilds the rows from them, trained together on the squared error; the numbers are the map.
 *
 * {@snippet :
 * AutoencoderMapModel model = new AutoencoderMap(2, 64).fit(x);
 * Tensor back = model.decode(model.transform(z));
 * }
 *
 * <p>The networks compute in the type of x; columns are centred and divided by one scale.
 *
 * @param components columns of the map
 * @param hidden widths of the encoder's layers; the decoder has them in reverse
 * @param activation of hidden layers, tanh by default
 * @param epochs 100 by default
 * @param batchSize 64 by default
 * @param rate of Adam, 0.003 by default
 * @param seed of weights and of the order of rows
 * @see <a href="https://doi.org/10.1126/science.1127647">Hinton and Salakhutdinov (2006)</a>
 */
@Withers
public record AutoencoderMap(int components, List<Integer> hidden, Activation activation, int epochs, int batchSize, double rate, long seed)
        implements AutoencoderMapWithers, Transformer {
    public AutoencoderMap {
        if (components < 1) throw new IllegalArgumentException("AutoencoderMap: components is " + components + "; it is at least 1");
        hidden = List.copyOf(hidden);
        Objects.requireNonNull(activation, "activation");
        if (epochs < 1 || batchSize < 1) throw new IllegalArgumentException(
                "AutoencoderMap: " + epochs + " epochs with batches of " + batchSize + "; both are at least 1");
        if (!(rate > 0)) throw new IllegalArgumentException("AutoencoderMap: rate is " + rate + "; it is positive");
    }

    public AutoencoderMap(int components, int... hidden) {
        this(components, Arrays.stream(hidden).boxed().toList(), Activation.TANH, 100, 64, 3e-3, 0);
    }

    @Override public Set<Tag> tags() { return Set.of(Tag.NO_WEIGHTS, Tag.RANDOMISED, Tag.ORDER_DEPENDENT); }

    @Override public AutoencoderMapModel fit(Tensor x) { return fit(x, null, null); }

    @Override public AutoencoderMapModel fit(Tensor x, Tensor y, Tensor weights) { return fit(x, y, weights, Progress.SILENT); }

    /** Like {@link #fit(Tensor, Tensor, Tensor)}, heard and stopped by {@code progress}, which hears the mean squared error of each epoch. */
    public AutoencoderMapModel fit(Tensor x, Tensor y, Tensor weights, Progress progress) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        var columns = ColumnScale.common(input.x());
        var rows = columns.apply(input.x()).compute();
        var rng = Rng.of(seed);
        int n = input.rows(), p = input.columns();
        var encoder = new Mlp(config(p, hidden, components, input), rng.split(1));
        var decoder = new Mlp(config(components, hidden.reversed(), p, input), rng.split(2));
        var both = new LinkedHashMap<String, Tensor>();
        encoder.parameters().forEach((name, tensor) -> both.put("encoder." + name, tensor));
        decoder.parameters().forEach((name, tensor) -> both.put("decoder." + name, tensor));
        var optimizer = new Adam(rate).over(both);
        var pass = Pass.training(rng.split(3));
        for (int epoch = 0; epoch < epochs; epoch++) {
            int[] order = rng.split(4 + epoch).permutation(n);
            double sum = 0;
            for (int from = 0; from < n; from += batchSize) {
                var batch = rows.rows(Arrays.copyOfRange(order, from, Math.min(n, from + batchSize)));
                encoder.zeroGrad();
                decoder.zeroGrad();
                var loss = decoder.forward(encoder.forward(batch, pass), pass).sub(batch).square().mean();
                loss.backward();
                optimizer.step();
                sum += loss.item() * batch.size(0) / n;
            }
            progress.step("autoencoder", epoch + 1, epochs, "squared error", sum);
        }
        return new AutoencoderMapModel(encoder.config(), state(encoder), decoder.config(), state(decoder), columns);
    }

    private MlpConfig config(int inputs, List<Integer> widths, int outputs, LearnerInput input) {
        return new MlpConfig(inputs, widths, outputs, activation, MlpConfig.Norm.NONE, 0, false, MlpConfig.Head.VALUES, input.x().dtype());
    }

    private static Map<String, Tensor> state(Mlp network) {
        var parameters = new LinkedHashMap<String, Tensor>();
        network.state().forEach((name, tensor) -> parameters.put(name, tensor.detach().copy().compute()));
        return parameters;
    }
}
