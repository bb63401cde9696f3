package lyceum.serve;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.llm.Continuation;
import lyceum.llm.Continuation.Ending;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.TokenConstraint;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.nn.LatentAttentionConfig;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.progress.CancelledException;
import lyceum.random.Rng;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.serve.schedule.SchedulerOptions.Preemption;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.ByteTokenizer;
import org.junit.jupiter.api.Test;

class EngineTest {
    /** Memory for a few requests at once: 40 blocks of 4 positions. */
    private static EngineOptions tight(Preemption preemption) {
        var scheduler = new SchedulerOptions().withMaxRunning(12).withTokenBudget(48).withChunk(16).withPreemption(preemption);
        return new EngineOptions().withScheduler(scheduler).withBlocks(40).withBlockSize(4);
    }

    private static List<Request> requests(int count, long seed) {
        var rng = Rng.of(seed);
        var all = new ArrayList<Request>();
        for (int i = 0; i < count; i++) all.add(Request.greedy(Tiny.prompt(1 + rng.nextInt(40), rng), 1 + rng.nextInt(40)));
        return all;
    }

    /** Reads a reply; cancels it after so many ids, if that is positive. */
    private static int[] read(Reply reply, int cancelAfter) {
        var ids = new ArrayList<Integer>();
        try {
            for (var piece : reply) {
                ids.add(piece.id());
                if (ids.size() == cancelAfter) reply.cancel();
            }
        } catch (CancelledException e) {
            assertThat(cancelAfter).isPositive();
        }
        return ids.stream().mapToInt(i -> i).toArray();
    }

    @Acceptance(topic = "vllm-continuous-batching", clause = 1)
    @Test void sixtyFourOverlappingRequestsWriteWhatEachWritesAlone() throws Exception {
        var model = Tiny.llama(96);
        var requests = requests(64, 1);
        var alone = requests.stream().map(r -> Tiny.solo(model, r).ids()).toList();
        for (var preemption : Preemption.values()) {
            int different = 0, compared = 0;
            try (var engine = new Engine(model, null, tight(preemption)); var readers = Executors.newVirtualThreadPerTaskExecutor()) {
                var replies = requests.stream().map(engine::submit).toList();
                var texts = new ArrayList<Future<int[]>>();
                for (int i = 0; i < 64; i++) {
                    int place = i, after = i % 8 == 3 ? 1 + i % 5 : 0;
                    texts.add(readers.submit(() -> read(replies.get(place), after)));
                }
                for (int i = 0; i < 64; i++) {
                    int[] ids = texts.get(i).get();
                    int[] whole = alone.get(i);
                    if (!Arrays.equals(ids, i % 8 == 3 ? Arrays.copyOf(whole, ids.length) : whole)) different++;
                    compared += ids.length;
                }
                var metrics = engine.metrics();
                Evidence.of("texts that differ, " + preemption, different, exactly(0));
                Evidence.of("preemptions, " + preemption, metrics.preemptions(), atLeast(5));
                Evidence.of("ids compared, " + preemption, compared, atLeast(800));
                Evidence.of("requests that were aborted, " + preemption, metrics.cancelled(), atLeast(1));
                assertThat(metrics.freeBlocks() + metrics.keptBlocks()).isEqualTo(metrics.blocks());
            }
        }
    }

    @Acceptance(topic = "vllm-continuous-batching", clause = 4)
    @Test void streamedPiecesAreTheText() {
        var tokenizer = new ByteTokenizer();
        var model = new DecoderLM(DecoderConfig.llama(256, 128, 2, 16, 4, 2, 24).withDeviation(0.4), Rng.of(5));
        int different = 0, texts = 0, stopped = 0, letters = 0;
        try (var engine = new Engine(model, tokenizer, tight(Preemption.RECOMPUTE).withBlocks(100))) {
            var replies = new ArrayList<Reply>();
            for (int i = 0; i < 40; i++) {
                var stop = new StopCriteria(60)
                        .withStrings(i % 2 == 0 ? List.of("e", "ab", "Z", "0", "t", "5") : List.of("q" + (char) ('a' + i % 26)));
                replies.add(engine.submit(new Request(tokenizer.ids("text number " + i), 60, Rng.of(i)).withStop(stop)));
            }
            for (var reply : replies) {
                var text = new StringBuilder();
                for (var piece : reply) text.append(piece.text());
                var all = reply.get();
                if (!text.toString().equals(all.text())) different++;
                if (all.ending() == Ending.STOP_STRING) stopped++;
                letters += text.length();
                texts++;
            }
        }
        Evidence.of("texts", texts, exactly(40));
        Evidence.of("texts whose pieces do not make them", different, exactly(0));
        Evidence.of("letters", letters, atLeast(500));
        Evidence.of("texts cut before a stop string", stopped, atLeast(5));
    }

    @Acceptance(topic = "continuous-vs-static-batching", clause = 3)
    @Test void everyPolicyWritesWhatEachRequestWritesAlone() {
        var model = Tiny.gpt2(96);
        var requests = requests(24, 2);
        for (var batching : lyceum.serve.schedule.Batching.values()) {
            int different = 0;
            var options = tight(Preemption.RECOMPUTE);
            options = options.withScheduler(options.scheduler().withBatching(batching).withTimeout(0.01));
            try (var engine = new Engine(model, null, options)) {
                var replies = requests.stream().map(engine::submit).toList();
                for (int i = 0; i < requests.size(); i++)
                    if (!Arrays.equals(replies.get(i).get().ids(), Tiny.solo(model, requests.get(i)).ids())) different++;
            }
            Evidence.of("texts of 24 that differ, " + batching, different, exactly(0));
        }
    }

    /** Other positions, windows and groups, sampled with penalties and constraints: the same numbers of the stream, the same ids. */
    @Test void everyRequestHasItsOwnStreamAndOptions() {
        TokenConstraint even = () -> new EvenIds();
        for (var model : List.of(Tiny.alibi(96), Tiny.windowed(96))) {
            var all = new ArrayList<Request>();
            for (int i = 0; i < 12; i++) {
                var sampling = i % 3 == 0 ? SamplingOptions.topP(0.9)
                        : i % 3 == 1 ? SamplingOptions.topK(5).withTemperature(0.7) : SamplingOptions.greedy().withNoRepeat(2);
                all.add(new Request(Tiny.prompt(5 + i, Rng.of(i)), 20, Rng.of(100 + i)).withSampling(sampling)
                        .withConstraint(i % 4 == 0 ? even : null));
            }
            try (var engine = new Engine(model, null, tight(Preemption.SWAP).withGuesses(3))) {
                var replies = all.stream().map(engine::submit).toList();
                for (int i = 0; i < all.size(); i++) {
                    var ours = replies.get(i).get();
                    var alone = Tiny.solo(model, all.get(i));
                    assertThat(ours.ids()).isEqualTo(alone.ids());
                    for (int t = 0; t < ours.ids().length; t++)
                        assertThat(ours.logProbabilities()[t]).isCloseTo(alone.logProbabilities()[t],
                                org.assertj.core.api.Assertions.within(1e-4));
                }
            }
        }
    }

    private record EvenIds() implements TokenConstraint.State {
        @Override public boolean allowed(long[] allowed) {
            Arrays.fill(allowed, 0x5555555555555555L);
            return true;
        }

        @Override public void accept(int id) { assertThat(id % 2).isZero(); }

        @Override public TokenConstraint.State fork() { return this; }
    }

    @Test void oneRequestGoesWrongAloneWhereLogitsAreNaN() {
        var model = Module.copy(Tiny.llama(96));
        Autograd.noGrad(() -> model.embedding().weight().narrow(0, 13, 1).fill_(Double.NaN));
        try (var engine = new Engine(model, null, tight(Preemption.RECOMPUTE))) {
            var bad = engine.submit(Request.greedy(new int[] {1, 13, 2}, 5));
            var good = Request.greedy(new int[] {1, 2, 3}, 5);
            var reply = engine.submit(good);
            assertThatThrownBy(bad::get).isInstanceOf(LyceumException.class).hasMessageContaining("NaN")
                    .hasMessageContaining("the first output that is not finite is that of embed");
            assertThat(reply.get().ids()).isEqualTo(Tiny.solo(model, good).ids());
            assertThat(engine.submit(good).get().ids()).isEqualTo(reply.get().ids());
            assertThat(engine.metrics().failed()).isEqualTo(1);
        }
    }

    @Test void theLayerThatFirstGivesNoNumbersIsNamed() {
        var model = Module.copy(Tiny.llama(96));
        var layer = "decoder.layers.1.mlp.up_proj";
        Autograd.noGrad(() -> ((Linear) model.modules().get(layer)).weight().narrow(0, 2, 1).fill_(Double.NaN));
        try (var engine = new Engine(model, null, tight(Preemption.RECOMPUTE))) {
            assertThatThrownBy(() -> engine.submit(Request.greedy(new int[] {1, 2}, 5)).get()).isInstanceOf(LyceumException.class)
                    .hasMessageContaining("that of " + layer);
        }
    }

    /** A look that fails, for want of memory say, is no answer for the next one. */
    @Test void aFaultThatWasNotFoundIsLookedForAgain() {
        var model = Module.copy(Tiny.llama(96));
        Autograd.noGrad(() -> model.embedding().weight().narrow(0, 13, 1).fill_(Double.NaN));
        var looks = new AtomicInteger();
        model.embedding().attach((ids, y, _) -> {
            if (ids.size(1) > 1 && looks.incrementAndGet() == 1) throw new IllegalStateException("no room");
            return y;
        });
        try (var engine = new Engine(model, null, tight(Preemption.RECOMPUTE))) {
            var request = Request.greedy(new int[] {1, 13, 2}, 5);
            assertThatThrownBy(engine.submit(request)::get).hasMessageEndingWith("looking for the layer failed: no room");
            assertThatThrownBy(engine.submit(request)::get).hasMessageEndingWith("that of embed");
            assertThatThrownBy(engine.submit(request)::get).hasMessageEndingWith("for an earlier request");
            assertThat(looks).hasValue(2);
        }
    }

    /** Counts passes over whole texts, a row of ids each: steps of the engine have an id a row. */
    private static AtomicInteger looks(DecoderLM model) {
        var looks = new AtomicInteger();
        model.embedding().attach((ids, y, _) -> {
            if (ids.size(1) > 1) looks.incrementAndGet();
            return y;
        });
        return looks;
    }

    @Test void theLayerAtFaultIsLookedForOnceUntilWeightsAreWritten() {
        var model = Module.copy(Tiny.llama(96));
        Autograd.noGrad(() -> model.embedding().weight().narrow(0, 13, 1).fill_(Double.NaN));
        var looks = looks(model);
        try (var engine = new Engine(model, null, tight(Preemption.RECOMPUTE))) {
            var bad = engine.submit(IntStream.range(0, 6).mapToObj(i -> Request.greedy(new int[] {1, 13, i}, 5)).toList());
            for (int i = 0; i < bad.size(); i++) {
                int first = i;
                assertThatThrownBy(bad.get(i)::get).hasMessageContaining("NaN").hasMessageContaining("that of embed")
                        .satisfies(e -> assertThat(e.getMessage().endsWith("for an earlier request")).isEqualTo(first > 0));
            }
            assertThat(looks).hasValue(1);
            Autograd.noGrad(() -> {
                model.embedding().weight().narrow(0, 13, 1).fill_(0);
                ((Linear) model.modules().get("decoder.layers.1.mlp.up_proj")).weight().narrow(0, 2, 1).fill_(Double.NaN);
            });
            assertThatThrownBy(engine.submit(Request.greedy(new int[] {1, 13, 2}, 5))::get).hasMessageEndingWith("layers.1.mlp.up_proj");
            assertThat(looks).hasValue(2);
            assertThat(engine.metrics().failed()).isEqualTo(7);
        }
    }

    @Test void endsByTimeByClosingAndByFullQueues() throws Exception {
        var model = Tiny.llama(96);
        var engine = new Engine(model, null, tight(Preemption.RECOMPUTE).withQueue(2));
        var gate = new CountDownLatch(1);
        engine.onStep(_ -> await(gate));
        var first = engine.submit(Request.greedy(new int[] {1}, 90));
        var late = engine.submit(Request.greedy(new int[] {2}, 90).withStop(new StopCriteria(90).withTime(Duration.ofNanos(1))));
        assertThatThrownBy(() -> engine.submit(Request.greedy(new int[] {3}, 2))).isInstanceOf(RejectedException.class);
        gate.countDown();
        assertThat(late.get().ending()).isEqualTo(Ending.TIME);
        first.get();
        engine.onStep(_ -> await(new CountDownLatch(1), 20));
        var cut = engine.submit(Request.greedy(new int[] {1}, 90));
        engine.close();
        assertThatThrownBy(cut::get).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        assertThatThrownBy(() -> engine.submit(Request.greedy(new int[] {3}, 2))).hasMessageContaining("closed");
    }

    private static void await(CountDownLatch latch) { await(latch, 10_000); }

    private static void await(CountDownLatch latch, long millis) {
        try {
            latch.await(millis, java.util.concurrent.TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test void generatesForThoseWhoAskForATextGenerator() {
        var model = new DecoderLM(Tiny.llama(60).config().withEndMark(7), Rng.of(1));
        var prompts = List.of(new int[] {1, 2}, new int[] {5});
        try (var engine = new Engine(model, null, new EngineOptions().withBlocks(64))) {
            var ours = engine.generate(prompts, 2, Rng.of(9));
            var theirs = new CausalGenerator(model).generate(prompts, 2, Rng.of(9));
            assertThat(ours.stream().map(Continuation::ids).toList()).usingRecursiveComparison()
                    .isEqualTo(theirs.stream().map(Continuation::ids).toList());
        }
    }

    @Test void draftersAndListenersThatThrowEndNothingElse() {
        var model = Tiny.llama(96);
        Drafter bad = (text, _) -> {
            if (text.id(0) == 13) throw new IllegalStateException("unlucky");
            return new int[] {1};
        };
        try (var engine = new Engine(model, null, new EngineOptions().withGuesses(2), null, bad)) {
            engine.onStep(_ -> { throw new IllegalStateException("not listening"); });
            var good = Request.greedy(new int[] {1, 2, 3}, 5);
            var failed = engine.submit(Request.greedy(new int[] {13, 2}, 5));
            assertThat(engine.submit(good).get().ids()).isEqualTo(Tiny.solo(model, good).ids());
            assertThatThrownBy(failed::get).hasMessageContaining("the drafter failed: unlucky");
            assertThat(engine.submit(good).get().ids()).isEqualTo(Tiny.solo(model, good).ids());
        }
    }

    @Test void requestsTakenTogetherAreInOneStepAndARefusalTakesNone() {
        try (var engine = new Engine(Tiny.llama(96), null, new EngineOptions())) {
            assertThatThrownBy(() -> engine.generate(List.of(new int[] {1, 2}, new int[97]), 1, Rng.of(9)))
                    .hasMessageContaining("97 ids for a context of 96");
            var steps = new CopyOnWriteArrayList<EngineStep>();
            engine.onStep(steps::add);
            var requests = IntStream.range(0, 12).mapToObj(i -> Request.greedy(new int[] {1, i}, 2)).toList();
            engine.submit(requests).forEach(Reply::get);
            assertThat(steps.getFirst().requests()).hasSize(12);
            assertThat(engine.metrics().submitted()).isEqualTo(12);
        }
    }

    @Test void refusesWhatCanNeverRun() {
        var model = Tiny.llama(96);
        try (var engine = new Engine(model, null, tight(Preemption.RECOMPUTE).withBlocks(10))) {
            assertThatThrownBy(() -> engine.submit(Request.greedy(new int[97], 1))).hasMessageContaining("97 ids for a context of 96");
            assertThatThrownBy(() -> engine.submit(Request.greedy(new int[30], 30)))
                    .hasMessageContaining("59 positions in a memory of 10 blocks");
            assertThatThrownBy(() -> engine.submit(Request.greedy(new int[] {97}, 1))).hasMessageContaining("id 97 of a vocabulary of 97");
            assertThatThrownBy(() -> engine.submit(Request.greedy(new int[0], 1))).hasMessageContaining("no start mark");
            assertThatThrownBy(() -> engine.submit(Request.greedy(new int[1], 1).withAdapter("polite")))
                    .hasMessageContaining("no adapter \"polite\"");
            var text = Request.greedy(new int[1], 4).withStop(new StopCriteria(4).withStrings(List.of("x")).withEnds(Set.of(3)));
            assertThatThrownBy(() -> engine.submit(text)).hasMessageContaining("need a tokenizer");
        }
        assertThatThrownBy(() -> new EngineOptions().withPaged(false)).hasMessageContaining("reuse");
        assertThatThrownBy(() -> new Engine(model, null, new EngineOptions().withStored(DType.I64))).hasMessageContaining("I64");
    }

    @Test void aModelWhoseLayersHaveNoPagesIsRefused() {
        var config = DecoderConfig.llama(23, 16, 1, 16, 4, 2, 24).eachBlock(b -> b.withMixer(new LatentAttentionConfig(16, 2, 8, 4, 4)));
        assertThatThrownBy(() -> new Engine(new DecoderLM(config, Rng.of(1)), null, new EngineOptions()))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("LatentAttentionConfig has no pages");
    }
}
