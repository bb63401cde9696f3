package lyceum.bench;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.train.LayerPruner;
import lyceum.models.sequence.Mamba;
import lyceum.models.sequence.MambaConfig;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.serve.Engine;
import lyceum.serve.EngineOptions;
import lyceum.serve.InferenceTuner;
import lyceum.serve.Reply;
import lyceum.serve.Request;
import lyceum.serve.constrain.Grammar;
import lyceum.serve.constrain.GrammarConstraint;
import lyceum.serve.constrain.TokenPieces;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.serve.InferenceTuner.Switch;
import lyceum.tensor.Tensor;

/** What keys and values that are kept, texts side by side and fused kernels are worth, and how a selective state space grows. */
final class ServingClauses {
    private static final int PROMPT = 24;

    private final AcceptanceSuite suite;
    private final int tokens, positions;

    /** @param tokens written behind each of 16 prompts @param positions of a sequence that is read once and, twice as long, again */
    ServingClauses(AcceptanceSuite suite, int tokens, int positions) {
        this.suite = suite;
        this.tokens = tokens;
        this.positions = positions;
    }

    void measure() {
        var model = new DecoderLM(DecoderConfig.llama(256, PROMPT + tokens, 2, 64, 4, 2, 172), Rng.of(1));
        var rng = Rng.of(2);
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < 16; i++) prompts.add(Tensor.randint(rng, 0, 256, PROMPT).to(DType.I32).toIntArray());
        var tuner = new InferenceTuner(model, prompts, tokens);
        Set<Switch> cheap = Set.of(Switch.KV_CACHE, Switch.BATCHING, Switch.FUSION);
        together(model, prompts);
        suite.ratio("inference-optimization", 2, "serving:naive", "cache, batch and fused kernels over none", tokens + " tokens", DType.F32,
                1 / 5.0, 1, 3, () -> tuner.run(cheap), () -> tuner.run(Set.of()));
        pruned();
        grammar();
        var mamba = new Mamba(new MambaConfig(64), Rng.of(3));
        Tensor x = Tensor.randn(Rng.of(4), 2, positions, 64).compute(), twice = Tensor.randn(Rng.of(5), 2, 2L * positions, 64).compute();
        suite.ratio("mamba", 6, "mamba", "Mamba, twice the length over once", positions + " positions", DType.F32, 2.3, 80, 15,
                () -> heard(mamba, twice), () -> heard(mamba, x));
    }

    /** Of an engine that runs: 16 requests at once, and each when the one before has its reply; none finds the beginning of an earlier one. */
    private void together(DecoderLM model, List<int[]> prompts) {
        model.pack();
        var requests = prompts.stream().map(prompt -> Request.greedy(prompt, tokens)).toList();
        var options = new EngineOptions().withReuse(false).withChunk(SchedulerOptions.WHOLE);
        try (var engine = new Engine(model, null, options)) {
            // A batch takes a sixteenth of the steps, and as many to be compiled.
            suite.ratio("serving-at-scale", 2, "serving:batching", "16 texts at once over one after the other", tokens + " tokens",
                    DType.F32, 1 / 3.0, 60, 11, () -> engine.submit(requests).stream().map(Reply::get).toList(),
                    () -> requests.stream().map(request -> engine.submit(request).get()).toList());
        }
    }

    private static double heard(Mamba mamba, Tensor x) { return Autograd.noGrad(() -> mamba.forward(x, Pass.inference()).sum().item()); }

    /** What half of the layers take, a token at a time, of the model that trimllm's other figures are of. */
    private void pruned() {
        int letters = 128;
        var prompts = List.of(Tensor.randint(Rng.of(7), 0, letters, PROMPT).to(DType.I32).toIntArray());
        var six = new DecoderLM(DecoderConfig.llama(letters, PROMPT + tokens, 6, 32, 4, 4, 64).withTied(true), Rng.of(8));
        var whole = new InferenceTuner(six, prompts, tokens);
        var half = new InferenceTuner(LayerPruner.without(six, 1, 3, 4), prompts, tokens);
        Set<Switch> cached = Set.of(Switch.KV_CACHE);
        suite.told("trimllm", 1, "trimllm", "three of six layers over six, decoding", tokens + " tokens", DType.F32, 0.6, 20, 15,
                () -> half.run(cached).seconds(), () -> whole.run(cached).seconds());
    }

    /** What may come next in JSON, among so many tokens of letters, marks and bytes: the median of many warm masks along a text. */
    private void grammar() {
        long begin = System.nanoTime();
        int vocabulary = 250 * positions / 8, end = vocabulary - 1;
        var rng = Rng.of(6);
        var signs = "abcdefghijklmnopqrstuvwxyz0123456789 \"{}[]:,.-".getBytes(StandardCharsets.UTF_8);
        var pieces = TokenPieces.of(vocabulary, id -> {
            if (id == end) return null;
            if (id < 256) return new byte[] {(byte) id};
            var piece = new byte[2 + rng.nextInt(8)];
            for (int i = 0; i < piece.length; i++) piece[i] = signs[rng.nextInt(signs.length)];
            return piece;
        });
        var constraint = new GrammarConstraint(Grammar.json(), pieces, end);
        var allowed = new long[(vocabulary + 63) / 64];
        var text = "{\"name\": \"a ship\", \"berths\": [1, 2, 3], \"open\": true}".getBytes(StandardCharsets.UTF_8);
        var seconds = new ArrayList<Double>();
        for (int turn = 0; turn < 40; turn++) {
            var written = constraint.start();
            for (byte b : text) {
                Arrays.fill(allowed, 0);
                double took = Timing.seconds(() -> written.allowed(allowed), 1);
                if (turn >= 20) seconds.add(took);
                written.accept(b & 0xFF);
            }
        }
        double median = seconds.stream().sorted().skip(seconds.size() / 2).findFirst().orElseThrow();
        suite.saw("constrained-decoding", 5, "constrained-decoding", "warm mask of JSON over 200 us, at most 1", vocabulary + " tokens",
                DType.I64, median / 200e-6, median < 200e-6, begin);
    }
}
