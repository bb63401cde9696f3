package lyceum.labs.run;

import static lyceum.labs.run.LabRunnerTest.dummy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import lyceum.labs.LabCancelledException;
import lyceum.labs.LabParameterException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class WorkerPoolTest {

    private static final WorkerPool POOL = new WorkerPool(WorkerOptions.defaults().withHeap("96m").withRuns(2, 2));
    private final List<LabEvent> events = new CopyOnWriteArrayList<>();

    @AfterAll static void close() { POOL.close(); }

    private static double pid(LabResult result) { return result.checks().getFirst().value(); }

    @Test void labRunsInAJvmOfItsOwnAndItsOutputIsNoProtocol() {
        var result = POOL.run(dummy("PrintingLab"), events::add);
        assertThat(pid(result)).isNotEqualTo(ProcessHandle.current().pid());
        assertThat(events).noneMatch(LabEvent.Failed.class::isInstance);
        assertThat(events.getFirst()).isInstanceOf(LabEvent.Started.class);
        assertThat(events.getLast()).isInstanceOf(LabEvent.Finished.class);
    }

    @Test void warmWorkerIsUsedAgain() {
        try (var pool = new WorkerPool(WorkerOptions.defaults().withHeap("96m").withRuns(1, 2))) {
            var workers = new HashSet<Double>();
            for (int i = 0; i < 4; i++) workers.add(pid(pool.run(dummy("PrintingLab"), e -> {})));
            assertThat(workers).hasSizeLessThanOrEqualTo(2); // the one that ran, and the one that stood by before it was back
        }
    }

    @Test void sameResultAsInThisJvm() {
        var request = dummy("GoodLab").withParams(Map.of("k", "5"));
        var here = new LabRunner().run(request, e -> {});
        var there = POOL.run(request, events::add);
        assertThat(there.checks()).isEqualTo(here.checks());
        assertThat(there.params()).isEqualTo(here.params());
        assertThat(there.said()).isEqualTo(here.said());
        assertThat(there.tables()).isEqualTo(here.tables());
    }

    @Test void parametersAreCheckedBeforeAnythingRuns() {
        assertThatThrownBy(() -> POOL.submit(dummy("GoodLab").withParams(Map.of("q", "0")), events::add))
                .isInstanceOf(LabParameterException.class);
        assertThat(events).isEmpty();
    }

    @Test void throwingLabFailsWithItsMessageAndStackAndThePoolLives() {
        assertThatThrownBy(() -> POOL.run(dummy("ThrowingLab"), events::add)).hasMessage("the third cluster is empty")
                .hasRootCauseInstanceOf(RuntimeException.class);
        assertThat(events.getLast()).isInstanceOfSatisfying(LabEvent.Failed.class, f -> assertThat(f.stack()).contains("ThrowingLab.run"));
        assertThat(POOL.run(dummy("GoodLab"), e -> {}).noneFails()).isTrue();
    }

    @Test void labThatUsesUpItsHeapFailsAndThePoolLives() {
        assertThatThrownBy(() -> POOL.run(dummy("GreedyLab"), events::add)).hasMessage("the lab used up its memory of 96m");
        assertThat(POOL.run(dummy("GoodLab"), e -> {}).noneFails()).isTrue();
    }

    @Test void labThatCrashesItsJvmFailsWithItsLogAndThePoolLives() {
        assertThatThrownBy(() -> POOL.run(dummy("CrashingLab"), events::add)).hasMessage("the lab's JVM ended with exit code 134");
        assertThat(events.getLast()).isInstanceOfSatisfying(LabEvent.Failed.class, f -> assertThat(f.stack()).contains("last words"));
        assertThat(POOL.run(dummy("GoodLab"), e -> {}).noneFails()).isTrue();
    }

    @Test void labWhoseJvmIsKilledSaysSoInWords() {
        assertThatThrownBy(() -> POOL.run(dummy("KilledLab"), events::add))
                .hasMessage("the lab's JVM was killed; a machine that runs out of memory does that");
    }

    @Test void logOfACrashLiesAmongTemporaryFiles() throws IOException {
        assertThatThrownBy(() -> POOL.run(dummy("KilledLab").withParams(Map.of("crash", "true")), events::add))
                .hasMessageContaining("exit code 134");
        assertThat(logs(Path.of(""), "hs_err_pid")).isEmpty();
        var logs = logs(Path.of(System.getProperty("java.io.tmpdir")), "lyceum-lab-");
        assertThat(logs).isNotEmpty();
        for (var log : logs) {
            Files.delete(log);
        }
    }

    private static List<Path> logs(Path folder, String name) throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(f -> f.getFileName().toString().startsWith(name)).toList();
        }
    }

    @Test void workerSaysWhatItComputesWith() {
        POOL.run(dummy("GoodLab"), events::add);
        assertThat(POOL.backend()).isIn("x86", "vector", "scalar").isEqualTo(new LabRunner().backend());
    }

    @Test void deafLabIsKilledAtItsBudget() {
        assertThatThrownBy(
                () -> POOL.run(dummy("EndlessLab").withParams(Map.of("polite", "false")).within(Duration.ofMillis(100)), events::add))
                .isInstanceOf(LabCancelledException.class).hasMessage("stopped at its time budget of 0.1 s");
        assertThat(POOL.run(dummy("GoodLab"), e -> {}).noneFails()).isTrue();
    }

    @Test void politeLabStopsWhenCancelledAndItsWorkerGoesOn() throws Exception {
        var running = new CountDownLatch(1);
        var run = POOL.submit(dummy("CountingLab"), e -> {
            events.add(e);
            if (e instanceof LabEvent.Progress) {
                running.countDown();
            }
        });
        assertThat(running.await(20, TimeUnit.SECONDS)).isTrue();
        run.cancel();
        assertThatThrownBy(run::join).isInstanceOf(LabCancelledException.class).hasMessage("stopped");
        assertThat(events.getLast()).isEqualTo(new LabEvent.Cancelled("stopped"));
    }

    @Test void queueIsBounded() {
        try (var pool = new WorkerPool(WorkerOptions.defaults().withHeap("96m").withRuns(1, 2))) {
            var runs = new ArrayList<LabRun>();
            for (int i = 0; i < 3; i++) {
                runs.add(pool.submit(dummy("EndlessLab"), e -> {}));
            }
            assertThatThrownBy(() -> pool.submit(dummy("EndlessLab"), e -> {})).isInstanceOf(QueueFullException.class)
                    .hasMessage("2 runs wait already; try again in a while");
            runs.getLast().cancel();
            assertThatThrownBy(runs.getLast()::join).isInstanceOf(LabCancelledException.class);
            var another = pool.submit(dummy("GoodLab"), e -> {});
            runs.forEach(LabRun::cancel);
            assertThat(another.join().noneFails()).isTrue();
        }
    }

    @Test void closingEndsEveryRun() {
        var pool = new WorkerPool(WorkerOptions.defaults().withHeap("96m").withRuns(1, 2));
        var first = pool.submit(dummy("EndlessLab"), e -> {});
        var second = pool.submit(dummy("EndlessLab"), e -> {});
        pool.close();
        assertThatThrownBy(first::join).isInstanceOf(LabCancelledException.class);
        assertThatThrownBy(second::join).isInstanceOf(LabCancelledException.class);
        assertThatThrownBy(() -> pool.submit(dummy("GoodLab"), e -> {})).isInstanceOf(IllegalStateException.class);
    }
}
