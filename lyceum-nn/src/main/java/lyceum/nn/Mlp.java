package lyceum.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A multilayer perceptron: dense layers with a nonlinearity between them,
 * {@code h = dropout(activation(norm(W h + b)))} for each hidden layer and {@code W h + b} at the end.
 *
 * {@snippet :
 * var network = new Mlp(MlpConfig.classifier(64, 10, 128, 64), Rng.of(1));
 * History history = new MlpFit().withValidationShare(0.1).fit(network, x, y, Rng.of(2));
 * Tensor p = network.probabilities(z);
 * }
 *
 * <p>Inputs are (.., inputs), outputs (.., outputs) before any softmax: logits or regression values. Scale inputs to about unit size first: a column in the
 * thousands saturates or kills the first layer. Parameters are named {@code layers.0.weight}, {@code layers.0.bias}, {@code norms.0.weight}, ...
 *
 * @see <a href="https://doi.org/10.1038/323533a0">Rumelhart, Hinton and Williams (1986)</a>
 */
public final class Mlp extends Module {
    private final MlpConfig config;
    private final List<Linear> layers;
    private final List<Layer> norms;

    /** Weights by {@link MlpConfig#init()}. */
    public Mlp(MlpConfig config, Rng rng) { this(config, config.init(), rng); }

    /** @param init of the weights; biases begin uniform within {@code 1 / sqrt(inputs)} of their layer */
    public Mlp(MlpConfig config, Init init, Rng rng) {
        this.config = config;
        var linear = new ArrayList<Linear>();
        var normal = new ArrayList<Layer>();
        int width = config.inputs();
        for (int next : config.hidden()) {
            linear.add(new Linear(width, next, true, config.dtype(), init, rng));
            switch (config.norm()) {
                case NONE -> {}
                case LAYER -> normal.add(new LayerNorm(1e-5, config.dtype(), next));
                case BATCH -> normal.add(new BatchNorm(next, 1e-5, 0.1, config.dtype()));
            }
            width = next;
        }
        linear.add(new Linear(width, config.outputs(), true, config.dtype(), init, rng));
        layers = List.copyOf(linear);
        norms = List.copyOf(normal);
    }

    /** With the given parameters, named as in {@link #state()}. */
    public static Mlp of(MlpConfig config, Map<String, Tensor> state) {
        var mlp = new Mlp(config, Init.zeros(), Rng.of(0));
        mlp.load(state);
        return mlp;
    }

    public MlpConfig config() { return config; }

    /** The linear layers, from the input on. */
    public List<Linear> layers() { return layers; }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (x.rank() < 1 || x.size(-1) != config.inputs())
            throw new ShapeException("Mlp: input " + x.shape() + " for a network of " + config.inputs() + " inputs");
        var dropout = new Dropout(config.dropout());
        for (int i = 0; i < layers.size() - 1; i++) {
            var h = layers.get(i).forward(x, pass);
            if (!norms.isEmpty()) h = norms.get(i).forward(h, pass);
            h = dropout.forward(config.activation().forward(h, pass), pass);
            x = config.residual() && h.shape().equals(x.shape()) ? h.add(x) : h;
        }
        return layers.getLast().forward(x, pass);
    }

    /** The outputs for rows (n, inputs): numbers, or the softmax of a classifier's logits. Not recorded. */
    public Tensor predict(Tensor x) {
        return Autograd.noGrad(() -> {
            var out = forward(x.to(config.dtype()));
            return config.head() == MlpConfig.Head.CLASSES ? out.softmax(-1) : out;
        });
    }

    /** Class probabilities of rows (n, inputs): (n, classes). @throws IllegalStateException if the network is a regressor */
    public Tensor probabilities(Tensor x) {
        if (config.head() != MlpConfig.Head.CLASSES)
            throw new IllegalStateException("Mlp.probabilities: this network predicts numbers; use predict");
        return predict(x);
    }

    /** The most probable class of each row (n), I64. */
    public Tensor classes(Tensor x) { return probabilities(x).argmax(-1); }
}
