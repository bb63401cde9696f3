package lyceum.models.sequence;

import static lyceum.models.sequence.Fitting.distance;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.data.Datasets;
import lyceum.nn.Embedding;
import lyceum.nn.Pass;
import lyceum.nn.Twin;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PerceiverTest {

    private static long products(PerceiverConfig config, int elements) {
        return FlopCounter.ofShapes(() -> new Perceiver(config, Rng.of(1)).forward(Tensor.ones(1, elements, config.inputs()))).products();
    }

    @Acceptance(topic = "perceiver", clause = 1)
    @Test void costIsAffineInTheLengthAndDepthDoesNotMultiplyIt() {
        var config = new PerceiverConfig(20, 16, 32, 10);
        int[] lengths = {64, 256, 1024, 4096, 10_000, 50_000};
        double[] x = new double[lengths.length], y = new double[lengths.length], layer = new double[lengths.length];
        for (int i = 0; i < lengths.length; i++) {
            x[i] = lengths[i];
            y[i] = products(config, lengths[i]);
            layer[i] = products(config.withLayers(3), lengths[i]) - y[i];
        }
        double mx = Arrays.stream(x).average().orElseThrow(), my = Arrays.stream(y).average().orElseThrow(), xy = 0, xx = 0, yy = 0,
                least = layer[0], most = layer[0];
        for (int i = 0; i < x.length; i++) {
            xy += (x[i] - mx) * (y[i] - my);
            xx += (x[i] - mx) * (x[i] - mx);
            yy += (y[i] - my) * (y[i] - my);
            least = Math.min(least, layer[i]);
            most = Math.max(most, layer[i]);
        }
        Evidence.of("R^2 of products against lengths 64 to 50,000", xy * xy / (xx * yy), above(0.999));
        Evidence.of("products of one more layer", least, above(0));
        Evidence.of("how much they differ between lengths", most - least, exactly(0));
    }

    @Acceptance(topic = "perceiver", clause = 2)
    @Test void withoutPositionsOrderDoesNotMatter() {
        double worst = 0, placed = Double.POSITIVE_INFINITY;
        for (int seed = 1; seed <= 20; seed++) {
            var model = new Perceiver(new PerceiverConfig(5, 4, 8, 3).withReadings(1 + seed % 3), Rng.of(seed));
            var x = Tensor.randn(Rng.of(seed), 2, 30, 5).compute();
            int[] order = Rng.of(seed).permutation(30);
            var index = Tensor.of(order).to(DType.I64);
            worst = Math.max(worst, distance(model.forward(x.indexSelect(1, index)), model.forward(x)));
            // With places as channels the same rows in another order are another input.
            var wide = new Perceiver(new PerceiverConfig(5 + PerceiverInputs.columns(1, 4), 4, 8, 3), Rng.of(seed));
            var there = wide.forward(PerceiverInputs.grid(x.transpose(1, 2), 1, 4, 0));
            placed = Math.min(placed,
                    distance(wide.forward(PerceiverInputs.grid(x.indexSelect(1, index).transpose(1, 2), 1, 4, 0)), there));
        }
        Evidence.of("largest change by another order, 20 models", worst, below(1e-6));
        Evidence.of("smallest change where rows know their place", placed, above(1e-4));
    }

    @Acceptance(topic = "perceiver", clause = 3)
    @Test void crossAttentionEqualsTorchs() {
        var gap = Gap.relativeBeyondOne();
        int cases = 0;
        for (var c : Golden.load("golden/perceiver.json").cases("perceiver")) {
            int[] n = c.ints("input.sizes");
            var model = new Perceiver(
                    new PerceiverConfig(n[0], n[1], n[2], n[3]).withQueries(n[4]).withLayers(0).withWidening(2).withDtype(DType.F64),
                    Rng.of(1));
            var twin = new Twin((long) c.number("input.seed"));
            twin.fill(model, 0.5);
            Tensor x = twin.draw(2, n[5], n[0]).requiresGrad(), u = twin.draw(2, 3, n[4]).requiresGrad();
            var latents = model.encode(x, c.ints("input.lengths"), Pass.inference());
            var p = model.parameters();
            var classes = latents.mean(1).affine(p.get("head.weight"), p.get("head.bias"));
            twin.compare(gap, c, p, List.of(x, u), List.of(classes, model.query(latents, u, Pass.inference())));
            cases++;
        }
        Evidence.of("models", cases, exactly(6));
        Evidence.of("largest gap of outputs and gradients from torch.nn.MultiheadAttention", gap, below(1e-5));
    }

    @Acceptance(topic = "perceiver", clause = 5)
    @Test void queriesOneByOneOrTogether() {
        double worst = 0;
        int queries = 0;
        for (int seed = 1; seed <= 10; seed++) {
            var model = new Perceiver(new PerceiverConfig(5, 4, 8, 3).withQueries(6), Rng.of(seed));
            var latents = model.encode(Tensor.randn(Rng.of(seed), 2, 9, 5), null, Pass.inference()).compute();
            var u = Tensor.randn(Rng.of(99), 2, 12, 6).compute();
            var together = model.query(latents, u, Pass.inference());
            for (int i = 0; i < 12; i++, queries++)
                worst = Math.max(worst,
                        distance(model.query(latents, u.narrow(1, i, 1), Pass.inference()).squeeze(1), together.select(1, i)));
            assertThat(distance(together.select(1, 0), together.select(1, 1))).isGreaterThan(0.01);
        }
        Evidence.of("queries", queries, exactly(120));
        Evidence.of("largest gap", worst, below(1e-6));
    }

    /** Rows of 52 channels, whatever they are of, and classes. */
    private record Labelled(Tensor x, Tensor y) {}

    private static final int CHANNELS = 52;
    private static final PerceiverConfig ONE = new PerceiverConfig(CHANNELS, 16, 32, 10);

    /** Every fifth digit is kept. */
    private static Labelled digits(Rng rng, boolean learned, int n) {
        var all = Datasets.digits();
        var rows = new int[n];
        for (int i = 0; i < n; i++) rows[i] = learned ? 5 * rng.nextInt(359) + rng.nextInt(4) : 5 * (i % 359) + 4;
        var x = all.x().rows(rows).to(DType.F32).div(16.0).reshape(n, 1, 8, 8);
        return new Labelled(PerceiverInputs.grid(x, 2, 4, CHANNELS), all.y().rows(rows).to(DType.I64));
    }

    /** 256 samples of one of ten pitches, with a phase, a loudness and noise of its own. */
    private static Labelled tones(Rng rng, boolean learned, int n) {
        var x = new float[n * 256];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            int tone = rng.nextInt(10);
            y[i] = tone;
            double phase = 2 * Math.PI * rng.nextDouble(), loud = 0.5 + rng.nextDouble(),
                    f = (tone + 2) * Math.pow(1.02, 2 * rng.nextDouble() - 1);
            for (int t = 0; t < 256; t++)
                x[i * 256 + t] = (float) (loud * Math.sin(phase + 2 * Math.PI * f * t / 256 * 2) + 0.1 * (2 * rng.nextDouble() - 1));
        }
        return new Labelled(PerceiverInputs.sound(Tensor.of(x, n, 256), 16, 8, CHANNELS), Tensor.of(y));
    }

    /** 256 points of a ball, a sphere, a cube's surface, a ring and a helix, turned about the vertical and scaled. */
    private static Labelled shapes(Rng rng, boolean learned, int n) {
        var x = new float[n * 256 * 3];
        var y = new long[n];
        for (int i = 0; i < n; i++) {
            int shape = rng.nextInt(5);
            y[i] = shape;
            double turn = 2 * Math.PI * rng.nextDouble(), scale = 0.6 + 0.3 * rng.nextDouble();
            for (int p = 0; p < 256; p++) {
                double[] q = point(rng, shape);
                int at = (i * 256 + p) * 3;
                x[at] = (float) (scale * (Math.cos(turn) * q[0] - Math.sin(turn) * q[1]));
                x[at + 1] = (float) (scale * (Math.sin(turn) * q[0] + Math.cos(turn) * q[1]));
                x[at + 2] = (float) (scale * q[2]);
            }
        }
        return new Labelled(PerceiverInputs.points(Tensor.of(x, n, 256, 3), 4, 4, CHANNELS), Tensor.of(y));
    }

    private static double[] point(Rng rng, int shape) {
        double u = 2 * Math.PI * rng.nextDouble(), z = 2 * rng.nextDouble() - 1, r = Math.sqrt(1 - z * z);
        return switch (shape) {
            case 0 -> {
                double size = Math.cbrt(rng.nextDouble());
                yield new double[] {size * r * Math.cos(u), size * r * Math.sin(u), size * z};
            }
            case 1 -> new double[] {r * Math.cos(u), r * Math.sin(u), z};
            case 2 -> {
                double[] q = {0.6 * (2 * rng.nextDouble() - 1), 0.6 * (2 * rng.nextDouble() - 1), 0.6 * (2 * rng.nextDouble() - 1)};
                q[rng.nextInt(3)] = rng.nextInt(2) == 0 ? 0.6 : -0.6;
                yield q;
            }
            case 3 -> new double[] {(0.8 + 0.2 * z) * Math.cos(u), (0.8 + 0.2 * z) * Math.sin(u), 0.2 * r};
            default -> new double[] {0.8 * Math.cos(2 * u), 0.8 * Math.sin(2 * u), u / Math.PI - 1};
        };
    }

    private interface Draw {
        Labelled of(Rng rng, boolean learned, int n);
    }

    private static double accuracy(Perceiver model, Labelled data) {
        return Autograd.noGrad(() -> model.forward(data.x).argmax(1).eq(data.y).to(DType.F64).mean().item());
    }

    private static void learns(String what, Draw draw, int updates) {
        var model = new Perceiver(ONE, Rng.of(1));
        var fresh = draw.of(Rng.of(77), false, 359);
        Evidence.of(what + ", untrained", accuracy(model, fresh), atMost(0.4));
        var data = Rng.of(2);
        Fitting.train(model, new Adam(0.005), new Schedule.Cosine(updates).warmedUp(20), updates, i -> {
            var batch = draw.of(data, true, 32);
            return Loss.crossEntropy(model.forward(batch.x), batch.y);
        });
        Evidence.of(what + ", share right", accuracy(model, fresh), atLeast(0.9));
    }

    @Tag("heavy")
    @Acceptance(topic = "perceiver", clause = 4)
    @Test void oneConfigurationLearnsPicturesSoundAndPoints() {
        learns("digits", PerceiverTest::digits, 1000);
        learns("tones", PerceiverTest::tones, 600);
        learns("shapes of 256 points", PerceiverTest::shapes, 250);
    }

    @Test void everyKindOfInputHasItsRows() {
        assertThat(PerceiverInputs.grid(Tensor.ones(2, 3, 4, 5), 2, 6, 0).shape().toArray()).containsExactly(2, 20,
                3 + PerceiverInputs.columns(2, 6));
        assertThat(PerceiverInputs.grid(Tensor.ones(2, 3, 2, 4, 5), 3, 2, 40).shape().toArray()).containsExactly(2, 40, 40);
        assertThat(PerceiverInputs.text(Tensor.of(new long[] {1, 2, 3}, 1, 3), new Embedding(5, 4, Rng.of(1)), 2, 0).shape().toArray())
                .containsExactly(1, 3, 9);
        var w = PerceiverInputs.waves(Tensor.of(new double[] {0.5, -1}, 2, 1), 2, 3).toDoubleArray();
        assertThat(w).containsExactly(new double[] {0.5, 1, Math.sin(1.5 * Math.PI), 0, 0, -1, 0, 0, -1, -1}, offset(1e-12));
        assertThatThrownBy(() -> PerceiverInputs.sound(Tensor.ones(1, 10), 4, 2, 0)).hasMessageContaining("pieces of 4");
        assertThatThrownBy(() -> PerceiverInputs.points(Tensor.ones(1, 10, 3), 4, 2, 5)).hasMessageContaining("27 channels for 5");
        assertThatThrownBy(() -> new Perceiver(ONE, Rng.of(1)).forward(Tensor.ones(1, 3, 4))).hasMessageContaining("(1, 3, 4)");
        assertThatThrownBy(() -> ONE.withHeads(5)).hasMessageContaining("heads 5");
    }
}
