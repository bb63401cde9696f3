package lyceum.models.vision;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import lyceum.ShapeException;
import lyceum.backend.PadMode;
import lyceum.backend.Pooling;
import lyceum.data.imagenet.Preprocessing;
import lyceum.nn.BatchNorm;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Residual networks: a stem, stages of blocks {@code relu(x + F(x))} of which each further one halves the map and doubles the channels,
 * the mean over the map, a
 * linear head. Pictures (batch, channels, height, width) of any size give logits (batch, classes).
 *
 * {@snippet :
 * var net = new ResNet(ResNetConfig.resnet50(), rng);
 * net.load(Path.of("resnet50.safetensors"));                    // torchvision's names
 * var levels = net.levels(images, pass);                        // layer1 at stride 4 .. layer4 at stride 32
 * var twin = new ResNet(ResNetConfig.cifar(56).withResidual(false), rng);
 * }
 *
 * <p>State has torchvision's names: {@code conv1.weight}, {@code bn1.*}, {@code layer1.0.conv1.weight}, {@code
 * layer1.0.downsample.0.weight}, {@code fc.weight}. A
 * pre-activated network has no {@code bn1} at its stem and a {@code norm} at its end.
 *
 * @see <a href="https://arxiv.org/abs/1512.03385">He, Zhang, Ren and Sun (2016)</a>
 * @see <a href="https://arxiv.org/abs/1603.05027">He et al. (2016): pre-activation</a>
 * @see <a href="https://arxiv.org/abs/1605.07146">Zagoruyko and Komodakis (2016): wide ones</a>
 */
public final class ResNet extends Module implements VisionEncoder {
    private final ResNetConfig config;
    private final Module conv1;
    private final BatchNorm bn1;
    private final SequencedMap<String, Sequential> stages;
    private final BatchNorm norm;
    private final Linear fc;

    public ResNet(ResNetConfig config, Rng rng) {
        this.config = config;
        boolean large = config.stem() == ResNetConfig.Stem.IMAGENET;
        conv1 = ResidualBlock.conv(config, config.channels(), config.width(), large ? 7 : 3, large ? 2 : 1, 1, rng);
        bn1 = config.preActivation() ? null : ResidualBlock.norm(config, config.width());
        stages = new LinkedHashMap<>();
        int inputs = config.width();
        for (int stage = 0; stage < config.blocks().size(); stage++) {
            var blocks = new ResidualBlock[config.blocks().get(stage)];
            for (int i = 0; i < blocks.length; i++) {
                blocks[i] = new ResidualBlock(config, inputs, stage, i == 0 && stage > 0 ? 2 : 1, rng);
                inputs = config.channelsOf(stage);
            }
            stages.put("layer" + (stage + 1), new Sequential(blocks));
        }
        norm = config.preActivation() ? ResidualBlock.norm(config, inputs) : null;
        fc = config.classes() == 0 ? null : new Linear(inputs, config.classes(), true, config.dtype(), Init.torchLinear(inputs), rng);
    }

    public ResNetConfig config() { return config; }

    @Override public int width() { return config.channelsOf(stages.size() - 1); }

    @Override public int stride() { return (config.stem() == ResNetConfig.Stem.IMAGENET ? 4 : 1) << stages.size() - 1; }

    @Override public Module module() { return this; }

    /** To 224 pixels, or 32 where the stem is for small pictures; others may be given too. */
    @Override public Preprocessing preprocessing() {
        return EncoderInput.of(config.channels(), config.stem() == ResNetConfig.Stem.IMAGENET ? 224 : 32);
    }

    /** The stages by name, {@code layer1} first, each a row of blocks. */
    public SequencedMap<String, Sequential> stages() { return Collections.unmodifiableSequencedMap(stages); }

    /** Maps by name, {@code layer1} the finest: each has half the sides of the one before. */
    public SequencedMap<String, Tensor> levels(Tensor images, Pass pass) {
        if (images.rank() != 4 || images.size(1) != config.channels())
            throw new ShapeException("ResNet: pictures " + images.shape() + "; it takes (batch, " + config.channels() + ", height, width)");
        var x = conv1.forward(images, pass);
        if (bn1 != null) x = bn1.forward(x, pass).relu();
        if (config.stem() == ResNetConfig.Stem.IMAGENET) x = pooled(x);
        var levels = new LinkedHashMap<String, Tensor>();
        for (var stage : stages.entrySet()) {
            x = stage.getValue().forward(x, pass);
            levels.put(stage.getKey(), norm != null && levels.size() == stages.size() - 1 ? norm.forward(x, pass).relu() : x);
        }
        return levels;
    }

    private Tensor pooled(Tensor x) {
        var how = new Pooling(3).withStride(2);
        return config.padding() == PadMode.ZEROS ? x.maxPool(how.withPadding(1))
                : x.pad(2, 1, 1, config.padding()).pad(3, 1, 1, config.padding()).maxPool(how);
    }

    @Override public VisionFeatures encode(Tensor images, Pass pass) { return VisionFeatures.of(levels(images, pass)); }

    @Override protected Tensor compute(Tensor images, Pass pass) {
        var pooled = levels(images, pass).lastEntry().getValue().mean(new int[] {2, 3}, false);
        return fc == null ? pooled : fc.forward(pooled, pass);
    }

    @Override protected String nameOf(String field) { return field.equals("stages") ? "" : field; }
}
