package lyceum.models.vision;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.backend.Pooling;
import lyceum.data.imagenet.Preprocessing;
import lyceum.nn.Conv2d;
import lyceum.nn.Dropout;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.MaxPool2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.Skeleton;
import lyceum.optim.Schedule;
import lyceum.optim.Sgd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/**
 * The network that won ImageNet in 2012: five convolutions, three poolings, two dense layers of dropped units and a classifier. Pictures
 * (batch, channels, side, side) give
 * logits (batch, classes).
 *
 * {@snippet :
 * var net = new AlexNet(AlexNetConfig.oneColumn(), rng);
 * net.load(Path.of("alexnet.safetensors"));                   // torchvision's names: features.0.weight
 * Tensor p = new TenCrop(224).probabilities(net, images256);
 * AlexNet.recipe(stepsInEpoch).fit(net, Loss::crossEntropy, train, rng);
 * }
 *
 * @see <a href="https://papers.nips.cc/paper/4824">Krizhevsky, Sutskever and Hinton (2012)</a>
 * @see <a href="https://arxiv.org/abs/1404.5997">Krizhevsky (2014): one column</a>
 */
public final class AlexNet extends Module implements VisionEncoder {
    private final AlexNetConfig config;
    private final Sequential features, classifier;

    public AlexNet(AlexNetConfig config, Rng rng) {
        this.config = config;
        var maps = new ArrayList<Layer>();
        int inputs = config.channels();
        for (int i = 0; i < 5; i++) {
            int width = config.widths().get(i), kernel = i == 0 ? config.kernel() : i == 1 ? 5 : 3;
            var how = i == 0 ? new Convolution().withStride(config.stride()).withPadding(config.padding())
                    : new Convolution().withPadding(kernel / 2).withGroups(i == 2 ? 1 : config.groups());
            maps.add(begun(new Conv2d(inputs, width, new int[] {kernel}, how, true, config.dtype(), null, rng), i == 1 || i > 2, rng));
            maps.add(config.activation());
            if (i < 2 && config.responseNorm()) maps.add(new LocalResponseNorm());
            if (i < 2 || i == 4) maps.add(new MaxPool2d(config.overlapping() ? new Pooling(3).withStride(2) : new Pooling(2)));
            inputs = width;
        }
        features = new Sequential(maps);
        var shape = features.outputShape(config.dtype(), 1, config.channels(), config.side(), config.side());
        int h = config.hidden();
        classifier = new Sequential(new Dropout(config.dropout()), dense(shape.count(), h, true, rng), config.activation(),
                new Dropout(config.dropout()), dense(h, h, true, rng), config.activation(), dense(h, config.classes(), false, rng));
    }

    private Linear dense(long inputs, int outputs, boolean lifted, Rng rng) {
        return begun(new Linear(inputs, outputs, true, config.dtype(), Init.torchLinear(inputs), rng), lifted, rng);
    }

    private <M extends Module> M begun(M layer, boolean lifted, Rng rng) {
        if (Skeleton.isBuilding()) return layer;
        if (config.start() == AlexNetConfig.Start.HE) return Init.heNormal().fill(layer, rng);
        if (config.start() == AlexNetConfig.Start.PAPER) Autograd.noGrad(() -> layer.parameters().forEach((name, p) -> {
            if (name.equals("bias")) p.copy_(Tensor.full(p.dtype(), lifted ? 1 : 0, p.count()));
            else p.copy_(Init.normal(0.01).sample(rng, p.dtype(), p.shape().toArray()));
        }));
        return layer;
    }

    /** Batches of 128, momentum 0.9, weight decay 0.0005, rate 0.01 divided by ten thrice in 90 passes. */
    public static Trainer recipe(int stepsInEpoch) {
        return new Trainer(new Sgd(0.01).withMomentum(0.9).withWeightDecay(5e-4), 90).withBatchSize(128)
                .withSchedule(new Schedule.Step(23L * stepsInEpoch, 0.1));
    }

    public AlexNetConfig config() { return config; }

    @Override public int width() { return config.widths().getLast(); }

    @Override public int stride() { return 8 * config.stride(); }

    @Override public Module module() { return this; }

    /** To the size of the configuration. */
    @Override public Preprocessing preprocessing() {
        return config.side() == 227 ? EncoderInput.of(config.channels(), 256, 227) : EncoderInput.of(config.channels(), config.side());
    }

    /** Convolutions, activations, norms and poolings. */
    public Sequential features() { return features; }

    @Override public VisionFeatures encode(Tensor images, Pass pass) {
        var levels = new LinkedHashMap<String, Tensor>();
        levels.put("features", features.forward(images, pass));
        return VisionFeatures.of(levels);
    }

    @Override protected Tensor compute(Tensor images, Pass pass) {
        if (images.rank() != 4 || images.size(1) != config.channels() || images.size(2) != config.side() || images.size(3) != config.side())
            throw new ShapeException("AlexNet: pictures " + images.shape() + "; its dense layers need (batch, " + config.channels() + ", "
                    + config.side() + ", " + config.side() + ")");
        return classifier.forward(features.forward(images, pass).reshape(images.size(0), -1), pass);
    }
}
