package lyceum.models.vision;

import java.util.ArrayList;
import java.util.List;
import lyceum.backend.Convolution;
import lyceum.backend.Pooling;
import lyceum.nn.Activation;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Dropout;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A plain stack of convolutions, the network to begin with: stages of {@code relu(norm(conv 3 x 3))}, each ended by the largest of 2 x 2, then a dense
 * layer or two. Pictures (batch, channels, height, width) give logits (batch, classes).
 *
 * {@snippet :
 * var net = new ConvNet(new ConvNetConfig(1, 28, 28, List.of(32, 64, 128), 10), rng);
 * Tensor logits = net.forward(pictures);
 * }
 *
 * @see <a href="https://arxiv.org/abs/1409.1556">Simonyan and Zisserman (2015)</a>
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy (2015)</a>
 */
public final class ConvNet extends Module {
    private final ConvNetConfig config;
    private final Sequential features, classifier;

    public ConvNet(ConvNetConfig config, Rng rng) {
        this.config = config;
        var layers = new ArrayList<Layer>();
        int inputs = config.channels();
        for (int width : config.widths()) {
            for (int i = 0; i < config.convolutions(); i++) {
                layers.add(new Conv2d(inputs, width, new int[] {3, 3}, new Convolution().withPadding(1), false, config.dtype(),
                        Init.heNormal(), rng));
                layers.add(new BatchNorm(width, 1e-5, 0.1, config.dtype()));
                layers.add(Activation.RELU);
                inputs = width;
            }
            layers.add(Layer.of(x -> x.maxPool(new Pooling(2))));
        }
        features = new Sequential(layers);
        int stages = config.widths().size(), flat = inputs * (config.height() >> stages) * (config.width() >> stages);
        var dense = new ArrayList<Layer>(List.of(new Dropout(config.dropout())));
        if (config.hidden() > 0) dense.addAll(List.of(new Linear(flat, config.hidden(), true, config.dtype(), Init.heUniform(), rng),
                Activation.RELU, new Dropout(config.dropout())));
        int last = config.hidden() > 0 ? config.hidden() : flat;
        dense.add(new Linear(last, config.classes(), true, config.dtype(), Init.torchLinear(last), rng));
        classifier = new Sequential(dense);
    }

    public ConvNetConfig config() { return config; }

    /** The last maps, (batch, channels, height, width). */
    public Tensor features(Tensor pictures, Pass pass) { return features.forward(pictures, pass); }

    @Override protected Tensor compute(Tensor pictures, Pass pass) {
        var maps = features(pictures, pass);
        return classifier.forward(maps.reshape(maps.size(0), -1), pass);
    }
}
