package lyceum.models.generative.latent;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.models.generative.diffusion.NoiseSchedule;
import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.nn.Pass;
import lyceum.nn.Skeleton;
import lyceum.nn.Twin;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

/** The networks of Stable Diffusion beside their transcriptions (tools/golden/models_stable_diffusion.py). */
class LatentTwinTest {
    private static final Golden GOLDEN = Golden.load("golden/latent-diffusion.json");

    private static List<Integer> widths(Golden c) { return Arrays.stream(c.ints("input.widths")).boxed().toList(); }

    private static List<Boolean> flags(Golden c) {
        return IntStream.range(0, widths(c).size()).mapToObj(i -> c.flag("input.attends." + i)).toList();
    }

    @Acceptance(topic = "stable-diffusion", clause = 2)
    @Test void blocksAndTheirGradientsEqualTorchs() {
        var gap = Gap.overLargest();
        int unets = 0, autoencoders = 0;
        for (var c : GOLDEN.cases("unet")) {
            var twin = new Twin(c.integer("input.seed"));
            var attends = flags(c);
            int width = c.integer("input.context");
            var net = twin.fill(new ConditionalUNet(
                    new ConditionalUNetConfig(3, 3, widths(c), attends, c.integer("input.layers"), width, 2, 2, DType.F64), Rng.of(1)));
            Tensor x = twin.draw(2, 3, 8, 8).requiresGrad(), context = width == 0 ? null : twin.draw(2, 5, width).requiresGrad();
            var said = net.predict(x, Tensor.of(new double[] {1, 700}), context, Pass.inference());
            twin.compare(gap, c, net.parameters(), context == null ? List.of(x) : List.of(x, context), List.of(said));
            unets++;
        }
        for (var c : GOLDEN.cases("autoencoder")) {
            var twin = new Twin(c.integer("input.seed"));
            var net = twin
                    .fill(new AutoencoderKl(new AutoencoderKlConfig(3, 2, widths(c), c.integer("input.layers"), 2, DType.F64), Rng.of(1)));
            Tensor x = twin.draw(2, 3, 8, 8).requiresGrad(), z = twin.draw(2, 2, 4, 4).requiresGrad();
            twin.compare(gap, c, net.parameters(), List.of(x, z),
                    List.of(net.moments(x, Pass.inference()), net.decoded(z, Pass.inference())));
            autoencoders++;
        }
        Evidence.of("U-Nets compared", unets, exactly(2));
        Evidence.of("autoencoders compared", autoencoders, exactly(2));
        Evidence.of("largest gap of values and gradients", gap.worst(), atMost(1e-4));
    }

    @Acceptance(topic = "stable-diffusion", clause = 1)
    @Test void publishedSizes() {
        long unet = Skeleton.of(() -> new ConditionalUNet(ConditionalUNetConfig.stableDiffusion(), Rng.of(1))).parameterCount();
        long vae = Skeleton.of(() -> new AutoencoderKl(AutoencoderKlConfig.stableDiffusion(), Rng.of(1))).parameterCount();
        long text = Skeleton.of(() -> new TextTower(TextTowerConfig.clip(768, 12, 12), Rng.of(1))).parameterCount();
        Evidence.of("parameters of the text encoder", text, exactly(123_060_480));
        Evidence.of("parameters of the U-Net", unet, exactly(859_520_964));
        Evidence.of("parameters of the autoencoder", vae, exactly(83_653_863));
    }

    @Acceptance(topic = "stable-diffusion", clause = 3)
    @Test void sigmasOfTheScaledLinearSchedule() {
        double worst = 0;
        int compared = 0;
        for (var c : GOLDEN.cases("sigmas")) {
            var schedule = NoiseSchedule.scaledLinear(c.integer("input.steps"), c.number("input.first"), c.number("input.last"));
            double[] expected = c.doubles("expected.sigmas");
            for (int t = 1; t <= schedule.steps(); t++, compared++) {
                double sigma = schedule.noise(t) / schedule.signal(t);
                worst = Math.max(worst, Math.abs(sigma - expected[t - 1]));
            }
        }
        Evidence.of("sigmas compared", compared, exactly(1050));
        Evidence.of("largest gap", worst, atMost(1e-7));
    }
}
