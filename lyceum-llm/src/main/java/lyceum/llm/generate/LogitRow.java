package lyceum.llm.generate;

import java.util.Arrays;
import lyceum.random.Rng;

/**
 * The logits of the next token, changed in place by a chain of steps: at first of all ids, after a truncation of those that are left, in ascending order of ids.
 * Whatever is summed is summed in F64, in that order, so that a rounding of the logits moves a draw as little as it can. One row serves a whole batch, row by row:
 * nothing is allocated a step. For one thread.
 *
 * {@snippet :
 * var row = new LogitRow(5);
 * row.load(new double[] {2, 1, 0, 0, -1});
 * row.keepLargest(2);                           // top-k
 * double[] p = row.probabilities();             // 0.731, 0.269, 0, 0, 0
 * }
 */
public final class LogitRow {
    /** A share of {@code exp(-45) = 3e-20} lies far below the step of a double near 1: no draw can tell it from 0. */
    private static final double LEAST = -45, NOTHING = exp(LEAST);
    private static final int BLOCK = 256;

    private final int vocabulary;
    final double[] logits, masses; // of the first count places
    private final int[] ids;       // of the places, unless the row is whole
    private final double[] sums;   // of blocks of masses
    private final LogitSelection selection;
    private int count;
    private boolean whole;

    public LogitRow(int vocabulary) {
        if (vocabulary < 1) throw new IllegalArgumentException("LogitRow: a vocabulary of " + vocabulary + "; it has an id at least");
        this.vocabulary = vocabulary;
        logits = new double[vocabulary];
        masses = new double[vocabulary];
        ids = new int[vocabulary];
        sums = new double[(vocabulary + BLOCK - 1) / BLOCK];
        selection = new LogitSelection(vocabulary);
        whole(); // all equal
    }

    private LogitRow whole() {
        count = vocabulary;
        whole = true;
        return this;
    }

    /** A model's logits. @throws IllegalArgumentException for NaN or positive infinity, or another count than the vocabulary's */
    public LogitRow load(double... from) {
        if (from.length != vocabulary) throw wrong(from.length);
        return load(from, 0);
    }

    /** A row of many: {@code from[at ..]}. */
    public LogitRow load(double[] from, int at) {
        System.arraycopy(from, at, logits, 0, vocabulary);
        return checked();
    }

    /** As above, of F32. */
    public LogitRow load(float[] from, int at) {
        for (int i = 0; i < vocabulary; i++) logits[i] = from[at + i];
        return checked();
    }

    private LogitRow checked() {
        for (int i = 0; i < vocabulary; i++)
            if (!(logits[i] < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException("LogitRow: the logit of id " + i + " is " + logits[i]
                    + "; a model that gives such was loaded wrongly or overflowed");
        return whole();
    }

    private IllegalArgumentException wrong(int length) {
        return new IllegalArgumentException("LogitRow: " + length + " logits for a vocabulary of " + vocabulary);
    }

    public int vocabulary() { return vocabulary; }

    /** Ids that are left; banned ones are among them until a truncation. */
    public int count() { return count; }

    /** The i-th id that is left, in ascending order. */
    public int id(int i) { return whole ? i : ids[i]; }

    private int place(int id) { return whole ? id : Arrays.binarySearch(ids, 0, count, id); }

    /** Negative infinity if it is banned or was truncated. */
    public double logit(int id) {
        int place = place(id);
        return place < 0 ? Double.NEGATIVE_INFINITY : logits[place];
    }

    /** Changes the logit of an id that is left; nothing happens to others. */
    public void set(int id, double logit) {
        int place = place(id);
        if (place >= 0) logits[place] = logit;
    }

    /** As {@link #set}, by a difference. */
    public void add(int id, double difference) {
        int place = place(id);
        if (place >= 0) logits[place] += difference;
    }

    /** It cannot come. */
    public void ban(int id) { set(id, Double.NEGATIVE_INFINITY); }

    /** Bans every id whose bit is not set; see {@link lyceum.llm.TokenConstraint.State#allowed}. */
    public void banOthers(long[] allowed) {
        for (int i = 0; i < count; i++) {
            int id = id(i);
            if ((allowed[id >> 6] >>> id & 1) == 0) logits[i] = Double.NEGATIVE_INFINITY;
        }
    }

    /** {@code z / T}; 0 leaves the likeliest id alone, the lowest of several. */
    public void scale(double temperature) {
        if (temperature == 1) return;
        if (temperature == 0) {
            keepOnly(argmax());
            return;
        }
        double top = max(); // taken off first where the quotient would overflow
        if (Double.isInfinite(top / temperature)) for (int i = 0; i < count; i++) logits[i] -= top;
        for (int i = 0; i < count; i++) logits[i] /= temperature;
    }

    /** Nothing but one id is left. */
    public void keepOnly(int id) {
        logits[0] = logit(id);
        ids[0] = id;
        count = 1;
        whole = false;
    }

    /** The k largest logits are left, of equal ones those of lower ids. Linear in the number of ids. */
    public void keepLargest(int k) {
        if (k >= count) return;
        keep(logits, selection.kth(logits, count, k));
    }

    /** Logits of at least this much are left, and the largest in any case. */
    public void keepAtLeast(double logit) { keep(logits, new Cut(Math.min(logit, max()), Integer.MAX_VALUE)); }

    /** The likeliest ids stay, the fewest whose probability is at least p, of equal ones those of lower ids, and one in any case. Nothing is sorted. */
    public void keepNucleus(double p) { keepMass(logits, p); }

    /**
     * The shortest beginning of the ids in falling order of keys (of equal ones the lower id first) whose probability is at least p is left, one id at least.
     *
     * @param keys of the places
     */
    void keepMass(double[] keys, double p) {
        if (p >= 1 || count == 1) return;
        double total = masses();
        keep(keys, selection.mass(keys, masses, count, p, total, keys == logits));
    }

    /** What stays: keys above a boundary, and so many of those on it. */
    record Cut(double boundary, int ties) {}

    private void keep(double[] keys, Cut cut) {
        int n = 0, ties = cut.ties;
        double boundary = cut.boundary;
        for (int i = 0; i < count; i++) {
            double key = keys[i];
            if (key > boundary || key == boundary && ties-- > 0) {
                ids[n] = id(i);
                logits[n++] = logits[i];
            }
        }
        count = n;
        whole = whole && n == vocabulary;
    }

    /** Of the ids whose logit is at least this, only the least likely is left, of equal ones the highest; smaller ones stay. */
    void dropLikelier(double logit) {
        int spared = -1, n = 0;
        for (int i = 0; i < count; i++) if (logits[i] >= logit && (spared < 0 || logits[i] <= logits[spared])) spared = i;
        for (int i = 0; i < count; i++) {
            if (logits[i] >= logit && i != spared) continue;
            ids[n] = id(i);
            logits[n++] = logits[i];
        }
        whole = whole && n == vocabulary;
        count = n;
    }

    /** The largest logit. @throws IllegalStateException if every id is banned */
    public double max() {
        double top = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) top = Math.max(top, logits[i]);
        if (top == Double.NEGATIVE_INFINITY)
            throw new IllegalStateException("LogitRow: every one of " + count + " ids is banned; bias, bans or a constraint leave nothing to draw");
        return top;
    }

    /** The id of the largest logit, the lowest of several. */
    public int argmax() {
        double top = max();
        int i = 0;
        while (logits[i] != top) i++;
        return id(i);
    }

    /** {@code log sum exp}. */
    public double logSum() {
        double total = masses();
        return max() + Math.log(total);
    }

    /** {@code exp(z - max)} of every place into {@link #masses}; gives their sum. */
    double masses() {
        double top = max(), total = 0;
        for (int i = 0; i < count; i++) masses[i] = exp(Math.max(logits[i] - top, LEAST)) - NOTHING;
        for (int from = 0, block = 0; from < count; from += BLOCK, block++) {
            double a = 0, b = 0, c = 0, d = 0;
            int i = from, end = Math.min(count, from + BLOCK);
            for (; i + 3 < end; i += 4) {
                a += masses[i];
                b += masses[i + 1];
                c += masses[i + 2];
                d += masses[i + 3];
            }
            for (; i < end; i++) a += masses[i];
            total += sums[block] = (a + b) + (c + d);
        }
        return total;
    }

    /** Of x from {@link #LEAST} to 0: {@code (e^(x/64))^64} by its series, to 1e-14; plain products, which compilers turn into vectors, as Math.exp is not. */
    private static double exp(double x) {
        double t = x / 64, y = 1 + t * (1.0 / 15);
        y = 1 + t * y * (1.0 / 14);
        y = 1 + t * y * (1.0 / 13);
        y = 1 + t * y * (1.0 / 12);
        y = 1 + t * y * (1.0 / 11);
        y = 1 + t * y * (1.0 / 10);
        y = 1 + t * y * (1.0 / 9);
        y = 1 + t * y * (1.0 / 8);
        y = 1 + t * y * (1.0 / 7);
        y = 1 + t * y * (1.0 / 6);
        y = 1 + t * y * (1.0 / 5);
        y = 1 + t * y * (1.0 / 4);
        y = 1 + t * y * (1.0 / 3);
        y = 1 + t * y * 0.5;
        y = 1 + t * y;
        y *= y;
        y *= y;
        y *= y;
        y *= y;
        y *= y;
        return y * y;
    }

    /** Of every id, 0 for one that is banned or truncated; sums to 1. Not for an inner loop: it allocates. */
    public double[] probabilities() {
        var p = new double[vocabulary];
        double top = max(), sum = 0;
        for (int i = 0; i < count; i++) sum += p[id(i)] = Math.exp(logits[i] - top);
        for (int i = 0; i < count; i++) p[id(i)] /= sum;
        return p;
    }

    /** Draws an id with its probability: one number of the stream, and ids in ascending order share the interval. */
    public int draw(Rng stream) {
        if (count == 1) return id(0);
        double left = stream.nextDouble() * masses();
        int block = 0, blocks = (count + BLOCK - 1) / BLOCK;
        while (block < blocks - 1 && left >= sums[block]) left -= sums[block++];
        int end = Math.min(count, (block + 1) * BLOCK), last = -1;
        for (int i = block * BLOCK; i < end; i++) {
            if (masses[i] == 0) continue;
            last = i;
            if ((left -= masses[i]) < 0) break;
        }
        while (last < 0) if (masses[--end] > 0) last = end; // rounding led behind the last block with mass
        return id(last);
    }

    /** Of an id that is left, under the row as it is. */
    public double logProbability(int id) { return count == 1 ? 0 : logit(id) - logSum(); }
}
