package lyceum.llm.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.llm.CausalLM;
import lyceum.llm.Continuation;
import lyceum.tensor.Tensor;
import lyceum.text.Tokenizer;

/**
 * Texts that are written together, a token a step. A finished text's row reads its own last id over and over and emits {@link #PAD}, until half of the rows are
 * finished; then the model goes on with the others alone. For one thread.
 */
public final class GenerationBatch {
    /** What a finished text emits. */
    public static final int PAD = -1;

    private final CausalLM model;
    private final List<WrittenText> texts = new ArrayList<>();
    private final long started = System.nanoTime();
    private final int[] emitted;
    private final LogitRow row;
    private List<WrittenText> rows; // of the decoding
    private CausalLM.Decoding decoding;
    private Tensor logits;

    GenerationBatch(CausalLM model, Tokenizer tokenizer, List<GenerationRequest> requests) {
        this.model = model;
        row = new LogitRow(model.vocabulary());
        emitted = new int[requests.size()];
        for (var request : requests) texts.add(new WrittenText(texts.size(), model, tokenizer, request));
        read(requests);
        rows = new ArrayList<>(texts);
    }

    /** Reads each different prompt once; texts with the same one fork from it. */
    private void read(List<GenerationRequest> requests) {
        var prompts = new ArrayList<int[]>();
        var of = new int[requests.size()];
        for (int i = 0; i < of.length; i++) {
            int[] prompt = texts.get(i).prompt;
            if (prompt.length > model.contextLength()) throw new IllegalArgumentException(
                    "GenerationBatch: a prompt of " + prompt.length + " ids for a context of " + model.contextLength() + "; shorten it");
            int known = 0;
            while (known < prompts.size() && !Arrays.equals(prompts.get(known), prompt)) known++;
            if (known == prompts.size()) prompts.add(prompt);
            of[i] = known;
        }
        decoding = model.begin();
        logits = decoding.next(prompts.toArray(int[][]::new));
        if (prompts.size() == of.length) return;
        decoding = decoding.fork(of);
        logits = logits.rows(of);
    }

    /** One more token for every text that is not finished; whether any is left. */
    public boolean step() {
        Arrays.fill(emitted, PAD);
        if (rows.isEmpty()) return false;
        boolean f64 = logits.dtype() == DType.F64;
        double[] wide = f64 ? logits.toDoubleArray() : null;
        float[] narrow = f64 ? null : logits.toFloatArray();
        int live = 0, vocabulary = model.vocabulary();
        for (int r = 0; r < rows.size(); r++) {
            var text = rows.get(r);
            if (text.isFinished()) continue;
            if (f64) row.load(wide, r * vocabulary);
            else row.load(narrow, r * vocabulary);
            emitted[text.index] = text.step(row, wide, narrow, r * vocabulary, System.nanoTime() - started);
            if (!text.isFinished()) live++;
        }
        if (live == 0) {
            rows = List.of();
            decoding = null;
            logits = null;
            return false;
        }
        advance(live);
        return true;
    }

    private void advance(int live) {
        long read = decoding.length();
        if (2 * live <= rows.size() || live < rows.size() && read >= model.contextLength()) {
            int[] left = new int[live];
            var kept = new ArrayList<WrittenText>();
            for (int r = 0; r < rows.size(); r++) {
                if (rows.get(r).isFinished()) continue;
                left[kept.size()] = r;
                kept.add(rows.get(r));
            }
            decoding = decoding.fork(left);
            rows = kept;
        }
        var ids = new int[rows.size()];
        for (int r = 0; r < ids.length; r++) ids[r] = rows.get(r).last();
        logits = decoding.next(Tensor.of(ids, ids.length, 1));
    }

    /** Of each text what the last step gave, {@link #PAD} for those that were finished before. */
    public int[] emitted() { return emitted.clone(); }

    /** Rows that the model computes at a step. */
    public int rows() { return rows.size(); }

    /** All texts, in the order of the requests. @throws IllegalStateException if one is not finished */
    public List<Continuation> continuations() { return texts.stream().map(WrittenText::continuation).toList(); }
}
