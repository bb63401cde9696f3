package lyceum.text.count;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.FormatException;
import lyceum.format.Safetensors;
import lyceum.linalg.LinearMap;
import lyceum.linalg.TruncatedSvd;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * Documents by terms, sparse: 12 bytes an entry and 4 a row.
 *
 * {@snippet :
 * var matrix = new CountVectorizer().fitTransform(List.of("car and engine", "automobile and engine", "banana")).named("a", "b", "c");
 * matrix.weighted(DocumentTermMatrix.Weighting.TF_IDF);
 * matrix.postings("engine");                                            // documents that hold it
 * matrix.latent(2, 0).similarities("automobile");                       // also of the one about a car
 * }
 *
 * @param counts (documents x terms), F64
 * @param terms names of the columns, each once
 * @param documents names of the rows
 * @see <a href="https://doi.org/10.1002/(SICI)1097-4571(199009)41:6%3C391::AID-ASI1%3E3.0.CO;2-9">Deerwester and others (1990)</a>
 */
public record DocumentTermMatrix(Csr counts, List<String> terms, List<String> documents) {
    /** What an entry is. N documents, df of them hold the term, tf times in this one. */
    public enum Weighting {
        /** tf. */
        COUNT,
        /** 1. */
        BINARY,
        /** tf log(N / df). */
        TF_IDF,
        /** Okapi's, with k1 = 1.2 and b = 0.75 and the idf {@code log(1 + (N - df + 0.5) / (df + 0.5))}. */
        BM25,
        /** log2(1 + tf) (1 + sum p log p / log N), p the shares of the term's count among documents (Dumais 1991). */
        LOG_ENTROPY
    }

    private static final double K1 = 1.2, B = 0.75;

    public DocumentTermMatrix {
        terms = List.copyOf(terms);
        documents = List.copyOf(documents);
        if (counts.columns() != terms.size() || counts.rows() != documents.size())
            throw new IllegalArgumentException("DocumentTermMatrix: " + counts.rows() + " x " + counts.columns() + " entries for "
                    + documents.size() + " documents and " + terms.size() + " terms");
    }

    /** Documents are called by their numbers. */
    public static DocumentTermMatrix of(Csr counts, List<String> terms) {
        return new DocumentTermMatrix(counts, terms, IntStream.range(0, (int) counts.rows()).mapToObj(String::valueOf).toList());
    }

    public DocumentTermMatrix named(String... documents) { return new DocumentTermMatrix(counts, terms, List.of(documents)); }

    /** How many documents hold each term. */
    public long[] documentFrequencies() {
        var df = new long[terms.size()];
        double[] v = counts.values().toDoubleArray();
        for (int e = 0; e < v.length; e++) if (v[e] != 0) df[counts.column(e)]++;
        return df;
    }

    public DocumentTermMatrix weighted(Weighting weighting) {
        double[] v = counts.values().toDoubleArray(), total = new double[terms.size()], mixed = new double[terms.size()];
        long[] df = documentFrequencies();
        double n = counts.rows(), mean = counts.values().sum().item() / n;
        for (int e = 0; e < v.length; e++) total[counts.column(e)] += v[e];
        for (int e = 0; e < v.length; e++) {
            double p = v[e] / total[counts.column(e)];
            if (p > 0) mixed[counts.column(e)] += p * Math.log(p);
        }
        for (int i = 0; i < counts.rows(); i++) {
            double length = 0;
            for (int e = counts.rowStart(i); e < counts.rowStart(i + 1); e++) length += v[e];
            for (int e = counts.rowStart(i); e < counts.rowStart(i + 1); e++) {
                int t = counts.column(e);
                double tf = v[e];
                v[e] = tf == 0 ? 0 : switch (weighting) {
                    case COUNT -> tf;
                    case BINARY -> 1;
                    case TF_IDF -> tf * Math.log(n / df[t]);
                    case BM25 -> Math.log(1 + (n - df[t] + 0.5) / (df[t] + 0.5)) * tf * (K1 + 1) / (tf + K1 * (1 - B + B * length / mean));
                    case LOG_ENTROPY -> Math.log(1 + tf) / Math.log(2) * (n > 1 ? 1 + mixed[t] / Math.log(n) : 1);
                };
            }
        }
        return new DocumentTermMatrix(counts.withValues(Tensor.of(v)), terms, documents);
    }

    /** These documents, in this order. */
    public DocumentTermMatrix rows(int... numbers) {
        return new DocumentTermMatrix(counts.rows(numbers), terms, IntStream.of(numbers).mapToObj(documents::get).toList());
    }

    /** The terms whose numbers are kept, in their order. */
    public DocumentTermMatrix terms(IntPredicate keep) {
        int[] kept = IntStream.range(0, terms.size()).filter(keep).toArray();
        return new DocumentTermMatrix(counts.transpose().rows(kept).transpose(), IntStream.of(kept).mapToObj(terms::get).toList(),
                documents);
    }

    /** Documents of both, over the terms of both; this one's columns come first. */
    public DocumentTermMatrix merge(DocumentTermMatrix other) {
        var numbers = new LinkedHashMap<String, Integer>();
        for (var term : terms) numbers.put(term, numbers.size());
        for (var term : other.terms) numbers.putIfAbsent(term, numbers.size());
        int mine = counts.entries(), all = mine + other.counts.entries();
        int[] row = new int[all], column = new int[all];
        double[] value = new double[all];
        fill(counts, row, column, value, 0, 0, terms.stream().mapToInt(numbers::get).toArray());
        fill(other.counts, row, column, value, mine, (int) counts.rows(), other.terms.stream().mapToInt(numbers::get).toArray());
        var names = new ArrayList<>(documents);
        names.addAll(other.documents);
        return new DocumentTermMatrix(Csr.fromEntries(names.size(), numbers.size(), row, column, value), List.copyOf(numbers.keySet()),
                names);
    }

    private static void fill(Csr from, int[] row, int[] column, double[] value, int at, int firstRow, int[] place) {
        double[] v = from.values().toDoubleArray();
        for (int i = 0; i < from.rows(); i++) for (int e = from.rowStart(i); e < from.rowStart(i + 1); e++) {
            row[at + e] = firstRow + i;
            column[at + e] = place[from.column(e)];
            value[at + e] = v[e];
        }
    }

    /** Terms by documents: for each term its postings. */
    public DocumentTermMatrix transpose() { return new DocumentTermMatrix(counts.transpose(), documents, terms); }

    /** Names of the documents that hold a term, in their order. */
    public List<String> postings(String term) {
        int t = number(term);
        var found = new ArrayList<String>();
        for (int i = 0; i < counts.rows(); i++)
            for (int e = counts.rowStart(i); e < counts.rowStart(i + 1); e++) if (counts.column(e) == t) found.add(documents.get(i));
        return found;
    }

    int number(String term) {
        int t = terms.indexOf(term);
        if (t < 0) throw new IllegalArgumentException("DocumentTermMatrix: there is no term '" + term + "'");
        return t;
    }

    /** Latent semantic analysis: the best approximation of rank k, whose directions bring words of like company together. */
    public Latent latent(int k, long seed) { return Latent.of(this, k, seed); }

    /**
     * Writes the matrix in the coordinate form of Matrix Market, which Python, R and MATLAB read: one entry a line, rows and columns from 1. Names are lost.
     *
     * @see <a href="https://math.nist.gov/MatrixMarket/formats.html">Matrix Market formats</a>
     */
    public void writeMatrixMarket(Path file) throws IOException {
        double[] v = counts.values().toDoubleArray();
        try (var out = Files.newBufferedWriter(file)) {
            out.write("%%MatrixMarket matrix coordinate real general\n" + counts.rows() + " " + counts.columns() + " " + v.length + "\n");
            for (int i = 0; i < counts.rows(); i++)
                for (int e = counts.rowStart(i); e < counts.rowStart(i + 1); e++)
                    out.write((i + 1) + " " + (counts.column(e) + 1) + " " + v[e] + "\n");
        }
    }

    /** Reads a matrix of real or whole numbers in coordinate form; documents and terms are called by their numbers. @throws FormatException with the line */
    public static DocumentTermMatrix readMatrixMarket(Path file) throws IOException { return MatrixMarket.read(file); }

    /** Writes matrix and names as one file. */
    public void save(Path file) throws IOException {
        var starts = IntStream.rangeClosed(0, (int) counts.rows()).mapToLong(counts::rowStart).toArray();
        var columns = IntStream.range(0, counts.entries()).mapToLong(counts::column).toArray();
        var tensors = new LinkedHashMap<String, Tensor>();
        tensors.put("rowStart", Tensor.of(starts));
        tensors.put("column", Tensor.of(columns));
        tensors.put("values", counts.values());
        Safetensors.write(file, tensors, Map.of("format", "lyceum-document-terms", "formatVersion", "1", "terms",
                String.join("\u0000", terms), "documents", String.join("\u0000", documents)));
    }

    /** Reads what {@link #save} wrote. @throws FormatException if it is no such file or damaged */
    public static DocumentTermMatrix load(Path file) throws IOException {
        var contents = Safetensors.read(file);
        var about = contents.metadata();
        if (!"lyceum-document-terms".equals(about.get("format")) || !"1".equals(about.get("formatVersion")))
            throw FormatException.at("document-term matrix", 8, "this safetensors file holds none of version 1");
        var names = Stream.of("terms", "documents").map(key -> about.getOrDefault(key, ""))
                .map(text -> text.isEmpty() ? List.<String>of() : List.of(text.split("\u0000", -1))).toList();
        int[] starts = ints(contents.tensors().get("rowStart")), columns = ints(contents.tensors().get("column"));
        if (!contents.tensors().containsKey("values")) throw FormatException.at("document-term matrix", 8, "values are missing");
        try {
            return new DocumentTermMatrix(
                    Csr.of(names.get(1).size(), names.get(0).size(), starts, columns, contents.tensors().get("values")), names.get(0),
                    names.get(1));
        } catch (IllegalArgumentException e) {
            throw FormatException.at("document-term matrix", 8, e.getMessage());
        }
    }

    private static int[] ints(Tensor t) {
        if (t == null) throw FormatException.at("document-term matrix", 8, "rowStart or column is missing");
        return Arrays.stream(t.toLongArray()).mapToInt(v -> (int) v).toArray();
    }

    /** How many bytes values, columns and row starts take. */
    public long bytes() { return counts.bytes(); }

    /**
     * Documents and queries as k numbers.
     *
     * @param basis (terms x k) with orthonormal columns
     * @param singularValues (k), falling
     * @param vectors (documents x k) of the documents, {@code A V}
     */
    public record Latent(List<String> terms, List<String> documents, Tensor basis, Tensor singularValues, Tensor vectors) {
        static Latent of(DocumentTermMatrix a, int k, long seed) {
            if (k < 1 || k > Math.min(a.counts.rows(), a.counts.columns()))
                throw new IllegalArgumentException("latent: rank " + k + " of " + a.counts.rows() + " x " + a.counts.columns());
            var svd = new TruncatedSvd(k).run(LinearMap.of(a.counts), Rng.of(seed));
            var basis = svd.v();
            return new Latent(a.terms, a.documents, basis, svd.s(), a.counts.matmul(basis));
        }

        /** Cosines of all documents with a query of these terms (n); unknown terms are left out. */
        public Tensor similarities(String... query) {
            var numbers = new HashMap<String, Integer>();
            for (var term : terms) numbers.put(term, numbers.size());
            var bag = new double[terms.size()];
            for (var term : query) if (numbers.containsKey(term)) bag[numbers.get(term)]++;
            return similarities(Tensor.of(bag));
        }

        /** Cosines of all documents with a row of weights (terms); 0 for what is orthogonal to the basis. */
        public Tensor similarities(Tensor weights) {
            var q = weights.matmul(basis);
            var norms = vectors.mul(vectors).sum(1).sqrt().mul(q.mul(q).sum().sqrt());
            return norms.gt(0).where(vectors.matmul(q).div(norms.maximum(Double.MIN_NORMAL)), norms.zerosLike());
        }
    }
}
