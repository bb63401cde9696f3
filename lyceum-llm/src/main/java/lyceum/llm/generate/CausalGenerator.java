package lyceum.llm.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import lyceum.llm.CausalLM;
import lyceum.llm.Continuation;
import lyceum.llm.ContinuationScorer;
import lyceum.llm.TextGenerator;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.Tokenizer;
import lyceum.text.lm.CausalLanguageModel;
import lyceum.withers.Withers;

/**
 * Writes from left to right with any causal model: reads each prompt once, then a token a step for all texts of the batch together. Prompts may differ in length,
 * equal ones are read once. Every text has a random stream of its own, so that the batch it is in changes none of its tokens beyond what rounding does to a near-tie.
 *
 * {@snippet :
 * var generator = new CausalGenerator(model, tokenizer).withSampling(SamplingOptions.topP(0.9)).withStop(new StopCriteria(100));
 * String answer = generator.write("In the beginning", Rng.of(1), piece -> System.out.print(piece.text())).text();
 * List<Continuation> eight = generator.generate(List.of(prompt), 8, Rng.of(2));
 * double[] logs = generator.scores(prompt, eight.getFirst().ids());           // teacher-forced: eight.getFirst().logProbabilities()
 * }
 *
 * <p>The start mark is never drawn, unless it is the end mark as well, as in {@link lyceum.text.lm.LanguageModel}. Safe to share between threads if the model is.
 *
 * @param model gives logits
 * @param tokenizer for text, stop strings and streams of text, ids beyond it are never drawn; null if ids are enough
 * @param sampling of texts that say nothing else
 * @param stop of texts that say nothing else
 */
@Withers
public record CausalGenerator(CausalLM model, Tokenizer tokenizer, SamplingOptions sampling, StopCriteria stop)
        implements TextGenerator, CausalGeneratorWithers {
    private static final int TOKENS = 4096; // of a scoring pass

    public CausalGenerator {
        if (tokenizer == null && !stop.strings().isEmpty())
            throw new IllegalArgumentException("CausalGenerator: stop strings " + stop.strings() + " need a tokenizer, by withTokenizer");
    }

    /** The model's own distribution, 256 ids at most. */
    public CausalGenerator(CausalLM model, Tokenizer tokenizer) { this(model, tokenizer, SamplingOptions.DEFAULT, new StopCriteria(256)); }

    /** Of ids alone. */
    public CausalGenerator(CausalLM model) { this(model, null); }

    @Override public List<Continuation> generate(List<int[]> prompts, int count, Rng rng, Progress progress) {
        var requests = new ArrayList<GenerationRequest>();
        for (int p = 0; p < prompts.size(); p++)
            for (int c = 0; c < count; c++)
                requests.add(new GenerationRequest(prompts.get(p), sampling, stop, rng.split((long) p * count + c)));
        return run(requests, progress);
    }

    /** One continuation of one prompt. */
    public Continuation generate(int[] prompt, Rng stream) {
        return run(List.of(new GenerationRequest(prompt, sampling, stop, stream)), Progress.SILENT).getFirst();
    }

    /** One continuation of a text, heard piece by piece. */
    public Continuation write(String prompt, Rng stream, Consumer<GenerationRequest.Piece> listener) {
        if (tokenizer == null) throw new IllegalStateException("CausalGenerator.write: text needs a tokenizer, by withTokenizer");
        return run(List.of(new GenerationRequest(tokenizer.ids(prompt), sampling, stop, stream).withListener(listener)), Progress.SILENT)
                .getFirst();
    }

    /** Requests of any kind as one batch, in their order. @throws lyceum.progress.CancelledException if the progress says so; listeners have heard what there was */
    public List<Continuation> run(List<GenerationRequest> requests, Progress progress) {
        if (requests.isEmpty()) return List.of();
        var batch = start(requests);
        int most = requests.stream().mapToInt(r -> r.stop().most()).max().orElseThrow();
        for (int step = 1; batch.step(); step++) progress.step("generation", step, most);
        return batch.continuations();
    }

    /** A batch that the caller steps. */
    public GenerationBatch start(List<GenerationRequest> requests) { return new GenerationBatch(model, tokenizer, requests); }

    /** Log-probability of each id of a given continuation, nats: what teacher forcing gives. */
    public double[] scores(int[] prompt, int[] continuation) { return scores(List.of(prompt), List.of(continuation)).getFirst(); }

    /** As above, of many, in passes of texts of like length. */
    public List<double[]> scores(List<int[]> prompts, List<int[]> continuations) {
        if (prompts.size() != continuations.size()) throw new IllegalArgumentException(
                "CausalGenerator.scores: " + prompts.size() + " prompts and " + continuations.size() + " continuations; there is one each");
        var scores = new double[prompts.size()][];
        var order = new ArrayList<Integer>();
        for (int i = 0; i < scores.length; i++) order.add(i);
        order.sort((a, b) -> Integer.compare(length(prompts, continuations, b), length(prompts, continuations, a)));
        for (int from = 0, rows; from < scores.length; from += rows) {
            int longest = length(prompts, continuations, order.get(from));
            rows = Math.min(Math.max(1, TOKENS / Math.max(1, longest)), scores.length - from);
            var ids = new int[rows * longest];
            for (int r = 0; r < rows; r++) {
                int[] prompt = read(prompts.get(order.get(from + r))), text = continuations.get(order.get(from + r));
                System.arraycopy(prompt, 0, ids, r * longest, prompt.length);
                System.arraycopy(text, 0, ids, r * longest + prompt.length, Math.max(0, text.length - 1)); // the last is not read
            }
            var logits = model.begin().all(Tensor.of(ids, rows, longest));
            for (int r = 0; r < rows; r++) {
                int[] prompt = read(prompts.get(order.get(from + r))), text = continuations.get(order.get(from + r));
                var scored = new double[text.length];
                double[][] logs = text.length == 0 ? null : CausalLanguageModel
                        .logProbabilities(logits.get(r).narrow(0, prompt.length - 1, text.length), model.startMark(), model.endMark());
                for (int t = 0; t < text.length; t++) scored[t] = logs[t][text[t]];
                scores[order.get(from + r)] = scored;
            }
        }
        return Arrays.asList(scores);
    }

    private int length(List<int[]> prompts, List<int[]> continuations, int i) {
        return read(prompts.get(i)).length + Math.max(0, continuations.get(i).length - 1);
    }

    private int[] read(int[] prompt) { return read(model, prompt); }

    static int[] read(CausalLM model, int[] prompt) {
        if (prompt.length > 0) return prompt;
        if (model.startMark() < 0)
            throw new IllegalArgumentException("CausalGenerator: an empty prompt, and the model has no start mark; give an id at least");
        return new int[] {model.startMark()};
    }

    /**
     * The model's own opinion of continuations: log-probability over {@code length^alpha}.
     *
     * @param alpha 0 for the whole log-probability, 1 for its mean a token
     */
    public static ContinuationScorer likelihood(double alpha) {
        return (_, all) -> all.stream().mapToDouble(c -> c.logProbability() / Math.pow(Math.max(1, c.ids().length), alpha)).toArray();
    }
}
