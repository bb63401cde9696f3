package lyceum.models.generative;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.info.OptimalTransport;
import lyceum.kernel.Mmd;
import lyceum.kernel.PolynomialKernel;
import lyceum.random.Rng;
import lyceum.stats.Elo;
import lyceum.stats.learner.DensityModel;
import lyceum.tensor.Tensor;

/**
 * How good generated data are, measured on features (n, d) of real and generated items by any extractor.
 *
 * {@snippet :
 * double fid = GenerativeMetrics.frechet(real, fake);
 * var honest = GenerativeMetrics.frechetExtrapolated(GenerativeMetrics.Moments.of(real), fake, new int[] {500, 1000, 2000, 4000}, rng).value();
 * var copies = GenerativeMetrics.memorisation(train, heldOut, fake);
 * GenerativeReport report = GenerativeMetrics.report(train, heldOut, fake, rng);
 * report.warnings().forEach(System.out::println);
 * }
 *
 * <p>No number here sees everything. The Frechet distance is biased upward by about 1/n and is blind to copying; the Inception score never looks at real data;
 * precision and recall need equal sizes to be compared; the likelihood ({@link DensityModel#score}, {@link #bitsPerDimension}) does not
 * follow the eye. Compare numbers of one extractor and one n only.
 */
public final class GenerativeMetrics {
    private static final int CHUNK = 512;

    private GenerativeMetrics() {}

    /** Mean (d) and unbiased covariance (d x d) of features. */
    public record Moments(double[] mean, double[][] covariance) {
        /** Of rows (n, d), at least two. */
        public static Moments of(Tensor features) {
            var x = rows("Moments", features, 2);
            Tensor mean = x.mean(0), off = x.sub(mean);
            return new Moments(mean.toDoubleArray(), off.transpose().matmul(off).div(x.size(0) - 1.0).toRows());
        }
    }

    /** {@code |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))} (Heusel and others 2017): the squared Wasserstein distance of two Gaussians. */
    public static double frechet(Moments a, Moments b) {
        if (a.mean.length != b.mean.length)
            throw new ShapeException("frechet: moments of " + a.mean.length + " and " + b.mean.length + " features");
        double distance = OptimalTransport.gaussian(a.mean, a.covariance, b.mean, b.covariance);
        return distance * distance;
    }

    /** The same of two samples. With Inception's features this is FID. */
    public static double frechet(Tensor real, Tensor fake) { return frechet(Moments.of(real), Moments.of(fake)); }

    /**
     * A Frechet distance by size of the sample, and where it goes for endless data.
     *
     * @param value the line's value at 1/n = 0
     * @param slope by 1/n
     * @param rSquared of the line
     * @param sizes n
     * @param distances at them
     */
    public record Extrapolation(double value, double slope, double rSquared, int[] sizes, double[] distances) {}

    /** The distance of subsets of {@code fake} of several sizes, and a line through it over 1/n (Chong and Forsyth 2020). @param sizes at least two, different */
    public static Extrapolation frechetExtrapolated(Moments real, Tensor fake, int[] sizes, Rng rng) {
        var x = rows("frechetExtrapolated", fake, 2);
        if (Arrays.stream(sizes).distinct().count() < 2) throw new IllegalArgumentException(
                "frechetExtrapolated: sizes " + Arrays.toString(sizes) + "; a line needs two different ones");
        double[] inverse = new double[sizes.length], found = new double[sizes.length];
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] < 2 || sizes[i] > x.size(0)) throw new IllegalArgumentException(
                    "frechetExtrapolated: a subset of " + sizes[i] + " of " + x.size(0) + " rows; at least 2");
            inverse[i] = 1.0 / sizes[i];
            found[i] = frechet(real, Moments.of(x.rows(rng.sample((int) x.size(0), sizes[i]))));
        }
        double mx = mean(inverse), my = mean(found), xx = 0, xy = 0, yy = 0;
        for (int i = 0; i < sizes.length; i++) {
            xx += (inverse[i] - mx) * (inverse[i] - mx);
            xy += (inverse[i] - mx) * (found[i] - my);
            yy += (found[i] - my) * (found[i] - my);
        }
        double slope = xy / xx;
        return new Extrapolation(my - slope * mx, slope, yy == 0 ? 1 : xy * xy / xx / yy, sizes.clone(), found);
    }

    /** A mean over parts, and the standard deviation of the parts over the root of their number. */
    public record Score(double mean, double standardError) {
        static Score of(double[] parts) {
            double mean = GenerativeMetrics.mean(parts), squares = 0;
            for (double p : parts) squares += (p - mean) * (p - mean);
            return new Score(mean, parts.length < 2 ? Double.NaN : Math.sqrt(squares / (parts.length - 1) / parts.length));
        }
    }

    /** {@code exp E KL(p(y|x) || p(y))} (Salimans and others 2016), from 1 to the number of classes, over even parts of rows. @param probabilities (n, classes) */
    public static Score inceptionScore(Tensor probabilities, int parts) {
        var p = rows("inceptionScore", probabilities, 1);
        if (parts < 1 || parts > p.size(0))
            throw new IllegalArgumentException("inceptionScore: " + parts + " parts of " + p.size(0) + " rows");
        if (p.min().item() < 0 || p.sum(1).sub(1).abs().max().item() > 1e-4)
            throw new IllegalArgumentException("inceptionScore: rows are not probabilities; take a softmax first");
        var scores = new double[parts];
        for (int k = 0; k < parts; k++) {
            long from = p.size(0) * k / parts, to = p.size(0) * (k + 1) / parts;
            Tensor part = p.narrow(0, from, to - from), marginal = part.mean(0, true);
            var terms = part.mul(part.maximum(1e-300).log().sub(marginal.maximum(1e-300).log()));
            scores[k] = Math.exp(terms.sum(1).mean().item());
        }
        return Score.of(scores);
    }

    /**
     * The unbiased squared discrepancy with the kernel {@code (x y / d + 1)^3} (Binkowski and others 2018), averaged over random subsets: around 0 for equal laws,
     * below it too.
     *
     * @param subsets how many
     * @param size of each, at least 2
     */
    public static Score kid(Tensor real, Tensor fake, int subsets, int size, Rng rng) {
        Tensor x = rows("kid", real, 2), y = rows("kid", fake, 2);
        requireSame("kid", x, y);
        if (subsets < 1 || size < 2 || size > Math.min(x.size(0), y.size(0))) throw new IllegalArgumentException(
                "kid: " + subsets + " subsets of " + size + " of " + x.size(0) + " and " + y.size(0) + " rows; at least 1 of 2");
        var mmd = new Mmd(new PolynomialKernel(3, 1.0 / x.size(1), 1));
        var values = new double[subsets];
        for (int k = 0; k < subsets; k++)
            values[k] = mmd.squared(x.rows(rng.sample((int) x.size(0), size)), y.rows(rng.sample((int) y.size(0), size)));
        return Score.of(values);
    }

    /**
     * Fidelity and coverage apart.
     *
     * @param precision share of generated items within reach of a real one: its k-th nearest real neighbour
     * @param recall share of real items within reach of a generated one
     * @param density how many real items reach a generated one, over k: may exceed 1, and one outlier weighs little
     * @param coverage share of real items that reach a generated one
     */
    public record Neighbourhoods(double precision, double recall, double density, double coverage) {}

    /** By the k-th nearest neighbours (Kynkäänniemi and others 2019; Naeem and others 2020). @param k at least 1 and below both counts */
    public static Neighbourhoods neighbourhoods(Tensor real, Tensor fake, int k) {
        Tensor x = rows("neighbourhoods", real, 2), y = rows("neighbourhoods", fake, 2);
        requireSame("neighbourhoods", x, y);
        int n = (int) x.size(0), m = (int) y.size(0);
        if (k < 1 || k >= Math.min(n, m))
            throw new IllegalArgumentException("neighbourhoods: k is " + k + " for " + n + " and " + m + " rows");
        double[] reachReal = reach(x, k), reachFake = reach(y, k);
        var recalled = new boolean[n];
        var covered = new boolean[n];
        double precise = 0, dense = 0;
        for (int from = 0; from < m; from += CHUNK) {
            double[][] gaps = squaredDistances(y.narrow(0, from, Math.min(CHUNK, m - from)), x).toRows();
            for (int j = 0; j < gaps.length; j++) {
                int hits = 0;
                for (int i = 0; i < n; i++) {
                    if (gaps[j][i] <= reachReal[i]) {
                        hits++;
                        covered[i] = true;
                    }
                    if (gaps[j][i] <= reachFake[from + j]) recalled[i] = true;
                }
                if (hits > 0) precise++;
                dense += hits;
            }
        }
        return new Neighbourhoods(precise / m, share(recalled), dense / k / m, share(covered));
    }

    private static double[] reach(Tensor x, int k) {
        var reach = new double[(int) x.size(0)];
        for (int from = 0; from < reach.length; from += CHUNK) {
            double[][] gaps = squaredDistances(x.narrow(0, from, Math.min(CHUNK, reach.length - from)), x).toRows();
            for (int i = 0; i < gaps.length; i++) {
                gaps[i][from + i] = 0; // itself, exactly
                Arrays.sort(gaps[i]);
                reach[from + i] = gaps[i][k];
            }
        }
        return reach;
    }

    /**
     * How near generated items are to the training data, beside how near fresh real ones are.
     *
     * @param fake median distance of generated items to their nearest training item
     * @param heldOut the same of real items that were not trained on
     * @param copies share of generated items nearer than the nearest hundredth of the held-out ones; where those are copies themselves, the share of copies
     */
    public record Memorisation(double fake, double heldOut, double copies) {
        /** Whether generated items are much nearer to the training data than real ones: half the distance, or a tenth of them copies. */
        public boolean flagged() { return fake < heldOut / 2 || copies > 0.1; }
    }

    /** Compares nearest distances to the training data: what the Frechet distance does not see. */
    public static Memorisation memorisation(Tensor train, Tensor heldOut, Tensor fake) {
        Tensor t = rows("memorisation", train, 1), h = rows("memorisation", heldOut, 1), f = rows("memorisation", fake, 1);
        requireSame("memorisation", t, h);
        requireSame("memorisation", t, f);
        double[] far = nearest(h, t), near = nearest(f, t);
        Arrays.sort(far);
        Arrays.sort(near);
        double hundredth = far[far.length / 100];
        return new Memorisation(near[near.length / 2], far[far.length / 2],
                (double) Arrays.stream(near).filter(d -> d < hundredth || hundredth == 0 && d == 0).count() / near.length);
    }

    /** The distance of each row to the nearest of {@code others}. */
    public static double[] nearest(Tensor features, Tensor others) {
        Tensor x = rows("nearest", features, 1), y = rows("nearest", others, 1);
        requireSame("nearest", x, y);
        var found = new double[(int) x.size(0)];
        for (int from = 0; from < found.length; from += CHUNK) {
            int count = Math.min(CHUNK, found.length - from);
            double[] least = squaredDistances(x.narrow(0, from, count), y).min(1).sqrt().toDoubleArray();
            System.arraycopy(least, 0, found, from, count);
        }
        return found;
    }

    /**
     * {@code 100 max(cos, 0)} of pictures and their texts in one space, a pair each: (n). From Hessel and others 2021, who multiply by 2.5; 100 here, as
     * torchmetrics does.
     *
     * @param images (n, d)
     * @param texts (n, d)
     */
    public static double[] clipScore(Tensor images, Tensor texts) {
        Tensor x = rows("clipScore", images, 1), y = rows("clipScore", texts, 1);
        if (!x.shape().equals(y.shape()))
            throw new ShapeException("clipScore: pictures " + x.shape() + " and texts " + y.shape() + "; they are pairs");
        var cosine = x.mul(y).sum(1).div(x.square().sum(1).sqrt().mul(y.square().sum(1).sqrt()));
        return cosine.maximum(0.0).mul(100).toDoubleArray();
    }

    /** The share of n items that do what their prompt says. @param holds checks the i-th, such as a reader of captions or a person */
    public static double adherence(int n, IntPredicate holds) {
        if (n < 1) throw new IllegalArgumentException("adherence: " + n + " items; at least one is needed");
        int count = 0;
        for (int i = 0; i < n; i++) if (holds.test(i)) count++;
        return (double) count / n;
    }

    /** Prefers one of two models on one prompt: 1 for the first, 0 for the second, 0.5 for neither. */
    @FunctionalInterface
    public interface Judge {
        double prefers(int first, int second, int prompt);
    }

    /** Elo ratings of models from all their pairs on each prompt, in random order and sides: the first shown is not always the same. */
    public static double[] preferences(int models, int prompts, Judge judge, Rng rng) {
        var games = new ArrayList<Elo.Game>();
        for (int p = 0; p < prompts; p++) for (int a = 0; a < models; a++) for (int b = a + 1; b < models; b++) {
            boolean swapped = rng.nextInt(2) == 1;
            int first = swapped ? b : a, second = swapped ? a : b;
            games.add(new Elo.Game(first, second, judge.prefers(first, second, p)));
        }
        return new Elo(16).rate(models, Elo.shuffled(games, rng));
    }

    /** The mean negative log density in bits a number of the data. @param logDensity (n), in nats */
    public static double bitsPerDimension(Tensor logDensity, int dimensions) {
        return -logDensity.mean().item() / dimensions / Math.log(2);
    }

    /** All that features tell, with what to beware of. @param heldOut real items that were not trained on; @param train real items that were */
    public static GenerativeReport report(Tensor train, Tensor heldOut, Tensor fake, Rng rng) {
        Tensor t = rows("report", train, 2), h = rows("report", heldOut, 2), f = rows("report", fake, 2);
        int n = (int) f.size(0), size = (int) Math.min(1_000, Math.min(h.size(0), n));
        var warnings = new ArrayList<String>();
        long d = f.size(1);
        double bias = frechet(Moments.of(t), Moments.of(h));
        if (n <= d || t.size(0) <= d)
            warnings.add("fewer items than the " + d + " features: covariances are singular and the Frechet distance means little");
        double fid = frechet(t, f);
        if (fid < 2 * bias) warnings.add(String.format(java.util.Locale.ROOT,
                "real held-out data are at a Frechet distance of %.3g themselves: below twice that it is mostly the bias of small samples",
                bias));
        var copies = memorisation(t, h, f);
        if (copies.flagged()) warnings.add(String.format(java.util.Locale.ROOT,
                "generated items lie at %.3g from the training data, real ones at %.3g: they may be copies, which flatters every other number here",
                copies.fake(), copies.heldOut()));
        return new GenerativeReport(n, fid, kid(h, f, 10, size, rng), neighbourhoods(h, f, Math.min(5, size - 1)), copies,
                List.copyOf(warnings));
    }

    private static Tensor rows(String operation, Tensor x, int least) {
        if (x.rank() != 2 || x.size(0) < least)
            throw new ShapeException(operation + ": features " + x.shape() + "; they are (n, d) with n at least " + least);
        var wide = x.to(DType.F64);
        if (!wide.isFinite().all().toBooleanArray()[0]) throw new IllegalArgumentException(operation + ": features hold NaN or infinity");
        return wide;
    }

    private static void requireSame(String operation, Tensor x, Tensor y) {
        if (x.size(1) != y.size(1))
            throw new ShapeException(operation + ": features " + x.shape() + " and " + y.shape() + "; equally many columns");
    }

    private static Tensor squaredDistances(Tensor x, Tensor y) {
        return x.square().sum(1, true).add(y.square().sum(1)).sub(x.matmul(y.transpose()).mul(2)).maximum(0.0);
    }

    private static double mean(double[] values) { return Arrays.stream(values).average().orElseThrow(); }

    private static double share(boolean[] flags) {
        int count = 0;
        for (boolean f : flags) if (f) count++;
        return (double) count / flags.length;
    }
}
