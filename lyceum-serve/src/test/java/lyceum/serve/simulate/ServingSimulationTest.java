package lyceum.serve.simulate;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import lyceum.random.Rng;
import lyceum.serve.schedule.Batching;
import lyceum.serve.schedule.BlockPool;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.serve.schedule.SchedulerOptions.Order;
import lyceum.serve.schedule.SchedulerOptions.Preemption;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ServingSimulationTest {
    private static final SchedulerOptions EIGHT = new SchedulerOptions().withMaxRunning(8).withTokenBudget(1 << 20).withChunk(1 << 20);

    private static ServingReport run(SchedulerOptions options, CostModel cost, List<Arrival> trace) {
        return new ServingSimulation(options, cost, () -> new BlockPool(1 << 16, 16), false).run(trace);
    }

    @Acceptance(topic = "vllm-continuous-batching", clause = 2)
    @Test void continuousBatchingDoublesThroughputOfLognormalLengths() {
        var trace = Arrival.poisson(500, Double.POSITIVE_INFINITY, Arrival.fixed(32), Arrival.lognormal(100, 1, 4000), Rng.of(1));
        var cost = CostModel.memoryBound(0.01);
        var fixed = run(EIGHT.withBatching(Batching.STATIC), cost, trace);
        var continuous = run(EIGHT, cost, trace);
        Evidence.of("throughput over static batching", continuous.throughput() / fixed.throughput(), atLeast(2));
        Evidence.of("mean occupancy until the queue is empty", continuous.queuedOccupancy(), atLeast(0.9));
        assertThat(fixed.requests().stream().mapToInt(r -> r.times().length).sum())
                .isEqualTo(trace.stream().mapToInt(Arrival::output).sum());
    }

    @Acceptance(topic = "continuous-vs-static-batching", clause = 1)
    @Test void staticUtilisationIsOneOverTheHarmonicNumber() {
        var trace = Arrival.poisson(6000, Double.POSITIVE_INFINITY, Arrival.fixed(1), Arrival.exponential(60), Rng.of(2));
        double harmonic = 0;
        for (int i = 1; i <= 8; i++) harmonic += 1.0 / i;
        var cost = CostModel.memoryBound(0.01);
        double fixed = run(EIGHT.withBatching(Batching.STATIC), cost, trace).utilisation();
        Evidence.of("static utilisation times H_8", fixed * harmonic, between(0.95, 1.05));
        Evidence.of("continuous utilisation", run(EIGHT, cost, trace).utilisation(), atLeast(0.9));
    }

    @Acceptance(topic = "continuous-vs-static-batching", clause = 2)
    @Test void continuousBatchingBearsTwiceTheLoadOfStatic() {
        var cost = CostModel.memoryBound(0.01);
        var lengths = Arrival.exponential(30);
        var full = Arrival.poisson(5000, Double.POSITIVE_INFINITY, Arrival.fixed(1), lengths, Rng.of(3));
        var capacity = 5000 / run(EIGHT.withBatching(Batching.STATIC), cost, full).seconds();
        var trace = Arrival.poisson(5000, 2 * capacity, Arrival.fixed(1), lengths, Rng.of(4));
        var fixed = run(EIGHT.withBatching(Batching.STATIC), cost, trace);
        var continuous = run(EIGHT, cost, trace);
        Evidence.of("throughput over static", continuous.throughput() / fixed.throughput(), atLeast(1.5));
        Evidence.of("p99 latency over static",
                continuous.percentile(ServedRequest::latency, 0.99) / fixed.percentile(ServedRequest::latency, 0.99), below(1));
        var waits = run(EIGHT.withBatching(Batching.TIMEOUT).withTimeout(0.5), cost, trace);
        assertThat(waits.throughput()).isLessThan(continuous.throughput());
    }

    @Acceptance(topic = "continuous-vs-static-batching", clause = 4)
    @Test void littlesLawHoldsForEveryPolicy() {
        double worst = 0;
        int traces = 0;
        for (var batching : Batching.values()) for (int seed = 1; seed <= 50; seed++) {
            var rng = Rng.of(seed);
            var trace = Arrival.poisson(60, 2 + 20 * rng.nextDouble(), Arrival.lognormal(20, 0.7, 80), Arrival.exponential(20), rng);
            var report = new ServingSimulation(EIGHT.withBatching(batching).withTimeout(0.3), CostModel.accelerator().withOverhead(0.02),
                    () -> new BlockPool(256, 16), false).run(trace);
            double horizon = report.seconds(), rate = trace.size() / horizon, sojourn = 0;
            for (var request : report.requests()) sojourn += request.latency() / trace.size();
            // time integral over the horizon against rate times mean sojourn, both over the same horizon
            worst = Math.max(worst, Math.abs(report.inSystemSeconds() / horizon / (rate * sojourn) - 1));
            assertThat(report.inSystemSeconds()).isGreaterThan(1);
            traces++;
        }
        Evidence.of("traces", traces, exactly(150));
        Evidence.of("mean number in the system against rate times mean sojourn, relative", worst, atMost(1e-9));
    }

    /** All orders, policies and ways to give way, with memory for two or three of the longest. */
    @Acceptance(topic = "continuous-vs-static-batching", clause = 5)
    @Test void nobodyIsOvertakenMoreThanTheBound() {
        int over = 0, traces = 0, most = 0, unbounded = 0;
        for (int seed = 1; seed <= 200; seed++) {
            var rng = Rng.of(seed);
            int patience = rng.nextInt(6);
            var order = Order.values()[seed % 4];
            var options = new SchedulerOptions().withMaxRunning(2 + rng.nextInt(6)).withTokenBudget(32).withChunk(16).withOrder(order);
            var trace = Arrival.poisson(40, 20, Arrival.lognormal(20, 1, 100), Arrival.exponential(15), rng);
            for (int bound : new int[] {patience, 1000}) {
                var report = new ServingSimulation(options.withPatience(bound), CostModel.memoryBound(0.02), () -> new BlockPool(64, 4),
                        true).run(trace);
                for (int times : overtaken(trace, report)) {
                    if (bound == 1000) unbounded = Math.max(unbounded, times);
                    else {
                        most = Math.max(most, times);
                        if (times > patience) over++;
                    }
                }
            }
            traces++;
        }
        Evidence.of("traces", traces, exactly(200));
        Evidence.of("requests overtaken more often than their trace's bound of 0 to 5", over, exactly(0));
        Evidence.of("times overtaken at most", most, atMost(5));
        Evidence.of("times overtaken at most without a bound", unbounded, atLeast(10));
    }

    /** Of each request how many came later and were computed in an earlier step for the first time. */
    private static int[] overtaken(List<Arrival> trace, ServingReport report) {
        var first = new int[trace.size()];
        for (int s = report.steps().size() - 1; s >= 0; s--) for (int place : report.steps().get(s).requests()) first[place] = s;
        var times = new int[first.length];
        for (int i = 0; i < first.length; i++)
            for (int j = 0; j < first.length; j++) if (trace.get(j).time() > trace.get(i).time() && first[j] < first[i]) times[i]++;
        return times;
    }

    @Acceptance(topic = "vllm-continuous-batching", clause = 3)
    @Test void everyRequestOfAThousandTracesEnds() {
        int lost = 0, unfinished = 0, preempted = 0, swapped = 0;
        for (int seed = 1; seed <= 1000; seed++) {
            var rng = Rng.of(seed);
            var pools = new ArrayList<BlockPool>();
            boolean swap = seed % 2 == 0, reuse = seed % 3 == 0;
            var options = new SchedulerOptions().withMaxRunning(1 + rng.nextInt(12)).withTokenBudget(8 + rng.nextInt(60))
                    .withChunk(1 + rng.nextInt(30)).withOrder(Order.values()[seed % 4]).withPatience(rng.nextInt(5))
                    .withBatching(Batching.values()[seed % 5 == 0 ? 0 : 2]).withPreemption(swap ? Preemption.SWAP : Preemption.RECOMPUTE);
            var trace = Arrival.poisson(30, 5 + 40 * rng.nextDouble(), Arrival.lognormal(12, 1, 60), Arrival.lognormal(12, 1, 60), rng);
            var report = new ServingSimulation(options, CostModel.memoryBound(0.01), () -> {
                pools.add(new BlockPool(30 + rng.nextInt(20), 4));
                return pools.getLast();
            }, reuse).run(trace);
            for (int i = 0; i < trace.size(); i++) {
                double[] times = report.requests().get(i).times();
                if (times.length != trace.get(i).output() || times[times.length - 1] <= 0) unfinished++;
                for (int t = 1; t < times.length; t++) if (times[t] <= times[t - 1]) unfinished++;
            }
            if (swap) swapped += report.preemptions();
            else preempted += report.preemptions();
            var pool = pools.getFirst();
            int kept = reuse ? report.keptBlocks() : 0;
            if (pool.freeBlocks() + kept != pool.blocks() || pool.sequences() != 0) lost++;
        }
        Evidence.of("requests without all their ids, one after another", unfinished, exactly(0));
        Evidence.of("traces after which blocks are missing", lost, exactly(0));
        Evidence.of("preemptions, computed again", preempted, atLeast(1000));
        Evidence.of("preemptions, swapped", swapped, atLeast(1000));
    }

    @Acceptance(topic = "chunked-prefill", clause = 2)
    @Test void noStepExceedsItsBudget() {
        int over = 0, steps = 0, full = 0;
        for (int seed = 1; seed <= 1000; seed++) {
            var rng = Rng.of(seed);
            int budget = 1 + rng.nextInt(40), chunk = 1 + rng.nextInt(50);
            var options = new SchedulerOptions().withTokenBudget(budget).withChunk(chunk).withMaxRunning(1 + rng.nextInt(20));
            var trace = Arrival.poisson(25, 10, Arrival.lognormal(20, 1, 150), Arrival.exponential(8), rng);
            var report = new ServingSimulation(options, CostModel.memoryBound(0.01), () -> new BlockPool(120, 4), seed % 2 == 0).run(trace);
            for (var step : report.steps()) {
                if (step.tokens() > budget) over++;
                if (step.tokens() == budget) full++;
                steps++;
            }
            long expected = trace.stream().mapToLong(a -> a.prompt().length + a.output() - 1).sum();
            assertThat(report.steps().stream().mapToLong(ServingReport.Step::tokens).sum())
                    .isGreaterThanOrEqualTo(expected - report.reusedTokens());
        }
        Evidence.of("steps beyond their budget", over, exactly(0));
        Evidence.of("steps", steps, atLeast(50_000));
        Evidence.of("steps that fill their budget", full, atLeast(5000));
    }

    /** Decodes of 64 ids each run when one prompt of 4,096 arrives. */
    static ServingReport longPromptAmong(int decodes, int chunk, int budget) {
        var rng = Rng.of(7);
        var trace = new ArrayList<Arrival>();
        for (int i = 0; i < decodes; i++) trace.add(Arrival.of(0, 16, 64, rng));
        trace.add(Arrival.of(0.15, 4096, 1, rng));
        var options = new SchedulerOptions().withTokenBudget(budget).withChunk(chunk).withMaxRunning(decodes + 1);
        return new ServingSimulation(options, CostModel.accelerator(), () -> new BlockPool(1024, 16), false).run(trace);
    }

    static double[] decodeGaps(ServingReport report) { return report.gaps(); } // the long prompt writes one id: it has no gap

    @Acceptance(topic = "chunked-prefill", clause = 3)
    @Test void chunksKeepALongPromptFromStallingTheOthers() {
        var whole = longPromptAmong(32, SchedulerOptions.WHOLE, 8192);
        var chunked = longPromptAmong(32, 256, 512);
        double[] w = decodeGaps(whole), c = decodeGaps(chunked);
        double stalled = 0, usual = ServingReport.percentile(w, 0.5);
        for (double gap : w) if (gap > 2 * usual) stalled++;
        Evidence.of("gaps that stall unchunked, share", stalled / w.length, between(0.015, 0.017));
        Evidence.of("p99 between ids over unchunked", ServingReport.percentile(c, 0.99) / ServingReport.percentile(w, 0.99), atMost(0.25));
        Evidence.of("largest gap over unchunked", ServingReport.percentile(c, 1) / ServingReport.percentile(w, 1), atMost(0.25));
        Evidence.of("throughput over unchunked", chunked.throughput() / whole.throughput(), atLeast(0.95));
    }

    @Acceptance(topic = "serving-at-scale", clause = 6)
    @Test void runningRequestsHardlyNoticeALongPrompt() {
        double[] whole = decodeGaps(longPromptAmong(16, SchedulerOptions.WHOLE, 8192)), chunked = decodeGaps(longPromptAmong(16, 256, 512));
        Evidence.of("p99 between ids over unchunked", ServingReport.percentile(chunked, 0.99) / ServingReport.percentile(whole, 0.99),
                atMost(0.5));
    }

    @Test void aTimeoutWaitsForAFullBatchOrThatLong() {
        var rng = Rng.of(1);
        var trace = List.of(Arrival.of(0, 4, 10, rng), Arrival.of(0.2, 4, 10, rng), Arrival.of(5, 4, 10, rng));
        var report = run(EIGHT.withBatching(Batching.TIMEOUT).withTimeout(1), CostModel.memoryBound(0.1), trace);
        assertThat(report.steps().getFirst().start()).isEqualTo(1);
        assertThat(report.requests().get(1).times()[0]).isEqualTo(report.requests().get(0).times()[0]);
        assertThat(report.requests().get(2).firstToken()).isCloseTo(1.1, org.assertj.core.api.Assertions.within(1e-9));
    }

    @Test void refusesWhatCannotBe() {
        assertThatThrownBy(() -> new CostModel(0, 0, 0, 0)).hasMessageContaining("takes some time");
        assertThatThrownBy(() -> new Arrival(-1, new int[1], 1)).hasMessageContaining("-1.0 s");
        assertThatThrownBy(() -> ServingReport.percentile(new double[0], 0.5)).hasMessageContaining("0 values");
        var tooLong = List.of(Arrival.of(0, 100, 1, Rng.of(1)));
        var small = new ServingSimulation(EIGHT, CostModel.memoryBound(1), () -> new BlockPool(4, 4), false);
        assertThatThrownBy(() -> small.run(tooLong)).hasMessageContaining("100 positions in a memory of 4 blocks of 4");
        var whole = new ServingSimulation(EIGHT.withChunk(SchedulerOptions.WHOLE).withTokenBudget(50), CostModel.memoryBound(1));
        assertThatThrownBy(() -> whole.run(tooLong)).hasMessageContaining("budget of 50");
    }
}
