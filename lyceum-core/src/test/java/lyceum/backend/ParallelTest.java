package lyceum.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The pool's promises: every piece once, no deadlock, the same borders and errors whatever the threads, and an idle pool that sleeps. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ParallelTest {

    private static void coversOnce(int n, long grain, double nanos) {
        var seen = new AtomicIntegerArray(n);
        Parallel.range(n, grain, nanos, (from, to) -> {
            assertThat(to - from).isBetween(1L, grain);
            assertThat(from % grain).isZero();
            for (int i = (int) from; i < to; i++) seen.incrementAndGet(i);
        });
        for (int i = 0; i < n; i++) assertThat(seen.get(i)).isEqualTo(1);
    }

    @Test void everyElementIsCoveredOnceInPiecesOfTheGrain() {
        var rng = Rng.of(1);
        for (int i = 0; i < 500; i++) coversOnce((int) rng.nextLong(3000), 1 + rng.nextLong(200), rng.nextLong(2) == 0 ? 1e6 : 1);
        Parallel.range(0, 1, (from, to) -> { throw new AssertionError("nothing to do"); });
        Parallel.range(-5, 1, (from, to) -> { throw new AssertionError("nothing to do"); });
        assertThatThrownBy(() -> Parallel.range(5, 0, (from, to) -> {})).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("grain is 0");
    }

    @Test void sizesNearTheLargestLongAreCutWithoutOverflow() {
        var last = new AtomicLong();
        long n = Long.MAX_VALUE, grain = Long.MAX_VALUE / 2;
        Parallel.range(n, grain, (from, to) -> last.accumulateAndGet(to, Math::max));
        assertThat(last.get()).isEqualTo(n);
    }

    @Test void callsWithinCallsAndFromManyThreadsEnd() throws Exception {
        try (var platform = Executors.newFixedThreadPool(6); var virtual = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<Long>>();
            for (int t = 0; t < 12; t++) {
                tasks.add(() -> {
                    var sum = new AtomicLong();
                    Parallel.range(12, 1,
                            (from, to) -> Parallel.range(12, 1, (a, b) -> Parallel.range(7, 2, (c, d) -> sum.addAndGet(d - c))));
                    return sum.get();
                });
            }
            for (int round = 0; round < 10; round++) {
                var results = platform.invokeAll(tasks);
                for (var result : virtual.invokeAll(tasks)) assertThat(result.get()).isEqualTo(12 * 12 * 7);
                for (var result : results) assertThat(result.get()).isEqualTo(12 * 12 * 7);
            }
        }
    }

    @Test void aBodyThatHoldsALockCannotMeetAStrangerThatWantsIt() throws Exception {
        var lock = new Object();
        try (var pool = Executors.newFixedThreadPool(4)) {
            var tasks = new ArrayList<Callable<Long>>();
            for (int t = 0; t < 4; t++) {
                tasks.add(() -> {
                    var sum = new AtomicLong();
                    Parallel.range(20, 1, (from, to) -> {
                        synchronized (lock) {
                            Parallel.range(8, 1, (a, b) -> sum.incrementAndGet());
                        }
                    });
                    return sum.get();
                });
            }
            for (var result : pool.invokeAll(tasks)) assertThat(result.get()).isEqualTo(160);
        }
    }

    @Test void theFailureOfTheFirstPieceThatFailsReachesTheCaller() {
        for (int round = 0; round < 200; round++) {
            int first = round % 40;
            assertThatThrownBy(() -> Parallel.range(64, 1, (from, to) -> {
                if (from >= first && (from - first) % 3 == 0) throw new IllegalStateException("piece " + from);
            })).isInstanceOf(IllegalStateException.class).hasMessage("piece " + first);
        }
        assertThatThrownBy(
                () -> Parallel.range(9, 1, (from, to) -> Parallel.range(9, 1, (a, b) -> { throw new StackOverflowError("deep"); })))
                .isInstanceOf(StackOverflowError.class).hasMessage("deep");
        coversOnce(1000, 3, 1e6);
    }

    @Test void anInterruptNeitherEndsTheCallNorGetsLost() {
        for (int round = 0; round < 50; round++) {
            Thread.currentThread().interrupt();
            var done = new AtomicLong();
            Parallel.range(50, 1, (from, to) -> {
                if (from % 7 == 0) Thread.currentThread().interrupt();
                done.incrementAndGet();
            });
            assertThat(done.get()).isEqualTo(50);
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test void aBodySeesTheCallersScopeOnEveryThread() {
        try (var scope = Scope.open("mine")) {
            Parallel.range(400, 1, (from, to) -> {
                assertThat(Scope.current()).isSameAs(scope);
                try (var inner = Scope.open("inner")) {
                    Parallel.range(3, 1, (a, b) -> assertThat(Scope.current()).isSameAs(inner));
                }
                assertThat(Scope.current()).isSameAs(scope);
            });
        }
        Parallel.range(400, 1, (from, to) -> assertThat(Scope.current()).isNull());
    }

    @Test void smallWorkStaysOnTheCaller() {
        var threads = ConcurrentHashMap.<Thread>newKeySet();
        for (int i = 0; i < 1000; i++) Parallel.range(100, 10, 1, (from, to) -> threads.add(Thread.currentThread()));
        Parallel.sequentially(() -> Parallel.range(100, 1, (from, to) -> threads.add(Thread.currentThread())));
        assertThat(threads).containsExactly(Thread.currentThread());
    }

    @Test void twoCallersGetEqualSharesAndAnIdlePoolSleeps() {
        for (int threads : new int[] {2, 3, 5}) {
            var run = ForkedJvm.of(PoolShares.class).withFlags("-Xmx64m", "-Dlyceum.threads=" + threads).run();
            assertThat(run.exitCode()).as(run.output()).isZero();
            assertThat(run.output()).contains("fair").contains("asleep");
        }
        var one = ForkedJvm.of(PoolShares.class).withFlags("-Xmx64m").withEnvironment("LYCEUM_THREADS", "1").run();
        assertThat(one.output()).contains("alone");
        var wrong = ForkedJvm.of(PoolShares.class).withFlags("-Xmx64m").withEnvironment("LYCEUM_THREADS", "many").run();
        assertThat(wrong.exitCode()).isNotZero();
        assertThat(wrong.output()).contains("LYCEUM_THREADS").contains("\"many\"");
    }
}
