package lyceum.text.count;

import java.util.Arrays;
import java.util.Collection;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.stats.Interval;

/**
 * How frequencies fall with rank: {@code p(r)} proportional to {@code (r + b)^-s} for ranks 1 to the number of types, Zipf's law with Mandelbrot's shift b.
 *
 * {@snippet :
 * var analysis = ZipfAnalysis.of(120, 60, 41, 30, 22, 20, 1, 1, 1);
 * var fit = analysis.fit();                              // exponent by maximum likelihood, distance to the data
 * analysis.goodness(fit, 200, Rng.of(1));                // p by parametric bootstrap
 * analysis.coverage(2);                                  // share of the text that the two commonest types make up
 * }
 *
 * <p>The exponent maximises {@code -s sum f_r log(r + b) - n log sum (r + b)^-s}; a line through the log-log plot counts thousands of tied rare words as
 * independent witnesses and errs. Ranks that fall with s mean that the number of types of frequency f falls with {@code 1 + 1/s}.
 *
 * @see <a href="https://arxiv.org/abs/0706.1062">Clauset, Shalizi and Newman (2009)</a>
 */
public final class ZipfAnalysis {
    private static final int NEWTON = 100;

    private final int[] counts;
    private final long tokens;

    /**
     * A law.
     *
     * @param shift Mandelbrot's b, 0 for Zipf's law
     * @param types ranks run from 1 to this
     * @param distance of Kolmogorov and Smirnov between its ranks and those of the data
     */
    public record Fit(double exponent, double shift, int types, double logLikelihood, double distance) {}

    /**
     * Zipf's law beside a curve that bends: {@code p(r)} proportional to {@code exp(-s log r - c (log r)^2)}, a log-normal law of ranks, in which it is nested.
     *
     * @param bend c
     * @param statistic twice the gain in log-likelihood, chi-squared with one degree of freedom if Zipf's law holds
     */
    public record LogNormal(double exponent, double bend, double statistic) {}

    /** Growth of the vocabulary, {@code V = K n^beta}. */
    public record Heaps(double k, double beta) {
        public double types(double tokens) { return k * Math.pow(tokens, beta); }
    }

    private ZipfAnalysis(int[] counts) {
        this.counts = Arrays.stream(counts).filter(c -> c > 0).sorted().toArray();
        for (int i = 0, j = this.counts.length - 1; i < j; i++, j--) {
            int c = this.counts[i];
            this.counts[i] = this.counts[j];
            this.counts[j] = c;
        }
        tokens = Arrays.stream(this.counts).asLongStream().sum();
        if (this.counts.length < 2)
            throw new IllegalArgumentException("ZipfAnalysis: " + this.counts.length + " types; at least 2 are needed");
    }

    /** @param counts of the types, in any order */
    public static ZipfAnalysis of(int... counts) {
        for (int c : counts) if (c < 0) throw new IllegalArgumentException("ZipfAnalysis: a count is " + c);
        return new ZipfAnalysis(counts);
    }

    public static ZipfAnalysis of(Collection<Integer> counts) { return of(counts.stream().mapToInt(Integer::intValue).toArray()); }

    /** @param text ids of the types, from 0 */
    public static ZipfAnalysis ofTokens(int[] text) {
        for (int id : text) if (id < 0) throw new IllegalArgumentException("ZipfAnalysis: there is an id " + id + "; ids are 0 or more");
        var counts = new int[Arrays.stream(text).max().orElse(0) + 1];
        for (int id : text) counts[id]++;
        return of(counts);
    }

    public int types() { return counts.length; }

    public long tokens() { return tokens; }

    /** Counts by rank, the greatest first. */
    public int[] frequencies() { return counts.clone(); }

    /** Share of the text that the {@code k} commonest types make up. */
    public double coverage(int k) { return Arrays.stream(counts).limit(k).asLongStream().sum() / (double) tokens; }

    /** Share of the types that occur once. */
    public double hapaxShare() { return Arrays.stream(counts).filter(c -> c == 1).count() / (double) counts.length; }

    /** Zipf's law over the types that were seen. */
    public Fit fit() { return fit(0, counts.length); }

    /** @param types that there are, seen or not */
    public Fit fit(double shift, int types) {
        if (types < counts.length) throw new IllegalArgumentException("fit: " + types + " types, but " + counts.length + " were seen");
        if (!(shift > -1)) throw new IllegalArgumentException("fit: the shift is " + shift + "; it is above -1");
        var logs = new double[types];
        for (int r = 0; r < types; r++) logs[r] = Math.log(r + 1 + shift);
        double mean = 0;
        for (int r = 0; r < counts.length; r++) mean += counts[r] * logs[r];
        mean /= tokens;
        double s = 1, value = 0;
        for (int step = 0; step < NEWTON; step++) {
            // log of the normaliser is convex in s: its slope is minus the mean of the logs, its bend their variance
            double sum = 0, first = 0, second = 0;
            for (double l : logs) {
                double p = Math.exp(-s * l);
                sum += p;
                first += p * l;
                second += p * l * l;
            }
            first /= sum;
            value = Math.log(sum);
            double move = (first - mean) / (second / sum - first * first);
            if (Math.abs(move) < 1e-12) break;
            s += Math.clamp(move, -0.5, 0.5);
        }
        return new Fit(s, shift, types, -tokens * (s * mean + value), distance(s, logs, value));
    }

    private double distance(double s, double[] logs, double logSum) {
        double law = 0, data = 0, most = 0;
        for (int r = 0; r < logs.length; r++) {
            law += Math.exp(-s * logs[r] - logSum);
            if (r < counts.length) data += (double) counts[r] / tokens;
            most = Math.max(most, Math.abs(law - data));
        }
        return most;
    }

    /** The shift from 0 to 100 under which the data are likeliest, by golden sections. */
    public Fit fitMandelbrot() {
        double low = 0, high = 100, ratio = (Math.sqrt(5) - 1) / 2;
        double a = high - ratio * (high - low), b = low + ratio * (high - low);
        double atA = fit(a, counts.length).logLikelihood, atB = fit(b, counts.length).logLikelihood;
        while (high - low > 1e-4) {
            if (atA > atB) {
                high = b;
                b = a;
                atB = atA;
                a = high - ratio * (high - low);
                atA = fit(a, counts.length).logLikelihood;
            } else {
                low = a;
                a = b;
                atA = atB;
                b = low + ratio * (high - low);
                atB = fit(b, counts.length).logLikelihood;
            }
        }
        Fit inside = fit((low + high) / 2, counts.length), zipf = fit();
        return inside.logLikelihood > zipf.logLikelihood ? inside : zipf;
    }

    /** What the log-log plot's least squares would say, for comparison. */
    public double leastSquaresExponent() {
        double mx = 0, my = 0, xy = 0, xx = 0;
        int n = counts.length;
        for (int r = 0; r < n; r++) {
            mx += Math.log(r + 1) / n;
            my += Math.log(counts[r]) / n;
        }
        for (int r = 0; r < n; r++) {
            double x = Math.log(r + 1) - mx;
            xy += x * (Math.log(counts[r]) - my);
            xx += x * x;
        }
        return -xy / xx;
    }

    /**
     * The share of samples of the fitted law that lie as far from their own fit as the data from theirs: small where the law does not hold. Samples are ranked
     * and fitted anew, as the data were.
     */
    public double goodness(Fit fit, int samples, Rng rng) {
        int further = 1;
        var law = new ZipfSampler(fit.exponent, fit.shift, fit.types);
        for (int b = 0; b < samples; b++) {
            var other = ofTokens(law.sample(rng, Math.toIntExact(tokens)));
            if (other.fit(fit.shift,
                    Math.max(fit.types == counts.length ? other.types() : fit.types, other.types())).distance >= fit.distance)
                further++;
        }
        return further / (samples + 1.0);
    }

    /** A percentile bootstrap interval for the exponent. */
    public Interval interval(double level, int samples, Rng rng) {
        if (!(level > 0 && level < 1) || samples < 1) throw new IllegalArgumentException(
                "interval: level " + level + " of " + samples + " samples; a level between 0 and 1 and a sample");
        var law = new EmpiricalCounts(counts, tokens);
        double[] found = new double[samples];
        for (int b = 0; b < samples; b++) found[b] = of(law.resample(rng)).fit().exponent;
        Arrays.sort(found);
        double tail = (1 - level) / 2;
        return new Interval(found[(int) Math.floor(tail * (samples - 1))], found[(int) Math.ceil((1 - tail) * (samples - 1))]);
    }

    private record EmpiricalCounts(int[] counts, long tokens) {
        int[] resample(Rng rng) {
            var ends = new long[counts.length];
            long end = 0;
            for (int r = 0; r < ends.length; r++) ends[r] = end += counts[r];
            var fresh = new int[counts.length];
            for (long t = 0; t < tokens; t++) {
                int at = Arrays.binarySearch(ends, rng.nextLong(tokens) + 1);
                fresh[at < 0 ? -1 - at : at]++;
            }
            return fresh;
        }
    }

    /** The log-normal law of ranks beside Zipf's. */
    public LogNormal logNormal() {
        int n = counts.length;
        double[] x = new double[n];
        double m1 = 0, m2 = 0;
        for (int r = 0; r < n; r++) {
            x[r] = Math.log(r + 1);
            m1 += counts[r] * x[r] / tokens;
            m2 += counts[r] * x[r] * x[r] / tokens;
        }
        var zipf = fit();
        double s = zipf.exponent, c = 0, value = 0;
        for (int step = 0; step < NEWTON; step++) {
            double sum = 0, e1 = 0, e2 = 0, e3 = 0, e4 = 0;
            for (double l : x) {
                double p = Math.exp(-s * l - c * l * l);
                sum += p;
                e1 += p * l;
                e2 += p * l * l;
                e3 += p * l * l * l;
                e4 += p * l * l * l * l;
            }
            value = Math.log(sum);
            e1 /= sum;
            e2 /= sum;
            double a = e2 - e1 * e1, b = e3 / sum - e1 * e2, d = e4 / sum - e2 * e2, g = e1 - m1, h = e2 - m2, det = a * d - b * b;
            double ds = (d * g - b * h) / det, dc = (a * h - b * g) / det, scale = Math.min(1, 0.5 / Math.max(Math.abs(ds), Math.abs(dc)));
            s += scale * ds;
            c += scale * dc;
            if (Math.max(Math.abs(ds), Math.abs(dc)) < 1e-12) break;
        }
        return new LogNormal(s, c, Math.max(0, 2 * (-tokens * (s * m1 + c * m2 + value) - zipf.logLikelihood)));
    }

    /** Least squares through (log tokens, log types) at about {@code points} lengths of the text, evenly in the logarithm from {@code from} tokens on. */
    public static Heaps heaps(int[] text, int from, int points) {
        if (from < 1 || from >= text.length || points < 2) throw new IllegalArgumentException(
                "heaps: from " + from + " of " + text.length + " tokens at " + points + " points; it begins within the text");
        var seen = new boolean[Arrays.stream(text).max().orElse(0) + 1];
        double mx = 0, my = 0, xx = 0, xy = 0;
        int types = 0, met = 0;
        double next = from;
        double[] x = new double[points], y = new double[points];
        for (int i = 0; i < text.length; i++) {
            if (!seen[text[i]]) {
                seen[text[i]] = true;
                types++;
            }
            if (i + 1 < Math.round(next)) continue;
            x[met] = Math.log(i + 1);
            y[met++] = Math.log(types);
            next = from * Math.pow((double) text.length / from, met / (points - 1.0));
            if (met == points) break;
        }
        for (int k = 0; k < met; k++) {
            mx += x[k] / met;
            my += y[k] / met;
        }
        for (int k = 0; k < met; k++) {
            xx += (x[k] - mx) * (x[k] - mx);
            xy += (x[k] - mx) * (y[k] - my);
        }
        double beta = xy / xx;
        return new Heaps(Math.exp(my - beta * mx), beta);
    }

    /** The log-log plot of frequency by rank, at ranks spread evenly in the logarithm, with the fitted law. */
    public Plot figure(String title) {
        var fit = fit();
        int points = Math.min(200, counts.length);
        int[] ranks = new int[points];
        int size = 0;
        for (int k = 0; k < points; k++) {
            int rank = (int) Math.round(Math.pow(counts.length, k / Math.max(1.0, points - 1)));
            if (size == 0 || rank > ranks[size - 1]) ranks[size++] = rank;
        }
        double[] x = new double[size], seen = new double[size], law = new double[size];
        double sum = 0;
        for (int r = 1; r <= counts.length; r++) sum += Math.pow(r, -fit.exponent);
        for (int k = 0; k < size; k++) {
            x[k] = ranks[k];
            seen[k] = counts[ranks[k] - 1];
            law[k] = tokens * Math.pow(ranks[k], -fit.exponent) / sum;
        }
        return Figure.scatter(title, x, seen).named("seen").line("exponent " + Math.round(100 * fit.exponent) / 100.0, x, law).logX().logY()
                .axes("rank", "frequency")
                .describedAs("Frequency of types by rank on logarithmic scales, with the law of greatest likelihood.");
    }
}
