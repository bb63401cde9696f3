package lyceum.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.ref.Reference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.random.Rng;
import lyceum.tensor.OpCatalogMain;
import lyceum.tensor.Tensor;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The fences around off-heap memory. */
class MemoryTest {

    @Test void aTensorUsedAfterItsScopeSaysSoByName() {
        Tensor lost, kept;
        try (var scope = Scope.open("step 7")) {
            lost = Tensor.randn(Rng.of(1), 100, 100).compute();
            kept = lost.add(1).keptBy(scope);
        }
        assertThatThrownBy(() -> lost.item(0, 0)).isInstanceOf(LyceumException.class).hasMessageContaining("step 7")
                .hasMessageContaining("keep");
        assertThat(kept.item(0, 0)).isFinite();
    }

    @Test void aLimitedScopeRefusesWhatIsTooMuchBeforeItIsAllocated() {
        long before = Memory.stats().inUse();
        try (var scope = Scope.limited("reading", 1 << 20)) {
            Allocator.allocate(1 << 19);
            assertThatThrownBy(() -> Allocator.allocate(1L << 40)).isInstanceOf(Scope.LimitException.class).hasMessageContaining("reading");
            try (var outside = Scope.outside(); var inner = Scope.open()) {
                Allocator.allocate(1 << 18);
                assertThatThrownBy(() -> Allocator.allocate(1 << 19)).isInstanceOf(Scope.LimitException.class);
            }
            assertThat(scope.allocated()).isEqualTo((1 << 19) + (1 << 18));
            assertThatThrownBy(() -> Allocator.allocate(1 << 19)).isInstanceOf(Scope.LimitException.class);
        }
        assertThat(Memory.stats().inUse() - before).isLessThan(64L << 20);
        assertThatThrownBy(() -> Scope.limited("x", -1)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("-1");
    }

    @Test void aScopeGivesItsMemoryBackAtOnce() {
        System.gc();
        long before = Memory.stats().inUse();
        for (int i = 0; i < 200; i++) {
            try (var scope = Scope.open()) {
                Tensor.zeros(DType.F64, 1 << 17).compute();
            }
        }
        assertThat(Memory.stats().inUse() - before).isLessThan(64L << 20);
    }

    @Test void aScopeGivesSmallMemoryBackAtOnceToo() {
        for (long bytes : new long[] {64, 4096, 20_000, 32_768}) {
            long before = -1;
            for (int i = 0; i < 3000; i++) {
                try (var scope = Scope.open()) {
                    for (int k = 0; k < 20; k++) Allocator.allocate(bytes);
                }
                if (i == 10) before = Memory.stats().inUse();
            }
            assertThat(Memory.stats().inUse()).as(bytes + " bytes").isLessThanOrEqualTo(before + (4L << 20));
        }
    }

    @Test void aScopeCountsWhatIsAskedForInsideIt() {
        try (var scope = Scope.open()) {
            Allocator.allocate(100);
            Allocator.allocate(1 << 20);
            assertThat(scope.allocated()).isEqualTo(100 + (1 << 20));
            scope.release(storage -> false);
            try (var inner = Scope.open(); var outside = Scope.outside()) {
                Allocator.allocate(50_000);
                assertThat(outside.allocated()).isEqualTo(50_000);
                assertThat(inner.allocated()).isZero();
            }
            assertThat(scope.allocated()).isEqualTo(50_100 + (1 << 20));
        }
    }

    @Test void aSmallTensorThatIsKeptIsNotOverwrittenByThoseOfLaterScopes() {
        var kept = new ArrayList<Tensor>();
        for (int i = 0; i < 300; i++) {
            try (var outer = Scope.open("outer")) {
                Tensor value;
                try (var inner = Scope.open("inner")) {
                    Tensor.full(DType.F64, -1, 200).compute();
                    value = Tensor.full(DType.F64, i, 200).compute().keptBy(inner);
                    Tensor.full(DType.F64, -2, 3000).compute();
                }
                if (i % 2 == 0) kept.add(value.keptBy(outer));
            }
        }
        for (int i = 0; i < kept.size(); i++) for (double v : kept.get(i).toDoubleArray()) assertThat(v).isEqualTo(2 * i);
    }

    @Test void statsShowWhatIsHeldAndTheMostThatEverWas() {
        var held = new Storage[] {Allocator.allocate(9L << 20), Allocator.allocate(9L << 20), Allocator.allocate(9L << 20)};
        var stats = Memory.stats();
        assertThat(stats.inUse()).isGreaterThanOrEqualTo(30L << 20);
        assertThat(stats.peak()).isGreaterThanOrEqualTo(stats.inUse());
        assertThat(stats.budget()).isEqualTo(Memory.budget());
        assertThat(stats.holders()).anySatisfy(holder -> {
            assertThat(holder.bytes()).isEqualTo(10L << 20);
            assertThat(holder.count()).isGreaterThanOrEqualTo(3);
            assertThat(holder.slab()).isFalse();
            assertThat(holder.toString()).endsWith(" x 10 MiB");
        });
        assertThat(stats.holders().stream().mapToLong(Memory.Holder::total).sum()).isLessThanOrEqualTo(stats.peak());
        assertThat(stats.holders()).isSortedAccordingTo(Comparator.comparingLong(Memory.Holder::total).reversed());
        assertThat(stats.toString()).contains(" in use (peak ").contains("Largest: ");
        assertThat(Memory.text(1536)).isEqualTo("1.5 KiB");
        Reference.reachabilityFence(held);
    }

    @Test void aMillionSmallTensorsASecondLeaveTheResidentSizeFlat() { soak(3); }

    @Test
    @Tag("heavy") void aMinuteOfSmallTensorsLeavesTheResidentSizeFlat() { soak(60); }

    private static void soak(int seconds) {
        var run = ForkedJvm.of(SmallTensors.class).withFlags("-Xmx256m", "-Xms256m", "-XX:+AlwaysPreTouch")
                .withArguments(Integer.toString(seconds)).within(Duration.ofSeconds(20 * seconds + 60)).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("flat");
    }

    @Test void whatIsAllocatedOutsideSurvivesTheScope() {
        Tensor state;
        try (var scope = Scope.open("inner")) {
            try (var outside = Scope.outside()) {
                state = Tensor.ones(5000).compute();
            }
        }
        assertThat(state.item(4999)).isEqualTo(1);
    }

    @Test void workThatWasPutOffBelongsToTheScopeInWhichItWasAskedFor() {
        var x = Tensor.randn(Rng.of(1), DType.F64, 5000).compute();
        var pending = x.mul(2).add(1);
        Tensor inner;
        try (var scope = Scope.open("inner")) {
            pending.sum().item();
            inner = x.mul(3);
        }
        assertThat(pending.item(7)).isEqualTo(2 * x.item(7) + 1);
        assertThatThrownBy(() -> inner.item(7)).isInstanceOf(LyceumException.class).hasMessageContaining("inner");
    }

    @Test void aWriteDoesNotProduceWorkOfAClosedScope() {
        var written = Tensor.zeros(1000).compute();
        Tensor pending;
        try (var scope = Scope.open("inner")) {
            pending = written.add(Tensor.ones(1000).compute()).mul(2);
        }
        written.add_(1);
        written.copy_(Tensor.full(lyceum.DType.F32, 3, 1000));
        assertThat(written.item(999)).isEqualTo(3);
        assertThatThrownBy(pending::compute).hasMessageContaining("scope \"inner\"");
    }

    @Test void scopesCloseInOrderAndOnTheirThread() throws InterruptedException {
        var scope = Scope.open("mine");
        var failure = new Throwable[1];
        var thread = Thread.ofPlatform().start(() -> {
            try {
                scope.close();
            } catch (IllegalStateException e) {
                failure[0] = e;
            }
        });
        thread.join();
        scope.close();
        assertThat(failure[0]).hasMessageContaining("mine");
    }

    @Test void trainingStaysFlatWithoutMemoryCodeByTheUser() {
        var run = ForkedJvm.of(TrainingLoop.class).withFlags("-Xmx512m").within(Duration.ofSeconds(300)).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("flat");
    }

    @Test void theCatalogueHoldsWithPoisonInSixtyFourMegabytesBesideForcedCollections() {
        var run = ForkedJvm.of(OpCatalogMain.class).withFlags("-Xmx64m", "-XX:+UseSerialGC").withArguments("ON", "all", "10")
                .withEnvironment("LYCEUM_POISON", "on").within(Duration.ofSeconds(300)).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains(" 0 failed");
    }

    @Test void theCatalogueHoldsWithNarrowVectors() {
        var run = ForkedJvm.of(OpCatalogMain.class)
                .withFlags("-Xmx256m", "-XX:MaxVectorSize=16", "-XX:+UseSerialGC", "-Dlyceum.backend=vector")
                .withArguments("ALWAYS", "all", "0").within(Duration.ofSeconds(300)).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("128-bit").contains(" 0 failed");
    }

    @Test void withinTheBudgetUnreachableTensorsAreReclaimed() {
        var run = ForkedJvm.of(Churn.class).withFlags("-Xmx64m", "-Dlyceum.memory.budget=" + (96L << 20)).withArguments("churn").run();
        assertThat(run.exitCode()).as(run.output()).isZero();
    }

    @Test void beyondTheBudgetTheErrorNamesTheFiguresAndTheSetting() {
        var run = ForkedJvm.of(Churn.class).withFlags("-Xmx64m", "-Dlyceum.memory.budget=" + (96L << 20)).withArguments("hold").run();
        assertThat(run.output()).contains("budget of 96 MiB").contains("4 MiB more").contains("lyceum.memory.budget")
                .containsPattern("Largest: 2\\d x 4 MiB");
        var named = ForkedJvm.of(Churn.class).withFlags("-Xmx64m", "-Dlyceum.memory.budget=" + (96L << 20))
                .withEnvironment("LYCEUM_MEMORY_SITES", "on").withArguments("hold").run();
        assertThat(named.output()).containsPattern("x 4 MiB at lyceum.memory.Churn.hold:\\d+");
    }

    @Test void withExplicitCollectionsDisabledTheErrorSaysSo() {
        var run = ForkedJvm.of(Churn.class).withFlags("-Xmx64m", "-XX:+DisableExplicitGC", "-Dlyceum.memory.budget=" + (96L << 20))
                .withArguments("hold").run();
        assertThat(run.output()).contains("DisableExplicitGC");
    }
}
