package lyceum.text.count;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.stats.learner.Model;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * A term's weight in a document: how often it stands there times how rare it is among documents.
 *
 * {@snippet :
 * var counts = new CountVectorizer().fitTransform(List.of("cat sat on mat", "dog sat on log", "cat and dog"));
 * var model = new TfIdf().fit(counts);
 * var weights = model.transform(counts);                                // rows of length 1
 * model.keywords(counts.rows(0), 2);                                    // mat, cat ...
 * var textbook = new TfIdf().withIdf(TfIdf.Idf.TEXTBOOK).withNorm(TfIdf.Norm.NONE);
 * }
 *
 * <p>Defaults are those of scikit-learn: raw counts, smoothed idf plus one, rows of Euclidean length 1. For the textbook's {@code tf log(N / df)} say so, as above.
 *
 * @param tf what counts become
 * @param idf the rarity
 * @param norm of a row
 * @see <a href="https://doi.org/10.1108/eb026526">Sparck Jones (1972)</a>
 * @see <a href="https://doi.org/10.1016/0306-4573(88)90021-0">Salton and Buckley (1988)</a>
 */
@Withers
public record TfIdf(Tf tf, Idf idf, Norm norm) implements TfIdfWithers {
    /** What a count becomes. */
    public enum Tf {
        /** tf. */
        RAW,
        /** 1 + log tf. */
        LOG,
        /** 0.5 + 0.5 tf / the largest of the row. */
        AUGMENTED,
        /** 1. */
        BINARY
    }

    /** How rare a term is: N documents, df of them hold it. */
    public enum Idf {
        /** 1. */
        NONE,
        /** log(N / df): 0 for a term of every document. */
        TEXTBOOK,
        /** 1 + log(N / df). */
        PLUS_ONE,
        /** 1 + log((1 + N) / (1 + df)): as if one more document held every term. */
        SMOOTH,
        /** max(0, log((N - df) / df)). */
        PROBABILISTIC
    }

    /** Length of a row. */
    public enum Norm {
        NONE, L1, L2
    }

    public TfIdf() { this(Tf.RAW, Idf.SMOOTH, Norm.L2); }

    /** Learns the rarities. */
    public TfIdfModel fit(DocumentTermMatrix counts) {
        return new TfIdfModel(this, counts.terms(), counts.counts().rows(), counts.documentFrequencies());
    }

    /**
     * What was learned: terms, documents, and how many of them hold each term.
     */
    public record TfIdfModel(TfIdf settings, List<String> terms, long documents, long[] documentFrequencies) implements Model {
        @Override public int nFeatures() { return terms.size(); }

        /** With more documents of the same terms: the same model as of all at once. */
        public TfIdfModel updated(DocumentTermMatrix more) {
            check(more);
            long[] df = more.documentFrequencies();
            for (int t = 0; t < df.length; t++) df[t] += documentFrequencies[t];
            return new TfIdfModel(settings, terms, documents + more.counts().rows(), df);
        }

        private void check(DocumentTermMatrix counts) {
            if (!counts.terms().equals(terms)) throw new IllegalArgumentException(
                    "TfIdf: the matrix has other terms (" + counts.terms().size() + " of them) than the model's " + terms.size());
        }

        /** The rarity of each term. */
        public double[] idf() {
            var idf = new double[documentFrequencies.length];
            double n = documents;
            for (int t = 0; t < idf.length; t++) {
                double df = documentFrequencies[t];
                idf[t] = switch (settings.idf) {
                    case NONE -> 1;
                    case TEXTBOOK -> df == 0 ? 0 : Math.log(n / df);
                    case PLUS_ONE -> df == 0 ? 1 : 1 + Math.log(n / df);
                    case SMOOTH -> 1 + Math.log((1 + n) / (1 + df));
                    case PROBABILISTIC -> df == 0 || df >= n ? 0 : Math.max(0, Math.log((n - df) / df));
                };
            }
            return idf;
        }

        /** The weights. */
        public DocumentTermMatrix transform(DocumentTermMatrix counts) {
            check(counts);
            return new DocumentTermMatrix(weights(counts.counts()), terms, counts.documents());
        }

        private Csr weights(Csr counts) {
            double[] v = counts.values().toDoubleArray(), idf = idf();
            for (int i = 0; i < counts.rows(); i++) {
                int from = counts.rowStart(i), to = counts.rowStart(i + 1);
                double largest = 0, sum = 0;
                for (int e = from; e < to; e++) largest = Math.max(largest, v[e]);
                for (int e = from; e < to; e++) {
                    double tf = v[e] == 0 ? 0 : switch (settings.tf) {
                        case RAW -> v[e];
                        case LOG -> 1 + Math.log(v[e]);
                        case AUGMENTED -> 0.5 + 0.5 * v[e] / largest;
                        case BINARY -> 1;
                    };
                    v[e] = tf * idf[counts.column(e)];
                    sum += settings.norm == Norm.L1 ? Math.abs(v[e]) : v[e] * v[e];
                }
                double length = settings.norm == Norm.NONE || sum == 0 ? 1 : settings.norm == Norm.L1 ? sum : Math.sqrt(sum);
                if (length != 1) for (int e = from; e < to; e++) v[e] /= length;
            }
            return counts.withValues(Tensor.of(v));
        }

        /** The terms with the greatest weight in the only row, the greatest first. */
        public List<String> keywords(DocumentTermMatrix row, int most) {
            if (row.counts().rows() != 1)
                throw new IllegalArgumentException("keywords: " + row.counts().rows() + " documents; one at a time");
            double[] v = transform(row).counts().values().toDoubleArray();
            return IntStream.range(0, v.length).boxed().sorted(Comparator.comparingDouble((Integer e) -> -v[e]).thenComparing(e -> e))
                    .limit(most).map(e -> terms.get(row.counts().column(e))).toList();
        }

        /** Numbers of the documents by the dot product of their weights with the query's, the best first, ties by number; at most {@code most}. */
        public int[] rank(DocumentTermMatrix documents, DocumentTermMatrix query, int most) {
            if (query.counts().rows() != 1)
                throw new IllegalArgumentException("rank: " + query.counts().rows() + " queries; one at a time");
            var q = transform(query).counts().toDense().select(0, 0);
            double[] scores = transform(documents).counts().matmul(q).toDoubleArray();
            var order = new ArrayList<Integer>(IntStream.range(0, scores.length).boxed().toList());
            order.sort(Comparator.comparingDouble((Integer i) -> -scores[i]).thenComparing(i -> i));
            return order.stream().limit(most).mapToInt(i -> i).toArray();
        }

        @Override public boolean equals(Object other) {
            return other instanceof TfIdfModel m && m.settings.equals(settings) && m.terms.equals(terms) && m.documents == documents
                    && Arrays.equals(m.documentFrequencies, documentFrequencies);
        }

        @Override public int hashCode() { return 31 * terms.hashCode() + Arrays.hashCode(documentFrequencies); }
    }
}
