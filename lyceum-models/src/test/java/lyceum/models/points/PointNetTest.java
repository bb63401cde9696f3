package lyceum.models.points;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.scenes.PointShapes;
import lyceum.models.points.SetAbstraction.Cloud;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PointNetTest {
    private static final PointShapes SHAPES = new PointShapes();

    private static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    /** Values for all that begins as zero or one, so that transforms turn and norms matter. */
    private static <M extends Module> M shaken(M model, Rng rng) {
        var values = new LinkedHashMap<String, Tensor>();
        model.state()
                .forEach((name, t) -> values.put(name,
                        !t.dtype().isFloat() ? t.copy()
                                : name.contains("running_var") ? Tensor.rand(rng, t.dtype(), t.shape().toArray()).add(0.5).compute()
                                        : t.detach().add(Tensor.randn(rng, t.dtype(), t.shape().toArray()).mul(0.1)).compute()));
        model.load(values);
        return model;
    }

    @Acceptance(topic = "pointnet", clause = 1)
    @Test void logitsAreTheSameBitsInEveryOrder() {
        long differing = 0, compared = 0;
        double spread = 0;
        for (int seed = 1; seed <= 5; seed++) {
            var rng = Rng.of(seed);
            var net = shaken(PointNet.create(PointNetConfig.small(5), rng), rng);
            var cloud = SHAPES.batch(1, rng).clouds();
            var logits = net.forward(cloud);
            spread = Math.max(spread, logits.max().item() - logits.min().item());
            for (int k = 0; k < 20; k++) {
                var other = net.forward(cloud.indexSelect(1, Tensor.of(rng.permutation(256))));
                differing += (long) other.ne(logits).countNonZero().item();
                compared++;
            }
        }
        Evidence.of("orders", compared, exactly(100));
        Evidence.of("largest spread of logits", spread, above(0.1));
        Evidence.of("logits that differ in a bit", differing, exactly(0));
    }

    /** From the definition: the point whose least distance to those taken is the largest, the first of equals. */
    private static int[] greedy(double[][] x, int m) {
        var taken = new ArrayList<>(List.of(0));
        while (taken.size() < m) {
            int best = -1;
            double far = -1;
            for (int i = 0; i < x.length; i++) {
                double least = Double.POSITIVE_INFINITY;
                for (int t : taken) least = Math.min(least, squared(x[i], x[t]));
                if (least > far) {
                    far = least;
                    best = i;
                }
            }
            taken.add(best);
        }
        return taken.stream().mapToInt(i -> i).toArray();
    }

    private static double squared(double[] a, double[] b) {
        return (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]);
    }

    @Acceptance(topic = "pointnet", clause = 2)
    @Test void samplingEqualsBruteForce() {
        int wrong = 0, clouds = 0, balls = 0, wrongBalls = 0, full = 0, sparse = 0;
        for (int seed = 1; seed <= 20; seed++) {
            var rng = Rng.of(seed);
            var cloud = SHAPES.withPoints(40 + seed).batch(1, rng).clouds().select(0, 0);
            var x = cloud.toRows();
            int[] far = PointSampling.farthest(cloud, 16);
            if (!Arrays.equals(far, greedy(x, 16))) wrong++;
            clouds++;
            double radius = 0.1 + 0.03 * seed;
            int[] near = PointSampling.ball(cloud, cloud.rows(far), radius, 6);
            for (int c = 0; c < 16; c++) {
                double[] centre = x[far[c]];
                int[] within = IntStream.range(0, x.length).filter(i -> squared(x[i], centre) <= radius * radius).toArray();
                int[] expected = new int[6];
                for (int k = 0; k < 6; k++) expected[k] = k < within.length ? within[k] : within[0];
                if (!Arrays.equals(Arrays.copyOfRange(near, 6 * c, 6 * c + 6), expected)) wrongBalls++;
                if (within.length > 6) full++;
                else sparse++;
                balls++;
            }
        }
        Evidence.of("clouds", clouds, exactly(20));
        Evidence.of("samples that differ from the greedy one", wrong, exactly(0));
        Evidence.of("balls", balls, exactly(320));
        Evidence.of("of them with more points than asked for", full, above(20));
        Evidence.of("and with no more", sparse, above(20));
        Evidence.of("balls that differ from a linear scan", wrongBalls, exactly(0));
    }

    private static Tensor keeping(Tensor cloud, boolean[] keep) {
        return cloud.rows(IntStream.range(0, keep.length).filter(i -> keep[i]).toArray());
    }

    @Acceptance(topic = "pointnet", clause = 3)
    @Test void pointsThatWinNothingDoNotMatter() {
        double with = 0, without = 0, missing = Double.POSITIVE_INFINITY;
        int deleted = 0, kept = 0;
        for (int seed = 1; seed <= 10; seed++) for (boolean transforms : new boolean[] {true, false}) {
            var rng = Rng.of(seed);
            // Few features, so that there are points that win none.
            var config = PointNetConfig.small(5).withTransforms(transforms).withTrunk(List.of(16, 32)).withTransformTrunk(List.of(8, 12));
            var net = shaken(PointNet.create(config, rng), rng);
            var cloud = SHAPES.batch(1, rng).clouds().select(0, 0);
            var wins = net.critical(cloud);
            var all = net.globalFeature(cloud.unsqueeze(0));
            double change = distance(net.globalFeature(keeping(cloud, wins).unsqueeze(0)), all);
            if (transforms) with = Math.max(with, change);
            else without = Math.max(without, change);
            for (boolean w : wins) if (w) kept++;
            else deleted++;
            // And one that wins is missed.
            var fewer = wins.clone();
            fewer[IntStream.range(0, 256).filter(i -> wins[i]).max().orElseThrow()] = false; // the first one may stand for features that are 0 everywhere
            missing = Math.min(missing, distance(net.globalFeature(keeping(cloud, fewer).unsqueeze(0)), all));
        }
        Evidence.of("points deleted", deleted, above(2000));
        Evidence.of("points kept", kept, above(200));
        Evidence.of("change of the global feature, with transforms", with, exactly(0));
        Evidence.of("change, trunk alone", without, exactly(0));
        Evidence.of("least change where one more is deleted", missing, above(0));
    }

    private static double accuracy(Module net) {
        int right = 0;
        for (int part = 0; part < 5; part++) {
            var batch = SHAPES.batch(100, Rng.of(1_000_003 + part));
            int[] found = net.forward(batch.clouds()).argmax(1).toIntArray();
            for (int i = 0; i < found.length; i++) if (found[i] == batch.labels()[i]) right++;
        }
        return right / 500.0;
    }

    private static void train(Module net, int steps, int clouds) {
        new Trainer(new Adam(3e-3), steps).withSchedule(new Schedule.Cosine(steps)).start(net, 1, (rows, pass) -> {
            var batch = SHAPES.batch(clouds, pass.rng().split(3));
            var penalties = new ArrayList<Tensor>();
            var loss = Loss.crossEntropy(net.forward(batch.clouds(), pass.collecting(penalties::add)), Tensor.of(batch.labels()));
            for (var penalty : penalties) loss = loss.add(penalty);
            return loss;
        }, null, Rng.of(1)).finish(Progress.SILENT);
    }

    @Tag("slow")
    @Acceptance(topic = "pointnet", clause = 4)
    @Test void simpleShapesAreTold() {
        var net = PointNet.create(PointNetConfig.small(5), Rng.of(1));
        Evidence.of("untrained", accuracy(net), below(0.5));
        train(net, 150, 32);
        Evidence.of("accuracy on 500 new clouds, any rotation", accuracy(net), atLeast(0.95));
    }

    @Test void abstractionAndPropagationAreWhatTheySay() {
        var rng = Rng.of(1);
        var clouds = SHAPES.withPoints(64).batch(2, rng).clouds();
        var sa = new SetAbstraction(8, 0.5, 4, 0, List.of(5), false, DType.F32, rng);
        var out = sa.forward(new Cloud(clouds, null), Pass.inference());
        assertThat(out.points().shape().toArray()).containsExactly(2, 8, 3);
        int[] far = PointSampling.farthest(clouds.select(0, 1), 8);
        assertThat(distance(out.points().select(0, 1), clouds.select(0, 1).rows(far))).isZero();
        int[] near = PointSampling.ball(clouds.select(0, 1), clouds.select(0, 1).rows(far), 0.5, 4);
        var w = sa.parameters();
        var group = clouds.select(0, 1).rows(Arrays.copyOfRange(near, 12, 16)).sub(clouds.select(0, 1).rows(far[3]));
        var expected = group.affine(w.get("mlp.layers.0.weight"), w.get("mlp.layers.0.bias")).relu().max(0);
        assertThat(distance(out.features().select(0, 1).select(0, 3), expected)).isLessThan(1e-5);
        // A dense point on a sparse one takes its features; linear functions between three are not reproduced, constants are.
        var fp = new FeaturePropagation(5, List.of(5), false, DType.F32, rng);
        var ones = new Cloud(out.points(), out.features().onesLike());
        var back = fp.forward(new Cloud(clouds, null), ones, Pass.inference()).features();
        assertThat(distance(back, back.narrow(0, 0, 1).narrow(1, 0, 1).expand(2, 64, 5))).isLessThan(1e-5);
        var on = fp.forward(new Cloud(out.points(), null), out, Pass.inference()).features();
        var p = fp.parameters();
        assertThat(distance(on, out.features().affine(p.get("mlp.layers.0.weight"), p.get("mlp.layers.0.bias")).relu())).isLessThan(1e-4);
    }

    @Test void segmentsTransformsAndMisuse() {
        var rng = Rng.of(1);
        var clouds = SHAPES.withPoints(64).batch(3, rng).clouds();
        var parts = shaken(PointNet.create(PointNetConfig.small(4).withSegments(true), rng), rng);
        int[] order = rng.permutation(64);
        var y = parts.forward(clouds);
        assertThat(y.shape().toArray()).containsExactly(3, 64, 4);
        assertThat(distance(parts.forward(clouds.indexSelect(1, Tensor.of(order))), y.indexSelect(1, Tensor.of(order)))).isLessThan(1e-5);
        // A fresh transform is the identity, about.
        var penalties = new ArrayList<Tensor>();
        var net = PointNet.create(PointNetConfig.small(4).withPenalty(1), rng);
        net.forward(clouds, Pass.training(Rng.of(1)).collecting(penalties::add));
        assertThat(penalties).hasSize(1);
        assertThat(penalties.getFirst().item()).isBetween(1e-9, 0.5);
        for (boolean segments : new boolean[] {false, true}) {
            var plus = new PointNet2(4, segments, 16, 0.4, 8, true, DType.F32, rng);
            var out = plus.forward(clouds, Pass.training(Rng.of(1)));
            assertThat(out.shape().toArray()).containsExactly(segments ? new long[] {3, 64, 4} : new long[] {3, 4});
            out.square().sum().backward();
            plus.parameters().forEach((name, t) -> assertThat(t.grad()).as(name).isNotNull());
        }
        assertThatThrownBy(() -> net.forward(Tensor.ones(2, 3))).hasMessageContaining("(2, 3)");
        assertThatThrownBy(() -> new PointNet2(4, false, 16, 0.4, 8, true, DType.F32, rng).forward(Tensor.ones(1, 8, 3)))
                .hasMessageContaining("16 points");
        assertThatThrownBy(() -> PointSampling.farthest(Tensor.ones(4, 3), 5)).hasMessageContaining("5 of 4");
    }

    @Test void shapesLieOnTheirSurfaces() {
        var upright = new PointShapes(400, 0, PointShapes.Spin.UPRIGHT);
        for (var shape : PointShapes.Shape.values()) {
            var x = upright.sample(shape, Rng.of(1)).toRows();
            double far = Arrays.stream(x).mapToDouble(p -> Math.sqrt(squared(p, new double[3]))).max().orElseThrow();
            assertThat(far).isCloseTo(1, within(1e-6));
            if (shape == PointShapes.Shape.SPHERE) for (var p : x) assertThat(squared(p, new double[3])).isCloseTo(1, within(1e-5));
            var turned = new PointShapes(400, 0, PointShapes.Spin.FREE).sample(shape, Rng.of(1));
            assertThat(turned.square().sum(1).max().item()).isCloseTo(1, within(1e-5));
        }
    }
}
