package lyceum.models.ssl;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.models.vision.VisionTransformerConfig.Pool;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JepaTest {
    private static final VisionTransformerConfig VIT = new VisionTransformerConfig(14, 2, 1, 8, 1, 2).withPool(Pool.MEAN)
            .withClassToken(false).withDtype(DType.F64);
    private static final JepaConfig IMAGES = new JepaConfig(VIT).withWidth(12);
    private static final JepaConfig CLIPS = IMAGES.withEncoder(VIT.withImage(8).withChannels(2)).withFrames(4).withTubelet(2)
            .withMasks(BlockMasks.clips());

    @Acceptance(topic = "jepa", clause = 1)
    @Test void blocksStayInRangeAndOutOfTheContext() {
        record Grid(BlockMasks masks, int rows, int columns, int times) {}
        var grids = List.of(new Grid(BlockMasks.images(), 14, 14, 1), new Grid(BlockMasks.images(), 7, 7, 1),
                new Grid(BlockMasks.images(), 12, 16, 1), new Grid(BlockMasks.clips(), 14, 14, 4), new Grid(BlockMasks.clips(), 4, 4, 2));
        int draws = 0;
        double overlaps = 0, bent = 0, least = 1, most = 0, flat = 9, tall = 0, tubeLeast = 1, tubeMost = 0, contextLeast = 1, outside = 0;
        var places = new HashSet<Integer>();
        for (var g : grids) for (int d = 0; d < 1000; d++, draws++) {
            var draw = g.masks.draw(2, g.rows, g.columns, g.times, Rng.of(draws));
            int area = g.rows * g.columns, seen = (int) draw.context().size(1), size = (int) draw.targets().size(2);
            long[] context = draw.context().toLongArray(), targets = draw.targets().toLongArray();
            contextLeast = Math.min(contextLeast, draw.block().rows() * draw.block().columns() / (double) area);
            for (int i = 0; i < 2; i++) {
                var hidden = new HashSet<Long>();
                for (int b = 0; b < g.masks.targets(); b++) {
                    long[] block = Arrays.copyOfRange(targets, (i * g.masks.targets() + b) * size, (i * g.masks.targets() + b + 1) * size);
                    for (long place : block) hidden.add(place);
                    int[] box = box(block, g.rows, g.columns);
                    double share = box[0] * box[1] / (double) area, aspect = box[0] / (double) box[1];
                    if (Arrays.stream(block).distinct().count() != (long) box[0] * box[1] * g.times) bent++; // it fills its box at all times
                    if (g.times == 1) {
                        least = Math.min(least, share);
                        most = Math.max(most, share);
                    } else {
                        tubeLeast = Math.min(tubeLeast, share);
                        tubeMost = Math.max(tubeMost, share);
                    }
                    flat = Math.min(flat, aspect);
                    tall = Math.max(tall, aspect);
                    if (g.rows == 14 && g.times == 1) places.add((int) block[0]);
                }
                long[] near = Arrays.copyOfRange(context, i * seen, (i + 1) * seen);
                for (long place : near) if (hidden.contains(place)) overlaps++;
                int[] box = box(near, g.rows, g.columns);
                if (box[0] > draw.block().rows() || box[1] > draw.block().columns() || Arrays.stream(near).distinct().count() != seen
                        || seen == 0)
                    outside++;
            }
        }
        Evidence.of("draws, of 1,000 on each of 5 grids", draws, exactly(5000));
        Evidence.of("least share of a target block", least, atLeast(0.15));
        Evidence.of("largest share of one", most, atMost(0.2));
        Evidence.of("least share of a tube", tubeLeast, atLeast(0.4));
        Evidence.of("largest share of one of those", tubeMost, atMost(0.6));
        Evidence.of("flattest block, rows over columns", flat, atLeast(0.75));
        Evidence.of("tallest", tall, atMost(1.5));
        Evidence.of("blocks that are no rectangle, the same at all times", bent, exactly(0));
        Evidence.of("least share of a context block", contextLeast, atLeast(0.85));
        Evidence.of("contexts that leave their block, or repeat", outside, exactly(0));
        Evidence.of("patches that are context and target", overlaps, exactly(0));
        assertThat(places.size()).isGreaterThan(60);
    }

    /** Rows and columns of the smallest rectangle around patches. */
    private static int[] box(long[] places, int rows, int columns) {
        int top = rows, bottom = 0, left = columns, right = 0;
        for (long place : places) {
            int r = (int) (place / columns % rows), c = (int) (place % columns);
            top = Math.min(top, r);
            bottom = Math.max(bottom, r);
            left = Math.min(left, c);
            right = Math.max(right, c);
        }
        return new int[] {bottom - top + 1, right - left + 1};
    }

    @Acceptance(topic = "jepa", clause = 2)
    @Test void theLossDependsOnTargetPositionsAlone() {
        double elsewhere = 0, least = Double.MAX_VALUE, gap = 0;
        int others = 0, targets = 0;
        for (var config : List.of(IMAGES, CLIPS)) for (int seed = 1; seed <= 5; seed++) {
            var jepa = new Jepa(config, Rng.of(seed));
            var x = items(config, 3, seed);
            var masks = config.masks().draw(3, (int) x.size(-1) / 2, (int) x.size(-1) / 2, config.times(), Rng.of(seed));
            var told = jepa.predict(x, masks, Pass.inference());
            var features = told.wanted().copy().compute().requiresGrad();
            var loss = jepa.error(told.predicted().detach(), features, masks);
            loss.backward();
            double[] g = features.grad().toDoubleArray();
            long[] wanted = masks.targets().toLongArray();
            int n = masks.patches(), each = wanted.length / 3;
            var isTarget = new boolean[3 * n];
            for (int i = 0; i < wanted.length; i++) isTarget[i / each * n + (int) wanted[i]] = true;
            for (int i = 0; i < 3 * n; i++) for (int k = 0; k < 8; k++) {
                if (isTarget[i]) least = Math.min(least, Math.abs(g[8 * i + k]));
                else elsewhere = Math.max(elsewhere, Math.abs(g[8 * i + k]));
                if (isTarget[i]) targets++;
                else others++;
            }
            double[] p = told.predicted().toDoubleArray(), f = features.toDoubleArray();
            double sum = 0;
            for (int i = 0; i < wanted.length; i++) for (int k = 0; k < 8; k++) {
                double r = Math.abs(p[8 * i + k] - f[(i / each * n + (int) wanted[i]) * 8 + k]);
                sum += r < 1 ? r * r / 2 : r - 0.5;
            }
            gap = Math.max(gap, Math.abs(sum / (8 * wanted.length) - loss.item()));
        }
        Evidence.of("largest gradient at other positions' features", elsewhere, exactly(0));
        Evidence.of("numbers at other positions", others, above(1000));
        Evidence.of("least gradient at a target's", least, above(0));
        Evidence.of("numbers at target positions", targets, above(1000));
        Evidence.of("gap of the loss to its formula over target positions", gap, atMost(1e-12));
    }

    private static Tensor items(JepaConfig config, int n, int seed) {
        var rng = Rng.of(100 + seed);
        return config.frames() == 1 ? Tensor.randn(rng, DType.F64, n, 1, 14, 14).compute()
                : Tensor.randn(rng, DType.F64, n, 4, 1, 8, 8).compute();
    }

    @Test void hiddenPixelsDoNotReachThePredictionsAndPositionsDo() {
        for (var config : List.of(IMAGES, CLIPS)) {
            var jepa = new Jepa(config, Rng.of(1));
            var x = items(config, 1, 1);
            int side = (int) x.size(-1) / 2, frames = config.frames();
            var masks = config.masks().draw(1, side, side, config.times(), Rng.of(2));
            var seen = new HashSet<Long>();
            for (long place : masks.context().toLongArray()) seen.add(place);
            double[] pixels = x.toDoubleArray();
            for (int i = 0; i < pixels.length; i++) {
                int frame = i / (4 * side * side), row = i / (2 * side) % (2 * side) / 2, column = i % (2 * side) / 2;
                if (!seen.contains((long) frame / config.tubelet() * side * side + row * side + column)) pixels[i] = 9;
            }
            var blind = Tensor.of(pixels).reshape(x.shape().toArray());
            var told = jepa.predict(x, masks, Pass.inference());
            assertThat(jepa.predict(blind, masks, Pass.inference()).predicted().toDoubleArray())
                    .isEqualTo(told.predicted().toDoubleArray());
            assertThat(frames == 1 || told.errors().size(1) == masks.targets().size(1) * masks.targets().size(2)).isTrue();
            int size = (int) masks.targets().size(2);
            double[] p = told.predicted().toDoubleArray();
            for (int k = 1; k < size; k++) // what is asked for at another place, or time, is another thing
                assertThat(Arrays.copyOfRange(p, 8 * k, 8 * k + 8)).isNotEqualTo(Arrays.copyOfRange(p, 0, 8));
        }
    }

    @Test void studentLearnsTeacherFollowsAndAllIsSaved(@TempDir Path folder) throws Exception {
        for (var config : List.of(IMAGES, CLIPS)) {
            var jepa = new Jepa(config, Rng.of(1));
            var x = items(config, 4, 1);
            jepa.objective(x).of(new int[] {0, 3}, Pass.training(Rng.of(3))).backward();
            assertThat(jepa.parameters().keySet()).noneMatch(name -> name.startsWith("teacher"));
            jepa.parameters().forEach((name, p) -> assertThat(p.grad()).as(name).isNotNull());
            assertThat(jepa.forward(x).toDoubleArray()).isEqualTo(jepa.features(x, 4).toDoubleArray());
            assertThat(jepa.tokenFeatures(x, 3).shape().toArray()).containsExactly(4, config.frames() == 1 ? 49 : 32, 8);
            if (config.frames() == 1)
                assertThat(jepa.encoder().features(x, 4).sub(jepa.features(x, 4)).abs().max().item()).isCloseTo(0, within(1e-12));
            jepa.save(folder.resolve("jepa.safetensors"));
            var other = new Jepa(config, Rng.of(2));
            other.load(folder.resolve("jepa.safetensors"));
            assertThat(other.features(x, 4).toDoubleArray()).isEqualTo(jepa.features(x, 4).toDoubleArray());
            Autograd.noGrad(() -> jepa.state().get("encoder.patch_embedding.weight").mul_(3));
            var copy = Module.copy(jepa);
            copy.follow(0);
            assertThat(copy.features(x, 4).toDoubleArray()).isNotEqualTo(jepa.features(x, 4).toDoubleArray());
        }
        assertThat(new Jepa(IMAGES, Rng.of(1)).diagnose(items(IMAGES, 20, 2)).deviations()).hasSize(8);
    }

    @Test void timeIsTold() {
        var jepa = new Jepa(CLIPS, Rng.of(1));
        var still = Tensor.ones(DType.F64, 1, 4, 1, 8, 8).compute();
        double[] tokens = jepa.tokenFeatures(still, 1).toDoubleArray();
        assertThat(Arrays.copyOfRange(tokens, 0, 8)).isNotEqualTo(Arrays.copyOfRange(tokens, 16 * 8, 17 * 8));
    }

    @Test void contextsAreCutAtRandom() {
        var masks = BlockMasks.images();
        var seen = new double[196];
        for (int d = 0; d < 40; d++) for (long place : masks.draw(32, 14, 14, 1, Rng.of(d)).context().toLongArray()) seen[(int) place]++;
        double upper = 0, lower = 0;
        for (int i = 0; i < 98; i++) {
            upper += seen[i];
            lower += seen[195 - i];
        }
        assertThat(lower / upper).isBetween(0.9, 1.1); // a cut at the end would leave the lower half a third
    }

    @Test void badInputIsNamed() {
        assertThatThrownBy(() -> new JepaConfig(VIT.withClasses(2))).hasMessageContaining("head");
        assertThatThrownBy(() -> CLIPS.withTubelet(3)).hasMessageContaining("tubelets of 3");
        assertThatThrownBy(() -> IMAGES.withWidth(6)).hasMessageContaining("multiple of 4");
        assertThatThrownBy(() -> BlockMasks.images().withLeast(0.3)).hasMessageContaining("0.3");
        assertThatThrownBy(() -> BlockMasks.images().draw(1, 3, 3, 1, Rng.of(1)))
                .hasMessageContaining("no target block on a grid of 3 x 3");
        assertThatThrownBy(() -> new BlockMasks(4, 1, 1, 0.5, 2, 1, 1).draw(1, 4, 4, 1, Rng.of(1))).hasMessageContaining("no context");
        var jepa = new Jepa(IMAGES, Rng.of(1));
        assertThatThrownBy(() -> jepa.features(items(CLIPS, 1, 1), 2)).isInstanceOf(ShapeException.class).hasMessageContaining("pictures");
        var x = items(IMAGES, 2, 1);
        assertThatThrownBy(() -> jepa.predict(x, BlockMasks.images().draw(1, 7, 7, 1, Rng.of(1)), Pass.inference()))
                .isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> jepa.objective(x).of(new int[] {0}, Pass.inference())).hasMessageContaining("random");
    }
}
