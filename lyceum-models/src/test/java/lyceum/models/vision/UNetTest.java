package lyceum.models.vision;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.data.scenes.ThinCurves;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Skeleton;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class UNetTest {
    private static final Golden GOLDEN = Golden.load("golden/vision_unet.json");

    @Acceptance(topic = "u-net", clause = 1)
    @Test void theNetworkOf2015HasItsParametersAndItsSides() {
        var net = Skeleton.of(() -> new UNet(UNetConfig.original(1, 2), Rng.of(1)));
        Evidence.of("parameters of the 2015 network", net.parameterCount(), exactly(31_030_658));
        var shape = net.outputShape(DType.F32, 1, 1, 572, 572);
        assertThat(shape.toArray()).containsExactly(1, 2, 388, 388);
        Evidence.of("side of the map for 572 pixels", shape.size(2), exactly(388));
        assertThat(net.outputShape(DType.F32, 1, 1, 188, 252).toArray()).containsExactly(1, 2, 4, 68);
    }

    /** A denoiser whose time and context stand with its weights, as in the transcription. */
    private static final class Told extends Module {
        private final UNet net;
        private final Tensor t = Tensor.zeros(DType.F64, 2).compute(), context = Tensor.zeros(DType.F64, 2, 3, 5).compute();

        Told(UNet net) { this.net = net; }

        @Override protected Tensor compute(Tensor x, Pass pass) { return net.forward(x, t, context.to(x.dtype()), pass); }

        @Override protected String nameOf(String child, String tensor) { return tensor; }
    }

    @Acceptance(topic = "u-net", clause = 2)
    @Test void smallOnesEqualTheirPyTorchTwins() {
        var widths = List.of(3, 4, 6);
        for (var type : new DType[] {DType.F32, DType.F64}) {
            var valid = new UNet(UNetConfig.original(1, 2).withWidths(widths).withDtype(type), Rng.of(1));
            Evidence.of("largest gap to the twin, unpadded, " + type, TorchNetwork.gap(GOLDEN.named("valid"), valid), below(1e-5));
            var denoiser = UNetConfig.denoiser(2, 4, 8).withTimeWidth(8).withContextWidth(5).withHeads(2).withDtype(type);
            Evidence.of("largest gap to the twin, denoiser told time and context, " + type,
                    TorchNetwork.gap(GOLDEN.named("denoiser"), new Told(new UNet(denoiser, Rng.of(1)))), below(1e-5));
        }
    }

    private static double iou(UNet net, Dataset data) {
        return Autograd.noGrad(() -> {
            Tensor found = net.forward(data.x()).gt(0), real = data.y().gt(0.5);
            return found.and(real).countNonZero().item() / found.or(real).countNonZero().item();
        });
    }

    @Acceptance(topic = "u-net", clause = 3)
    @Tag("slow")
    @Test void withoutSkipsThinCurvesAreLost() {
        var train = new ThinCurves(48).draw(120, Rng.of(1));
        var test = new ThinCurves(48).draw(40, Rng.of(2));
        var ious = new LinkedHashMap<Boolean, Double>();
        for (boolean skips : new boolean[] {true, false}) {
            var net = new UNet(UNetConfig.padded(1, 1, 8, 16, 32).withSkips(skips), Rng.of(3));
            if (skips) Evidence.of("IoU before training", iou(net, test), below(0.3));
            BatchLoss loss = (rows, pass) -> Loss.bce().of(net.forward(train.x().rows(rows), pass), train.y().rows(rows));
            new Trainer(new AdamW(4e-3), 6).withBatchSize(8).start(net, 120, loss, null, Rng.of(4)).finish(Progress.SILENT);
            ious.put(skips, iou(net, test));
        }
        Evidence.of("IoU with skips", ious.get(true), atLeast(0.5));
        Evidence.of("IoU with skips less IoU without", ious.get(true) - ious.get(false), atLeast(0.10));
    }

    @Test void signalsOptionsAndErrors() {
        var rng = Rng.of(1);
        var signal = new UNet(UNetConfig.denoiser(2, 8, 16).withAxes(1), rng);
        assertThat(signal.forward(Tensor.randn(rng, 3, 2, 20), Tensor.of(1, 50, 999), null, Pass.inference()).shape().toArray())
                .containsExactly(3, 2, 20);
        assertThat(signal.state().get("down.0.conv1.weight").shape().toArray()).containsExactly(8, 2, 1, 3);
        var masks = new UNet(UNetConfig.padded(3, 4, 4, 8, 8).withResidual(true), rng);
        assertThat(masks.forward(Tensor.randn(rng, 2, 3, 16, 24)).shape().toArray()).containsExactly(2, 4, 16, 24);
        assertThatThrownBy(() -> masks.forward(Tensor.zeros(1, 3, 18, 16))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("multiple of 4");
        assertThatThrownBy(() -> masks.forward(Tensor.zeros(1, 1, 16, 16))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> signal.forward(Tensor.zeros(1, 2, 20))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("time");
        assertThatThrownBy(() -> UNetConfig.padded(1, 1, 4, 8).withContextWidth(3)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> UNetConfig.original(1, 1).withScale(UNetConfig.Scale.STRIDED))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> UNetConfig.denoiser(1, 8, 16).withHeads(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 heads");
        var e = UNet.embedding(Tensor.of(3.0), 4);
        assertThat(e.toDoubleArray()).containsExactly(new double[] {Math.sin(3), Math.sin(0.03), Math.cos(3), Math.cos(0.03)},
                within(1e-12));
    }
}
