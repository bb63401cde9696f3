package lyceum.models.vision;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.PadMode;
import lyceum.nn.Pass;
import lyceum.nn.Skeleton;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResNetTest {
    private static final Golden GOLDEN = Golden.load("golden/vision_resnet.json");

    private static ResNetConfig small(boolean bottleneck, int width, int classes, Integer... blocks) {
        return ResNetConfig.resnet18().withBottleneck(bottleneck).withWidth(width).withClasses(classes).withBlocks(List.of(blocks));
    }

    private static final Map<String, ResNetConfig> CASES = Map.of("basic", small(false, 4, 3, 2, 1), "basic, predicting",
            small(false, 3, 3, 1, 1, 1), "bottleneck", small(true, 2, 3, 1, 1), "wide and grouped", small(true, 2, 3, 1, 1).withWidening(2),
            "option A", ResNetConfig.cifar(8).withChannels(1).withWidth(3).withClasses(4), "pre-activated",
            small(false, 4, 3, 1, 1).withStem(ResNetConfig.Stem.CIFAR).withPreActivation(true));

    @Acceptance(topic = "resnet", clause = 1)
    @Test void eighteenAndFiftyHaveThePublishedParametersNamesAndShapes() {
        var presets = Map.of("resnet18", ResNetConfig.resnet18(), "resnet34", ResNetConfig.resnet34(), "resnet50", ResNetConfig.resnet50(),
                "resnet101", ResNetConfig.resnet101(), "resnet152", ResNetConfig.resnet152(), "wide_resnet50_2",
                ResNetConfig.wideResnet50());
        presets.forEach((name, config) -> {
            var net = Skeleton.of(() -> new ResNet(config, Rng.of(1)));
            if (name.equals("resnet18")) Evidence.of("parameters of ResNet-18", net.parameterCount(), exactly(11_689_512));
            if (name.equals("resnet50")) Evidence.of("parameters of ResNet-50", net.parameterCount(), exactly(25_557_032));
            assertThat(net.parameterCount()).as(name).isEqualTo(GOLDEN.named(name).integer("expected.parameters"));
            if (GOLDEN.named(name).has("expected.state")) TorchNetwork.namesAndShapes(GOLDEN.named(name), net.state());
        });
    }

    @Acceptance(topic = "resnet", clause = 2)
    @Acceptance(topic = "vision-encoder", clause = 2)
    @Test void forwardAndGradientsEqualTorchvision() {
        CASES.forEach((name, config) -> {
            Evidence.of("largest gap to PyTorch, " + name, TorchNetwork.gap(GOLDEN.named(name), new ResNet(config, Rng.of(1))),
                    below(1e-4));
            assertThat(TorchNetwork.gap(GOLDEN.named(name), new ResNet(config.withDtype(DType.F64), Rng.of(1))).worst()).as(name)
                    .isLessThan(1e-6);
        });
    }

    /** A convolution in groups is a whole one whose weights from one group to another are zero. */
    @Acceptance(topic = "resnet", clause = 2)
    @Test void groupsAreBlocksOfAWholeConvolution() {
        var config = small(true, 4, 3, 2, 1).withWidening(2).withDtype(DType.F64);
        var whole = new ResNet(config, Rng.of(1));
        var state = new LinkedHashMap<>(whole.state());
        var grouped = new ResNet(config.withGroups(4), Rng.of(2));
        int convolutions = 0;
        for (var part : grouped.state().entrySet()) {
            if (!part.getKey().matches("layer.*conv2.weight")) {
                grouped.load(with(grouped, part.getKey(), state.get(part.getKey())));
                continue;
            }
            int n = (int) part.getValue().size(0), own = n / 4;
            assertThat(part.getValue().shape().toArray()).containsExactly(n, own, 3, 3);
            double[] narrow = part.getValue().toDoubleArray(), wide = new double[n * n * 9];
            for (int o = 0; o < n; o++)
                for (int i = 0; i < own; i++) System.arraycopy(narrow, (o * own + i) * 9, wide, (o * n + o / own * own + i) * 9, 9);
            state.put(part.getKey(), Tensor.of(wide, n, n, 3, 3));
            convolutions++;
        }
        whole.load(state);
        var x = Tensor.randn(Rng.of(3), DType.F64, 2, 3, 32, 32);
        var gap = Gap.absolute().see("logits", grouped.forward(x).toDoubleArray(), whole.forward(x).toDoubleArray());
        Evidence.of("gap of 4 groups to blocks of whole convolutions", gap, below(1e-10));
        assertThat(convolutions).isEqualTo(3);
        assertThat(new ResNet(config, Rng.of(1)).forward(x).sub(whole.forward(x)).abs().max().item()).isGreaterThan(1e-3);
    }

    private static Map<String, Tensor> with(ResNet net, String name, Tensor value) {
        var state = new LinkedHashMap<String, Tensor>(net.state());
        state.put(name, value);
        return state;
    }

    @Acceptance(topic = "resnet", clause = 3)
    @Test void zeroInitBlocksAreTheIdentityUpToRelu() {
        double worst = 0, ordinary = Double.MAX_VALUE;
        int blocks = 0;
        for (var config : List.of(small(false, 8, 0, 3), small(true, 8, 0, 3), ResNetConfig.cifar(20).withClasses(0),
                small(false, 8, 0, 3).withPreActivation(true))) {
            for (boolean training : new boolean[] {false, true}) {
                var silent = new ResNet(config.withZeroInit(true), Rng.of(1));
                var loud = new ResNet(config, Rng.of(1));
                var stage = silent.stages().get("layer1");
                for (int i = 0; i < 3; i++) {
                    long channels = config.bottleneck() && i == 0 ? config.width() : config.channelsOf(0);
                    if (channels != config.channelsOf(0)) continue; // its shortcut is a projection
                    var x = Tensor.randn(Rng.of(2 + i), 2, channels, 6, 6);
                    var pass = training ? Pass.training(Rng.of(3)) : Pass.inference();
                    var expected = config.preActivation() ? x : x.relu();
                    worst = Math.max(worst, stage.layers().get(i).forward(x, pass).sub(expected).abs().max().item());
                    ordinary = Math.min(ordinary,
                            loud.stages().get("layer1").layers().get(i).forward(x, pass).sub(expected).abs().max().item());
                    blocks++;
                }
            }
        }
        Evidence.of("largest distance of a zero-init block from relu(x)", worst, exactly(0));
        Evidence.of("least distance of a block that is not", ordinary, atLeast(0.1));
        assertThat(blocks).isEqualTo(22);
    }

    @Acceptance(topic = "vision-encoder", clause = 3)
    @Test void aCircularShiftShiftsTheMapOfACnnAndNotTheTokensOfAVit() {
        var config = small(false, 8, 0, 1, 1, 1).withPadding(PadMode.CIRCULAR);
        var x = Tensor.randn(Rng.of(1), 2, 3, 64, 64);
        double circular = 0, zeros = Double.MAX_VALUE, tokens = Double.MAX_VALUE;
        for (int axis = 2; axis < 4; axis++) {
            for (var c : List.of(config, config.withBottleneck(true), config.withPadding(PadMode.ZEROS))) {
                var net = new ResNet(c, Rng.of(2));
                assertThat(net.stride()).isEqualTo(16);
                double moved = shiftGap(net, x, axis);
                if (c.padding() == PadMode.CIRCULAR) circular = Math.max(circular, moved);
                else zeros = Math.min(zeros, moved);
            }
            tokens = Math.min(tokens,
                    shiftGap(new VisionTransformer(new VisionTransformerConfig(64, 16, 3, 32, 2, 4), Rng.of(3)), x, axis));
        }
        Evidence.of("largest gap of the shifted map, CNN on a torus", circular, atMost(1e-5));
        Evidence.of("least gap of the shifted tokens of a ViT", tokens, atLeast(0.01));
        assertThat(zeros).isGreaterThan(0.01);
    }

    /** Shifting the picture by one stride against shifting the map by one place. */
    private static double shiftGap(VisionEncoder net, Tensor x, int axis) {
        var map = net.encode(x, Pass.inference()).map();
        return net.encode(x.roll(axis, net.stride()), Pass.inference()).map().sub(map.roll(axis, 1)).abs().max().item();
    }

    @Test void levelsHalveAndDouble() {
        var net = new ResNet(small(true, 4, 0, 1, 1, 1, 1), Rng.of(1));
        var seen = net.encode(Tensor.randn(Rng.of(1), 2, 3, 64, 96), Pass.inference());
        assertThat(seen.levels().keySet()).containsExactly("layer1", "layer2", "layer3", "layer4");
        assertThat(seen.levels().get("layer1").shape().toArray()).containsExactly(2, 16, 16, 24);
        assertThat(seen.map().shape().toArray()).containsExactly(2, net.width(), 64 / net.stride(), 96 / net.stride());
        assertThat(seen.tokens().shape().toArray()).containsExactly(2, 6, 128);
        assertThat(seen.pooled().toDoubleArray()).isEqualTo(net.forward(Tensor.randn(Rng.of(1), 2, 3, 64, 96)).toDoubleArray());
    }

    @Test void aFrozenEncoderKeepsItsStatisticsAndGivesTheSameInBatches() {
        var net = new ResNet(small(false, 4, 0, 1, 1), Rng.of(1));
        var x = Tensor.randn(Rng.of(2), 7, 3, 16, 16);
        double[] before = net.state().get("bn1.running_mean").toDoubleArray();
        assertThat(net.features(x, 3).toDoubleArray()).isEqualTo(net.features(x, 7).toDoubleArray());
        assertThat(net.features(x, 3).isTracked()).isFalse();
        assertThat(net.state().get("bn1.running_mean").toDoubleArray()).isEqualTo(before);
        net.forward(x, Pass.training(Rng.of(1)));
        assertThat(net.state().get("bn1.running_mean").toDoubleArray()).isNotEqualTo(before);
    }

    @Test void weightsAreSavedAndLoaded(@TempDir Path folder) throws Exception {
        var config = small(false, 4, 3, 1, 1);
        var net = new ResNet(config, Rng.of(1));
        var other = new ResNet(config, Rng.of(2));
        net.save(folder.resolve("net.safetensors"));
        other.load(folder.resolve("net.safetensors"));
        var x = Tensor.randn(Rng.of(2), 2, 3, 16, 16);
        assertThat(other.forward(x).toDoubleArray()).isEqualTo(net.forward(x).toDoubleArray());
    }

    @Test void depthsAndShapesThatDoNotExistAreRefused() {
        assertThatThrownBy(() -> ResNetConfig.cifar(21)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("21");
        assertThatThrownBy(() -> ResNetConfig.resnet18().withBlocks(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ResNetConfig.resnet18().withGroups(2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ResNet(small(false, 4, 3, 1), Rng.of(1)).forward(Tensor.zeros(1, 1, 16, 16)))
                .isInstanceOf(ShapeException.class);
        var first = new ResNet(small(true, 4, 0, 1, 1).withStrideFirst(true), Rng.of(1));
        assertThat(first.forward(Tensor.zeros(1, 3, 32, 32)).shape().toArray()).containsExactly(1, 32);
        var wide = Skeleton.of(() -> new ResNet(ResNetConfig.wide(28, 10), Rng.of(1)));
        assertThat(wide.parameterCount()).isEqualTo(36_479_194); // WRN-28-10 on CIFAR-10
    }
}
