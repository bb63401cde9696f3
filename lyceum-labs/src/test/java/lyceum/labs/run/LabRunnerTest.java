package lyceum.labs.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import lyceum.labs.CheckResult;
import lyceum.labs.LabCancelledException;
import lyceum.labs.LabException;
import lyceum.labs.LabParameterException;
import lyceum.labs.Verdict;
import lyceum.testing.LocaleHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LabRunnerTest {

    private final LabRunner runner = new LabRunner();
    private final List<LabEvent> events = new CopyOnWriteArrayList<>();

    @AfterEach void close() { runner.close(); }

    static LabRequest dummy(String name) { return LabRequest.of("k-means", "lyceum.labs.dummy." + name); }

    @Test void aLineOfTextReachesTheLab() throws Exception {
        var result = runner.run(dummy("EchoLab").withParams(Map.of("line", "% of 'all'")), e -> {});
        assertThat(result.said()).containsExactly("% of 'all'");
        assertThat(result.params()).containsEntry("line", "% of 'all'");
    }

    @Test void runEmitsEventsInOrderAndReturnsTheirSum() {
        var result = runner.run(dummy("GoodLab").withParams(Map.of("k", "4")).withSeed(9), events::add);
        assertThat(events.getFirst()).isInstanceOfSatisfying(LabEvent.Started.class, s -> assertThat(s.params()).containsEntry("k", 4));
        assertThat(events.getLast()).isEqualTo(new LabEvent.Finished(result));
        assertThat(events).filteredOn(LabEvent.Progress.class::isInstance).last().isEqualTo(new LabEvent.Progress("counting", 4, 4, 0));
        assertThat(result.said()).containsExactly("k is 4, alpha 0.10, kind l2, verbose false.");
        assertThat(result.seed()).isEqualTo(9);
        assertThat(result.params().keySet()).containsExactly("k", "alpha", "kind", "verbose");
        assertThat(result.tables()).hasSize(1);
        assertThat(result.images()).hasSize(1);
        assertThat(result.checks()).contains(new CheckResult("sum of 0 to k - 1", "k-means", 2, 6, "6 within 0", Verdict.OTHER_SETTING));
        assertThat(result.noneFails()).isTrue();
    }

    @Test void resultSurvivesItsJson() {
        var result = runner.run(dummy("GoodLab"), events::add);
        var copy = LabResult.fromJson(result.toJson());
        assertThat(copy.toJson()).isEqualTo(result.toJson());
        assertThat(copy.params()).isEqualTo(result.params());
        assertThat(copy.checks()).isEqualTo(result.checks());
        assertThat(copy.images().getFirst().png()).isEqualTo(result.images().getFirst().png());
        assertThat(LabJson.read(result.toJson(), Map.class).keySet()).asString().contains("slug", "seed", "params", "seconds", "checks",
                "figures", "tables");
    }

    @Test void everyEventSurvivesItsJson() {
        runner.run(dummy("GoodLab"), events::add);
        events.add(new LabEvent.Failed("why", "stack"));
        events.add(new LabEvent.Cancelled("stopped"));
        for (var event : events) {
            var json = LabJson.write(event);
            assertThat(LabJson.write(LabJson.read(json, LabEvent.class))).isEqualTo(json);
        }
        assertThat(LabJson.write(new LabEvent.Said("hi"))).isEqualTo("{\"type\":\"said\",\"text\":\"hi\"}");
    }

    @Test void failingChecksFailTheVerdictAndNotTheRun() {
        var result = runner.run(dummy("FailingCheckLab"), events::add);
        assertThat(result.noneFails()).isFalse();
        assertThat(result.checks()).extracting(CheckResult::holds).containsExactly(false, false, true);
        assertThat(LabResult.fromJson(result.toJson()).checks().get(1).value()).isNaN();
    }

    @Test void onlyARunWithTheDefaultsJudgesAClause() {
        var result = runner.run(dummy("GoodLab").withParams(Map.of("alpha", "0.9")), events::add);
        assertThat(result.checks()).extracting(CheckResult::verdict).containsExactly(Verdict.OTHER_SETTING, Verdict.OTHER_SETTING,
                Verdict.HOLDS, Verdict.HOLDS);
        assertThat(result.noneFails()).isTrue();
        assertThat(runner.run(dummy("GoodLab").withParams(Map.of("alpha", "0.1")), events::add).checks()).extracting(CheckResult::verdict)
                .containsOnly(Verdict.HOLDS);
    }

    @Test void checkWithoutTopicNeedsALabOfOneTopic() {
        assertThatThrownBy(() -> runner.run(dummy("VagueLab"), events::add)).isInstanceOf(LabException.class)
                .hasMessage("check 'sum' names no topic; lyceum.labs.dummy.VagueLab has k-means, pca");
    }

    @Test void throwingLabFailsWithItsMessageAndStack() {
        assertThatThrownBy(() -> runner.run(dummy("ThrowingLab"), events::add)).isExactlyInstanceOf(LabException.class)
                .hasMessage("the third cluster is empty");
        assertThat(events.getLast()).isInstanceOfSatisfying(LabEvent.Failed.class, f -> assertThat(f.stack()).contains("ThrowingLab.run"));
        assertThat(runner.run(dummy("GoodLab"), e -> {}).noneFails()).isTrue();
    }

    @Test void parametersAreCheckedBeforeAnythingRuns() {
        assertThatThrownBy(() -> runner.submit(dummy("GoodLab").withParams(Map.of("k", "0")), events::add))
                .isInstanceOf(LabParameterException.class);
        assertThat(events).isEmpty();
    }

    @Test void parameterAskedForTooLateFailsTheRun() {
        assertThatThrownBy(() -> runner.run(dummy("LateLab"), events::add)).hasMessageContaining("late is asked for after say");
    }

    @Test void endlessLabIsStoppedAtItsBudget() {
        assertThatThrownBy(() -> runner.run(dummy("EndlessLab").within(Duration.ofMillis(100)), events::add))
                .isInstanceOf(LabCancelledException.class).hasMessage("stopped at its time budget of 0.1 s");
    }

    @Test void deafLabIsGivenUp() {
        assertThatThrownBy(
                () -> runner.run(dummy("EndlessLab").withParams(Map.of("polite", "false")).within(Duration.ofMillis(50)), events::add))
                .isInstanceOf(LabCancelledException.class);
        assertThat(events.getLast()).isInstanceOf(LabEvent.Cancelled.class);
    }

    @Test void countingLabStopsWhenCancelled() throws Exception {
        var counting = new CountDownLatch(1);
        var run = runner.submit(dummy("CountingLab"), e -> {
            if (e instanceof LabEvent.Progress) {
                counting.countDown();
            }
        });
        assertThat(counting.await(10, TimeUnit.SECONDS)).isTrue();
        run.cancel();
        assertThatThrownBy(run::join).isInstanceOf(LabCancelledException.class).hasMessage("stopped");
        run.cancel();
    }

    @Test void aLabThatTrainsTellsHowItGoes() {
        runner.run(new LabRequest("early-stopping", "lyceum.labs.nn.EarlyStoppingLab", Map.of(), 1, true, Duration.ofSeconds(60)),
                events::add);
        assertThat(events).filteredOn(LabEvent.Progress.class::isInstance).isNotEmpty()
                .allSatisfy(event -> assertThat(((LabEvent.Progress) event).metrics()).containsKeys("loss", "learning rate",
                        "gradient norm", "rows/s"));
    }

    @Test void longWorkShowsItsStepsAndStopsWithTheRun() throws Exception {
        runner.run(dummy("FittingLab"), events::add);
        assertThat(events).contains(new LabEvent.Progress("fit", 1, 3, -1, Map.of("loss", 1.0)))
                .filteredOn(LabEvent.Progress.class::isInstance).last()
                .isEqualTo(new LabEvent.Progress("fit", 3, 3, 0, Map.of("loss", 1 / 3.0)))
                .satisfies(last -> assertThat(LabJson.read(LabJson.write(last), LabEvent.class)).isEqualTo(last));
        assertThat(LabJson.read("{\"type\":\"progress\",\"name\":\"fit\",\"done\":1,\"total\":3,\"secondsLeft\":-1}", LabEvent.class))
                .isEqualTo(new LabEvent.Progress("fit", 1, 3, -1));
        var fitting = new CountDownLatch(1);
        var run = runner.submit(dummy("FittingLab").withParams(Map.of("steps", "1000000000")), e -> {
            if (e instanceof LabEvent.Progress) {
                fitting.countDown();
            }
        });
        assertThat(fitting.await(10, TimeUnit.SECONDS)).isTrue();
        run.cancel();
        assertThatThrownBy(run::join).isInstanceOf(LabCancelledException.class).hasMessage("stopped");
    }

    @Test void twoRunsGoOnAtOnceAndAThirdWaits() throws Exception {
        var began = new CountDownLatch(2);
        var first = runner.submit(dummy("EndlessLab"), e -> begin(e, began));
        var second = runner.submit(dummy("EndlessLab"), e -> begin(e, began));
        assertThat(began.await(10, TimeUnit.SECONDS)).isTrue();
        var third = runner.submit(dummy("GoodLab"), events::add);
        assertThat(third.waiting()).isTrue();
        assertThat(first.waiting()).isFalse();
        assertThat(events).isEmpty();
        first.cancel();
        assertThat(third.join().noneFails()).isTrue();
        second.cancel();
        assertThatThrownBy(second::join).isInstanceOf(LabCancelledException.class);
        assertThat(first.id()).isNotEqualTo(second.id()).matches("[0-9a-z]+");
    }

    private static void begin(LabEvent event, CountDownLatch began) {
        if (event instanceof LabEvent.Said) {
            began.countDown();
        }
    }

    @Test void waitingRunCanBeCancelled() {
        var one = new LabRunner(1);
        var first = one.submit(dummy("EndlessLab"), e -> {});
        var second = one.submit(dummy("EndlessLab"), events::add);
        second.cancel();
        assertThatThrownBy(second::join).isInstanceOf(LabCancelledException.class);
        first.cancel();
        assertThatThrownBy(first::join).isInstanceOf(LabCancelledException.class);
    }

    @Test void listenerThatThrowsDoesNotDisturbTheRun() {
        var result = runner.run(dummy("GoodLab"), e -> {
            throw new IllegalStateException("a listener");
        });
        assertThat(result.noneFails()).isTrue();
    }

    @Test void numbersReadTheSameUnderEveryLocale() {
        LocaleHarness.everywhere(() -> {
            var result = runner.run(dummy("GoodLab"), e -> {});
            assertThat(result.said()).containsExactly("k is 3, alpha 0.10, kind l2, verbose false.");
            assertThat(result.machine()).matches("[\\p{ASCII}]+");
            assertThat(LabResult.fromJson(result.toJson()).toJson()).isEqualTo(result.toJson());
        });
    }
}
