package lyceum.llm;

import java.util.ArrayList;
import java.util.List;
import lyceum.ShapeException;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import lyceum.text.lm.LanguageModel;

/**
 * Any {@link LanguageModel} as a {@link CausalLM}: counted n-grams, tables, remote models go through the same generation, search and serving as transformers. Logits
 * are its log-probabilities in F64, without gradients. The start mark is read first, where the model has one, as of any causal model.
 *
 * {@snippet :
 * var bigrams = new NGramEstimator(2, vocabulary).withMarks(0, 1).fit(texts);
 * var generator = new CausalGenerator(new SteppedLM(bigrams));
 * }
 *
 * @param model gives log-probabilities
 * @param contextLength positions at most
 */
public record SteppedLM(LanguageModel model, long contextLength) implements CausalLM {
    /** Without a bound. */
    public SteppedLM(LanguageModel model) { this(model, Long.MAX_VALUE); }

    @Override public int vocabulary() { return model.vocabulary(); }

    @Override public int startMark() { return model.startMark(); }

    @Override public int endMark() { return model.endMark(); }

    @Override public boolean normalised() { return model.normalised(); }

    @Override public State start() { return model.start(); }

    @Override public double[] logProbabilities(int... ids) { return model.logProbabilities(ids); }

    @Override public double[] scores(List<int[]> texts) { return model.scores(texts); }

    @Override public Tensor logits(Tensor ids, Pass pass) { return begin().all(ids); }

    @Override public Decoding begin() { return new Stepping(new ArrayList<>()); }

    private final class Stepping implements Decoding {
        private final List<List<State>> rows; // the state after each position

        Stepping(List<List<State>> rows) { this.rows = rows; }

        private void read(Tensor ids) {
            if (ids.rank() != 2 || !rows.isEmpty() && rows.size() != ids.size(0))
                throw new ShapeException("SteppedLM: ids " + ids.shape() + " for " + rows.size() + " rows; they are (rows, T)");
            int count = (int) ids.size(0), length = (int) ids.size(1);
            while (rows.size() < count) rows.add(new ArrayList<>());
            int[] flat = ids.toIntArray();
            for (int r = 0; r < count; r++) {
                var row = rows.get(r);
                if (row.size() + length > contextLength) throw new ShapeException(
                        "SteppedLM: " + (row.size() + length) + " positions; the context has " + contextLength + ": shorten the prompt");
                for (int t = 0; t < length; t++) {
                    int id = flat[r * length + t];
                    if (!row.isEmpty()) row.add(row.getLast().next(id));
                    else row.add(id == model.startMark() ? model.start() : model.start().next(id));
                }
            }
        }

        private Tensor logs(int last) {
            int vocabulary = vocabulary();
            var all = new double[rows.size() * last * vocabulary];
            for (int r = 0; r < rows.size(); r++) {
                var row = rows.get(r);
                for (int t = 0; t < last; t++)
                    System.arraycopy(row.get(row.size() - last + t).logProbabilities(), 0, all, (r * last + t) * vocabulary, vocabulary);
            }
            return Tensor.of(all, rows.size(), last, vocabulary);
        }

        @Override public Tensor all(Tensor ids) {
            read(ids);
            return logs((int) ids.size(1));
        }

        @Override public Tensor next(Tensor ids) {
            read(ids);
            return logs(1).squeeze(1);
        }

        @Override public long length() { return rows.stream().mapToLong(List::size).max().orElse(0); }

        @Override public void truncate(long... lengths) {
            for (int r = 0; r < rows.size(); r++) {
                var row = rows.get(r);
                long length = lengths[lengths.length == 1 ? 0 : r];
                if (length < row.size()) row.subList((int) length, row.size()).clear();
            }
        }

        @Override public Decoding fork(int... named) {
            var forked = new ArrayList<List<State>>();
            if (named.length == 0) for (var row : rows) forked.add(new ArrayList<>(row));
            for (int r : named) forked.add(new ArrayList<>(rows.get(r)));
            return new Stepping(forked);
        }

        /** Of the references alone; what states hold is theirs. */
        @Override public long bytes() { return rows.stream().mapToLong(row -> 8L * row.size()).sum(); }
    }
}
