package lyceum.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.backend.quant.BlockFormat;
import lyceum.backend.x86.asm.Feature;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.LoadedModel;
import lyceum.llm.generate.StopCriteria;
import lyceum.random.Rng;
import lyceum.serve.Engine;
import lyceum.serve.EngineOptions;
import lyceum.serve.Reply;
import lyceum.serve.Request;
import lyceum.serve.http.InferenceServer;
import lyceum.serve.http.ServedModel;
import lyceum.serve.http.ServerOptions;
import lyceum.serve.schedule.BlockPool;
import lyceum.serve.schedule.Job;
import lyceum.serve.schedule.PrefixTree;
import lyceum.serve.schedule.Scheduler;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.tensor.Tensor;

/**
 * The engine and its server: sixteen texts at once of a model of 12 layers 1024 wide, what a step of the scheduler, a token over HTTP and a token's garbage cost, and how
 * soon a server answers. The engine has a thread of its own, so that its rows are of all threads.
 */
final class ServeSuite implements Suite {
    private static final int STREAMS = 16, READ = 200, WRITTEN = 64;

    @Override public void measure(SideBySide bench) {
        scheduler(bench);
        if (bench.threads() == 1) return;
        for (var format : List.of(BlockFormat.Q8_0, BlockFormat.Q4_0, BlockFormat.Q4_K, BlockFormat.F16)) together(bench, format);
        http(bench);
        garbage(bench);
        garbageOverHttp(bench);
        soon(bench);
    }

    /** A step of 64 sequences that decode. */
    private static void scheduler(SideBySide bench) {
        var c = new Case("a step of the scheduler", "64 sequences", DType.I64, Unit.MICROSECONDS).atMost(50);
        bench.measure(c, () -> {
            var running = new Scheduler[1];
            var left = new int[1];
            return () -> {
                if (left[0]-- == 0 || running[0] == null) {
                    var pool = new BlockPool(8192, 16);
                    running[0] = new Scheduler(new SchedulerOptions().withMaxRunning(64).withTokenBudget(8192), pool, new PrefixTree(pool));
                    for (int i = 0; i < 64; i++) running[0].add(new Job(new int[] {i, 2, 3}, 1500, "", 0), 0);
                    left[0] = 1000;
                }
                var batch = running[0].next(0);
                running[0].computed(batch);
                for (var slice : batch.slices()) if (slice.samples()) running[0].append(slice.job(), 7);
                return batch;
            };
        });
    }

    private static void together(SideBySide bench, BlockFormat format) {
        var c = new Case("16 at once, " + format.name(), READ + " read, " + WRITTEN + " written", DType.F32,
                new Unit.Rate("tok/s", STREAMS * (READ + WRITTEN))).on(FeatureLevel.ofVectors(format.isFloat() ? DType.F32 : DType.I8));
        if (!bench.wants(c)) return;
        try (var file = new GgufFile(format, READ + WRITTEN);
                var engine = new Engine(file.model(), null, new EngineOptions().withReuse(false).withBlocks(STREAMS * 18))) {
            var prompts = IntStream.range(0, STREAMS)
                    .mapToObj(i -> Tensor.randint(Rng.of(i), 0, GgufFile.IDS, READ).to(DType.I32).toIntArray()).toList();
            var request = Map.of("file", file.path().toString(), "streams", STREAMS, "length", READ, "written", WRITTEN, "ids",
                    GgufFile.IDS);
            bench.measure(c.beside("llama_together", request).atLeast(FeatureLevel.has(Feature.AMX_INT8) ? 1.2 : 1.5), () -> () -> engine
                    .submit(prompts.stream().map(p -> Request.greedy(p, WRITTEN)).toList()).stream().map(Reply::get).toList());
        }
    }

    static LoadedModel tiny() {
        var tokenizer = BpeTrainer.byteLevel(300, PreTokenizer.GPT4).train(List.of("to be or not to be, that is the question"));
        return new LoadedModel(new DecoderLM(DecoderConfig.llama(tokenizer.vocabulary().size(), 512, 1, 32, 4, 2, 64), Rng.of(1)),
                tokenizer, null);
    }

    /** What a streamed token takes longer over HTTP than in the engine alone, sixteen streams at once. */
    private static void http(SideBySide bench) {
        var c = new Case("a token over HTTP, beyond the engine's time", STREAMS + " streams", DType.F32, Unit.MILLISECONDS).atMost(0.3);
        var local = new LoadedModel[1];
        bench.compare(c, calls -> {
            if (local[0] == null) local[0] = tiny();
            int tokens = 200;
            try (var server = InferenceServer.start(ServedModel.of("tiny", local[0], new EngineOptions().withBlocks(1024)),
                    new ServerOptions().withPort(0)); var client = HttpClient.newHttpClient()) {
                double alone = 0, streamed = 0;
                for (int call = 0; call < 2; call++) {
                    long start = System.nanoTime();
                    var requests = new ArrayList<Request>();
                    for (int i = 0; i < STREAMS; i++)
                        requests.add(Request.greedy(new int[] {i}, tokens).withStop(new StopCriteria(tokens).withLeast(tokens)));
                    server.served().engine().submit(requests).forEach(Reply::get);
                    long middle = System.nanoTime();
                    var asked = IntStream.range(0, STREAMS)
                            .mapToObj(i -> client.sendAsync(
                                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/v1/completions"))
                                            .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\":[" + i + "],\"max_tokens\":" + tokens
                                                    + ",\"temperature\":0,\"ignore_eos\":true,\"stream\":true}"))
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString()))
                            .toList();
                    asked.forEach(CompletableFuture::join);
                    if (call == 0) continue; // what is made once is made
                    alone += (middle - start) * 1e-9;
                    streamed += (System.nanoTime() - middle) * 1e-9;
                }
                return calls * Math.max(1e-9, (streamed - alone) / tokens); // one run for however many
            }
        });
    }

    /** Heap that the engine's thread takes for a token, in kilobytes. */
    private static void garbage(SideBySide bench) {
        var c = new Case("heap a token", STREAMS + " streams", DType.F32, new Unit.Time("KB", 1)).atMost(2);
        bench.compare(c, calls -> {
            var local = tiny();
            try (var engine = new Engine(local.model(), local.tokenizer(), new EngineOptions().withBlocks(1024))) {
                var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
                long id = Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().equals("lyceum-engine") && t.isAlive())
                        .mapToLong(Thread::threadId).max().orElseThrow();
                long before = 0, first = 0;
                for (int call = 0; call < 2; call++) {
                    before = threads.getThreadAllocatedBytes(id);
                    first = engine.metrics().generatedTokens();
                    var requests = IntStream.range(0, STREAMS)
                            .mapToObj(i -> Request.greedy(new int[] {i}, 300).withStop(new StopCriteria(300).withLeast(300))).toList();
                    engine.submit(requests).forEach(Reply::get);
                }
                return (threads.getThreadAllocatedBytes(id) - before) / 1e3 / (engine.metrics().generatedTokens() - first) * calls;
            }
        });
    }

    /** The same of all threads of a server that streams the tokens, all texts at once as above. */
    private static void garbageOverHttp(SideBySide bench) {
        var c = new Case("heap a token over HTTP", STREAMS + " streams", DType.F32, new Unit.Time("KB", 1)).atMost(2);
        bench.compare(c, calls -> {
            try (var heap = new StreamHeap(STREAMS, tiny())) {
                for (int run = 0; run < 2; run++) heap.kilobytes(); // what is made once is made
                return heap.kilobytes() * calls;
            }
        });
    }

    /** From the start of a server to its first answer; its model is there already. */
    private static void soon(SideBySide bench) {
        var c = new Case("from start to /health", "a small model", DType.F32, Unit.MILLISECONDS).atMost(1000);
        var local = new LoadedModel[1];
        bench.compare(c, calls -> {
            if (local[0] == null) local[0] = tiny();
            double sum = 0;
            for (int call = 0; call < calls; call++) {
                long start = System.nanoTime();
                try (var server = InferenceServer.start(ServedModel.of("tiny", local[0], new EngineOptions().withBlocks(64)),
                        new ServerOptions().withPort(0)); var client = HttpClient.newHttpClient()) {
                    client.sendAsync(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/health")).build(),
                            HttpResponse.BodyHandlers.ofString()).join();
                    sum += (System.nanoTime() - start) * 1e-9;
                }
            }
            return sum;
        });
    }
}
