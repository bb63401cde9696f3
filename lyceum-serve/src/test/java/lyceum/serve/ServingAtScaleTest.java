package lyceum.serve;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.BlockFormat;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.StopCriteria;
import lyceum.nn.Module;
import lyceum.progress.CancelledException;
import lyceum.random.Rng;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.peft.AdapterRegistry;
import lyceum.train.peft.Lora;
import lyceum.train.peft.Peft;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ServingAtScaleTest {
    private static final EngineOptions OPTIONS = new EngineOptions().withBlocks(320).withBlockSize(8)
            .withScheduler(new SchedulerOptions().withMaxRunning(8).withTokenBudget(256).withChunk(SchedulerOptions.WHOLE));

    /** Texts that begin alike by fours, with repetitions that a drafter finds. */
    private static List<Request> requests(int count, boolean adapters) {
        var all = new ArrayList<Request>();
        for (int i = 0; i < count; i++) {
            int[] shared = Tiny.prompt(17, Rng.of(i / 4)), own = Tiny.prompt(1 + i % 7, Rng.of(100 + i));
            var prompt = Arrays.copyOf(shared, 17 + 2 * own.length);
            for (int j = 0; j < own.length; j++) prompt[17 + j] = prompt[17 + own.length + j] = own[j];
            all.add(Request.greedy(prompt, 4 + i % 9).withAdapter(adapters ? new String[] {"", "red", "blue"}[i % 3] : ""));
        }
        return all;
    }

    private static AdapterRegistry adapters(DecoderLM model) {
        var registry = new AdapterRegistry(model);
        for (var name : List.of("red", "blue")) {
            var tuning = Peft.of(model, new Lora(2, 8).withTargets(List.of("q_proj", "v_proj", "down_proj")), name, Rng.of(name.length()));
            Autograd.noGrad(() -> tuning.parameters().forEach((key, value) -> {
                if (key.contains("lora_B")) value.copy_(Tensor.randn(Rng.of(key.hashCode()), value.shape().toArray()).mul(0.3));
            }));
            registry.add(tuning);
        }
        return registry;
    }

    @Test void promptsAreScoredUnderTheirTuning() {
        var model = Tiny.llama(96);
        var registry = adapters(model);
        int[] prompt = Tiny.prompt(29, Rng.of(3));
        try (var engine = new Engine(model, null, OPTIONS, registry, Drafter.NONE)) {
            var replies = engine.submit(
                    Stream.of("", "red", "blue").map(name -> Request.greedy(prompt, 3).withAdapter(name).withScored(true)).toList());
            var scores = replies.stream().map(r -> r.promptScores().logProbabilities()).toList();
            for (var name : List.of("", "red", "blue")) {
                registry.use(name);
                double[] expected = new CausalGenerator(model).scores(Arrays.copyOf(prompt, 1), Arrays.copyOfRange(prompt, 1, 29));
                assertThat(scores.get(List.of("", "red", "blue").indexOf(name))).containsExactly(expected, Offset.offset(1e-4));
            }
            assertThat(Arrays.equals(scores.get(0), scores.get(1))).isFalse();
        }
    }

    @Test void aTuningOfTheHeadCountsInABatchOfSeveral() {
        var model = Tiny.llama(96);
        var tuning = Peft.of(model, new Lora(2, 8).withTargets(List.of("head")), "red", Rng.of(1));
        Autograd.noGrad(() -> tuning.parameters().values().forEach(w -> w.copy_(Tensor.randn(Rng.of(5), w.shape().toArray()))));
        var registry = new AdapterRegistry(model).add(tuning);
        var requests = requests(12, true).stream().map(r -> r.withAdapter(r.adapter().equals("blue") ? "" : r.adapter())).toList();
        var plain = requests.stream().map(r -> Tiny.solo(model, r).ids()).toList();
        var solo = new ArrayList<int[]>();
        for (var request : requests) {
            registry.use(request.adapter());
            solo.add(Tiny.solo(model, request).ids());
        }
        registry.use("");
        assertThat(different(plain, solo)).isEqualTo(4);
        assertThat(different(run(model, OPTIONS, registry, requests, null), solo)).isZero();
    }

    private static List<int[]> run(DecoderLM model, EngineOptions options, AdapterRegistry adapters, List<Request> requests,
            EngineMetrics[] metrics) {
        try (var engine = new Engine(model, null, options, adapters, Drafter.repeating(2))) {
            var replies = requests.stream().map(engine::submit).toList();
            var ids = replies.stream().map(r -> r.get().ids()).toList();
            if (metrics != null) metrics[0] = engine.metrics();
            return ids;
        }
    }

    private static int different(List<int[]> a, List<int[]> b) {
        int different = 0;
        for (int i = 0; i < a.size(); i++) if (!Arrays.equals(a.get(i), b.get(i))) different++;
        return different;
    }

    @Acceptance(topic = "serving-at-scale", clause = 1)
    @Test void featuresChangeNoToken() {
        var model = Tiny.llama(96);
        var registry = adapters(model);
        var solo = new ArrayList<List<int[]>>();
        for (boolean lora : new boolean[] {false, true}) {
            var alone = new ArrayList<int[]>();
            for (var request : requests(64, lora)) {
                registry.use(request.adapter());
                alone.add(Tiny.solo(model, request).ids());
            }
            registry.use("");
            solo.add(alone);
        }
        Evidence.of("texts of 64 that a tuning changes", different(solo.get(0), solo.get(1)), atLeast(20)); // else mixing them would show nothing
        int combinations = 0, different = 0;
        long reused = 0, accepted = 0, steps = 0;
        for (int mask = 0; mask < 32; mask++) {
            boolean chunks = (mask & 1) > 0, reuse = (mask & 2) > 0, guesses = (mask & 4) > 0, lora = (mask & 8) > 0,
                    paged = (mask & 16) > 0;
            if (reuse && !paged) continue; // beginnings are shared in pages alone
            var options = OPTIONS.withReuse(reuse).withPaged(paged).withGuesses(guesses ? 3 : 0)
                    .withChunk(chunks ? 8 : SchedulerOptions.WHOLE);
            var metrics = new EngineMetrics[1];
            different += different(run(model, options, registry, requests(64, lora), metrics), solo.get(lora ? 1 : 0));
            reused += metrics[0].reusedTokens();
            accepted += metrics[0].accepted();
            combinations++;
        }
        Evidence.of("combinations", combinations, atLeast(16));
        Evidence.of("texts that differ from solo runs, of 64 in each", different, exactly(0));
        Evidence.of("positions reused", reused, atLeast(2000));
        Evidence.of("guesses accepted", accepted, atLeast(100));
    }

    @Acceptance(topic = "serving-at-scale", clause = 1)
    @Test void quantisedWeightsAndCachesRepeatTheirOwnSoloTokens() {
        var base = new DecoderLM(DecoderConfig.llama(97, 96, 2, 32, 4, 2, 64).withDeviation(0.3), Rng.of(1));
        var requests = requests(64, false);
        var full = requests.stream().map(r -> Tiny.solo(base, r).ids()).toList();
        var rounded = Module.copy(base);
        rounded.pack(BlockFormat.Q4_0);
        var solo = requests.stream().map(r -> Tiny.solo(rounded, r).ids()).toList();
        Evidence.of("texts of 64 that rounding changes", different(full, solo), atLeast(20));
        Evidence.of("texts of 64 that differ from solo runs on the same quantised weights",
                different(run(rounded, OPTIONS.withReuse(true).withChunk(8).withGuesses(2), null, requests, null), solo), exactly(0));
        var quantised = OPTIONS.withStored(DType.I8).withReuse(false);
        var alone = requests.stream().map(r -> run(base, quantised, null, List.of(r), null).getFirst()).toList();
        Evidence.of("texts of 64 that the quantised cache changes", different(full, alone), atLeast(1));
        Evidence.of("texts of 64 that differ from solo runs with the quantised cache",
                different(run(base, quantised, null, requests, null), alone), exactly(0));
    }

    @Acceptance(topic = "serving-at-scale", clause = 3)
    @Test void nothingIsLeftAfterCancelsAndTimeouts() {
        var model = Tiny.llama(96);
        var options = OPTIONS.withBlocks(60).withBlockSize(4)
                .withScheduler(new SchedulerOptions().withMaxRunning(4).withTokenBudget(24).withChunk(8));
        int traces = 0, referenced = 0, lost = 0, cancelled = 0, late = 0;
        double worst = 0;
        for (int round = 0; round < 10; round++) try (var engine = new Engine(model, null, options)) {
            for (int t = 0; t < 50; t++) {
                var rng = Rng.of(50L * round + t);
                var before = engine.metrics();
                var replies = new ArrayList<Reply>();
                for (int i = 0; i < 5; i++) {
                    var stop = new StopCriteria(1 + rng.nextInt(20));
                    if (rng.nextInt(3) == 0) stop = stop.withTime(Duration.ofNanos(rng.nextInt(3_000_000)));
                    replies.add(engine.submit(Request.greedy(Tiny.prompt(1 + rng.nextInt(20), Rng.of(rng.nextInt(8))), 20).withStop(stop)));
                    if (rng.nextInt(3) == 0) replies.get(rng.nextInt(replies.size())).cancel();
                }
                for (var reply : replies) {
                    try {
                        if (reply.get().ending() == lyceum.llm.Continuation.Ending.TIME) late++;
                    } catch (CancelledException e) {
                        cancelled++;
                    }
                }
                var after = engine.metrics();
                if (after.freeBlocks() + after.keptBlocks() != after.blocks() || after.running() + after.waiting() > 0) referenced++;
                engine.flush();
                if (engine.metrics().freeBlocks() != before.blocks()) lost++;
                double inside = after.inSystemSeconds() - before.inSystemSeconds(),
                        stayed = after.residenceSeconds() - before.residenceSeconds();
                worst = Math.max(worst, Math.abs(inside / stayed - 1));
                traces++;
            }
        }
        Evidence.of("traces", traces, exactly(500));
        Evidence.of("requests cancelled", cancelled, atLeast(300));
        Evidence.of("requests whose time was over", late, atLeast(50));
        Evidence.of("traces after which a block was in use", referenced, exactly(0));
        Evidence.of("traces after which flushing did not free all blocks", lost, exactly(0));
        Evidence.of("in-system integral against summed residence, relative", worst, atMost(0.01));
    }

    @Test void aRequestToldOfLateWasInTheSystemSinceItCame() {
        var residence = new Residence();
        residence.enter(0);
        residence.at(100);
        residence.enter(40);
        residence.leave(0, 200);
        residence.leave(40, 300);
        assertThat(residence.at(300)).containsExactly(new double[] {460e-9, 460e-9}, within(1e-15));
    }

    private static double hitRate(DecoderLM model, Router.Policy policy) {
        var options = new EngineOptions().withBlocks(80).withBlockSize(8);
        var engines = List.of(new Engine(model, null, options), new Engine(model, null, options), new Engine(model, null, options));
        try (var fleet = new Fleet(engines, new Router(3, policy, 8, 200, 80))) {
            for (int i = 0; i < 60; i++) { // seven prompts, each with many questions; three engines of memory for a few
                int[] shared = Tiny.prompt(64, Rng.of(i % 7)), prompt = Arrays.copyOf(shared, 72);
                System.arraycopy(Tiny.prompt(8, Rng.of(100 + i)), 0, prompt, 64, 8);
                fleet.submit(Request.greedy(prompt, 2)).get();
            }
            return fleet.hitRate();
        }
    }

    @Acceptance(topic = "serving-at-scale", clause = 5)
    @Test void aRouterThatKnowsBeginningsHitsMore() {
        var model = Tiny.llama(96);
        double aware = hitRate(model, Router.Policy.PREFIX), turns = hitRate(model, Router.Policy.ROUND_ROBIN);
        Evidence.of("hit rate over round robin's", aware - turns, above(0));
        assertThat(aware).isGreaterThan(0.6);
    }

    /** What concurrency saves on any machine: passes over the weights. Seconds are a row of the bench. */
    @Test void sixteenAtOnceTakeFewPasses() {
        var model = Tiny.llama(96);
        var requests = requests(16, false);
        var metrics = new EngineMetrics[1];
        run(model, OPTIONS.withScheduler(OPTIONS.scheduler().withMaxRunning(16)), null, requests, metrics);
        long sequential = requests.stream().mapToLong(r -> r.stop().most()).sum();
        assertThat(metrics[0].steps() * 3).isLessThan(sequential);
    }

    @Test void routesAroundABusyEngine() {
        var router = new Router(2, Router.Policy.PREFIX, 4, 10, 100);
        int[] prompt = {1, 2, 3, 4, 5};
        int first = router.route("", prompt, 8);
        assertThat(router.route("", prompt, 8)).isEqualTo(first);
        assertThat(router.route("", prompt, 8)).isNotEqualTo(first); // 16 ids of load against 0
        assertThat(new HashSet<>(List.of(router.load(0), router.load(1)))).containsExactlyInAnyOrder(16L, 8L);
        router.done(first, 16);
        assertThat(router.route("other", new int[] {9, 9, 9, 9}, 1)).isEqualTo(first);
        assertThatThrownBy(() -> new Router(0, Router.Policy.PREFIX, 4, 10, 100)).hasMessageContaining("0 engines");
    }
}
