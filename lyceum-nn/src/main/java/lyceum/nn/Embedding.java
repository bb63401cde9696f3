package lyceum.nn;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.autograd.Primitive;
import lyceum.memory.Scope;
import lyceum.optim.Optimizer;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Looks up a row of the table for each id: from (..) of I32 or I64 to (.., width). The gradient of a row is the sum of the gradients of the places that looked it
 * up, as if one-hot vectors had been multiplied by the table.
 *
 * {@snippet :
 * var embedding = new Embedding(new EmbeddingConfig(10_000, 64).withPaddingIndex(0), rng);
 * Tensor vectors = embedding.forward(ids, pass);                         // (batch, time) to (batch, time, 64)
 * Tensor tags = embedding.bag(Embedding.Bag.MEAN, ids, null, pass);      // (batch, time) to (batch, 64)
 * var looked = embedding.lookup(ids, pass);                              // a gradient for these rows alone
 * loss(looked.vectors()).backward();
 * looked.into(optimizer);
 * Linear head = embedding.tiedHead();                                    // the same numbers, as the output layer
 * }
 *
 * @see <a href="https://www.jmlr.org/papers/v3/bengio03a.html">Bengio, Ducharme, Vincent and Jauvin (2003)</a>
 * @see <a href="https://arxiv.org/abs/0902.2206">Weinberger et al. (2009): hashed ids</a>
 */
public final class Embedding extends Module {
    /** A gradient that is scaled row by row; a factor of 0 lets nothing pass, not even infinities. */
    private static final Primitive GRADIENT_TIMES = Primitive.of("gradientTimes", in -> in[0].copy(),
            (i, g, y, in) -> i > 0 ? null : in[1].eq(0).where(g.zerosLike(), g.mul(in[1])));

    /** How a bag's rows become one. */
    public enum Bag {
        SUM, MEAN, MAX
    }

    private final EmbeddingConfig config;
    private final Tensor weight; // null where the table is stored
    private final QuantisedWeight stored;

    /** F32, standard normal, as in PyTorch. */
    public Embedding(long count, long width, Rng rng) { this(new EmbeddingConfig(count, width), rng); }

    public Embedding(EmbeddingConfig config, Rng rng) {
        this.config = config;
        var first = Init.begin(config.init(), rng, config.dtype(), config.count(), config.width());
        if (config.paddingIndex() >= 0 && !Skeleton.isBuilding())
            first = first.mul(numbers(config.count()).ne(config.paddingIndex()).to(config.dtype()));
        weight = first.compute().requiresGrad();
        stored = null;
    }

    /** From a given table (count, width), such as pretrained vectors, which becomes a parameter; {@link #freeze} keeps it as it is. */
    public Embedding(Tensor table) { this(new EmbeddingConfig(table.size(0), table.size(1)).withDtype(table.dtype()), table); }

    /** The same with options. @throws ShapeException if the table is not as large as the configuration says */
    public Embedding(EmbeddingConfig config, Tensor table) {
        if (table.rank() != 2 || table.size(0) != config.count() || table.size(1) != config.width()) throw new ShapeException(
                "Embedding: a table of shape " + table.shape() + " for " + config.count() + " rows of " + config.width());
        this.config = config;
        weight = table.to(config.dtype()).copy().requiresGrad();
        stored = null;
    }

    private Embedding(QuantisedWeight table) {
        config = new EmbeddingConfig(table.outputs(), table.inputs());
        weight = null;
        stored = table;
    }

    /** A table in blocks, which rows are looked up in and nothing else: it is not trained. */
    public static Embedding on(QuantisedWeight table) { return new Embedding(table); }

    /**
     * A table for these words from pretrained vectors; a word without one begins normal with the mean and deviation of all given numbers.
     *
     * @param vectors by word, of one width
     */
    public static Embedding pretrained(List<String> words, Map<String, float[]> vectors, Rng rng) {
        if (vectors.isEmpty()) throw new IllegalArgumentException("Embedding.pretrained: there are no vectors");
        int width = vectors.values().iterator().next().length;
        double sum = 0, squares = 0, n = 0;
        for (var entry : vectors.entrySet()) {
            if (entry.getValue().length != width) throw new ShapeException("Embedding.pretrained: the vector of '" + entry.getKey()
                    + "' has " + entry.getValue().length + " numbers, another " + width);
            for (float v : entry.getValue()) {
                sum += v;
                squares += (double) v * v;
                n++;
            }
        }
        double mean = sum / n, deviation = Math.sqrt(Math.max(0, squares / n - mean * mean));
        var table = new float[words.size() * width];
        for (int i = 0; i < words.size(); i++) {
            var known = vectors.get(words.get(i));
            for (int j = 0; j < width; j++)
                table[i * width + j] = known != null ? known[j] : (float) (mean + deviation * rng.nextGaussian());
        }
        return new Embedding(Tensor.of(table, words.size(), width));
    }

    public EmbeddingConfig config() { return config; }

    /** A fresh tensor of floats where the table is {@linkplain #on stored} otherwise. */
    public Tensor weight() { return stored == null ? weight : stored.dequantised(); }

    private Tensor table() {
        if (weight == null) throw new IllegalStateException("Embedding: its table is in blocks; it looks rows up and does nothing else");
        return weight;
    }

    /** @throws ShapeException if an index is out of range: names it */
    @Override protected Tensor compute(Tensor ids, Pass pass) {
        return stored == null ? from(weight, rows(ids), ids, pass) : stored.matrix().rowsAt(ids);
    }

    /** Looked-up vectors whose gradient is collected for their rows alone, however large the table is; see {@link #into}. */
    public static final class Lookup {
        private final Embedding of;
        private final Tensor vectors, rows, values;

        private Lookup(Embedding of, Tensor vectors, Tensor rows, Tensor values) {
            this.of = of;
            this.vectors = vectors;
            this.rows = rows;
            this.values = values;
        }

        /** As {@link Embedding#forward} gives them; no gradient reaches the whole table. */
        public Tensor vectors() { return vectors; }

        /** Numbers of the rows that were looked up, ascending, each once. */
        public Tensor rows() { return rows; }

        /** The gradient of those rows (rows, width) after a backward pass; null before. */
        public Tensor gradient() { return values.grad(); }

        /** Hands the gradient to the coming step, which touches these rows and their part of the optimiser's memory only. */
        public void into(Optimizer optimizer) {
            if (gradient() == null)
                throw new IllegalStateException("Embedding.Lookup: there is no gradient yet; call backward before into");
            optimizer.rowGradient(of.table(), rows, gradient());
        }
    }

    /** As {@link #forward}, with a gradient for the rows that are looked up only: (.., width) vectors of ids (..). */
    public Lookup lookup(Tensor ids, Pass pass) {
        long[] wanted = rows(ids).toLongArray(), distinct = Arrays.stream(wanted).distinct().sorted().toArray();
        var places = new long[wanted.length];
        for (int i = 0; i < places.length; i++) places[i] = Arrays.binarySearch(distinct, wanted[i]);
        var rows = Tensor.of(distinct);
        limit(rows, pass);
        var values = Autograd.noGrad(() -> table().detach().indexSelect(0, rows).compute()).requiresGrad();
        var vectors = passing(limited(values.indexSelect(0, Tensor.of(places))), Tensor.of(wanted));
        return new Lookup(this, emit(ids, shaped(vectors, ids), pass), rows, values);
    }

    /**
     * One vector for each row of ids (bags, n): their sum, mean or largest elements; padding does not count, and an empty bag is zeros.
     *
     * @param weights of the ids' shape, for sums; null for ones
     */
    public Tensor bag(Bag mode, Tensor ids, Tensor weights, Pass pass) {
        if (ids.rank() != 2)
            throw new ShapeException("Embedding.bag: ids of shape " + ids.shape() + "; they are (bags, n), or a vector with offsets");
        if (weights != null && !weights.shape().equals(ids.shape()))
            throw new ShapeException("Embedding.bag: weights " + weights.shape() + " for ids " + ids.shape());
        var offsets = Tensor.arange(ids.size(0)).mul(ids.size(1));
        return bag(mode, ids.flatten(), offsets, weights == null ? null : weights.flatten(), pass);
    }

    /**
     * The same of bags of any length, one after the other in a vector of ids.
     *
     * @param offsets where each bag begins: 0 first, not descending
     */
    public Tensor bag(Bag mode, Tensor ids, Tensor offsets, Tensor weights, Pass pass) {
        if (ids.rank() != 1 || offsets.rank() != 1)
            throw new ShapeException("Embedding.bag: ids " + ids.shape() + " and offsets " + offsets.shape() + "; both are vectors");
        if (weights != null && mode != Bag.SUM) throw new IllegalArgumentException("Embedding.bag: weights are for SUM, not " + mode);
        if (weights != null && !weights.shape().equals(ids.shape()))
            throw new ShapeException("Embedding.bag: weights " + weights.shape() + " for ids " + ids.shape());
        long[] numbers = ids.toLongArray(), owner = owners(offsets.toLongArray(), numbers.length);
        // Padding goes to a bag of its own, behind the others.
        long bags = offsets.count();
        for (int i = 0; i < numbers.length; i++) if (numbers[i] == config.paddingIndex()) owner[i] = bags;
        var segment = Tensor.of(owner);
        var vectors = from(table(), rows(ids), ids, pass);
        if (weights != null) vectors = vectors.mul(weights.to(vectors.dtype()).unsqueeze(1));
        var all = switch (mode) {
            case SUM -> vectors.segmentSum(segment, bags + 1);
            case MEAN -> vectors.segmentMean(segment, bags + 1);
            case MAX -> {
                var some = Tensor.zeros(DType.F64, bags + 1).indexAdd(0, segment, Tensor.full(DType.F64, 1, numbers.length)).ne(0)
                        .unsqueeze(1);
                var largest = vectors.segmentMax(segment, bags + 1);
                yield some.where(largest, largest.zerosLike());
            }
        };
        return emit(ids, all.narrow(0, 0, bags), pass);
    }

    private static long[] owners(long[] offsets, int n) {
        if (offsets.length > 0 && offsets[0] != 0)
            throw new IllegalArgumentException("Embedding.bag: the first offset is " + offsets[0] + "; it is 0");
        if (offsets.length == 0 && n > 0)
            throw new IllegalArgumentException("Embedding.bag: " + n + " ids belong to no bag; the first offset must be 0");
        var owner = new long[n];
        for (int bag = 0; bag < offsets.length; bag++) {
            long end = bag + 1 < offsets.length ? offsets[bag + 1] : n;
            if (offsets[bag] > end || end > n) throw new IllegalArgumentException(
                    "Embedding.bag: offset " + offsets[bag] + " before " + end + " of " + n + " ids; offsets do not descend");
            for (long i = offsets[bag]; i < end; i++) owner[(int) i] = bag;
        }
        return owner;
    }

    /** An embedding of more rows: the old ones as they are, new ones normal with the mean and deviation of each column. This one is not changed. */
    public Embedding grown(long count, Rng rng) {
        if (count < config.count()) throw new IllegalArgumentException(
                "Embedding.grown: " + count + " rows, fewer than " + config.count() + "; rows cannot be removed");
        if (config.hashes() > 0) throw new IllegalArgumentException("Embedding.grown: hashed ids would find other rows; make a new table");
        var old = table().detach();
        var fresh = Tensor.randn(rng, config.dtype(), count - config.count(), config.width()).mul(old.var(new int[] {0}, 0, true).sqrt())
                .add(old.mean(0, true));
        return new Embedding(config.withCount(count), Autograd.noGrad(() -> Tensor.concat(0, old, fresh).compute()));
    }

    /** An output layer without bias on this very table: from (.., width) to (.., count). Writing one writes the other, and there is one gradient. */
    public Linear tiedHead() { return Linear.sharing(table(), null); }

    /** The same for another width: a projection without bias to the table's width goes first, from (.., hidden). */
    public Sequential tiedHead(long hidden, Rng rng) {
        return new Sequential(new Linear(hidden, config.width(), false, config.dtype(), Init.torchLinear(hidden), rng), tiedHead());
    }

    /** The id of a text for a hashed table: 64 bits of FNV-1a over UTF-8. */
    public static long id(String text) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) hash = (hash ^ b & 0xff) * 0x100000001b3L;
        return hash;
    }

    /** Row numbers in a vector: one for each id, or as many as there are hashes. */
    private Tensor rows(Tensor ids) {
        if (ids.dtype() != DType.I32 && ids.dtype() != DType.I64)
            throw new DTypeException("Embedding: ids are " + ids.dtype() + "; they are I32 or I64");
        if (config.hashes() == 0) return ids.flatten();
        long[] given = ids.toLongArray();
        var rows = new long[given.length * config.hashes()];
        for (int i = 0, at = 0; i < given.length; i++)
            for (int h = 0; h < config.hashes(); h++)
                rows[at++] = Long.remainderUnsigned(mixed(given[i] + (h + 1) * 0x9E3779B97F4A7C15L), config.count());
        return Tensor.of(rows);
    }

    private static long mixed(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    private Tensor from(Tensor table, Tensor rows, Tensor ids, Pass pass) {
        limit(rows, pass);
        return shaped(passing(limited(table.indexSelect(0, rows)), rows), ids);
    }

    private Tensor shaped(Tensor vectors, Tensor ids) {
        var shape = Arrays.copyOf(ids.shape().toArray(), ids.rank() + 1);
        shape[ids.rank()] = config.width();
        if (config.hashes() > 0) vectors = vectors.reshape(-1, config.hashes(), config.width()).sum(1);
        return vectors.reshape(shape);
    }

    /** The vectors, with a gradient that leaves padding alone and divides by frequencies. */
    private Tensor passing(Tensor vectors, Tensor rows) {
        if (!config.scaledByFrequency() && config.paddingIndex() < 0 || !vectors.isTracked()) return vectors;
        long[] numbers = rows.toLongArray();
        var times = new HashMap<Long, Integer>();
        if (config.scaledByFrequency()) for (long row : numbers) times.merge(row, 1, Integer::sum);
        var factors = new double[numbers.length];
        for (int i = 0; i < factors.length; i++)
            factors[i] = numbers[i] == config.paddingIndex() ? 0 : config.scaledByFrequency() ? 1.0 / times.get(numbers[i]) : 1;
        return GRADIENT_TIMES.apply(vectors, Tensor.of(factors).to(vectors.dtype()).unsqueeze(1));
    }

    /** What is left of vectors of too large a norm; their gradient passes as it is. */
    private Tensor limited(Tensor vectors) {
        if (config.maxNorm() == Double.POSITIVE_INFINITY) return vectors;
        double p = config.normType();
        var values = vectors.detach();
        var norm = p == 2 ? values.square().sum(1, true).sqrt()
                : p == Double.POSITIVE_INFINITY ? values.abs().max(1, true) : values.abs().pow(p).sum(1, true).pow(1 / p);
        var less = norm.gt(config.maxNorm()).where(norm.add(1e-7).reciprocal().mul(config.maxNorm()), norm.onesLike());
        return vectors.add(values.mul(less).sub(values));
    }

    /** While learning, the table's rows are limited as well. */
    private void limit(Tensor rows, Pass pass) {
        if (config.maxNorm() == Double.POSITIVE_INFINITY || !pass.isTraining()) return;
        long[] distinct = Arrays.stream(rows.toLongArray()).distinct().toArray();
        try (var work = Scope.open("max norm")) {
            Autograd.noGrad(() -> {
                var table = table().detach();
                var limited = limited(table.indexSelect(0, Tensor.of(distinct))).compute();
                for (int i = 0; i < distinct.length; i++) table.get(distinct[i]).copy_(limited.get(i));
            });
        }
    }

    private static Tensor numbers(long n) { return Tensor.arange(n).unsqueeze(1); }
}
