package lyceum.llm.weights;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.data.Dataset;
import lyceum.format.Safetensors;
import lyceum.nn.Mlp;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskVectorTest {
    @TempDir Path folder;

    /** One trunk and two heads of five classes: the base knows a little of both, a fine-tune is taught one of them. */
    private static final class TwoTasks {
        final FashionTasks data = new FashionTasks(4000, 3000, 4000);
        final Mlp base = FashionTasks.tuned(FashionTasks.fresh(256, 1), data.train.head(1500), TwoTasks::both, 1e-3, 2, 2);
        final Mlp[] tuned = {tuned(0, 3), tuned(1, 4)};
        final Mlp again = tuned(0, 5);

        private static Tensor both(Tensor z, Tensor y) {
            var own = Tensor.arange(10).floorDiv(5).eq(y.floorDiv(5).unsqueeze(1));
            return own.where(z, z.zerosLike().sub(1e9)).logSoftmax(1).gather(1, y.unsqueeze(1)).mean().neg();
        }

        Mlp tuned(int task, long seed) {
            return FashionTasks.tuned(base, FashionTasks.half(data.train, task), FashionTasks.head(task), 1e-3, 4, seed);
        }

        TaskVector vector(Mlp model) { return TaskVector.between(base.state(), model.state()); }

        double on(Dataset set, int task, Mlp model) { return FashionTasks.headAccuracy(model, FashionTasks.half(set, task), task); }
    }

    @Tag("slow")
    @Test
    @Acceptance(topic = "task-vector", clause = 1)
    @Acceptance(topic = "task-vector", clause = 2)
    @Acceptance(topic = "task-vector", clause = 3)
    @Acceptance(topic = "task-vector", clause = 4) void arrowsOfTwoTasks() {
        var world = new TwoTasks();
        double gap = 0;
        int compared = 0;
        for (var tuned : world.tuned) {
            var back = world.vector(tuned).times(1).on(world.base.state());
            for (var name : back.keySet()) {
                gap = Math.max(gap, FashionTasks.gap(back.get(name), tuned.state().get(name)));
                compared += (int) back.get(name).count();
            }
        }
        Evidence.of("weights compared", compared, above(400_000));
        Evidence.of("base + tau from the fine-tune, largest gap", gap, atMost(1e-7));

        TaskVector[] taus = {world.vector(world.tuned[0]), world.vector(world.tuned[1])};
        var valid = world.data.validation;
        var test = world.data.test;
        for (int task = 0; task < 2; task++) {
            int control = 1 - task;
            double coefficient = 0; // the largest that costs the control little on validation data
            for (double c = 0.75; c <= 2.5; c += 0.25) {
                var model = taus[task].times(-c).on(world.base);
                if (world.on(valid, control, world.base) - world.on(valid, control, model) <= 4) coefficient = c;
            }
            var forgets = taus[task].times(-coefficient).on(world.base);
            Evidence.of("negated task " + task + ", points lost there", world.on(test, task, world.base) - world.on(test, task, forgets),
                    atLeast(30));
            Evidence.of("negated task " + task + ", points lost by the control",
                    world.on(test, control, world.base) - world.on(test, control, forgets), atMost(5));
        }

        double best = -1;
        Mlp sum = null;
        for (int i = 1; i <= 10; i++) {
            var model = taus[0].plus(taus[1]).times(i / 10.0).on(world.base);
            double score = Math.min(world.on(valid, 0, model), world.on(valid, 1, model));
            if (score > best) sum = model;
            best = Math.max(best, score);
        }
        for (int task = 0; task < 2; task++) {
            double before = world.on(test, task, world.base), own = world.on(test, task, world.tuned[task]);
            double kept = world.on(test, task, sum);
            Evidence.of("task " + task + ", points won by its fine-tune", own - before, above(2));
            Evidence.of("task " + task + ", share kept by the sum", kept / own, atLeast(0.85));
            Evidence.of("task " + task + ", share of the points won that the sum keeps", (kept - before) / (own - before), atLeast(0.3));
        }

        double apart = taus[0].cosine(taus[1]), alike = taus[0].cosine(world.vector(world.again));
        Evidence.of("disjoint tasks, |cosine|", Math.abs(apart), below(0.3));
        Evidence.of("same task, other seed, cosine over that", alike, above(Math.abs(apart)));
    }

    private static SequencedMap<String, Tensor> weights(long seed, DType type) {
        var map = new LinkedHashMap<String, Tensor>();
        map.put("w", Tensor.randn(Rng.of(seed), type, 5, 4));
        map.put("b", Tensor.randn(Rng.of(seed + 100), type, 4));
        map.put("steps", Tensor.of(7L));
        return map;
    }

    @Test void arithmeticIsThatOfItsNumbers() {
        for (var type : List.of(DType.F32, DType.F64, DType.BF16)) {
            SequencedMap<String, Tensor> base = weights(1, type), a = weights(2, type), b = weights(3, type), c = weights(4, type);
            TaskVector x = TaskVector.between(base, a), y = TaskVector.between(base, b), z = TaskVector.between(base, c);
            var d = TaskVector.analogy(x, y, z).on(base);
            for (var name : List.of("w", "b")) {
                var expected = a.get(name).to(DType.F64).sub(b.get(name).to(DType.F64)).add(c.get(name).to(DType.F64)); // the base cancels
                assertThat(FashionTasks.gap(d.get(name), expected)).isLessThan(type == DType.BF16 ? 0.05 : 1e-6);
                assertThat(d.get(name).dtype()).isEqualTo(type);
            }
            assertThat(d.get("steps").toLongArray()).containsExactly(7);
            assertThat(x.minus(x).norm()).isZero();
            assertThat(TaskVector.sum(List.of(x, x, x)).cosine(x.negated())).isCloseTo(-1, within(1e-12));
            var table = TaskVector.cosines(List.of(x, y));
            double[] u = concat(x), v = concat(y);
            double dot = 0, uu = 0, vv = 0;
            for (int i = 0; i < u.length; i++) {
                dot += u[i] * v[i];
                uu += u[i] * u[i];
                vv += v[i] * v[i];
            }
            assertThat(table[0][1]).isCloseTo(dot / Math.sqrt(uu * vv), within(1e-12)).isEqualTo(table[1][0]);
        }
    }

    private static double[] concat(TaskVector v) {
        return Tensor.concat(0, v.deltas().get("w").flatten(), v.deltas().get("b")).toDoubleArray();
    }

    @Test void filesKeepEveryNumberAndAreSmallWhereMuchIsZero() throws IOException {
        var path = folder.resolve("tau.safetensors");
        for (double share : new double[] {0, 0.01, 0.1, 0.5, 1}) {
            var kept = Tensor.rand(Rng.of(5), 300, 40).lt(share);
            var map = new LinkedHashMap<String, Tensor>();
            var values = Tensor.randn(Rng.of(6), 300, 40);
            map.put("w", kept.where(values, values.zerosLike()).compute());
            map.put("scale", Tensor.scalar(2.5));
            var tau = TaskVector.of(map);
            tau.save(path);
            var again = TaskVector.load(path);
            assertThat(again.deltas().keySet()).containsExactlyInAnyOrderElementsOf(tau.deltas().keySet());
            for (var name : map.keySet()) {
                assertThat(again.deltas().get(name).shape()).isEqualTo(map.get(name).shape());
                assertThat(again.deltas().get(name).toDoubleArray()).containsExactly(map.get(name).toDoubleArray());
            }
            assertThat(Files.size(path)).isLessThan((long) (600 + 48_000 * Math.min(1, share + 1 / 32.0)));
            assertThat(again.density()).isCloseTo(share, within(0.02));
        }
    }

    @Test void namesThatEndAsPartsOfSparseOnesDoAreKept() throws IOException {
        var path = folder.resolve("named.safetensors");
        var map = new LinkedHashMap<String, Tensor>();
        var sparse = Tensor.arange(100).eq(7).to(DType.F32).compute();
        for (var name : List.of("head.values", "head.kept", "x.places")) map.put(name, Tensor.randn(Rng.of(name.length()), 30));
        for (var name : List.of("head", "x.values", "y")) map.put(name, sparse);
        TaskVector.of(map).save(path);
        var again = TaskVector.load(path).deltas();
        assertThat(again.keySet()).containsExactlyInAnyOrderElementsOf(map.keySet());
        map.forEach((name, d) -> assertThat(again.get(name).toFloatArray()).as(name).containsExactly(d.toFloatArray()));
    }

    @Test void whatDoesNotFitIsRefusedByName() throws IOException {
        SequencedMap<String, Tensor> base = weights(1, DType.F32), more = weights(2, DType.F32);
        more.put("w", Tensor.zeros(6, 4));
        assertThatThrownBy(() -> TaskVector.between(base, more)).isInstanceOf(ShapeException.class).hasMessageContaining("w is (5, 4)")
                .hasMessageContaining("(6, 4)");
        more.remove("w");
        assertThatThrownBy(() -> TaskVector.between(base, more)).isInstanceOf(FormatException.class).hasMessageContaining("[w]");
        var tau = TaskVector.between(base, weights(3, DType.F32));
        assertThatThrownBy(() -> tau.on(Map.of("w", Tensor.zeros(5, 4)))).isInstanceOf(FormatException.class);
        var path = folder.resolve("x.safetensors");
        Safetensors.write(path, base, Map.of());
        assertThatThrownBy(() -> TaskVector.load(path)).isInstanceOf(FormatException.class).hasMessageContaining("not a task vector");
        var wrong = new LinkedHashMap<String, Tensor>();
        wrong.put("w.places", Tensor.of(1, 9));
        wrong.put("w.values", Tensor.of(1f, 2f));
        Safetensors.write(path, wrong, new TreeMap<>(Map.of("formatVersion", "1", "kind", "task-vector", "shape w", "2,2")));
        assertThatThrownBy(() -> TaskVector.load(path)).isInstanceOf(FormatException.class).hasMessageContaining("w");
    }
}
