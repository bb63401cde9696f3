package lyceum.text.lm;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;
import lyceum.format.Safetensors;

/**
 * Foretells a token from the n - 1 before it by what was counted: {@code log p(w | h)} where the run hw is stored, else the weight of h and
 * {@code log p(w | h')} of the context without its oldest token. Every {@link NGramSmoothing} becomes such a table, in which a question costs at most n
 * searches. Learned by {@link NGramEstimator}; read from files by {@link #load} (mapped, not copied) and {@link ArpaFile}. Immutable, safe to share.
 *
 * {@snippet :
 * var model = new NGramEstimator(3, vocabulary).withMarks(0, 1).fit(texts);
 * model.probability(7, 3, 5);                                          // of 7 after 3 and 5
 * int[] orders = model.orders(ids);                                    // how long a run predicted each token
 * }
 *
 * @see <a href="https://doi.org/10.1006/csla.1999.0128">Chen and Goodman (1999)</a>
 */
public final class NGramLanguageModel implements LanguageModel {
    private static final String VERSION = "1";

    /**
     * What a table does not hold.
     *
     * @param root log weight of the uniform distribution behind single tokens
     * @param unseen log weight of the shorter context after one that was never seen
     * @param direct whether every context hands over to the uniform distribution at once
     */
    record Form(int vocabulary, int startMark, int endMark, int unknown, double root, double unseen, boolean direct, boolean normalised) {}

    private final NGramTable table;
    private final Form form;
    private final double base;

    NGramLanguageModel(NGramTable table, Form form) {
        this.table = table;
        this.form = form;
        base = -Math.log(form.vocabulary - (form.startMark >= 0 ? 1 : 0));
    }

    NGramTable table() { return table; }

    Form form() { return form; }

    /** n. */
    public int order() { return table.order(); }

    /** Stored runs of that many ids. */
    public int size(int n) {
        if (n < 1 || n > order())
            throw new IllegalArgumentException("NGramLanguageModel: runs of " + n + "; there are those of 1 to " + order());
        return table.size(n - 1);
    }

    /** Of the arrays that hold it. */
    public long bytes() { return table.bytes(); }

    @Override public int vocabulary() { return form.vocabulary; }

    @Override public int startMark() { return form.startMark; }

    @Override public int endMark() { return form.endMark; }

    /** The id as which others are read, or -1. */
    public int unknown() { return form.unknown; }

    @Override public boolean normalised() { return form.normalised; }

    @Override public NGramState start() { return form.startMark < 0 ? after() : after(form.startMark); }

    /** After some ids, the last of them nearest; no start mark is added. */
    public NGramState after(int... context) {
        var state = new NGramState(0, new int[0]);
        for (int i = Math.max(0, context.length - order() + 1); i < context.length; i++) state = state.next(context[i]);
        return state;
    }

    /** {@code p(id | context)}. */
    public double probability(int id, int... context) { return Math.exp(after(context).logProbability(id)); }

    /** For each term of {@link #logProbabilities(int...)} how many ids the run has that predicted it: n at most, 0 where the uniform distribution did. */
    public int[] orders(int... ids) {
        int given = form.startMark >= 0 ? 0 : 1;
        var orders = new int[Math.max(0, ids.length - given)];
        var state = start();
        for (int t = 0; t < ids.length; t++) {
            if (t >= given) orders[t - given] = state.order(ids[t]);
            state = state.next(ids[t]);
        }
        return orders;
    }

    /**
     * Without the runs that matter least: a run goes, if none that begins with it stays, where that raises the model's perplexity by less than this share;
     * weights are then such that probabilities add up again (Stolcke 1998). Single tokens stay.
     *
     * @param threshold such as 1e-7; 0 takes none but those that change nothing
     * @throws IllegalArgumentException for a model that does not back off ({@link NGramSmoothing.Mle}, {@link NGramSmoothing.AddK}) or is no distribution
     */
    public NGramLanguageModel pruned(double threshold) {
        if (!(threshold >= 0)) throw new IllegalArgumentException("pruned: the threshold is " + threshold + "; it is 0 or more");
        needBackoff("pruned");
        return new NGramPruning(this).pruned(threshold);
    }

    void needBackoff(String what) {
        if (form.direct || !form.normalised)
            throw new IllegalArgumentException(what + ": the model does not hand probability to shorter contexts; take another smoothing");
    }

    /** Writes safetensors. */
    public void save(Path path) throws IOException {
        Safetensors.write(path, table.tensors(),
                Map.of("formatVersion", VERSION, "kind", "n-gram", "order", "" + order(), "marks",
                        form.vocabulary + " " + form.startMark + " " + form.endMark + " " + form.unknown, "root", "" + form.root, "unseen",
                        "" + form.unseen, "form", (form.direct ? "direct" : "backoff") + (form.normalised ? "" : " scores")));
    }

    /** Reads what {@link #save} wrote: the file is mapped and looked through once. @throws FormatException if it is malformed */
    public static NGramLanguageModel load(Path path) throws IOException { return of(Safetensors.read(path)); }

    static NGramLanguageModel of(Safetensors.Contents contents) {
        var meta = contents.metadata();
        if (!VERSION.equals(meta.get("formatVersion")) || !"n-gram".equals(meta.get("kind")))
            throw new FormatException("n-gram model: version \"" + meta.get("formatVersion") + "\" of \"" + meta.get("kind")
                    + "\"; this reads version " + VERSION + " of \"n-gram\"");
        try {
            int order = Integer.parseInt(meta.getOrDefault("order", ""));
            int[] marks = Arrays.stream(meta.getOrDefault("marks", "").split(" ")).mapToInt(Integer::parseInt).toArray();
            double root = Double.parseDouble(meta.getOrDefault("root", "")), unseen = Double.parseDouble(meta.getOrDefault("unseen", ""));
            var kind = meta.getOrDefault("form", "");
            if (order < 1 || order > 8 || marks.length != 4 || !(root <= 1e-6) || !(unseen <= 0) || marks[3] < -1 || marks[3] >= marks[0]
                    || !List.of("direct", "backoff", "backoff scores").contains(kind))
                throw new FormatException("n-gram model: a header of " + meta);
            CausalLanguageModel.check("n-gram model", marks[0], marks[1], marks[2]);
            var form = new Form(marks[0], marks[1], marks[2], marks[3], root, unseen, kind.startsWith("direct"), !kind.endsWith("scores"));
            return new NGramLanguageModel(NGramTable.of(contents.tensors(), order, marks[0], true), form);
        } catch (IllegalArgumentException e) {
            throw new FormatException("n-gram model: a header of " + meta, e);
        }
    }

    /** What was read so far, as the places of its last 0 to n - 1 ids. */
    public final class NGramState implements State {
        private final int length;
        private final int[] places; // of the last 1, 2, .. ids; -1 for a run that is not stored

        private NGramState(int length, int[] places) {
            this.length = length;
            this.places = places;
        }

        private int place(int j) { return j == 0 ? 0 : places[j - 1]; }

        private double weight(int j) { return j == 0 ? form.root : places[j - 1] < 0 ? form.unseen : table.weight(j - 1, places[j - 1]); }

        @Override public double logProbability(int id) {
            int known = NGramEstimator.known(id, form.vocabulary, form.unknown);
            if (known == form.startMark) return Double.NEGATIVE_INFINITY;
            double sum = 0;
            for (int j = length; j >= 0; j--) {
                int at = table.find(j, place(j), known);
                if (at >= 0) return sum + table.log(j, at);
                sum += weight(j);
                if (form.direct) break;
            }
            return sum + base;
        }

        /** Ids of the run that predicts an id: 1 for the id alone, 0 if it was never seen. */
        public int order(int id) {
            int known = NGramEstimator.known(id, form.vocabulary, form.unknown);
            for (int j = length; j >= 0; j--) {
                if (table.find(j, place(j), known) >= 0) return j + 1;
                if (form.direct) break;
            }
            return 0;
        }

        @Override public double[] logProbabilities() {
            var logs = new double[form.vocabulary];
            int first = form.direct ? length : 0;
            Arrays.fill(logs, base);
            for (int j = first; j <= length; j++) {
                double weight = weight(j);
                for (int i = 0; i < logs.length; i++) logs[i] += weight;
                if (place(j) < 0) continue;
                for (int i = table.from(j, place(j)), to = table.to(j, place(j)); i < to; i++) logs[table.id(j, i)] = table.log(j, i);
            }
            if (form.startMark >= 0) logs[form.startMark] = Double.NEGATIVE_INFINITY;
            return logs;
        }

        @Override public NGramState next(int id) {
            int known = NGramEstimator.known(id, form.vocabulary, form.unknown);
            var longer = new int[Math.min(length + 1, table.order() - 1)];
            for (int j = 0; j < longer.length; j++) longer[j] = table.find(j, place(j), known);
            return new NGramState(longer.length, longer);
        }
    }
}
