package lyceum.stats;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.math.Incomplete;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class MultipleTestingTest {
    private static final int RUNS = 2_000, M = 1_000, TRUE_NULLS = 800;

    /** As in {@code tools/golden/stats_multiple.py}. */
    private static double[] vector(int i) {
        var r = new Recipe(73300 + i);
        double[] p = r.uniforms(1 + r.below(40));
        for (int j = 0; j < p.length; j++) {
            if (i % 2 == 1) p[j] = p[j] * p[j] * p[j];
            if (i % 3 != 0) p[j] = Math.floor(p[j] * 20) / 20;
        }
        return p;
    }

    @Test
    @Acceptance(topic = "fdr", clause = 1) void adjustedPValuesEqualStatsmodelsOn500VectorsWithTies() {
        var golden = Golden.load("golden/fdr.json");
        var gap = Gap.absolute();
        double[] sums = golden.doubles("cases.0.expected.sums");
        int ties = 0;
        for (int i = 0; i < sums.length; i++) {
            double[] p = vector(i), w = new Recipe(74300 + i).uniforms(p.length);
            double sum = 0;
            for (var method : MultipleTesting.values()) {
                double[] adjusted = method.adjust(p);
                for (int j = 0; j < p.length; j++) sum += (method.ordinal() + 1) * w[j] * adjusted[j];
            }
            if (Arrays.stream(p).distinct().count() < p.length) ties++;
            gap.see("weighted sum of vector " + i, sum, sums[i]);
        }
        String[] names = {"bonferroni", "sidak", "holm", "simes-hochberg", "hommel", "fdr_bh", "fdr_by"};
        for (var c : golden.cases("whole"))
            for (var method : MultipleTesting.values())
                gap.see(c, "expected." + names[method.ordinal()], method.adjust(vector(c.integer("input.vector"))));
        Evidence.of("vectors", sums.length, exactly(500));
        Evidence.of("of these with ties", ties, above(200));
        Evidence.of("largest gap", gap, below(1e-12));
    }

    /** One-sided p-values; the first 800 are nulls, the others lie {@code shift} away. */
    private static double[] pValues(Rng rng, double shift) {
        var p = new double[M];
        for (int i = 0; i < M; i++) p[i] = Incomplete.normalCdf(-(rng.nextGaussian() + (i < TRUE_NULLS ? 0 : shift)));
        return p;
    }

    /** False and all rejections. */
    private static int[] count(boolean[] rejected) {
        var counts = new int[2];
        for (int i = 0; i < rejected.length; i++) {
            if (!rejected[i]) continue;
            counts[1]++;
            if (i < TRUE_NULLS) counts[0]++;
        }
        return counts;
    }

    private static double share(int[] counts) { return counts[0] / (double) Math.max(1, counts[1]); }

    private static double threeErrors(double[] x) { return 3 * Math.sqrt(Descriptive.variance(x) / x.length); }

    @Test
    @Acceptance(topic = "fdr", clause = 2) void falseDiscoveryRatesAreWhatTheProceduresPromise() {
        double[] bh = new double[RUNS], by = new double[RUNS];
        for (int r = 0; r < RUNS; r++) {
            var rng = Rng.of(733).split(r);
            bh[r] = share(count(MultipleTesting.BENJAMINI_HOCHBERG.reject(pValues(rng, 3), 0.1)));
            // correlation 0.8 between any two tests
            double common = Math.sqrt(0.8) * rng.nextGaussian();
            var p = new double[M];
            for (int i = 0; i < M; i++)
                p[i] = Incomplete.normalCdf(-(common + Math.sqrt(0.2) * rng.nextGaussian() + (i < TRUE_NULLS ? 0 : 3)));
            by[r] = share(count(MultipleTesting.BENJAMINI_YEKUTIELI.reject(p, 0.1)));
        }
        Evidence.of("Benjamini-Hochberg's distance from 0.08, over three standard errors",
                Math.abs(Descriptive.mean(bh) - 0.08) / threeErrors(bh), atMost(1));
        Evidence.of("Benjamini-Yekutieli's under correlation 0.8", Descriptive.mean(by), atMost(0.1));
    }

    @Test
    @Acceptance(topic = "fdr", clause = 3)
    @Acceptance(topic = "fdr", clause = 4) void holmKeepsTheFamilyWiseErrorAndPowersAreOrdered() {
        var any = new double[RUNS];
        double bonferroni = 0, holm = 0, bh = 0;
        for (int r = 0; r < RUNS; r++) {
            double[] p = pValues(Rng.of(34).split(r), 3.5);
            int[] h = count(MultipleTesting.HOLM.reject(p, 0.05)), b = count(MultipleTesting.BONFERRONI.reject(p, 0.05)),
                    f = count(MultipleTesting.BENJAMINI_HOCHBERG.reject(p, 0.05));
            any[r] = h[0] > 0 ? 1 : 0;
            holm += (h[1] - h[0]) / 200.0 / RUNS;
            bonferroni += (b[1] - b[0]) / 200.0 / RUNS;
            bh += (f[1] - f[0]) / 200.0 / RUNS;
        }
        Evidence.of("Holm's family-wise error less 5%, over three standard errors",
                (Descriptive.mean(any) - 0.05) / (3 * Math.sqrt(0.05 * 0.95 / RUNS)), atMost(1));
        Evidence.of("power of Holm less Bonferroni's", holm - bonferroni, above(0.001));
        Evidence.of("power of Benjamini-Hochberg less Holm's", bh - holm, above(0.1));
        assertThat(Descriptive.mean(any)).isGreaterThan(0.02);
    }

    @Test
    @Acceptance(topic = "fdr", clause = 5) void onlineProceduresKeepTheirPromiseAtEveryStop() {
        double q = 0.1;
        var lord = new double[10][RUNS];
        double[][] wrong = new double[10][RUNS], all = new double[10][RUNS];
        double found = 0, budget = 0;
        for (int r = 0; r < RUNS; r++) {
            var rng = Rng.of(55).split(r);
            OnlineTesting first = OnlineTesting.lordPlusPlus(q), second = OnlineTesting.alphaInvesting(q);
            int falseFirst = 0, falseSecond = 0;
            double spent = 0;
            for (int t = 0; t < M; t++) {
                boolean isNull = rng.nextDouble() < 0.8;
                double p = Incomplete.normalCdf(-(rng.nextGaussian() + (isNull ? 0 : 3)));
                spent += first.level();
                if (first.test(p) && isNull) falseFirst++;
                budget = Math.max(budget, spent / Math.max(1, first.rejections()) / q);
                if (second.test(p) && isNull) falseSecond++;
                if ((t + 1) % 100 > 0) continue;
                int stop = t / 100;
                lord[stop][r] = falseFirst / (double) Math.max(1, first.rejections());
                wrong[stop][r] = falseSecond;
                all[stop][r] = second.rejections();
            }
            found += first.rejections() / (double) RUNS;
        }
        double worst = Double.NEGATIVE_INFINITY, worstInvesting = Double.NEGATIVE_INFINITY;
        for (int stop = 0; stop < 10; stop++) {
            worst = Math.max(worst, (Descriptive.mean(lord[stop]) - q) / threeErrors(lord[stop]));
            // E V - q (E R + 1 - q) <= 0, with the error of that difference
            var excess = new double[RUNS];
            for (int r = 0; r < RUNS; r++) excess[r] = wrong[stop][r] - q * (all[stop][r] + 1 - q);
            worstInvesting = Math.max(worstInvesting, Descriptive.mean(excess) / threeErrors(excess));
        }
        Evidence.of("LORD++: worst FDR less q at ten stops, over three standard errors", worst, atMost(1));
        Evidence.of("alpha-investing: worst mFDR excess at ten stops, over three standard errors", worstInvesting, atMost(1));
        // what the proof rests on: levels spent are at most q for each rejection
        Evidence.of("LORD++: largest sum of levels over q max(1, rejections)", budget, atMost(1));
        Evidence.of("LORD++: levels less those of the paper, where tests 3, 10, 11 and 40 reject", lordGap(q), below(1e-15));
        Evidence.of("alpha-investing: levels less those of the paper, where tests 3, 10, 11 and 40 reject", investingGap(q), below(1e-15));
        Evidence.of("LORD++'s rejections by the end", found, above(50));
        Evidence.of("alpha-investing's rejections by the end", Descriptive.mean(all[9]), above(20));
    }

    /** Ramdas et al. (2017), equation by equation: every past rejection sends its share forward. */
    private static double lordGap(double q) {
        var stream = OnlineTesting.lordPlusPlus(q);
        double[] gamma = new double[301], level = new double[301];
        for (int t = 1; t <= 300; t++) gamma[t] = 0.07720838 * Math.log(Math.max(t, 2)) / (t * Math.exp(Math.sqrt(Math.log(t))));
        for (int t = 1; t <= 300; t++) level[t] = q / 2 * gamma[t];
        for (int rejected : new int[] {3, 10, 11, 40})
            for (int t = rejected + 1; t <= 300; t++) level[t] += (rejected == 3 ? q / 2 : q) * gamma[t - rejected];
        double gap = 0;
        for (int t = 1; t <= 300; t++) {
            gap = Math.max(gap, Math.abs(stream.level() - level[t]));
            stream.test(t == 3 || t == 10 || t == 11 || t == 40 ? 0 : 1);
        }
        return gap;
    }

    /** Foster and Stine (2008), section 4: wealth begins with q eta, eta = 1 - q; a level spends 1 / (1 + tests since the last rejection) of it. */
    private static double investingGap(double q) {
        var stream = OnlineTesting.alphaInvesting(q);
        double wealth = q * (1 - q), gap = 0;
        int last = 0;
        for (int j = 1; j <= 300; j++) {
            double level = wealth / (1 + j - last);
            gap = Math.max(gap, Math.abs(stream.level() - level));
            boolean rejects = j == 3 || j == 10 || j == 11 || j == 40;
            stream.test(rejects ? 0 : 1);
            wealth = rejects ? wealth + q : wealth - level / (1 - level);
            if (rejects) last = j;
        }
        return gap;
    }

    @Test
    @Acceptance(topic = "fdr", clause = 6) void adjustedPValuesRiseWithThePValues() {
        double least = Double.POSITIVE_INFINITY;
        int pairs = 0;
        for (int i = 0; i < 500; i++) {
            double[] p = vector(i), weights = new double[p.length];
            Arrays.fill(weights, 2);
            int[] order = Ranks.order(p);
            for (int k = 0; k < 9; k++) {
                double[] a = k < 7 ? MultipleTesting.values()[k].adjust(p)
                        : k == 7 ? MultipleTesting.storey(p, 0) : MultipleTesting.weighted(p, weights);
                for (int j = 1; j < p.length; j++, pairs++) least = Math.min(least, a[order[j]] - a[order[j - 1]]);
                for (int j = 0; k < 7 && j < p.length; j++) least = Math.min(least, a[j] - p[j] + 1e-15);
            }
        }
        Evidence.of("neighbours compared", pairs, above(50_000));
        Evidence.of("least rise to the next, and above the p-value itself", least, atLeast(0));
    }

    @Test void storeyFindsMoreAndWeightsMoveAttention() {
        double more = 0, share = 0, fdr = 0;
        for (int r = 0; r < 300; r++) {
            double[] p = pValues(Rng.of(8).split(r), 3);
            share += MultipleTesting.trueNulls(p, 0.5) / 300;
            int[] storey = count(MultipleTesting.atMost(MultipleTesting.storey(p, 0.5), 0.1)),
                    bh = count(MultipleTesting.BENJAMINI_HOCHBERG.reject(p, 0.1));
            more += (storey[1] - bh[1]) / 300.0;
            fdr += share(storey) / 300;
        }
        assertThat(share).isBetween(0.78, 0.84);
        assertThat(more).isGreaterThan(2);
        assertThat(fdr).isBetween(0.09, 0.11);
        // by hand: p / w = 0.02, infinite, 0.06, 0.08 / 3
        assertThat(MultipleTesting.weighted(new double[] {0.04, 0.001, 0.03, 0.04}, new double[] {2, 0, 0.5, 1.5}))
                .containsExactly(new double[] {0.16 / 3, 1, 0.08, 0.16 / 3}, within(1e-15));
        // the article's ten
        double[] p = {.0004, .006, .012, .022, .024, .027, .21, .35, .6, .9};
        assertThat(count(MultipleTesting.BENJAMINI_HOCHBERG.reject(p, 0.05))[1]).isEqualTo(6);
        assertThat(count(MultipleTesting.BONFERRONI.reject(p, 0.05))[1]).isEqualTo(1);
        assertThat(count(MultipleTesting.HOLM.reject(p, 0.05))[1]).isEqualTo(1);
        assertThat(count(MultipleTesting.BENJAMINI_YEKUTIELI.reject(p, 0.05))[1]).isEqualTo(1);
        assertThatThrownBy(() -> MultipleTesting.HOLM.adjust(0.5, 1.5)).hasMessageContaining("p-value 1 is 1.5");
        assertThatThrownBy(() -> MultipleTesting.weighted(new double[] {0.5, Double.NaN}, new double[] {1, 1}))
                .hasMessageContaining("p-value 1 is NaN");
        assertThatThrownBy(() -> MultipleTesting.trueNulls(new double[] {-0.5}, 0.5)).hasMessageContaining("p-value 0 is -0.5");
        assertThatThrownBy(() -> MultipleTesting.trueNulls(p, 1)).hasMessageContaining("lambda is 1.0");
    }
}
