package lyceum.serve;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.llm.Continuation;
import lyceum.llm.DecoderLM;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.progress.CancelledException;
import lyceum.random.Rng;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.serve.simulate.Arrival;
import lyceum.serve.simulate.CostModel;
import lyceum.serve.simulate.FleetSimulation;
import lyceum.serve.simulate.ServedRequest;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class DisaggregatedEngineTest {
    private static List<Request> requests(int count) {
        var rng = Rng.of(6);
        var all = new ArrayList<Request>();
        for (int i = 0; i < count; i++) {
            var request = Request.greedy(Tiny.prompt(1 + rng.nextInt(60), rng), 1 + rng.nextInt(16));
            all.add(i % 4 == 0 ? request.withSampling(SamplingOptions.topP(0.9)).withStream(Rng.of(i)) : request);
        }
        return all;
    }

    private static List<int[]> unified(DecoderLM model, List<Request> requests) {
        try (var engine = new Engine(model, null, new EngineOptions())) {
            var replies = requests.stream().map(engine::submit).toList();
            return replies.stream().map(r -> r.get().ids()).toList();
        }
    }

    private static int different(DisaggregatedEngine engine, List<Request> requests, List<int[]> expected) {
        var replies = requests.stream().map(engine::submit).toList();
        int different = 0;
        for (int i = 0; i < requests.size(); i++) if (!Arrays.equals(replies.get(i).get().ids(), expected.get(i))) different++;
        return different;
    }

    @Acceptance(topic = "disaggregated-serving", clause = 1)
    @Acceptance(topic = "serving-at-scale", clause = 4)
    @Test void twoProcessesWriteWhatOneEngineWrites(@TempDir Path folder) throws IOException {
        var model = Tiny.llama(160);
        var requests = requests(200);
        var expected = unified(model, requests);
        var reader = new LocalWorker(model, 200, 8, DType.F32);
        try (var process = WorkerProcess.start()) {
            try (var writer = new RemoteWorker(process.address());
                    var engine = new DisaggregatedEngine(model, null, List.of(reader), List.of(writer))) {
                Evidence.of("texts of 200 that differ, over TCP", different(engine, requests, expected), exactly(0));
                assertThat(engine.transferredPositions()).isGreaterThan(4000);
                assertThat(reader.open()).isZero();
            }
            try (var writer = new RemoteWorker(process.address(), folder.resolve("shared"), 1 << 20);
                    var engine = new DisaggregatedEngine(model, null, List.of(reader), List.of(writer))) {
                Evidence.of("texts of 40 that differ, through shared memory",
                        different(engine, requests.subList(0, 40), expected.subList(0, 40)), exactly(0));
            }
        }
    }

    @Acceptance(topic = "disaggregated-serving", clause = 2)
    @Test void bytesAreThoseOfTheFormula() {
        for (var model : List.of(Tiny.llama(160), Tiny.gpt2(160))) for (var stored : List.of(DType.F32, DType.BF16)) {
            LocalWorker reader = new LocalWorker(model, 200, 8, stored), writer = new LocalWorker(model, 200, 8, stored);
            var requests = requests(30).stream().filter(r -> r.stop().most() > 1).toList();
            try (var engine = new DisaggregatedEngine(model, null, List.of(reader), List.of(writer))) {
                requests.stream().map(engine::submit).toList().forEach(Reply::get);
                long tokens = requests.stream().mapToLong(r -> r.prompt().length).sum();
                var attention = model.config().blocks().getFirst().attention();
                long formula = 2L * model.config().layers() * attention.keyHeads() * attention.headWidth() * tokens * stored.bytes();
                Evidence.of("bytes sent for " + tokens + " positions in " + stored, engine.transferredBytes(), exactly(formula));
                assertThat(engine.transferredPositions()).isEqualTo(tokens);
            }
            assertThat(writer.open()).isZero();
        }
    }

    /** Prompts of 2,000 ids in the median, answers of 60: four servers, or two that read and two that write. Targets: the first id within 1 s, others in half as long again as a lone step. */
    @Acceptance(topic = "disaggregated-serving", clause = 3)
    @Test void apartTheyMeetTheirTargetsMoreOften() {
        var options = new SchedulerOptions().withChunk(SchedulerOptions.WHOLE).withTokenBudget(16_384);
        var fleet = new FleetSimulation(options, CostModel.accelerator(), 4);
        double slowest = 0, goodput = Double.POSITIVE_INFINITY, target = 1.5 * CostModel.accelerator().seconds(1, 0);
        for (int seed = 1; seed <= 3; seed++) {
            var trace = Arrival.poisson(400, 16, Arrival.lognormal(2000, 0.5, 6000), Arrival.lognormal(60, 0.5, 200), Rng.of(seed));
            var together = fleet.run(trace);
            var apart = fleet.withReaders(2).run(trace);
            assertThat(apart.requests().stream().mapToInt(r -> r.times().length).sum())
                    .isEqualTo(trace.stream().mapToInt(Arrival::output).sum());
            slowest = Math.max(slowest,
                    apart.percentile(ServedRequest::perToken, 0.99) / together.percentile(ServedRequest::perToken, 0.99));
            goodput = Math.min(goodput, apart.goodput(1, target) / together.goodput(1, target));
        }
        Evidence.of("p99 time of an id over colocated, worst of 3 traces", slowest, atMost(0.5));
        Evidence.of("goodput over colocated, worst of 3 traces", goodput, atLeast(1.2));
    }

    @Acceptance(topic = "disaggregated-serving", clause = 4)
    @Test void aWriterThatDiesTakesNoTextWithIt() throws IOException {
        var model = Tiny.llama(160);
        var requests = requests(40).stream().map(r -> r.withStop(r.stop().withMost(60))).toList();
        var expected = unified(model, requests);
        var reader = new LocalWorker(model, 200, 8, DType.F32);
        try (var process = WorkerProcess.start();
                var dying = new RemoteWorker(process.address());
                var engine = new DisaggregatedEngine(model, null, List.of(reader),
                        List.of(dying, new LocalWorker(model, 60, 8, DType.F32)))) {
            var replies = requests.stream().map(engine::submit).toList();
            int read = 0;
            for (var piece : replies.get(1)) if (++read == 5) process.kill(); // in the middle of its texts
            int different = 0;
            for (int i = 0; i < requests.size(); i++) if (!Arrays.equals(replies.get(i).get().ids(), expected.get(i))) different++;
            Evidence.of("texts that went on elsewhere", engine.recovered(), atLeast(1));
            Evidence.of("texts of 40 that differ", different, exactly(0));
        }
    }

    @Test void failsWhereNobodyIsLeft() throws IOException {
        var model = Tiny.llama(160);
        try (var server = new WorkerServer(new LocalWorker(model, 40, 8, DType.F32), 0)) {
            var writer = new RemoteWorker(new java.net.InetSocketAddress(java.net.InetAddress.getLoopbackAddress(), server.port()));
            try (var engine = new DisaggregatedEngine(model, null, List.of(new LocalWorker(model, 40, 8, DType.F32)), List.of(writer))) {
                assertThatThrownBy(() -> engine.submit(Request.greedy(new int[161], 2)))
                        .hasMessageContaining("161 ids for a context of 160");
                assertThatThrownBy(() -> engine.submit(Request.greedy(new int[1], 2).withAdapter("a"))).hasMessageContaining("no adapters");
                writer.close();
                var reply = engine.submit(Request.greedy(new int[] {1, 2}, 4));
                assertThatThrownBy(reply::get).hasMessageContaining("no writer is left");
            }
        }
        assertThatThrownBy(() -> new DisaggregatedEngine(model, null, List.of(), List.of())).hasMessageContaining("0 readers");
    }

    /** Two connections give equal numbers; the first one ends while the second one's sequence is open. */
    @Test void connectionsDoNotEndEachOthersSequences() throws Exception {
        var worker = new LocalWorker(Tiny.llama(160), 40, 8, DType.F32);
        try (var server = new WorkerServer(worker, 0)) {
            var address = new java.net.InetSocketAddress(java.net.InetAddress.getLoopbackAddress(), server.port());
            var first = new RemoteWorker(address);
            assertThat(first.open(0, 10)).isTrue();
            first.end(0);
            assertThat(first.open(1, 10)).isTrue();
            try (var second = new RemoteWorker(address)) {
                assertThat(second.open(0, 10)).isTrue();
                assertThat(second.open(1, 10)).isTrue();
                var before = second.compute(List.of(new KvWorker.Span(0, new int[] {1, 2})));
                first.close();
                while (worker.open() > 2) Thread.sleep(1);
                assertThat(second.compute(List.of(new KvWorker.Span(1, new int[] {1, 2})))).isEqualTo(before);
                second.compute(List.of(new KvWorker.Span(0, new int[] {3})));
                assertThat(worker.open()).isEqualTo(2);
            }
        }
    }

    /** As another worker, but for what is asked of it. */
    private static class Other implements KvWorker {
        final KvWorker worker;

        Other(KvWorker worker) { this.worker = worker; }

        @Override public int layers() { return worker.layers(); }

        @Override public int vocabulary() { return worker.vocabulary(); }

        @Override public int positions() { return worker.positions(); }

        @Override public int freePositions() { return worker.freePositions(); }

        @Override public boolean open(long sequence, int most) { return worker.open(sequence, most); }

        @Override public float[][] compute(List<Span> spans) { return worker.compute(spans); }

        @Override public byte[] read(long sequence, int layer, int count) { return worker.read(sequence, layer, count); }

        @Override public void write(long sequence, int layer, int count, byte[] bytes) { worker.write(sequence, layer, count, bytes); }

        @Override public void end(long sequence) { worker.end(sequence); }

        @Override public void close() { worker.close(); }
    }

    @Timeout(60)
    @Test void textsThatFitNowhereAreRefusedAndThoseThatWaitCanBeCancelled() {
        var model = Tiny.llama(160);
        LocalWorker reader = new LocalWorker(model, 3, 8, DType.F32), writer = new LocalWorker(model, 5, 8, DType.F32);
        try (var engine = new DisaggregatedEngine(model, null, List.of(reader), List.of(writer))) {
            assertThatThrownBy(() -> engine.submit(Request.greedy(new int[20], 22)))
                    .hasMessageContaining("41 positions fits into no writer's memory");
            var large = engine.submit(Request.greedy(new int[20], 21)); // a writer has room, the reader has not
            assertThatThrownBy(large::get).hasMessageContaining("a reader's memory");
            assertThat(writer.open()).isZero();
            writer.open(-1, 40); // somebody else has all of it
            var waiting = engine.submit(Request.greedy(new int[10], 5));
            var late = engine.submit(Request.greedy(new int[10], 5).withStop(new StopCriteria(5).withTime(Duration.ofMillis(50))));
            waiting.cancel();
            assertThatThrownBy(waiting::get).isInstanceOf(CancelledException.class);
            assertThat(late.get().ending()).isEqualTo(Continuation.Ending.TIME);
            writer.end(-1);
            assertThat(engine.submit(Request.greedy(new int[10], 5)).get().ids()).hasSize(5);
        }
        assertThat(reader.open() + writer.open()).isZero();
    }

    @Timeout(60)
    @Test void aWriterThatThrowsAndAReaderThatIsLostLeaveNothingBehind() {
        var model = Tiny.llama(160);
        var requests = requests(20);
        var expected = unified(model, requests);
        LocalWorker bad = new LocalWorker(model, 300, 8, DType.F32), good = new LocalWorker(model, 100, 8, DType.F32);
        var failing = new Other(bad) {
            @Override public float[][] compute(List<Span> spans) { throw new IllegalStateException("of no use"); }
        };
        var gone = new Other(new LocalWorker(model, 100, 8, DType.F32)) {
            @Override public boolean open(long sequence, int most) { throw new WorkerLostException("gone", null); }

            @Override public void end(long sequence) { throw new WorkerLostException("gone", null); }
        };
        try (var engine = new DisaggregatedEngine(model, null, List.of(new LocalWorker(model, 100, 8, DType.F32), gone),
                List.of(failing, good))) {
            assertThat(different(engine, requests, expected)).isZero();
            assertThat(engine.recovered()).isPositive();
        }
        assertThat(good.open() + bad.open()).isZero();
    }
}
