package lyceum.models.generative;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/**
 * Restricted Boltzmann machines stacked one by one, each trained on the features of those below: features of many levels, or weights for a network to begin with.
 *
 * {@snippet :
 * var net = DeepBeliefNet.train(x, List.of(200, 50), Rbm.Visible.BERNOULLI, trainer, rng, lyceum.progress.Progress.SILENT);
 * Tensor features = net.features(x);                    // (n, 50)
 * var classifier = net.network(10, rng);                // an Mlp, to be fine-tuned
 * }
 *
 * @param layers from the data on
 * @see <a href="https://doi.org/10.1162/neco.2006.18.7.1527">Hinton, Osindero and Teh (2006)</a>
 */
public record DeepBeliefNet(List<Rbm> layers) {
    /** Layers that fit each other. */
    public DeepBeliefNet {
        layers = List.copyOf(layers);
        if (layers.isEmpty()) throw new IllegalArgumentException("DeepBeliefNet: no layer; at least one");
        for (int i = 1; i < layers.size(); i++)
            if (layers.get(i).weight().size(1) != layers.get(i - 1).weight().size(0))
                throw new IllegalArgumentException("DeepBeliefNet: layer " + i + " has " + layers.get(i).weight().size(1)
                        + " visible units over " + layers.get(i - 1).weight().size(0) + " hidden ones");
    }

    /**
     * Greedily, by one sweep from each batch.
     *
     * @param hidden units of each layer
     * @param kind of the data
     */
    public static DeepBeliefNet train(Tensor x, List<Integer> hidden, Rbm.Visible kind, Trainer trainer, Rng rng, Progress progress) {
        var layers = new ArrayList<Rbm>();
        for (int units : hidden) {
            var rbm = new Rbm((int) x.size(1), units, layers.isEmpty() ? kind : Rbm.Visible.BERNOULLI, x.dtype(), rng);
            trainer.start(rbm, (int) x.size(0), rbm.contrast(x, 1, 0), null, rng).finish(progress);
            layers.add(rbm);
            x = rbm.hidden(x);
        }
        return new DeepBeliefNet(layers);
    }

    /** Probabilities of the uppermost units, (n, hidden). */
    public Tensor features(Tensor x) {
        for (var layer : layers) x = layer.hidden(x);
        return x;
    }

    /** A classifier of sigmoid layers that begins with these weights; its last layer begins at nothing learned. */
    public Mlp network(int classes, Rng rng) {
        var sizes = layers.stream().mapToInt(l -> (int) l.weight().size(0)).toArray();
        DType type = layers.getFirst().weight().dtype();
        var mlp = new Mlp(MlpConfig.classifier((int) layers.getFirst().weight().size(1), classes, sizes).withActivation(Activation.SIGMOID)
                .withDtype(type), rng);
        var state = new LinkedHashMap<>(mlp.state());
        for (int i = 0; i < layers.size(); i++) {
            state.put("layers." + i + ".weight", layers.get(i).weight().detach());
            state.put("layers." + i + ".bias", layers.get(i).hiddenBias().detach());
        }
        mlp.load(state);
        return mlp;
    }
}
