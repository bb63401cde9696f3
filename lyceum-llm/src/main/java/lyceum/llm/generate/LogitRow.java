package lyceum.llm.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.llm.generate.GenerationRequest.Likely;
import lyceum.random.Rng;

/**
 * The logits of the next token, changed in place by a chain of steps: at first of all ids, after a truncation of those that are left, in ascending order of ids.
 * Whatever is summed is summed in F64, in that order, so that a rounding of the logits moves a draw as little as it can. The largest logit of each block of places is kept,
 * so that nobody looks through all of a large vocabulary for the few that matter. One row serves a whole batch, row by row: nothing is allocated a step. For one thread.
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
    private static final double LEAST = -45, NOTHING = least();
    private static final int BLOCK = 256;

    private final int vocabulary;
    final double[] logits, masses; // of the first count places
    private final int[] ids; // of the places, unless the row is whole
    private final double[] sums; // of blocks of masses
    private final double[] tops; // the largest logit of each block of a whole row
    private final boolean[] stale; // a block's top may be lower by now
    private final double[] scaled = new double[BLOCK], powers = new double[BLOCK];
    private double divisor = 1; // of the logits, not yet carried out: order does not depend on it
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
        tops = new double[sums.length];
        stale = new boolean[sums.length];
        selection = new LogitSelection(vocabulary);
        whole(); // all equal
    }

    private static double least() {
        var power = new double[1];
        exp(new double[] {LEAST}, 0, 1, 0, new double[1], power);
        return power[0];
    }

    private LogitRow whole() {
        divisor = 1;
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
        whole();
        for (int block = 0, i = 0; i < vocabulary; block++, i += BLOCK) {
            System.arraycopy(from, at + i, logits, i, Math.min(BLOCK, vocabulary - i));
            lookAt(block);
        }
        return this;
    }

    /** As above, of F32. */
    public LogitRow load(float[] from, int at) {
        whole();
        for (int block = 0, i = 0; i < vocabulary; block++, i += BLOCK) {
            int end = Math.min(i + BLOCK, vocabulary);
            for (int j = i; j < end; j++) logits[j] = from[at + j];
            lookAt(block);
        }
        return this;
    }

    /** Takes the top of a block; a number that is none is larger than all. */
    private void lookAt(int block) {
        double top = top(block);
        if (top < Double.POSITIVE_INFINITY) return;
        int i = block * BLOCK;
        while (logits[i] < Double.POSITIVE_INFINITY) i++;
        throw new IllegalArgumentException(
                "LogitRow: the logit of id " + i + " is " + logits[i] + "; a model that gives such was loaded wrongly or overflowed");
    }

    private double top(int block) {
        int from = block * BLOCK, end = Math.min(from + BLOCK, vocabulary);
        double top = Double.NEGATIVE_INFINITY;
        for (int i = from; i < end; i++) top = Math.max(top, logits[i]);
        stale[block] = false;
        return tops[block] = top;
    }

    /** The tops of all blocks of a whole row, as they are now. */
    private double[] tops() {
        for (int block = 0; block < tops.length; block++) if (stale[block]) top(block);
        return tops;
    }

    /** Puts a logit into a place. */
    private void put(int place, double logit) {
        double before = logits[place];
        logits[place] = logit;
        if (!whole) return;
        int block = place / BLOCK;
        if (logit >= tops[block]) tops[block] = logit; // a top that was stale is one again
        else if (before == tops[block]) stale[block] = true;
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
        divide();
        int place = place(id);
        return place < 0 ? Double.NEGATIVE_INFINITY : logits[place];
    }

    /** Changes the logit of an id that is left; nothing happens to others. */
    public void set(int id, double logit) {
        divide();
        int place = place(id);
        if (place >= 0) put(place, logit);
    }

    /** As {@link #set}, by a difference. */
    public void add(int id, double difference) {
        divide();
        int place = place(id);
        if (place >= 0) put(place, logits[place] + difference);
    }

    /** It cannot come. */
    public void ban(int id) { set(id, Double.NEGATIVE_INFINITY); }

    /** Bans every id whose bit is not set; see {@link lyceum.llm.TokenConstraint.State#allowed}. */
    public void banOthers(long[] allowed) {
        for (int i = 0; i < count; i++) {
            int id = id(i);
            if (whole && (id & 63) == 0 && allowed[id >> 6] == -1) i += 63; // all of them may come
            else if ((allowed[id >> 6] >>> id & 1) == 0) logits[i] = Double.NEGATIVE_INFINITY;
        }
        Arrays.fill(stale, true);
    }

    /** {@code z / T}; 0 leaves the likeliest id alone, the lowest of several. */
    public void scale(double temperature) {
        divide();
        if (temperature == 0) keepOnly(argmax());
        else divisor = temperature;
    }

    private void divide() {
        if (divisor == 1) return;
        double by = divisor, top;
        divisor = 1;
        if (Double.isInfinite((top = max()) / by)) { // taken off first where the quotient would overflow
            for (int i = 0; i < count; i++) logits[i] -= top;
            for (int block = 0; block < tops.length; block++) tops[block] -= top;
        }
        for (int i = 0; i < count; i++) logits[i] /= by;
        for (int block = 0; block < tops.length; block++) tops[block] /= by; // what is largest stays it
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
        if (whole && k <= tops.length) {
            // So many blocks have a place that is no smaller than the k-th of their tops: no place below it is among the k largest.
            keep(logits, selection.kth(logits, count, k, tops(), BLOCK), true);
            return;
        }
        if (k > LogitSelection.HEAP) {
            keep(logits, selection.kth(logits, count, k));
            return;
        }
        int n = 0, last = selection.candidates(logits, count, k), ties = k;
        double boundary = selection.least();
        for (int c = 0; c < last; c++) if (logits[selection.candidate(c)] > boundary) ties--;
        for (int c = 0; c < last; c++) {
            int place = selection.candidate(c);
            double logit = logits[place];
            if (logit < boundary || logit == boundary && ties-- <= 0) continue;
            ids[n] = id(place);
            logits[n++] = logit;
        }
        count = n;
        whole = false;
    }

    /** Logits of at least this much are left, and the largest in any case. */
    public void keepAtLeast(double logit) {
        divide();
        keep(logits, new Cut(Math.min(logit, max()), Integer.MAX_VALUE));
    }

    /** The likeliest ids stay, the fewest whose probability is at least p, of equal ones those of lower ids, and one in any case. Nothing is sorted. */
    public void keepNucleus(double p) {
        divide();
        keepMass(logits, p);
    }

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

    private void keep(double[] keys, Cut cut) { keep(keys, cut, false); }

    /** @param byTops whether blocks whose top is below the boundary are passed over */
    private void keep(double[] keys, Cut cut, boolean byTops) {
        int n = 0, ties = cut.ties;
        double boundary = cut.boundary;
        for (int i = 0; i < count; i++) {
            if (byTops && i % BLOCK == 0) {
                while (i < count && tops[i / BLOCK] < boundary) i += BLOCK;
                if (i >= count) break;
            }
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
        divide();
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
        divide();
        double top = Double.NEGATIVE_INFINITY;
        if (whole) for (double each : tops()) top = Math.max(top, each);
        else for (int i = 0; i < count; i++) top = Math.max(top, logits[i]);
        if (top == Double.NEGATIVE_INFINITY) throw new IllegalStateException(
                "LogitRow: every one of " + count + " ids is banned; bias, bans or a constraint leave nothing to draw");
        return top;
    }

    /** The id of the largest logit, the lowest of several. */
    public int argmax() {
        double top = max();
        int i = 0;
        while (whole && tops[i / BLOCK] != top) i += BLOCK;
        while (logits[i] != top) i++;
        return id(i);
    }

    /** {@code log sum exp}. */
    public double logSum() {
        double total = masses();
        return max() + Math.log(total);
    }

    /** The k likeliest ids, the likeliest first; of those that are alike the smaller id. */
    public List<Likely> likeliest(int k) {
        divide();
        double sum = k > 0 ? logSum() : 0;
        var best = new ArrayList<Likely>();
        for (int i = 0; i < count && k > 0; i++) {
            double log = logits[i] - sum;
            if (best.size() == k && !(log > best.getLast().logProbability())) continue;
            if (best.size() == k) best.removeLast();
            int place = best.size();
            while (place > 0 && best.get(place - 1).logProbability() < log) place--;
            best.add(place, new Likely(id(i), log));
        }
        return List.copyOf(best);
    }

    /** {@code exp(z - max)} of every place into {@link #masses}; gives their sum. */
    double masses() {
        double top = max(), total = 0;
        for (int from = 0, block = 0; from < count; from += BLOCK, block++) {
            int n = Math.min(count - from, BLOCK), i = 0;
            exp(logits, from, n, top, scaled, powers);
            for (int j = 0; j < n; j++) masses[from + j] = powers[j] -= NOTHING;
            double a = 0, b = 0, c = 0, d = 0;
            for (; i + 3 < n; i += 4) {
                a += powers[i];
                b += powers[i + 1];
                c += powers[i + 2];
                d += powers[i + 3];
            }
            for (; i < n; i++) a += powers[i];
            total += sums[block] = (a + b) + (c + d);
        }
        return total;
    }

    /**
     * {@code exp(z - top)} of the n places of a block into y: {@code (e^(x/256))^256}, the inner by ten terms of its series, to 1e-13. Short loops of plain products over
     * a block that stays in the first cache: compilers make vectors of them, as they do not of {@link Math#exp} or of one long loop.
     */
    private static void exp(double[] z, int from, int n, double top, double[] t, double[] y) {
        for (int i = 0; i < n; i++) t[i] = Math.max(z[from + i] - top, LEAST) * (1.0 / 256);
        for (int i = 0; i < n; i++) y[i] = ((t[i] * (1.0 / 3628800) + 1.0 / 362880) * t[i] + 1.0 / 40320) * t[i] + 1.0 / 5040;
        for (int i = 0; i < n; i++) y[i] = ((y[i] * t[i] + 1.0 / 720) * t[i] + 1.0 / 120) * t[i] + 1.0 / 24;
        for (int i = 0; i < n; i++) y[i] = (((y[i] * t[i] + 1.0 / 6) * t[i] + 0.5) * t[i] + 1) * t[i] + 1;
        for (int squarings = 0; squarings < 4; squarings++) {
            for (int i = 0; i < n; i++) {
                double square = y[i] * y[i];
                y[i] = square * square;
            }
        }
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
