package lyceum.text.count;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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

    public int column(String term) { return column(hash(term)); }

    public int sign(String term) { return sign(hash(term)); }

    private static int hash(String term) { return murmur3(term.getBytes(StandardCharsets.UTF_8)); }

    private int column(int hash) {
        return hash == Integer.MIN_VALUE ? (Integer.MAX_VALUE - (features - 1)) % features : Math.abs(hash) % features;
    }

    private int sign(int hash) { return signed && hash < 0 ? -1 : 1; }

    /** Rows of signed counts, F64; a column whose terms cancel stays with 0. Texts are read once, one after the other. */
    public Csr transform(Iterable<String> texts) {
        int[] starts = new int[1024], columns = new int[1 << 14];
        double[] values = new double[columns.length];
        int rows = 0, entries = 0;
        for (var text : texts) {
            var terms = settings.terms(text);
            // the column above, the sign in the last bit
            var keys = new long[terms.size()];
            for (int i = 0; i < keys.length; i++) {
                int hash = hash(terms.get(i));
                keys[i] = 2L * column(hash) + (sign(hash) < 0 ? 1 : 0);
            }
            Arrays.sort(keys);
            int from = entries;
            for (long key : keys) {
                int column = (int) (key >> 1);
                if (entries == from || columns[entries - 1] != column) {
                    if (entries == columns.length) {
                        columns = Arrays.copyOf(columns, 2 * entries);
                        values = Arrays.copyOf(values, 2 * entries);
                    }
                    columns[entries] = column;
                    values[entries++] = 0;
                }
                values[entries - 1] += (key & 1) == 1 ? -1 : 1;
            }
            if (settings.binary()) Arrays.fill(values, from, entries, 1);
            if (++rows == starts.length) starts = Arrays.copyOf(starts, 2 * rows);
            starts[rows] = entries;
        }
        return Csr.of(rows, features, Arrays.copyOf(starts, rows + 1), Arrays.copyOf(columns, entries),
                Tensor.of(Arrays.copyOf(values, entries)));
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
