package lyceum.retrieval;

import java.util.Arrays;
import lyceum.backend.Parallel;

/**
 * Unit vectors as their nearest centre and, of what is left, 1, 2 or 4 bits a number: which of the equally full buckets it lies in; a bucket stands for the mean
 * of its numbers. With 32 bits vectors are kept as they are.
 */
final class TokenCodec {
    final int dimensions, bits;
    final Centroids centres;
    /** Ends of the buckets but the last, and what each stands for. */
    final float[] ends, weights;

    TokenCodec(int dimensions, int bits, Centroids centres, float[] ends, float[] weights) {
        this.dimensions = dimensions;
        this.bits = bits;
        this.centres = centres;
        this.ends = ends;
        this.weights = weights;
    }

    static TokenCodec learn(float[][] tokens, int[] own, int bits, Centroids centres) {
        int d = tokens[0].length;
        if (bits == 32) return new TokenCodec(d, bits, centres, new float[0], new float[0]);
        int n = Math.min(tokens.length, 1 + 2_000_000 / d);
        var left = new float[n * d];
        for (int i = 0; i < n; i++) {
            int t = (int) ((long) i * tokens.length / n);
            for (int j = 0; j < d; j++) left[i * d + j] = tokens[t][j] - centres.rows[own[t]][j];
        }
        Arrays.sort(left);
        int buckets = 1 << bits;
        float[] ends = new float[buckets - 1], weights = new float[buckets];
        for (int b = 0; b < buckets; b++) {
            int from = (int) ((long) b * left.length / buckets), to = (int) ((b + 1L) * left.length / buckets);
            if (b > 0) ends[b - 1] = left[from];
            double sum = 0;
            for (int i = from; i < to; i++) sum += left[i];
            weights[b] = (float) (sum / Math.max(1, to - from));
        }
        return new TokenCodec(d, bits, centres, ends, weights);
    }

    /** Bytes of a token beside its centre's number. */
    int bytes() { return bits == 32 ? 4 * dimensions : (dimensions * bits + 7) / 8; }

    void encode(float[] token, int centre, byte[] into, int at) {
        for (int j = 0; j < dimensions; j++) {
            if (bits == 32) {
                int raw = Float.floatToRawIntBits(token[j]);
                for (int b = 0; b < 4; b++) into[at + 4 * j + b] = (byte) (raw >>> 8 * b);
                continue;
            }
            float left = token[j] - centres.rows[centre][j];
            int bucket = 0;
            while (bucket < ends.length && left >= ends[bucket]) bucket++;
            into[at + j * bits / 8] |= (byte) (bucket << j * bits % 8);
        }
    }

    /** Of length 1 again, unless it was kept whole. */
    void decode(byte[] from, int at, int centre, float[] into) {
        if (bits == 32) {
            for (int j = 0; j < dimensions; j++) {
                int raw = 0;
                for (int b = 0; b < 4; b++) raw |= (from[at + 4 * j + b] & 255) << 8 * b;
                into[j] = Float.intBitsToFloat(raw);
            }
            return;
        }
        int mask = (1 << bits) - 1;
        float square = 0;
        for (int j = 0; j < dimensions; j++) {
            into[j] = centres.rows[centre][j] + weights[from[at + j * bits / 8] >>> j * bits % 8 & mask];
            square += into[j] * into[j];
        }
        float length = (float) Math.sqrt(square);
        if (length > 0) for (int j = 0; j < dimensions; j++) into[j] /= length;
    }

    /** All tokens, each of {@link #bytes}. */
    byte[] encode(float[][] tokens, int[] own) {
        int each = bytes();
        var codes = new byte[Math.multiplyExact(tokens.length, each)];
        Parallel.range(tokens.length, 256, (from, to) -> {
            for (int t = (int) from; t < to; t++) encode(tokens[t], own[t], codes, t * each);
        });
        return codes;
    }
}
