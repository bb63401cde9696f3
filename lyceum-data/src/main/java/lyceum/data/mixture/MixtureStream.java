package lyceum.data.mixture;

import java.util.Arrays;
import lyceum.LyceumException;
import lyceum.data.corpus.Document;
import lyceum.data.corpus.DocumentReader;
import lyceum.random.Philox;
import lyceum.random.Rng;

/** A pass over a {@link DataMixture}. For one thread; closes the files that it holds open. */
public final class MixtureStream implements AutoCloseable {
    /**
     * Where a stream stands: all that a later one needs to go on.
     *
     * @param draws  documents given
     * @param epochs of each source that are done
     * @param read   documents of each source in the epoch that goes on
     * @param owed   tokens by which each source is behind its share; zeros where weights count documents
     */
    public record State(long draws, long[] epochs, long[] read, double[] owed) {
        public State {
            epochs = epochs.clone();
            read = read.clone();
            owed = owed.clone();
            if (draws < 0 || epochs.length != read.length || epochs.length != owed.length) throw new IllegalArgumentException(
                    "MixtureStream.State: " + draws + " draws, " + epochs.length + ", " + read.length + " and " + owed.length + " sources");
        }

        @Override public long[] epochs() { return epochs.clone(); }

        @Override public long[] read() { return read.clone(); }

        @Override public double[] owed() { return owed.clone(); }

        static State start(int sources) { return new State(0, new long[sources], new long[sources], new double[sources]); }

        @Override public boolean equals(Object o) {
            return o instanceof State s && draws == s.draws && Arrays.equals(epochs, s.epochs) && Arrays.equals(read, s.read)
                    && Arrays.equals(owed, s.owed);
        }

        @Override public int hashCode() { return 31 * (31 * Long.hashCode(draws) + Arrays.hashCode(epochs)) + Arrays.hashCode(read); }
    }

    private final DataMixture mixture;
    private final long key;
    private final DocumentReader[] readers;
    private final long[] epochs, read;
    private final double[] owed;
    private long draws;

    MixtureStream(DataMixture mixture, State state) {
        int k = mixture.sources().size();
        if (state.epochs.length != k)
            throw new IllegalArgumentException("DataMixture.resume: the state has " + state.epochs.length + " sources, the mixture " + k);
        this.mixture = mixture;
        this.key = Rng.of(mixture.seed()).key();
        this.readers = new DocumentReader[k];
        this.epochs = state.epochs();
        this.read = state.read();
        this.owed = state.owed();
        this.draws = state.draws;
    }

    /** Where it stands now. */
    public State state() { return new State(draws, epochs, read, owed); }

    /** The next document; null once every source has been read as often as it may. */
    public DataMixture.Draw next() {
        var weights = weights();
        while (true) {
            int source = choose(weights);
            if (source < 0) return null;
            var document = read(source);
            if (document == null) {
                weights[source] = 0;
                continue;
            }
            if (mixture.unit() == DataMixture.Unit.TOKENS) settle(source, weights, mixture.tokens().applyAsLong(document));
            draws++;
            return new DataMixture.Draw(source, document, epochs[source]);
        }
    }

    /** Zero for sources that are used up. */
    private double[] weights() {
        var weights = mixture.schedule().weights(draws).clone();
        if (weights.length != epochs.length) throw new IllegalArgumentException(
                "DataMixture: the schedule gives " + weights.length + " weights for " + epochs.length + " sources");
        for (int i = 0; i < weights.length; i++) {
            if (!(weights[i] >= 0)) throw new IllegalArgumentException("DataMixture: after " + draws + " draws the weight of source " + i
                    + " is " + weights[i] + "; weights are not negative");
            if (epochs[i] >= mixture.sources().get(i).maxEpochs()) weights[i] = 0;
        }
        return weights;
    }

    private int choose(double[] weights) {
        boolean byTokens = mixture.unit() == DataMixture.Unit.TOKENS;
        double sum = 0, most = Double.NEGATIVE_INFINITY;
        if (byTokens) for (int i = 0; i < weights.length; i++) if (weights[i] > 0) most = Math.max(most, owed[i]);
        double least = Math.min(0, most);
        for (int i = 0; i < weights.length; i++) if (!byTokens || owed[i] >= least) sum += weights[i];
        if (!(sum > 0)) return -1;
        double u = Philox.unit(Philox.word(key, draws)) * sum;
        int last = -1;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] == 0 || byTokens && owed[i] < least) continue;
            last = i;
            u -= weights[i];
            if (u < 0) return i;
        }
        return last;
    }

    private void settle(int source, double[] weights, long tokens) {
        double sum = 0;
        for (double weight : weights) sum += weight;
        for (int i = 0; i < weights.length; i++) owed[i] += weights[i] / sum * tokens;
        owed[source] -= tokens;
    }

    /** The source's next document, from its beginning where it is at its end; null where that would be an epoch too many. */
    private Document read(int source) {
        var from = mixture.sources().get(source);
        while (true) {
            if (readers[source] == null) {
                readers[source] = from.corpus().open();
                for (long skip = 0; skip < read[source]; skip++)
                    if (readers[source].next() == null) throw new LyceumException("DataMixture: source '" + from.name() + "' has only "
                            + skip + " documents, the state was at " + read[source] + "; it is another corpus now");
            }
            var document = readers[source].next();
            if (document != null) {
                read[source]++;
                return document;
            }
            if (read[source] == 0) throw new LyceumException("DataMixture: source '" + from.name() + "' holds no document");
            readers[source].close();
            readers[source] = null;
            read[source] = 0;
            if (++epochs[source] >= from.maxEpochs()) return null;
        }
    }

    @Override public void close() { for (var reader : readers) if (reader != null) reader.close(); }

    /** The draws as documents of their own ids, up to a number of draws or of tokens. */
    static final class AsReader implements DocumentReader {
        private final MixtureStream stream;
        private final long mostDraws;
        private long tokensLeft;

        AsReader(MixtureStream stream, long mostDraws, long mostTokens) {
            this.stream = stream;
            this.mostDraws = mostDraws;
            this.tokensLeft = mostTokens;
        }

        @Override public Document next() {
            if (stream.draws >= mostDraws || tokensLeft <= 0) return null;
            var draw = stream.next();
            if (draw == null) return null;
            if (tokensLeft < Long.MAX_VALUE) tokensLeft -= stream.mixture.tokens().applyAsLong(draw.document());
            return draw.epoch() == 0 ? draw.document() : draw.document().withId(draw.document().id() + "#" + draw.epoch());
        }

        @Override public void close() { stream.close(); }
    }
}
