package lyceum.llm.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.backend.Parallel;
import lyceum.llm.CausalLM;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;
import lyceum.text.lm.CausalLanguageModel;
import lyceum.text.lm.LanguageModel;
import lyceum.text.lm.MaskedLanguageModel;
import lyceum.withers.Withers;

/**
 * Perplexity of a language model on documents: {@code exp(-sum ln p(x_t | x_<t) / N)} over all N predicted tokens together.
 *
 * {@snippet :
 * var texts = verses.stream().map(v -> ScoredText.of(v, "bible", tokenizer::ids)).toList();
 * var report = Perplexity.sliding(1024, 512).of(model, texts);
 * double perplexity = report.perplexity(), bits = report.bitsPerByte();
 * Interval interval = report.interval(0.95, 1000, Rng.of(1));
 * }
 *
 * <p>Documents are read whole, or where they are longer than the model can read through windows. A window holds the ids that are read to predict one, a start mark
 * among them; the next window begins {@code stride} ids later and only what no window before it has predicted is counted. A stride of 1 gives every token all the
 * context that fits and costs most; a stride of a whole window reads each id once, and predicts the first tokens of a window from almost nothing. Publish both numbers.
 *
 * <p>A model without a start mark is not asked for a document's first token. The end mark is predicted where the model has one. Immutable and safe for threads; the
 * same numbers for any number of threads.
 *
 * @param window ids that are read at most, or {@link #WHOLE}
 * @param stride by which windows move, 1 to the window
 * @see <a href="https://doi.org/10.1121/1.2016299">Jelinek, Mercer, Bahl and Baker (1977)</a>
 */
@Withers
public record Perplexity(int window, int stride) implements PerplexityWithers {
    /** No window: documents as they are. */
    public static final int WHOLE = Integer.MAX_VALUE;
    private static final int TOKENS = 4096, LOGITS = 1 << 23; // of a pass
    private static final int BLOCK = 256;

    public Perplexity {
        if (window < 1 || stride < 1 || stride > window) throw new IllegalArgumentException(
                "Perplexity: a window of " + window + " with a stride of " + stride + "; 1 <= stride <= window");
    }

    /** Documents as they are. */
    public Perplexity() { this(WHOLE, WHOLE); }

    /** Through windows. */
    public static Perplexity sliding(int window, int stride) { return new Perplexity(window, stride); }

    public PerplexityReport of(LanguageModel model, List<ScoredText> texts) { return of(model, texts, Progress.SILENT); }

    /**
     * Every document's surprise.
     *
     * @param progress counts windows; a cancelled one ends the work
     * @throws IllegalArgumentException if the model's probabilities do not add up to 1, a document is longer than the model reads, or no token is predicted
     */
    public PerplexityReport of(LanguageModel model, List<ScoredText> texts, Progress progress) {
        if (!model.normalised())
            throw new IllegalArgumentException("Perplexity: the model's scores do not add up to 1; a perplexity of them means nothing");
        var pieces = new ArrayList<Piece>();
        for (int d = 0; d < texts.size(); d++) cut(d, model.ended(texts.get(d).ids()), model.startMark() >= 0, pieces);
        if (model instanceof CausalLM causal) for (var piece : pieces)
            if (piece.reads(causal.startMark() >= 0) > causal.contextLength()) throw new IllegalArgumentException("Perplexity: document "
                    + piece.document + " asks for " + piece.reads(causal.startMark() >= 0) + " positions and the model reads "
                    + causal.contextLength() + "; use Perplexity.sliding(" + causal.contextLength() + ", stride)");
        var surprisals = new double[texts.size()][];
        for (var piece : pieces) surprisals[piece.document] = new double[piece.target + piece.counted]; // the last piece of a document has its length
        if (model instanceof CausalLM causal) batches(causal, pieces, surprisals, progress);
        else for (int first = 0; first < pieces.size(); first += BLOCK) {
            var block = pieces.subList(first, Math.min(pieces.size(), first + BLOCK));
            Parallel.range(block.size(), 1, (from, to) -> {
                for (var piece : block.subList((int) from, (int) to)) piece.take(model.logProbabilities(piece.ids), surprisals);
            });
            progress.step("perplexity", first + block.size(), pieces.size());
        }
        return PerplexityReport.of(texts, surprisals);
    }

    /** Ids to read and predict; the last {@code counted} terms are its document's from {@code target} on. */
    private record Piece(int document, int[] ids, int target, int counted) {
        long reads(boolean marked) { return marked ? ids.length : ids.length - 1; }

        void take(double[] terms, double[][] surprisals) {
            for (int i = 0; i < counted; i++) surprisals[document][target + i] = -terms[terms.length - counted + i];
        }
    }

    private void cut(int document, int[] ids, boolean marked, List<Piece> pieces) {
        int given = marked ? 0 : 1, done = given; // ids before done are predicted, or given
        for (int from = 0; done < ids.length; from += stride) {
            int to = (int) Math.min(ids.length, (long) from + window + given);
            pieces.add(new Piece(document, Arrays.copyOfRange(ids, from, to), done - given, to - done));
            done = to;
        }
    }

    /** Pieces of equal length share a pass, so that none is padded. */
    private static void batches(CausalLM model, List<Piece> pieces, double[][] surprisals, Progress progress) {
        int start = model.startMark(), marked = start >= 0 ? 1 : 0;
        var byLength = new TreeMap<Integer, List<Piece>>();
        for (var piece : pieces) byLength.computeIfAbsent(piece.ids.length, _ -> new ArrayList<>()).add(piece);
        int done = 0;
        for (var each : byLength.entrySet()) {
            var all = each.getValue();
            int length = each.getKey(), read = length - 1 + marked,
                    rows = Math.max(1, Math.min(TOKENS, LOGITS / model.vocabulary()) / read);
            for (int from = 0; from < all.size(); from += rows) try (var scope = Scope.open("perplexity")) {
                var some = all.subList(from, Math.min(all.size(), from + rows));
                var ids = new int[some.size() * read];
                for (int r = 0; r < some.size(); r++) {
                    if (marked == 1) ids[r * read] = start;
                    System.arraycopy(some.get(r).ids, 0, ids, r * read + marked, length - 1);
                }
                var z = Autograd.noGrad(() -> model.logits(Tensor.of(ids, some.size(), read), Pass.inference()));
                double[][] logs = CausalLanguageModel.logProbabilities(z.reshape((long) some.size() * read, model.vocabulary()), start,
                        model.endMark());
                for (int r = 0; r < some.size(); r++) {
                    int row = r;
                    var piece = some.get(r);
                    piece.take(IntStream.range(0, read).mapToDouble(t -> logs[row * read + t][piece.ids[t + 1 - marked]]).toArray(),
                            surprisals);
                }
                progress.step("perplexity", done += some.size(), pieces.size());
            }
        }
    }

    /**
     * Pseudo-perplexity of a model that reads both sides: each token is predicted from all others, it alone being hidden. To be compared with its like only.
     *
     * @param mark ids that are read but not asked for, such as {@code [CLS]} and {@code [SEP]}
     * @see <a href="https://arxiv.org/abs/1910.14659">Salazar, Liang, Nguyen and Kirchhoff (2020)</a>
     */
    public static PerplexityReport pseudo(MaskedLanguageModel model, List<ScoredText> texts, IntPredicate mark) {
        var surprisals = new double[texts.size()][];
        for (int d = 0; d < surprisals.length; d++) {
            int[] ids = texts.get(d).ids(), places = IntStream.range(0, ids.length).filter(t -> !mark.test(ids[t])).toArray();
            double[][] rows = model.conditionals(ids, places);
            surprisals[d] = IntStream.range(0, places.length).mapToDouble(i -> -rows[i][ids[places[i]]]).toArray();
        }
        return PerplexityReport.of(texts, surprisals);
    }
}
