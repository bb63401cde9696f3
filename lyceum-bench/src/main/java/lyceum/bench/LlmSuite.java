package lyceum.bench;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.backend.quant.BlockFormat;
import lyceum.backend.x86.asm.Feature;
import lyceum.llm.CausalLM;
import lyceum.llm.generate.LogitRow;
import lyceum.llm.generate.Penalties;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.TokenSampler;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.serve.constrain.Grammar;
import lyceum.serve.constrain.GrammarConstraint;
import lyceum.serve.constrain.TokenPieces;
import lyceum.tensor.Tensor;

/**
 * Language models: reading a prompt of 512 ids and writing 128 behind it by the type of the weights, of 12 layers 1024 wide with random weights, beside llama.cpp on the same
 * file and Jlama on the same folder; choosing a token of 151,936; a step of training.
 */
final class LlmSuite implements Suite {
    private static final int PROMPT = 512, WRITTEN = 128, VOCABULARY = 151_936;
    private static final List<BlockFormat> FORMATS = List.of(BlockFormat.Q8_0, BlockFormat.Q4_0, BlockFormat.Q4_K, BlockFormat.F16);

    @Override public void measure(SideBySide bench) {
        for (var format : FORMATS) written(bench, format);
        besideJlama(bench);
        sampler(bench);
        grammar(bench);
        training(bench);
    }

    /** A step of a GPT; in BF16 also beside our F32, where the CPU has products of that type. */
    private static void training(SideBySide bench) {
        var name = "step of GPT, 6 layers, 6 heads, 384 wide";
        var request = Map.<String, Object>of("vocabulary", 65, "layers", 6, "heads", 6, "width", 384, "block", 256, "batch", 16);
        var full = new Case(name, "batch 16x256", DType.F32, Unit.MILLISECONDS).beside("train_gpt", request).atLeast(1.2);
        bench.measure(full, () -> gpt(DType.F32));
        double target = FeatureLevel.has(Feature.AMX_BF16) ? 2 : FeatureLevel.has(Feature.AVX512_BF16) ? 1.2 : Double.NaN;
        var half = new Case(name, "batch 16x256", DType.BF16, Unit.MILLISECONDS).besideOurs("our F32", target, () -> gpt(DType.F32));
        bench.measure(half, () -> gpt(DType.BF16));
    }

    private static Supplier<?> gpt(DType type) { return NnSuite.gpt(65, 6, 6, 384, 256, 16, type); }

    /** What is asked of ours where the CPU has such instructions. */
    private static double target(double avx2, double vnni, double amx) {
        return FeatureLevel.has(Feature.AMX_INT8) ? amx : FeatureLevel.has(Feature.VNNI) ? vnni : avx2;
    }

    private static void written(SideBySide bench, BlockFormat format) {
        var level = FeatureLevel.ofVectors(format.isFloat() ? DType.F32 : DType.I8);
        var read = new Case("prefill " + format.name(), PROMPT + " ids", DType.F32, new Unit.Rate("tok/s", PROMPT))
                .on(FeatureLevel.of(DType.I8).equals("amx") ? "amx" : level);
        var write = new Case("decode " + format.name(), WRITTEN + " ids behind " + PROMPT, DType.F32, new Unit.Rate("tok/s", WRITTEN))
                .on(level);
        var open = new Case("a GGUF file, opened", format.name(), DType.F32, Unit.MILLISECONDS).atMost(150);
        if (!bench.wants(read) && !bench.wants(write) && !bench.wants(open)) return;
        try (var file = new GgufFile(format, PROMPT + WRITTEN)) {
            bench.measure(open, () -> file::model);
            var model = file.model();
            var request = Map.<String, Object>of("file", file.path().toString(), "prompt", PROMPT, "ids", GgufFile.IDS);
            bench.compare(read.beside("llama_prefill", request).atLeast(target(1, 1.5, 1.2)), calls -> timed(model, calls, true));
            var decoded = new HashMap<>(request);
            decoded.put("written", WRITTEN);
            bench.compare(write.beside("llama_decode", decoded).atLeast(1).besideCalls("read bandwidth", 0.8,
                    reading(bench, file.weightBytes() * WRITTEN)), calls -> timed(model, calls, false));
        }
    }

    /** The same model in BF16, from a folder of safetensors: what Jlama reads, whose kernels are of Java's vector module. */
    private static void besideJlama(SideBySide bench) {
        var read = new Case("prefill BF16", PROMPT + " ids", DType.BF16, new Unit.Rate("tok/s", PROMPT)).needing("Jlama");
        var write = new Case("decode BF16", WRITTEN + " ids behind " + PROMPT, DType.BF16, new Unit.Rate("tok/s", WRITTEN))
                .on(FeatureLevel.ofVectors(DType.BF16)).needing("Jlama");
        if (!bench.wants(read) && !bench.wants(write)) return;
        try (var folder = new Bf16Folder(2 * (PROMPT + WRITTEN))) {
            var model = folder.model();
            var request = Map.<String, Object>of("folder", folder.path().toString(), "prompt", PROMPT, "written", WRITTEN, "ids",
                    GgufFile.IDS);
            bench.compare(read.beside("jlama_prefill", request).atLeast(4), calls -> timed(model, calls, true));
            bench.compare(write.beside("jlama_decode", request).atLeast(1.2), calls -> timed(model, calls, false));
        }
    }

    private static IntToDoubleFunction reading(SideBySide bench, double bytes) {
        var peak = new PeakLoops();
        return calls -> peak.readSeconds(bytes * calls, bench.threads());
    }

    /** Seconds of reading the prompt, or of what is written behind it, so many times. */
    private static double timed(CausalLM model, int calls, boolean prompt) {
        double sum = 0;
        for (int call = 0; call < calls; call++) try (var scope = Scope.open("measurement")) {
            var ids = Tensor.randint(Rng.of(2), 0, GgufFile.IDS, 1, PROMPT).compute();
            var decoding = model.begin();
            long start = System.nanoTime();
            decoding.next(ids).compute();
            if (!prompt) {
                start = System.nanoTime();
                for (int i = 0; i < WRITTEN; i++) decoding.next(Tensor.of(new int[] {i}, 1, 1)).compute();
            }
            sum += (System.nanoTime() - start) * 1e-9;
        }
        return sum;
    }

    private static void sampler(SideBySide bench) {
        var c = new Case("sampling: penalties, temperature, top-k, top-p, min-p", VOCABULARY + " logits", DType.F32, Unit.MICROSECONDS)
                .atMost(150);
        bench.measure(c, () -> {
            var logits = logits();
            var row = new LogitRow(VOCABULARY);
            var options = SamplingOptions.topP(0.9).withTopK(50).withMinP(0.02).withTemperature(0.8)
                    .withPenalties(List.of(new Penalties(1.1, 0.1, 0.1, true, 256, 1)));
            var sampler = new TokenSampler(options, Rng.of(3), IntStream.range(0, 256).toArray());
            return () -> {
                sampler.process(row.load(logits, 0));
                return row.draw(sampler.stream());
            };
        });
    }

    /** As a model gives them. */
    private static float[] logits() {
        var rng = Rng.of(1);
        var logits = new float[VOCABULARY];
        for (int i = 0; i < VOCABULARY; i++) logits[i] = (float) (4 * rng.nextGaussian());
        return logits;
    }

    /** A schema of twenty properties: read and compiled, then the mask of a place that was seen before. */
    private static void grammar(SideBySide bench) {
        var schema = "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" + IntStream.range(0, 20)
                .mapToObj(i -> "\"field" + i + "\":{\"type\":\"" + List.of("string", "integer", "boolean", "number").get(i % 4) + "\"}")
                .collect(Collectors.joining(",")) + "}}";
        var pieces = new TokenPieces[1];
        var compiled = new Case("a schema of 20 properties, compiled", VOCABULARY + " tokens", DType.I64, Unit.MILLISECONDS).atMost(50);
        bench.measure(compiled, () -> {
            pieces[0] = pieces();
            return () -> new GrammarConstraint(Grammar.jsonSchema(schema), pieces[0], VOCABULARY - 1);
        });
        var mask = new Case("a mask of JSON, warm", VOCABULARY + " tokens", DType.I64, Unit.MICROSECONDS).atMost(500);
        bench.measure(mask, () -> {
            if (pieces[0] == null) pieces[0] = pieces();
            var constraint = new GrammarConstraint(Grammar.jsonObject(), pieces[0], VOCABULARY - 1);
            var text = "{\"name\": \"ship\", \"tons\": [1, 2.5, true], \"of\": {\"a\": null}}".getBytes(StandardCharsets.UTF_8);
            var states = IntStream.range(0, text.length).mapToObj(n -> {
                var state = constraint.start();
                for (int i = 0; i < n; i++) state.accept(text[i] & 0xFF);
                return state;
            }).toList();
            var allowed = new long[(VOCABULARY + 63) / 64];
            for (var state : states) state.allowed(allowed);
            var next = new int[1];
            return () -> states.get(next[0]++ % states.size()).allowed(allowed);
        });
    }

    /** All bytes, then words of letters and marks; the last id ends a text. */
    private static TokenPieces pieces() {
        var signs = "abcdefghijklmnopqrstuvwxyz0123456789 \"{}[]:,.-".getBytes(StandardCharsets.UTF_8);
        var rng = Rng.of(6);
        return TokenPieces.of(VOCABULARY, id -> {
            if (id == VOCABULARY - 1) return null;
            if (id < 256) return new byte[] {(byte) id};
            var piece = new byte[2 + rng.nextInt(8)];
            for (int i = 0; i < piece.length; i++) piece[i] = signs[rng.nextInt(signs.length)];
            return piece;
        });
    }
}
