package lyceum.data.mixture;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.Objects;
import java.util.function.ToLongFunction;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.data.corpus.Words;
import lyceum.withers.Withers;

/**
 * Documents from several corpora by weight, in an order that the seed decides and that goes on where it stopped. A corpus that is at its end begins anew.
 *
 * {@snippet :
 * var mixture = new DataMixture(List.of(new DataMixture.Source("web", web, 0.7), new DataMixture.Source("books", books, 0.3).withMaxEpochs(4)))
 *         .withUnit(DataMixture.Unit.TOKENS);
 * try (var stream = mixture.begin()) {
 *     for (var draw = stream.next(); draw != null; draw = stream.next()) learn(draw.document());
 *     save(stream.state());                                    // and later: mixture.resume(state)
 * }
 * }
 *
 * <p>By documents each draw is independent: source {@code i} with probability {@code w_i}. By tokens the next source is drawn, by weight, from those that
 * have had no more than their share of the tokens so far, so that shares are held to within about a document.
 *
 * @param sources  what is mixed
 * @param unit     what the weights count, {@link Unit#DOCUMENTS} by default
 * @param schedule weights by the number of draws so far; by default those of the sources throughout
 * @param tokens   counts a document's tokens, by default its words
 * @param seed     another one gives another order
 */
@Withers
public record DataMixture(List<Source> sources, Unit unit, Schedule schedule, ToLongFunction<Document> tokens, long seed)
        implements DataMixtureWithers {

    /** What weights count. A book of 100,000 words weighs as much as a note by documents, and 100,000 times as much by tokens. */
    public enum Unit {
        DOCUMENTS, TOKENS
    }

    /** Weights as the run goes on. They need not sum to 1. */
    @FunctionalInterface
    public interface Schedule {
        /** The weights of the sources after so many draws. */
        double[] weights(long draws);

        /** From {@code first} to {@code last} along a straight line within so many draws, then {@code last}. */
        static Schedule linear(double[] first, double[] last, long draws) {
            if (first.length != last.length || draws < 1) throw new IllegalArgumentException(
                    "Schedule.linear: " + first.length + " and " + last.length + " weights over " + draws + " draws");
            double[] from = first.clone(), to = last.clone();
            return at -> {
                double share = Math.min(1, (double) at / draws);
                var weights = new double[from.length];
                for (int i = 0; i < weights.length; i++) weights[i] = (1 - share) * from[i] + share * to[i];
                return weights;
            };
        }
    }

    /**
     * A corpus with its weight.
     *
     * @param maxEpochs it is read so often and no more, its weight then goes to the others; {@code Long.MAX_VALUE} for no bound
     */
    public record Source(String name, Corpus corpus, double weight, long maxEpochs) {
        public Source {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(corpus, "corpus");
            if (!(weight >= 0) || weight == Double.POSITIVE_INFINITY) throw new IllegalArgumentException(
                    "DataMixture: the weight of '" + name + "' is " + weight + "; it is finite and not negative");
            if (maxEpochs < 1)
                throw new IllegalArgumentException("DataMixture: maxEpochs of '" + name + "' is " + maxEpochs + "; it is at least 1");
        }

        public Source(String name, Corpus corpus, double weight) { this(name, corpus, weight, Long.MAX_VALUE); }

        public Source withMaxEpochs(long maxEpochs) { return new Source(name, corpus, weight, maxEpochs); }
    }

    /** A document, the number of its source, and how often that source had been read whole before. */
    public record Draw(int source, Document document, long epoch) {}

    /** By documents, weights as the sources have them, seed 0. */
    public DataMixture(List<Source> sources) { this(sources, Unit.DOCUMENTS, constant(sources), d -> Words.of(d.text()).count(), 0); }

    public DataMixture {
        sources = List.copyOf(sources);
        Objects.requireNonNull(unit, "unit");
        Objects.requireNonNull(schedule, "schedule");
        Objects.requireNonNull(tokens, "tokens");
        if (sources.isEmpty()) throw new IllegalArgumentException("DataMixture: no source");
    }

    private static Schedule constant(List<Source> sources) {
        var weights = sources.stream().mapToDouble(Source::weight).toArray();
        double sum = 0;
        for (double weight : weights) sum += weight;
        if (!(sum > 0)) throw new IllegalArgumentException("DataMixture: all weights are zero");
        return draws -> weights;
    }

    /** The domains of one corpus as sources, in the order of their names; the corpus is read once for each. */
    public static DataMixture ofDomains(Corpus corpus, Map<String, Double> weights) {
        var sources = new ArrayList<Source>();
        new TreeMap<>(weights).forEach((domain, weight) -> sources.add(new Source(domain, corpus.domain(domain), weight)));
        return new DataMixture(sources);
    }

    /**
     * Weights {@code n_i^(1/T) / sum_j n_j^(1/T)} from sizes (Conneau and others 2020): 1 keeps their proportions, larger flattens them.
     */
    public static double[] temperature(double[] sizes, double temperature) {
        if (!(temperature > 0)) throw new IllegalArgumentException("DataMixture.temperature: " + temperature + " is not positive");
        double most = 0, sum = 0;
        for (double size : sizes) {
            if (!(size >= 0)) throw new IllegalArgumentException("DataMixture.temperature: size " + size + " is negative or not a number");
            most = Math.max(most, size);
        }
        if (most == 0) throw new IllegalArgumentException("DataMixture.temperature: all sizes are zero");
        var weights = new double[sizes.length];
        for (int i = 0; i < sizes.length; i++) sum += weights[i] = sizes[i] == 0 ? 0 : Math.pow(sizes[i] / most, 1 / temperature);
        for (int i = 0; i < weights.length; i++) weights[i] /= sum;
        return weights;
    }

    /** How often each source is read in a run of {@code tokens}: {@code w_i D / U_i}. */
    public static double[] epochs(double[] weights, double tokens, double[] sizes) {
        if (weights.length != sizes.length)
            throw new IllegalArgumentException("DataMixture.epochs: " + weights.length + " weights, " + sizes.length + " sizes");
        double sum = 0;
        for (double weight : weights) sum += weight;
        var epochs = new double[weights.length];
        for (int i = 0; i < epochs.length; i++) epochs[i] = weights[i] / sum * tokens / sizes[i];
        return epochs;
    }

    /** From the beginning. */
    public MixtureStream begin() { return resume(MixtureStream.State.start(sources.size())); }

    /** On from where a stream of an equal mixture stood. Sources are read, and not looked at, up to there. */
    public MixtureStream resume(MixtureStream.State state) { return new MixtureStream(this, state); }

    /** The first {@code n} draws as a corpus; ids are followed by {@code #epoch} from the second epoch on. */
    public Corpus corpus(long n) { return () -> new MixtureStream.AsReader(begin(), n, Long.MAX_VALUE); }

    /** As {@link #corpus}, until the draws have so many tokens together. */
    public Corpus corpusOfTokens(long most) { return () -> new MixtureStream.AsReader(begin(), Long.MAX_VALUE, most); }
}
