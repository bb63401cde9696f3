package lyceum.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Test;

/** Size classes, requests beyond all bounds, the cache, and what a closed scope leaves behind. */
class AllocatorTest {

    @Test void everySizeFitsItsBlockAndIsAligned() {
        var rng = Rng.of(1);
        for (int i = 0; i < 400; i++) {
            long near = (1L << (i % 22)) + rng.nextLong(5) - 2, bytes = Math.max(0, i < 200 ? near : rng.nextLong(3_000_000));
            var storage = Allocator.allocate(bytes);
            assertThat(storage.bytes()).isEqualTo(bytes);
            assertThat((storage.segment().address() + storage.base()) % 64).isZero();
            storage.segment().asSlice(storage.base(), bytes).fill((byte) i);
            assertThat(storage.segment().byteSize()).as("at most a quarter is lost")
                    .isLessThanOrEqualTo(bytes <= Slab.SMALL ? Slab.bytes(Slab.kind(bytes)) : bytes + bytes / 4);
        }
    }

    /** As the system's own list of mappings says ({@code hg}), whether it has some to give or not. */
    @Test void largeBlocksAskForLargePages() throws IOException {
        assumeThat(Path.of("/sys/kernel/mm/transparent_hugepage/enabled")).exists();
        var storage = Allocator.allocate(32L << 20);
        long address = storage.segment().address() + storage.base() + (16L << 20);
        assertThat((storage.segment().address() + storage.base()) % NativeMemory.LARGE).isZero();
        boolean inside = false;
        String flags = null;
        for (var line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                var range = line.substring(0, line.indexOf(' ')).split("-");
                inside = Long.parseUnsignedLong(range[0], 16) <= address && address < Long.parseUnsignedLong(range[1], 16);
            } else if (inside && line.startsWith("VmFlags:")) {
                flags = line;
            }
        }
        assertThat(flags).contains(" hg");
        Reference.reachabilityFence(storage);
    }

    @Test void memoryThatNoPoolTakesBackIsFreedWithItsLastPart() throws IOException {
        var kept = Allocator.unpooled(3L << 20).asSlice(1 << 20, 1 << 10).fill((byte) 7);
        long before = resident();
        for (int i = 0; i < 64; i++) Allocator.unpooled(16L << 20).fill((byte) i);
        assertThat(resident() - before).as("of a GiB of garbage").isLessThan(512L << 20);
        assertThat(kept.toArray(ValueLayout.JAVA_BYTE)).containsOnly(7);
    }

    private static long resident() throws IOException {
        for (var line : Files.readAllLines(Path.of("/proc/self/status")))
            if (line.startsWith("VmRSS:")) return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
        return 0;
    }

    @Test void neighboursInASlabDoNotOverlap() {
        var storages = new Storage[3000];
        for (int i = 0; i < storages.length; i++) {
            storages[i] = Allocator.allocate(i % 700);
            storages[i].segment().asSlice(storages[i].base(), i % 700).fill((byte) i);
        }
        for (int i = 0; i < storages.length; i++)
            for (int b = 0; b < i % 700; b += 50)
                assertThat(storages[i].segment().get(ValueLayout.JAVA_BYTE, storages[i].base() + b)).isEqualTo((byte) i);
    }

    @Test void aRequestBeyondTheBudgetIsRefusedAtOnceAndLeavesTheBooksInOrder() {
        var before = Memory.stats();
        for (long bytes : new long[] {Long.MAX_VALUE, 1L << 62, (1L << 62) + 1, 7L << 60, before.budget() + 1})
            assertThatThrownBy(() -> Allocator.allocate(bytes)).isInstanceOf(OutOfMemoryError.class).hasMessageContaining("budget of")
                    .hasMessageContaining("lyceum.memory.budget");
        assertThat(Memory.stats().budget()).isEqualTo(before.budget());
        assertThat(Memory.stats().inUse()).isBetween(0L, before.inUse() + (1L << 30));
        assertThatThrownBy(() -> Allocator.allocate(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Tensor.zeros(1L << 45).compute()).isInstanceOf(OutOfMemoryError.class);
        assertThat(Tensor.ones(10).sum().item()).isEqualTo(10);
    }

    @Test void aTensorOfAClosedScopeSaysSoOnEveryThread() throws InterruptedException {
        Tensor large, small, view, pending;
        try (var scope = Scope.open("batch 7")) {
            large = Tensor.randn(Rng.of(1), DType.F64, 5000).compute();
            small = Tensor.of(1.0, 2);
            view = large.reshape(50, 100).transpose();
            pending = large.mul(2);
        }
        for (var tensor : new Tensor[] {large, small, view, pending}) {
            var thrown = new AtomicReference<Throwable>();
            Thread.ofPlatform().start(() -> {
                try {
                    tensor.add(1).sum().item();
                } catch (LyceumException e) {
                    thrown.set(e);
                }
            }).join();
            assertThat(thrown.get()).hasMessageContaining("batch 7").hasMessageContaining("keep");
            assertThatThrownBy(() -> tensor.fill_(0)).isInstanceOf(LyceumException.class).hasMessageContaining("batch 7");
        }
    }

    @Test void anInterruptedThreadStillWaitsForReclaimedMemory() {
        var run = ForkedJvm.of(Churn.class).withFlags("-Xmx64m", "-Dlyceum.memory.budget=" + (96L << 20)).withArguments("interrupted")
                .run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("still interrupted");
    }

    @Test void manyThreadsShareTheBudget() {
        var run = ForkedJvm.of(Churn.class).withFlags("-Xmx128m", "-Dlyceum.memory.budget=" + (200L << 20)).withArguments("threads").run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.peakResidentBytes()).isLessThan(600L << 20);
    }

    @Test void theCacheDoesNotGrowWithTheNumberOfSizesThatWereEverUsed() {
        var run = ForkedJvm.of(Churn.class).withFlags("-Xmx128m", "-Dlyceum.memory.budget=" + (8L << 30)).withArguments("sizes").run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        long mebibytes = Long.parseLong(run.output().replaceAll("(?s).*most (\\d+) MiB.*", "$1"));
        assertThat(mebibytes).as(run.output()).isLessThan(600);
        assertThat(run.peakResidentBytes()).isLessThan(1000L << 20);
    }

    @Test void pendingWorkIsBoundedInBytesHeldAndGraphsAreReleased() {
        var run = ForkedJvm.of(HeldBytes.class).withFlags("-Xmx64m", "-Dlyceum.memory.budget=" + (96L << 20)).run();
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).contains("sum 19900.0").contains("graphs released");
    }
}
