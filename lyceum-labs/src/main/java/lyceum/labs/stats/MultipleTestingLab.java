package lyceum.labs.stats;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.math.Incomplete;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.random.Rng;
import lyceum.stats.MultipleTesting;
import lyceum.stats.OnlineTesting;
import lyceum.stats.Ranks;

/** A thousand tests, most of nothing: sorted p-values, the line under which they count, and what was found there. */
@Lab(topics = "fdr", title = "A thousand tests at once")
final class MultipleTestingLab implements LabBody {
    @Override public void run(LabContext lab) {
        int m = lab.param("tests", 1_000, 20, 5_000), runs = lab.param("runs", 40, 5, 400);
        double nulls = lab.param("true nulls", 0.8, 0.0, 1.0), effect = lab.param("effect", 3.0, 0.5, 6.0),
                q = lab.param("q", 0.1, 0.01, 0.5);
        int trueNulls = (int) Math.round(nulls * m);

        double[] p = draw(lab.rng(0), m, trueNulls, effect), adjusted = MultipleTesting.BENJAMINI_HOCHBERG.adjust(p);
        double[][] real = new double[2][m - trueNulls], none = new double[2][trueNulls];
        double[] rank = Ranks.of(p);
        for (int i = 0; i < m; i++) {
            var side = i < trueNulls ? none : real;
            int at = i < trueNulls ? i : i - trueNulls;
            side[0][at] = rank[i];
            side[1][at] = p[i];
        }
        int rejected = 0, wrong = 0;
        for (int i = 0; i < m; i++) if (adjusted[i] <= q) {
            rejected++;
            if (i < trueNulls) wrong++;
        }
        double shown = Math.max(20, Math.min(m, 2.5 * rejected));
        lab.figure(Figure.plot("Sorted p-values and the line").points("something is there", real[0], real[1])
                .points("nothing is there", none[0], none[1]).line("rank times q over m", new double[] {0, m}, new double[] {0, q})
                .horizontalLine(q / m, "Bonferroni").verticalLine(rejected, "rejected").axes("rank", "p-value").limitX(0, shown)
                .limitY(0, Math.max(q / m * 2, 1.5 * q * shown / m))
                .describedAs("Everything left of the last p-value under the sloping line is rejected: " + rejected + " tests, " + wrong
                        + " of them wrongly."));

        var procedures = new LinkedHashMap<String, Function<double[], boolean[]>>();
        procedures.put("none", v -> MultipleTesting.atMost(v, q));
        procedures.put("Bonferroni", v -> MultipleTesting.BONFERRONI.reject(v, q));
        procedures.put("Holm", v -> MultipleTesting.HOLM.reject(v, q));
        procedures.put("Benjamini-Yekutieli", v -> MultipleTesting.BENJAMINI_YEKUTIELI.reject(v, q));
        procedures.put("Benjamini-Hochberg", v -> MultipleTesting.BENJAMINI_HOCHBERG.reject(v, q));
        procedures.put("Storey", v -> MultipleTesting.atMost(MultipleTesting.storey(v, 0.5), q));
        procedures.put("LORD++, one by one", v -> {
            var stream = OnlineTesting.lordPlusPlus(q);
            var flags = new boolean[v.length];
            int[] order = lab.rng(7).permutation(v.length);
            for (int i : order) flags[i] = stream.test(v[i]);
            return flags;
        });
        var rows = new ArrayList<List<?>>();
        double[] shares = new double[procedures.size()], powers = new double[procedures.size()];
        int k = 0;
        for (var procedure : procedures.entrySet()) {
            double found = 0, falsely = 0;
            for (int r = 0; r < runs; r++) {
                boolean[] flags = procedure.getValue().apply(draw(lab.rng(100 + r), m, trueNulls, effect));
                int good = 0, bad = 0;
                for (int i = 0; i < m; i++) {
                    if (flags[i] && i < trueNulls) bad++;
                    else if (flags[i]) good++;
                }
                found += good / (double) runs;
                falsely += bad / (double) runs;
                shares[k] += bad / (double) Math.max(1, good + bad) / runs;
            }
            powers[k] = m == trueNulls ? 0 : found / (m - trueNulls);
            rows.add(List.of(procedure.getKey(), found, falsely, shares[k], powers[k]));
            k++;
        }
        lab.table("Mean of " + runs + " studies", List.of("procedure", "true discoveries", "false ones", "false share", "power"), rows);
        lab.figure(Figure.bars("What each procedure pays and gets", procedures.keySet().toArray(String[]::new),
                Series.of("false share", shares), Series.of("power", powers)).axes("procedure", "share")
                .describedAs("Without a correction a large share of the findings is false; the corrections trade power for truth."));
        lab.shows("Benjamini-Hochberg's false share less pi0 q", shares[4] - nulls * q, below(0.05));
        lab.shows("Benjamini-Hochberg's power less Bonferroni's", powers[4] - powers[1], atLeast(0));
    }

    private static double[] draw(Rng rng, int m, int trueNulls, double effect) {
        var p = new double[m];
        for (int i = 0; i < m; i++) p[i] = Incomplete.normalCdf(-(rng.nextGaussian() + (i < trueNulls ? 0 : effect)));
        return p;
    }
}
