package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import org.assertj.core.api.Assertions;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pending work that several threads share: no deadlock, no wrong value. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SharedWorkTest {
    private static final long LARGE = 200_000;

    private static Tensor draw(long seed, long n) { return Tensor.randn(Rng.of(seed), DType.F64, n).compute(); }

    /** Bodies of a parallel range read pending tensors whose own production is parallel. */
    private static double readFromBodies(Tensor[] pending, int bodies) {
        var sum = new DoubleAdder();
        Parallel.range(bodies, 1, (from, to) -> {
            for (long i = from; i < to; i++)
                for (int k = 0; k < pending.length; k++) sum.add(pending[(int) ((i + k) % pending.length)].item(LARGE - 1));
        });
        return sum.sum();
    }

    @Test void bodiesOfAParallelRangeReadSharedPendingTensors() {
        for (int round = 0; round < 20; round++) {
            var x = draw(round, LARGE);
            var pending = new Tensor[4];
            for (int k = 0; k < pending.length; k++) pending[k] = x.mul(k + 1).add(1);
            double expected = 0;
            for (int k = 0; k < pending.length; k++) expected += x.item(LARGE - 1) * (k + 1) + 1;
            assertThat(readFromBodies(pending, 16) / 16).isCloseTo(expected, Offset.offset(1e-9));
        }
    }

    @Test void severalCallersAndTheirBodiesReadTheSamePendingTensors() throws Exception {
        for (int round = 0; round < 10; round++) {
            var x = draw(round, LARGE);
            var shared = x.exp();
            var pending = new Tensor[] {shared.add(1), shared.mul(2), shared.sub(x), x.add(shared)};
            double e = Math.exp(x.item(LARGE - 1)), v = x.item(LARGE - 1), expected = (e + 1) + 2 * e + (e - v) + (v + e);
            try (var pool = Executors.newFixedThreadPool(4)) {
                var tasks = new ArrayList<Callable<Double>>();
                for (int t = 0; t < 4; t++) tasks.add(() -> readFromBodies(pending, 8) / 8);
                for (var result : pool.invokeAll(tasks)) assertThat(result.get()).isCloseTo(expected, Offset.offset(1e-9));
            }
        }
    }

    @Test void manyVirtualThreadsBuildOnAndReadOnePendingGraph() throws Exception {
        var x = draw(3, 5000);
        var shared = x.exp().add(1);
        var behind = shared.mul(2).sub(x);
        double value = Math.exp(x.item(17)) + 1, v = x.item(17);
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<double[]>>();
            for (int t = 0; t < 300; t++) {
                int k = t;
                tasks.add(() -> new double[] {k, behind.add(k).item(17), shared.mul(k).add(behind).item(17), shared.item(17)});
            }
            for (var result : pool.invokeAll(tasks)) {
                double[] r = result.get();
                assertThat(r[1]).isEqualTo(value * 2 - v + r[0]);
                assertThat(r[2]).isEqualTo(value * r[0] + (value * 2 - v));
                assertThat(r[3]).isEqualTo(value);
            }
        }
    }

    @Test void writersInPlaceAndReadersOfOtherTensorsDoNotDisturbEachOther() throws Exception {
        var shared = draw(4, 3000).exp();
        double s = shared.item(11);
        try (var pool = Executors.newFixedThreadPool(8)) {
            var tasks = new ArrayList<Callable<Boolean>>();
            for (int t = 0; t < 8; t++) {
                int k = t;
                tasks.add(() -> {
                    var mine = Tensor.zeros(DType.F64, 3000);
                    double expected = 0;
                    for (int i = 0; i < 100; i++) {
                        var before = mine.mul(3).add(shared);
                        mine.add_(shared.mul(k));
                        if (before.item(11) != expected * 3 + s) return false;
                        expected = expected + s * k;
                        if (mine.item(11) != expected) return false;
                    }
                    return true;
                });
            }
            for (var result : pool.invokeAll(tasks)) assertThat(result.get()).isTrue();
        }
    }

    @Test void scopesOfSeveralThreadsAreApart() throws Exception {
        var shared = draw(5, 3000).square();
        double s = shared.item(11);
        try (var pool = Executors.newFixedThreadPool(6)) {
            var tasks = new ArrayList<Callable<Boolean>>();
            for (int t = 0; t < 6; t++) {
                tasks.add(() -> {
                    double kept = 0;
                    for (int i = 0; i < 200; i++) {
                        Tensor result;
                        try (var scope = Scope.open("step")) {
                            var wide = shared.add(i).reshape(50, 60).copy();
                            result = wide.mul(2).sum(0).keptBy(scope);
                        }
                        kept = result.item(11);
                    }
                    return Double.isFinite(kept);
                });
            }
            for (var result : pool.invokeAll(tasks)) assertThat(result.get()).isTrue();
        }
        assertThat(shared.item(11)).isEqualTo(s);
    }

    @Test void gradientsOfSeveralThreadsAddUpInTheirCommonLeaf() throws Exception {
        var w = Tensor.ones(DType.F64, 700).requiresGrad();
        try (var pool = Executors.newFixedThreadPool(8)) {
            var tasks = new ArrayList<Callable<Void>>();
            for (int t = 0; t < 8; t++) {
                tasks.add(() -> {
                    for (int i = 0; i < 50; i++) w.mul(3).sum().backward();
                    return null;
                });
            }
            for (var result : pool.invokeAll(tasks)) result.get();
        }
        assertThat(w.grad().item(699)).isEqualTo(8 * 50 * 3);
    }

    /** What takes long: machine code of several kinds, and loops in Java. */
    private static List<Supplier<Tensor>> longWork() {
        Tensor x = draw(6, 400_000), m = draw(7, 160_000).reshape(400, 400), narrow = m.to(DType.F32).compute(),
                image = Tensor.randn(Rng.of(8), 2, 16, 40, 40).compute(), weight = Tensor.randn(Rng.of(9), 16, 16, 3, 3).compute();
        return List.of(() -> x.exp().mul(x), () -> x.sum(), () -> m.matmul(m), () -> narrow.matmul(narrow), () -> narrow.softmax(1),
                () -> narrow.sort(1).values(), () -> image.conv2d(weight, null, 1, 1),
                () -> new Attention().withCausal(true).of(narrow, narrow, narrow));
    }

    @Test void anInterruptDuringLongWorkLeavesTensorsWholeAndIsNotLost() throws Exception {
        var work = longWork();
        var expected = work.stream().map(w -> w.get().to(DType.F64).toDoubleArray()).toList();
        var wrong = new AtomicInteger();
        var rounds = new AtomicInteger();
        var worker = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < 20; i++) {
                for (int k = 0; k < work.size(); k++) {
                    Thread.currentThread().interrupt();
                    if (!Arrays.equals(work.get(k).get().to(DType.F64).toDoubleArray(), expected.get(k)) || !Thread.interrupted())
                        wrong.incrementAndGet();
                }
                rounds.incrementAndGet();
            }
        });
        while (worker.isAlive()) {
            worker.interrupt();
            Thread.onSpinWait();
        }
        assertThat(rounds.get()).isEqualTo(20);
        assertThat(wrong.get()).isZero();
        for (int k = 0; k < work.size(); k++)
            assertThat(work.get(k).get().to(DType.F64).toDoubleArray()).as("afterwards").isEqualTo(expected.get(k));
    }

    @Test void anErrorInOneBodyReachesTheCallerAndThePoolLivesOn() {
        for (int round = 0; round < 50; round++) {
            int bad = round;
            Assertions.assertThatThrownBy(() -> Parallel.range(50, 1, (from, to) -> {
                if (from == bad) throw new IllegalStateException("body " + bad);
            })).hasStackTraceContaining("body " + bad);
        }
        var sum = new DoubleAdder();
        Parallel.range(100, 1, (from, to) -> Parallel.range(100, 1, (a, b) -> Parallel.range(3, 1, (c, d) -> sum.add(1))));
        assertThat(sum.sum()).isEqualTo(30_000);
    }
}
