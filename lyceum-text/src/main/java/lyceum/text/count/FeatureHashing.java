package lyceum.text.count;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.TreeMap;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * Counts in columns by hash: MurmurHash3 (32 bits, seed 0) of a term's UTF-8, its absolute value modulo the number of columns, with its sign.
 *
 * @param settings how texts are split
 * @param features columns
 * @param signed whether the sign of the hash counts, true by default
 */
public record FeatureHashing(CountVectorizer settings, int features, boolean signed) {
    public FeatureHashing {
        if (features < 1) throw new IllegalArgumentException("FeatureHashing: " + features + " columns; at least 1 is needed");
    }

    public int column(String term) {
        int hash = murmur3(term.getBytes(StandardCharsets.UTF_8));
        return hash == Integer.MIN_VALUE ? (Integer.MAX_VALUE - (features - 1)) % features : Math.abs(hash) % features;
    }

    public int sign(String term) { return signed && murmur3(term.getBytes(StandardCharsets.UTF_8)) < 0 ? -1 : 1; }

    /** Rows of signed counts, F64; a column whose terms cancel stays with 0. */
    public Csr transform(Iterable<String> texts) {
        var list = CountVectorizer.listed(texts);
        var starts = new int[list.size() + 1];
        var columns = new ArrayList<Integer>();
        var values = new ArrayList<Double>();
        for (int i = 0; i < list.size(); i++) {
            var row = new TreeMap<Integer, Double>();
            for (var term : settings.terms(list.get(i))) row.merge(column(term), (double) sign(term), Double::sum);
            row.forEach((c, v) -> {
                columns.add(c);
                values.add(settings.binary() ? 1 : v);
            });
            starts[i + 1] = columns.size();
        }
        return Csr.of(list.size(), features, starts, columns.stream().mapToInt(c -> c).toArray(),
                Tensor.of(values.stream().mapToDouble(v -> v).toArray()));
    }

    /** MurmurHash3 for 32 bits with seed 0 (Appleby 2011, public domain). */
    static int murmur3(byte[] data) {
        int h = 0, n = data.length, blocks = n / 4;
        for (int b = 0; b < blocks; b++) {
            int k = data[4 * b] & 255 | (data[4 * b + 1] & 255) << 8 | (data[4 * b + 2] & 255) << 16 | data[4 * b + 3] << 24;
            h = Integer.rotateLeft(h ^ scrambled(k), 13) * 5 + 0xe6546b64;
        }
        int tail = 0;
        for (int i = n - 1; i >= 4 * blocks; i--) tail = tail << 8 | data[i] & 255;
        h ^= scrambled(tail) ^ n;
        h = (h ^ h >>> 16) * 0x85ebca6b;
        h = (h ^ h >>> 13) * 0xc2b2ae35;
        return h ^ h >>> 16;
    }

    private static int scrambled(int k) { return Integer.rotateLeft(k * 0xcc9e2d51, 15) * 0x1b873593; }
}
