package lyceum.stats;

import java.util.Arrays;
import lyceum.math.Incomplete;
import lyceum.prob.ChiSquare;

/** Tests of ranks: see {@link HypothesisTest}. */
final class RankTests {
    private static final int EXACT_UP_TO = 50;

    private RankTests() {}

    static double[] joined(double[]... groups) {
        var all = new double[Arrays.stream(groups).mapToInt(g -> g.length).sum()];
        int at = 0;
        for (var g : groups) {
            System.arraycopy(g, 0, all, at, g.length);
            at += g.length;
        }
        return all;
    }

    static TestResult mannWhitney(double[] x, double[] y, Alternative alternative) {
        var test = MannWhitney.test(x, y, alternative);
        double p = test.probability(), error = Math.sqrt(placementVariance(x, y) / x.length + placementVariance(y, x) / y.length);
        var interval = TestResult.NO_INTERVAL;
        if (error > 0 && p > 0 && p < 1) {
            // on the logit scale, so that it stays inside 0 and 1
            double logit = Math.log(p / (1 - p)), half = -Incomplete.normalQuantile(0.025) * error / (p * (1 - p));
            interval = new Interval(1 / (1 + Math.exp(half - logit)), 1 / (1 + Math.exp(-half - logit)));
        }
        return new TestResult("Mann-Whitney", test.u(), test.pValue(), Double.NaN, 2 * p - 1, p, interval);
    }

    /** Variance of the share of y below each x (DeLong, DeLong and Clarke-Pearson 1988). */
    private static double placementVariance(double[] x, double[] y) {
        if (x.length < 2) return Double.NaN;
        double[] all = Ranks.of(joined(x, y)), own = Ranks.of(x), share = new double[x.length];
        for (int i = 0; i < x.length; i++) share[i] = (all[i] - own[i]) / y.length;
        return Descriptive.variance(share);
    }

    static TestResult wilcoxon(double[] x, double[] y, Alternative alternative) {
        double[] d = Arrays.stream(Tails.differences("Wilcoxon", x, y)).filter(v -> v != 0).toArray();
        Tails.atLeast("Wilcoxon without zero differences", d, 1);
        int n = d.length;
        double[] ranks = Ranks.of(Arrays.stream(d).map(Math::abs).toArray());
        double plus = 0, total = n * (n + 1) / 2.0, squares = 0;
        for (int i = 0; i < n; i++) {
            if (d[i] > 0) plus += ranks[i];
            squares += ranks[i] * ranks[i];
        }
        double deviation = Math.sqrt(squares / 4), below, above;
        // where the lower tail of the sum of positive ranks ends that the interval cuts off
        double cut = Math.rint(total / 2 + Incomplete.normalQuantile(0.025) * deviation);
        if (n <= EXACT_UP_TO) {
            double[] law = signLaw(ranks);
            below = tail(law, 0, (int) Math.rint(2 * plus));
            above = tail(law, (int) Math.rint(2 * plus), law.length - 1);
            cut = 0;
            for (double mass = law[0]; mass <= 0.025 && cut < total; cut++) mass = tail(law, 0, (int) (2 * (cut + 1)));
        } else {
            below = Incomplete.normalCdf((plus - total / 2) / deviation);
            above = Incomplete.normalCdf((total / 2 - plus) / deviation);
        }
        var walsh = new double[n * (n + 1) / 2];
        for (int i = 0, at = 0; i < n; i++) for (int j = 0; j <= i; j++) walsh[at++] = (d[i] + d[j]) / 2;
        Arrays.sort(walsh);
        int k = (int) Math.clamp(cut, 0, (walsh.length - 1) / 2);
        var interval = n < 6 ? TestResult.NO_INTERVAL : new Interval(walsh[Math.max(0, k - 1)], walsh[walsh.length - Math.max(1, k)]);
        double statistic = alternative == Alternative.TWO_SIDED ? Math.min(plus, total - plus) : plus;
        return new TestResult("Wilcoxon", statistic, Tails.pValue(below, above, alternative), Double.NaN, (2 * plus - total) / total,
                Descriptive.median(walsh), interval);
    }

    /** Law of twice the sum of positive ranks when each sign is a fair coin; doubled, since ties share half ranks. */
    private static double[] signLaw(double[] ranks) {
        var law = new double[ranks.length * (ranks.length + 1) + 1];
        law[0] = 1;
        int reach = 0;
        for (double r : ranks) {
            int step = (int) Math.rint(2 * r);
            for (int s = reach + step; s >= 0; s--) law[s] = 0.5 * law[s] + (s >= step ? 0.5 * law[s - step] : 0);
            reach += step;
        }
        return law;
    }

    private static double tail(double[] law, int from, int to) {
        double sum = 0;
        for (int s = from; s <= to; s++) sum += law[s];
        return sum;
    }

    static TestResult kruskal(double[]... groups) {
        if (groups.length < 2) throw new IllegalArgumentException("Kruskal-Wallis: " + groups.length + " groups; it compares at least 2");
        for (var g : groups) Tails.atLeast("Kruskal-Wallis", g, 1);
        double[] all = joined(groups), ranks = Ranks.of(all);
        double n = all.length, sum = 0, ties = 0;
        int at = 0;
        for (var g : groups) {
            double total = 0;
            for (int i = 0; i < g.length; i++) total += ranks[at++];
            sum += total * total / g.length;
        }
        Arrays.sort(all);
        for (int i = 0; i < all.length;) {
            int end = i;
            while (end < all.length && all[end] == all[i]) end++;
            double t = end - i;
            ties += t * t * t - t;
            i = end;
        }
        double h = (12 / (n * (n + 1)) * sum - 3 * (n + 1)) / (1 - ties / (n * n * n - n));
        if (!Double.isFinite(h)) throw new IllegalArgumentException("Kruskal-Wallis: all values are equal; there is nothing to rank");
        double epsilon = h / (n - 1);
        return new TestResult("Kruskal-Wallis", h, new ChiSquare(groups.length - 1).survival(h), groups.length - 1, epsilon, epsilon,
                TestResult.NO_INTERVAL);
    }
}
