package lyceum.serve.speculate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.llm.CausalLM;
import lyceum.llm.Continuation;
import lyceum.llm.TextGenerator;
import lyceum.llm.generate.GenerationRequest;
import lyceum.llm.generate.LogitRow;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.llm.generate.WrittenText;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.Tokenizer;
import lyceum.withers.Withers;

/**
 * Writes with a target model several tokens a pass: a {@link DraftSource} guesses, one pass of the target scores all guesses, and from left to right each is taken with
 * probability {@code min(1, p/q)}; at the first refusal the token is drawn from {@code max(0, p - q)}, normalised, and where all were taken one more from the target.
 * The law of the texts is the target's, whatever was guessed, with greedy choice, temperature, truncation, penalties and constraints: p is what the request's own chain
 * leaves of the target's logits.
 *
 * {@snippet :
 * var decoder = new SpeculativeDecoder(target, new ModelDraft(draft)).withGuesses(5);
 * Speculation round = decoder.run(List.of(new GenerationRequest(prompt, SamplingOptions.topP(0.9), new StopCriteria(200), rng)), Progress.SILENT);
 * double speed = round.statistics().tokensPerPass();
 * List<Continuation> texts = decoder.withDraft(new NGramDraft(3, 1)).generate(prompts, 1, rng);
 * }
 *
 * <p>Texts of a batch keep step, each taking as many guesses as it may. The caches of target and draft forget what was refused. Safe to share between threads if the
 * models are.
 *
 * @param target whose texts they are
 * @param draft guesses
 * @param tokenizer for texts and stop strings; null if ids are enough
 * @param guesses a pass; the most of them if adaptive
 * @param adaptive whether their number follows the acceptance so far, to where {@link SpeculationStatistics#speedUp} is largest
 * @param draftCost of a guess, in passes of the target; for adaptive numbers
 * @param sampling of texts that say nothing else
 * @param stop of texts that say nothing else
 * @see <a href="https://arxiv.org/abs/2211.17192">Leviathan, Kalman and Matias (2023), algorithm 1</a>
 * @see <a href="https://arxiv.org/abs/2302.01318">Chen et al. (2023)</a>
 */
@Withers
public record SpeculativeDecoder(CausalLM target, DraftSource draft, Tokenizer tokenizer, int guesses, boolean adaptive, double draftCost,
        SamplingOptions sampling, StopCriteria stop) implements TextGenerator, SpeculativeDecoderWithers {
    private static final double MEMORY = 0.9, TRUST = 0.7; // of the acceptance so far; before any guess

    public SpeculativeDecoder {
        if (guesses < 1) throw new IllegalArgumentException("SpeculativeDecoder: " + guesses + " guesses; at least 1");
        if (!(draftCost >= 0)) throw new IllegalArgumentException("SpeculativeDecoder: a guess costs " + draftCost + " passes; 0 or more");
        if (draft instanceof ModelDraft m && m.model().vocabulary() != target.vocabulary())
            throw new IllegalArgumentException("SpeculativeDecoder: a draft of " + m.model().vocabulary() + " ids for a target of "
                    + target.vocabulary() + "; both read the same ids");
    }

    /** Four guesses a pass, the model's own distribution, 256 ids at most. */
    public SpeculativeDecoder(CausalLM target, DraftSource draft) {
        this(target, draft, null, 4, false, 0.1, SamplingOptions.DEFAULT, new StopCriteria(256));
    }

    @Override public List<Continuation> generate(List<int[]> prompts, int count, Rng rng, Progress progress) {
        var requests = new ArrayList<GenerationRequest>();
        for (int p = 0; p < prompts.size(); p++)
            for (int c = 0; c < count; c++)
                requests.add(new GenerationRequest(prompts.get(p), sampling, stop, rng.split((long) p * count + c)));
        return run(requests, progress).texts();
    }

    /** Requests of any kind as one batch, in their order. @throws lyceum.progress.CancelledException if the progress says so; listeners have heard what there was */
    public Speculation run(List<GenerationRequest> requests, Progress progress) {
        if (requests.isEmpty()) return new Speculation(List.of(), new SpeculationStatistics(0, 0, 0, 0, 0));
        var batch = new Batch(requests);
        int most = requests.stream().mapToInt(r -> r.stop().most()).max().orElseThrow();
        for (int written = 0; batch.round();) progress.step("speculation", written = batch.written(written), most);
        return new Speculation(batch.texts.stream().map(WrittenText::continuation).toList(), batch.statistics);
    }

    private final class Batch {
        final List<WrittenText> texts = new ArrayList<>();
        private List<WrittenText> rows;
        private final DraftSource.Session session;
        private final LogitRow row = new LogitRow(target.vocabulary());
        private final long started = System.nanoTime();
        private CausalLM.Decoding decoding = target.begin();
        private long[] lengths; // of the target's cache: all of a text but its last id
        private double acceptance = TRUST;
        SpeculationStatistics statistics = new SpeculationStatistics(0, 0, 0, 0, 0);

        Batch(List<GenerationRequest> requests) {
            var prompts = new ArrayList<int[]>();
            var streams = new ArrayList<Rng>();
            for (var request : requests) {
                var text = new WrittenText(texts.size(), target, tokenizer, request);
                texts.add(text);
                prompts.add(text.prompt());
                streams.add(request.stream().split(0x5EC0DE));
                if (text.prompt().length > target.contextLength()) throw new IllegalArgumentException("SpeculativeDecoder: a prompt of "
                        + text.prompt().length + " ids for a context of " + target.contextLength() + "; shorten it");
            }
            rows = new ArrayList<>(texts);
            lengths = prompts.stream().mapToLong(p -> p.length - 1).toArray();
            int width = (int) Arrays.stream(lengths).max().orElseThrow();
            if (width > 0) {
                var ids = new int[rows.size() * width];
                for (int r = 0; r < rows.size(); r++) System.arraycopy(prompts.get(r), 0, ids, r * width, (int) lengths[r]);
                decoding.at(Tensor.of(ids, rows.size(), width), new int[rows.size()]);
                decoding.truncate(lengths);
            }
            session = draft.start(prompts, requests.stream().map(GenerationRequest::sampling).toList(), streams);
        }

        int written(int before) { return Math.max(before, texts.stream().mapToInt(t -> t.history().generated().length).max().orElse(0)); }

        /** One pass of the target; whether any text is left. */
        boolean round() {
            int wanted = adaptive ? Math.max(1, SpeculationStatistics.bestGuesses(acceptance, draftCost, guesses)) : guesses;
            long room = target.contextLength() - Arrays.stream(lengths).max().orElse(0) - 1;
            var drafts = session.propose((int) Math.min(wanted, room));
            int width = 1 + drafts.stream().mapToInt(d -> d.ids().length).max().orElse(0), vocabulary = target.vocabulary();
            var ids = new int[rows.size() * width];
            for (int r = 0; r < rows.size(); r++) {
                ids[r * width] = rows.get(r).last();
                System.arraycopy(drafts.get(r).ids(), 0, ids, r * width + 1, drafts.get(r).ids().length);
            }
            double[][] logits = decoding.all(Tensor.of(ids, rows.size(), width)).reshape((long) rows.size() * width, vocabulary).toRows();
            int live = 0;
            for (int r = 0; r < rows.size(); r++) {
                var text = rows.get(r);
                int before = text.history().size(), taken = check(text, drafts.get(r), logits, r * width);
                lengths[r] += 1 + taken;
                var added = new int[text.history().size() - before];
                for (int i = 0; i < added.length; i++) added[i] = text.history().id(before + i);
                if (!text.isFinished()) {
                    live++;
                    session.advance(r, added);
                }
            }
            if (live == 0) return false;
            keep(live);
            decoding.truncate(lengths);
            return true;
        }

        /** How many guesses a text takes. */
        private int check(WrittenText text, DraftSource.Draft guess, double[][] logits, int at) {
            int n = guess.ids().length, taken = 0, tested = 0, tokens = 0;
            while (!text.isFinished()) {
                double[] z = logits[at + taken];
                row.load(z);
                text.prepare(row);
                tokens++;
                if (taken == n) {
                    int id = row.draw(text.stream());
                    text.take(row, id, z[id], System.nanoTime() - started);
                    break;
                }
                int id = guess.ids()[taken];
                double[] p = row.probabilities(), q = guess.probabilities() == null ? null : guess.probabilities()[taken];
                tested++;
                boolean accepts = text.stream().nextDouble() * (q == null ? 1 : q[id]) < p[id];
                if (!accepts) id = rest(p, q, id, text.stream());
                text.take(row, id, z[id], System.nanoTime() - started);
                if (!accepts) break;
                taken++;
            }
            if (tested > 0) acceptance = MEMORY * acceptance + (1 - MEMORY) * taken / tested;
            statistics = statistics.plus(tokens, 1, n, tested, taken);
            return taken;
        }

        private void keep(int live) {
            if (live == rows.size()) return;
            var left = new int[live];
            var kept = new ArrayList<WrittenText>();
            for (int r = 0; r < rows.size(); r++) if (!rows.get(r).isFinished()) {
                left[kept.size()] = r;
                kept.add(rows.get(r));
            }
            // before a fork the rows are as long as they will be: what was refused is not copied
            decoding.truncate(lengths);
            decoding = decoding.fork(left);
            session.keep(left);
            lengths = Arrays.stream(left).mapToLong(r -> lengths[r]).toArray();
            rows = kept;
        }
    }

    /** Draws from {@code max(0, p - q)}; without q, from p except for the refused id. */
    private static int rest(double[] p, double[] q, int refused, Rng stream) {
        double sum = 0;
        for (int i = 0; i < p.length; i++) sum += p[i] = q == null ? (i == refused ? 0 : p[i]) : Math.max(0, p[i] - q[i]);
        double left = stream.nextDouble() * sum;
        int last = refused; // should rounding leave nothing
        for (int i = 0; i < p.length; i++) {
            if (p[i] == 0) continue;
            last = i;
            if ((left -= p[i]) < 0) break;
        }
        return last;
    }
}
