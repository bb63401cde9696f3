package lyceum.llm;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Embedding;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.nn.Rnn;
import lyceum.tensor.Tensor;
import lyceum.text.lm.RecurrentLanguageModel;

/**
 * A recurrent network as a {@link CausalLM}: what is known of the past has one size, however long it was.
 *
 * {@snippet :
 * var network = new Lstm(new RnnConfig(32, 128), rng);
 * var model = new RecurrentLM(new RecurrentLanguageModel(embedding, network, new Linear(128, vocabulary, rng), -1, -1));
 * }
 *
 * <p>A {@link CausalLM.Decoding} that is truncated reads what is left again, as a state gives no position back.
 *
 * @param model embedding, network, head and marks
 * @see <a href="https://doi.org/10.21437/Interspeech.2010-343">Mikolov and others (2010)</a>
 */
public record RecurrentLM(RecurrentLanguageModel model) implements CausalLM {

    /** The table of tokens. */
    public Embedding embedding() { return model.embedding(); }

    @Override public int vocabulary() { return model.vocabulary(); }

    @Override public int startMark() { return model.startMark(); }

    @Override public int endMark() { return model.endMark(); }

    @Override public long contextLength() { return Long.MAX_VALUE; }

    @Override public Tensor logits(Tensor ids, Pass pass) { return model.logits(ids, pass); }

    @Override public Decoding begin() { return new Running(null, null); }

    @Override public State start() { return model.start(); }

    private final class Running implements Decoding {
        private int[][] read;
        private RecurrentState state;

        Running(int[][] read, RecurrentState state) {
            this.read = read;
            this.state = state;
        }

        @Override public Tensor all(Tensor ids) { return Autograd.noGrad(() -> head(run(ids))); }

        @Override public Tensor next(Tensor ids) { return Autograd.noGrad(() -> head(run(ids).select(1, ids.size(1) - 1))); }

        private Tensor head(Tensor outputs) { return model.head().forward(outputs, Pass.inference()); }

        private Tensor run(Tensor ids) {
            int[][] rows = rows(ids);
            if (read != null && read.length != rows.length)
                throw new ShapeException("RecurrentLM: ids " + ids.shape() + " for " + read.length + " rows so far");
            var out = network(ids, state, null);
            read = IntStream.range(0, rows.length).mapToObj(r -> read == null ? rows[r] : joined(read[r], rows[r])).toArray(int[][]::new);
            keep(out.state());
            return out.outputs();
        }

        private static int[][] rows(Tensor ids) {
            if (ids.rank() != 2) throw new ShapeException("RecurrentLM: ids " + ids.shape() + "; they are (rows, T)");
            int[] all = ids.to(DType.I32).toIntArray();
            int length = (int) ids.size(1);
            return IntStream.range(0, (int) ids.size(0)).mapToObj(r -> Arrays.copyOfRange(all, r * length, (r + 1) * length))
                    .toArray(int[][]::new);
        }

        private Rnn.Output network(Tensor ids, RecurrentState from, int[] lengths) {
            return model.network().run(model.embedding().forward(ids, Pass.inference()), from, lengths, Pass.inference());
        }

        private void keep(RecurrentState after) {
            try (var kept = Scope.outside()) {
                state = after == null ? null : after.map(t -> t.detach().copy().compute());
            }
        }

        private static int[] joined(int[] a, int[] b) {
            var all = Arrays.copyOf(a, a.length + b.length);
            System.arraycopy(b, 0, all, a.length, b.length);
            return all;
        }

        @Override public long length() { return read == null ? 0 : Arrays.stream(read).mapToInt(r -> r.length).max().orElse(0); }

        @Override public void truncate(long... lengths) {
            if (read == null || lengths.length != 1 && lengths.length != read.length) throw new IllegalArgumentException(
                    "truncate: " + lengths.length + " lengths for " + (read == null ? 0 : read.length) + " rows; one, or one each");
            var left = new int[read.length][];
            for (int r = 0; r < left.length; r++) {
                long to = lengths[lengths.length == 1 ? 0 : r], most = lengths.length == 1 ? length() : read[r].length;
                if (to < 0 || to > most) throw new IllegalArgumentException("truncate: " + to + "; " + most + " positions were read");
                left[r] = Arrays.copyOf(read[r], (int) Math.min(to, read[r].length));
            }
            boolean same = Arrays.deepEquals(left, read);
            read = left;
            if (!same) Autograd.noGrad(() -> keep(length() == 0 ? null : again()));
        }

        private RecurrentState again() {
            int longest = (int) length();
            var ids = new int[read.length * longest];
            for (int r = 0; r < read.length; r++) System.arraycopy(read[r], 0, ids, r * longest, read[r].length);
            return network(Tensor.of(ids, read.length, longest), null, Arrays.stream(read).mapToInt(r -> r.length).toArray()).state();
        }

        @Override public Decoding fork(int... rows) {
            if (read == null) return begin();
            var chosen = rows.length == 0 ? IntStream.range(0, read.length).toArray() : rows;
            var other = new Running(Arrays.stream(chosen).mapToObj(r -> read[r]).toArray(int[][]::new), null);
            if (state != null) Autograd.noGrad(() -> other.keep(state.map(t -> t.rows(chosen))));
            return other;
        }

        /** Of the state; ids that were read are not counted. */
        @Override public long bytes() {
            return state == null ? 0 : state.tensors().values().stream().mapToLong(t -> t.count() * t.dtype().bytes()).sum();
        }
    }
}
