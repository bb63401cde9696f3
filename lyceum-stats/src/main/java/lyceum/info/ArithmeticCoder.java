package lyceum.info;

import java.util.Arrays;

/**
 * Turns a model's probabilities into bits: a message costs the sum of {@code -log2 q} of its symbols, rounded up by two bits at most and a few
 * parts in 10^9 for the arithmetic. So cross-entropy is a file's length, and a better model a shorter file.
 *
 * {@snippet :
 * var coder = new ArithmeticCoder(0.7, 0.2, 0.1);
 * var message = coder.encode(symbols);                       // message.bits() is about coder.idealBits(symbols)
 * int[] same = coder.decode(message, symbols.length);
 * }
 *
 * <p>A {@link Model} may change its mind after every symbol, as a language model does; both sides must compute the very same probabilities.
 * Symbols are 0, 1, ...; one of probability 0 cannot be coded. Immutable.
 *
 * @see <a href="https://doi.org/10.1145/214762.214771">Witten, Neal and Cleary (1987)</a>
 */
public final class ArithmeticCoder {
    private static final int STATE_BITS = 62, TOTAL_BITS = 30;
    private static final long QUARTER = 1L << STATE_BITS - 2, HALF = QUARTER << 1, TOP = HALF << 1, TOTAL = 1L << TOTAL_BITS;

    /** What comes next, given what came before. */
    @FunctionalInterface
    public interface Model {
        /** Weights of the symbols at {@code position}, at least 0; reads {@code symbols[0 .. position - 1]} only. They need not sum to 1. */
        double[] weights(int[] symbols, int position);
    }

    /**
     * A coded message.
     *
     * @param bytes the bits, the first in the highest place of the first byte; the last byte is filled up with zeros
     * @param bits how many there are
     */
    public record Message(byte[] bytes, long bits) {}

    private final Model model;
    private final long[] constant;

    /** Codes every symbol by the same weights, at least 0 and not all zero. */
    public ArithmeticCoder(double... weights) {
        constant = cumulative(weights);
        double[] kept = weights.clone();
        model = (symbols, position) -> kept;
    }

    /** Codes each symbol by what the model says at its place. */
    public ArithmeticCoder(Model model) {
        this.model = model;
        constant = null;
    }

    private long[] table(int[] symbols, int position) { return constant != null ? constant : cumulative(model.weights(symbols, position)); }

    /** The message's cost in a perfect code, {@code -sum log2 q}, in bits. Infinite if a symbol has probability 0. */
    public double idealBits(int[] symbols) {
        double sum = 0, lost = 0;
        for (int i = 0; i < symbols.length; i++) {
            double[] w = model.weights(symbols, i);
            double part = -Math.log(w[symbols[i]] / Arrays.stream(w).sum()) / Math.log(2) - lost, next = sum + part;
            lost = next - sum - part;
            sum = next;
        }
        return sum;
    }

    /** @throws IllegalArgumentException if a symbol is unknown or has probability 0: names it and its place */
    public Message encode(int[] symbols) {
        var out = new Writer();
        long low = 0, high = TOP - 1;
        for (int i = 0; i < symbols.length; i++) {
            long[] cumulative = table(symbols, i);
            int symbol = symbols[i];
            if (symbol < 0 || symbol >= cumulative.length - 1)
                throw new IllegalArgumentException("encode: symbol " + symbol + " at " + i + "; there are 0 to " + (cumulative.length - 2));
            if (cumulative[symbol] == cumulative[symbol + 1])
                throw new IllegalArgumentException("encode: symbol " + symbol + " at " + i + " has probability 0 and so no code");
            long step = (high - low + 1) >>> TOTAL_BITS;
            if (cumulative[symbol + 1] < TOTAL) high = low + step * cumulative[symbol + 1] - 1;
            low += step * cumulative[symbol];
            while (true) {
                if (high < HALF) {
                    out.bit(0);
                } else if (low >= HALF) {
                    out.bit(1);
                    low -= HALF;
                    high -= HALF;
                } else if (low >= QUARTER && high < HALF + QUARTER) {
                    out.pending++; // which half it will be is not known yet; the next bit decides for both
                    low -= QUARTER;
                    high -= QUARTER;
                } else {
                    break;
                }
                low <<= 1;
                high = high << 1 | 1;
            }
        }
        if (symbols.length > 0) {
            out.pending++;
            out.bit(low < QUARTER ? 0 : 1);
        }
        return new Message(Arrays.copyOf(out.bytes, (int) ((out.count + 7) / 8)), out.count);
    }

    /** The first {@code length} symbols of a message that this model encoded. Any bits decode to something: keep the length beside the message. */
    public int[] decode(Message message, int length) {
        if (length < 0) throw new IllegalArgumentException("decode: length is " + length + "; it is at least 0");
        var symbols = new int[length];
        long low = 0, high = TOP - 1, value = 0, at = 0;
        for (; at < STATE_BITS; at++) value = value << 1 | bit(message, at);
        for (int i = 0; i < length; i++) {
            long[] cumulative = table(symbols, i);
            long step = (high - low + 1) >>> TOTAL_BITS, place = Math.min(TOTAL - 1, (value - low) / step);
            int symbol = find(cumulative, place);
            symbols[i] = symbol;
            if (cumulative[symbol + 1] < TOTAL) high = low + step * cumulative[symbol + 1] - 1;
            low += step * cumulative[symbol];
            while (true) {
                long shift;
                if (high < HALF) shift = 0;
                else if (low >= HALF) shift = HALF;
                else if (low >= QUARTER && high < HALF + QUARTER) shift = QUARTER;
                else break;
                low = low - shift << 1;
                high = high - shift << 1 | 1;
                value = value - shift << 1 | bit(message, at++);
            }
        }
        return symbols;
    }

    private static int bit(Message message, long at) {
        return at >= message.bits || at / 8 >= message.bytes.length ? 0 : message.bytes[(int) (at / 8)] >> (7 - at % 8) & 1;
    }

    /** The last symbol that begins at or before {@code place}; symbols of width 0 are passed over. */
    private static int find(long[] cumulative, long place) {
        int low = 0, high = cumulative.length - 1;
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            if (cumulative[middle] <= place) low = middle;
            else high = middle;
        }
        return low;
    }

    /** Where each symbol begins among 2^30 places; every weight above 0 gets one at least, and the most likely symbol takes up the rounding. */
    private static long[] cumulative(double[] weights) {
        if (weights.length == 0 || weights.length > 1 << 24)
            throw new IllegalArgumentException("ArithmeticCoder: " + weights.length + " symbols; 1 to 2^24 are possible");
        double sum = 0;
        int likely = 0;
        for (int i = 0; i < weights.length; i++) {
            if (!(weights[i] >= 0) || Double.isInfinite(weights[i])) throw new IllegalArgumentException(
                    "ArithmeticCoder: weight " + i + " is " + weights[i] + "; weights are finite and at least 0");
            sum += weights[i];
            if (weights[i] > weights[likely]) likely = i;
        }
        if (!(sum > 0)) throw new IllegalArgumentException("ArithmeticCoder: all weights are 0; at least one is above");
        var places = new long[weights.length + 1];
        long used = 0;
        for (int i = 0; i < weights.length; i++)
            used += places[i + 1] = weights[i] == 0 ? 0 : Math.max(1, Math.round(weights[i] / sum * TOTAL));
        places[likely + 1] += TOTAL - used;
        for (int i = 0; i < weights.length; i++) places[i + 1] += places[i];
        return places;
    }

    private static final class Writer {
        private byte[] bytes = new byte[256];
        private long count, pending;

        /** A bit, then the opposite one for each that was put off. */
        void bit(int bit) {
            put(bit);
            for (; pending > 0; pending--) put(1 - bit);
        }

        private void put(int bit) {
            if (count / 8 == bytes.length) bytes = Arrays.copyOf(bytes, 2 * bytes.length);
            if (bit == 1) bytes[(int) (count / 8)] |= (byte) (1 << (7 - count % 8));
            count++;
        }
    }
}
