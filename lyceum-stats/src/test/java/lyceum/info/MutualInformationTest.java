package lyceum.info;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class MutualInformationTest {
    private static final String TOPIC = "mutual-information";
    private static final double[] CORRELATIONS = {0, 0.5, 0.9};

    /** {@code -sum p log p}, of numbers that sum to 1. */
    private static double entropy(double... p) {
        double h = 0;
        for (double v : p) if (v > 0) h -= v * Math.log(v);
        return h;
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 1) void fourFormsAgreeAndProcessingLosesOnRandomTables() {
        var rng = Rng.of(517);
        double forms = 0, chain = 0, gained = Double.NEGATIVE_INFINITY, lost = 0;
        for (int draw = 0; draw < 1_000; draw++) {
            int r = 1 + rng.nextInt(6), c = 1 + rng.nextInt(6), k = 1 + rng.nextInt(4);
            var p = new double[r][c][k];
            double total = 0;
            for (var plane : p)
                for (var row : plane)
                    for (int z = 0; z < k; z++) total += row[z] = rng.nextInt(4) == 0 ? 0 : Math.exp(2 * rng.nextGaussian());
            if (total == 0) total = p[0][0][0] = 1;
            for (var plane : p) for (var row : plane) for (int z = 0; z < k; z++) row[z] /= total;

            // Three variables: I(X; (Y, Z)) = I(X; Z) + I(X; Y | Z).
            double[][] xy = new double[r][c], xz = new double[r][k], wide = new double[r][c * k];
            var given = new double[k][r][c];
            for (int i = 0; i < r; i++) for (int j = 0; j < c; j++) for (int z = 0; z < k; z++) {
                double v = p[i][j][z];
                xy[i][j] += v;
                xz[i][z] += v;
                wide[i][j * k + z] = v;
                given[z][i][j] = v;
            }
            chain = Math.max(chain, Math.abs(MutualInformation.of(wide) - MutualInformation.of(xz) - MutualInformation.conditional(given)));

            double[] x = new double[r], y = new double[c];
            double divergence = 0, left = 0;
            for (int i = 0; i < r; i++) for (int j = 0; j < c; j++) {
                x[i] += xy[i][j];
                y[j] += xy[i][j];
            }
            for (int i = 0; i < r; i++) for (int j = 0; j < c; j++) if (xy[i][j] > 0) {
                divergence += xy[i][j] * Math.log(xy[i][j] / (x[i] * y[j]));
                left -= xy[i][j] * Math.log(xy[i][j] / x[i]); // H(Y | X)
            }
            double found = MutualInformation.of(xy);
            forms = Math.max(forms, Math.max(Math.abs(found - divergence), Math.abs(found - (entropy(y) - left))));
            forms = Math.max(forms, Math.abs(Entropy.conditional(xy) - left));

            // Y through a random channel to W.
            int w = 1 + rng.nextInt(5);
            var xw = new double[r][w];
            for (int j = 0; j < c; j++) {
                var channel = new double[w];
                double sum = 0;
                for (int v = 0; v < w; v++) sum += channel[v] = Math.exp(2 * rng.nextGaussian());
                for (int i = 0; i < r; i++) for (int v = 0; v < w; v++) xw[i][v] += xy[i][j] * channel[v] / sum;
            }
            double processed = MutualInformation.of(xw);
            gained = Math.max(gained, processed - found);
            lost = Math.max(lost, found - processed);
        }
        Evidence.of("I less KL(joint || product) and less H(Y) - H(Y | X)", forms, below(1e-12));
        Evidence.of("gap of the chain rule", chain, below(1e-12));
        Evidence.of("largest gain by processing", gained, below(1e-12));
        Evidence.of("largest loss by processing", lost, above(0.1));
    }

    private static double[][] normals(double rho, int n, Rng rng) {
        var xy = new double[2][n];
        for (int i = 0; i < n; i++) {
            xy[0][i] = rng.nextGaussian();
            xy[1][i] = rho * xy[0][i] + Math.sqrt(1 - rho * rho) * rng.nextGaussian();
        }
        return xy;
    }

    private static double truth(double rho) { return -0.5 * Math.log(1 - rho * rho); }

    @Test
    @Acceptance(topic = TOPIC, clause = 2) void neighboursFindTheInformationOfANormalPair() {
        // The log ratio alone scatters by rho / sqrt(n), 0.02 at 0.9: of 60 other samples 5 (k = 3) and 3 (k = 5) miss by more than 0.05.
        for (int k : new int[] {3, 5}) for (double rho : CORRELATIONS) {
            int samples = 10, within = 0;
            double mean = 0, own = 0;
            for (int seed = 0; seed < samples; seed++) {
                double[][] xy = normals(rho, 2_000, Rng.of(2).split(seed));
                double found = MutualInformation.ksg(xy[0], xy[1], k), error = found - truth(rho);
                mean += error / samples;
                if (Math.abs(error) < 0.05) within++;
                own = Math.max(own, Math.abs(found - meanLogRatio(rho, xy)));
            }
            Evidence.of("KSG less -log(1 - rho^2) / 2 at rho " + rho + ", k = " + k + ", mean of 10 samples", mean, between(-0.02, 0.02));
            Evidence.of("samples within 0.05", within, exactly(10));
            Evidence.of("largest distance from the sample's own mean log ratio", own, below(0.05));
        }
        double definition = 0;
        for (int k = 1; k <= 4; k++) {
            double[][] xy = normals(0.7, 150, Rng.of(7).split(k));
            definition = Math.max(definition, Math.abs(MutualInformation.ksg(xy[0], xy[1], k) - byDefinition(xy[0], xy[1], k)));
        }
        Evidence.of("KSG less its definition, sorted distances and harmonic numbers", definition, below(1e-12));
    }

    /** {@code log p(x, y) / (p(x) p(y))} of a normal pair, over the sample: what nobody could estimate better than by knowing the law. */
    private static double meanLogRatio(double rho, double[][] xy) {
        double sum = 0, left = 1 - rho * rho;
        for (int i = 0; i < xy[0].length; i++) {
            double x = xy[0][i], y = xy[1][i];
            sum += (x * x + y * y) / 2 - (x * x - 2 * rho * x * y + y * y) / (2 * left);
        }
        return truth(rho) + sum / xy[0].length;
    }

    /** psi of a whole number, with Euler's constant left out: it cancels. */
    private static double harmonic(long n) {
        double sum = 0;
        for (int i = 1; i < n; i++) sum += 1.0 / i;
        return sum;
    }

    private static double byDefinition(double[] x, double[] y, int k) {
        int n = x.length;
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double xi = x[i], yi = y[i];
            double[] distances = IntStream.range(0, n).mapToDouble(j -> Math.max(Math.abs(x[j] - xi), Math.abs(y[j] - yi))).toArray();
            Arrays.sort(distances);
            double radius = distances[k]; // the first is the point's own
            sum += harmonic(Arrays.stream(x).filter(v -> Math.abs(v - xi) < radius).count()) // the point itself is the 1 of n_x + 1
                    + harmonic(Arrays.stream(y).filter(v -> Math.abs(v - yi) < radius).count());
        }
        return harmonic(k) + harmonic(n) - sum / n;
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 3) void theCriticsBoundStaysBelow() {
        for (double rho : CORRELATIONS) {
            double highest = Double.NEGATIVE_INFINITY, mean = 0;
            int runs = 20;
            for (int seed = 0; seed < runs; seed++) {
                var rng = Rng.of(seed);
                double[][] xy = normals(rho, 2_000, rng), x = new double[2_000][1], y = new double[2_000][1];
                for (int i = 0; i < x.length; i++) {
                    x[i][0] = xy[0][i];
                    y[i][0] = xy[1][i];
                }
                var bound = MutualInformation.lowerBound(x, y, DensityRatio.Features.QUADRATIC, rng);
                highest = Math.max(highest, (bound.value() - truth(rho)) / bound.standardError());
                mean += bound.value() / runs;
            }
            Evidence.of("largest of 20 bounds less the truth, in standard errors, at rho " + rho, highest, below(3));
            Evidence.of("their mean less the truth", mean - truth(rho), between(-0.05, 0.02));
        }
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 4) void equalsScikitLearn() {
        double plain = 0, normalised = 0;
        var cases = Golden.load("golden/mutual-information.json").list("cases");
        var norms = new MutualInformation.Norm[] {MutualInformation.Norm.ARITHMETIC, MutualInformation.Norm.GEOMETRIC,
                MutualInformation.Norm.MIN, MutualInformation.Norm.MAX};
        for (var c : cases) {
            double[][] table = MutualInformation.table(c.ints("input.x"), c.ints("input.y"));
            plain = Math.max(plain, Math.abs(MutualInformation.of(table) - c.number("expected.mi")));
            double[] nmi = c.doubles("expected.nmi");
            for (int m = 0; m < norms.length; m++)
                normalised = Math.max(normalised, Math.abs(MutualInformation.normalised(table, norms[m]) - nmi[m]));
        }
        Evidence.of("cases", cases.size(), atLeast(40));
        Evidence.of("largest distance from mutual_info_score", plain, below(1e-12));
        Evidence.of("largest distance from normalized_mutual_info_score", normalised, below(1e-12));
    }

    private static int[] codes(int n, int kinds, Rng rng) {
        var codes = new int[n];
        for (int i = 0; i < n; i++) codes[i] = rng.nextInt(kinds);
        return codes;
    }

    @Test
    @Acceptance(topic = TOPIC, clause = 5) void thePermutationTestKeepsItsLevel() {
        int rejected = 0, found = 0, runs = 1_000;
        for (int run = 0; run < runs; run++) {
            var rng = Rng.of(5).split(run);
            int[] x = codes(100, 4, rng), y = codes(100, 4, rng);
            if (MutualInformation.permutationTest(x, y, 199, rng).rejects(0.05)) rejected++;
            if (run % 20 > 0) continue;
            for (int i = 0; i < 50; i++) y[i] = x[i];
            if (MutualInformation.permutationTest(x, y, 199, rng).rejects(0.05)) found++;
        }
        Evidence.of("share of 1,000 independent tables rejected at 5%", (double) rejected / runs, between(0.03, 0.07));
        Evidence.of("of 50 dependent ones", found / 50.0, above(0.95));
        // Two and two alike: 2 of the 6 orders are as good as the one seen, and ties count.
        int[] pairs = {0, 0, 1, 1};
        double p = MutualInformation.permutationTest(pairs, pairs, 20_000, Rng.of(6)).pValue();
        Evidence.of("p-value of a table of four, 1/3 over all orders", p, between(0.32, 0.347));
    }

    @Test void correctionsBinsAndErrors() {
        var rng = Rng.of(6);
        double plugIn = 0, corrected = 0;
        for (int run = 0; run < 500; run++) {
            double[][] table = MutualInformation.table(codes(200, 5, rng), codes(200, 5, rng));
            plugIn += MutualInformation.of(table) / 500;
            corrected += MutualInformation.millerMadow(table) / 500;
        }
        assertThat(plugIn).isCloseTo(16.0 / 400, within(0.004)); // (r - 1)(c - 1) / 2n
        assertThat(corrected).isCloseTo(0, within(0.003));
        assertThat(MutualInformation.bins(new double[] {3, 1, 2, 4}, 2)).containsExactly(1, 0, 0, 1);
        assertThat(MutualInformation.bins(new double[] {5, 5, 5, 9}, 4)).containsExactly(0, 0, 0, 3);
        double[][] xy = normals(0.9, 5_000, rng);
        assertThat(MutualInformation.binned(xy[0], xy[1], 20)).isCloseTo(truth(0.9), within(0.08));
        // XOR of fair bits: no bit of its own, one with the other's help
        double[][][] xor = {{{1, 0}, {0, 1}}, {{0, 1}, {1, 0}}};
        assertThat(MutualInformation.conditional(xor)).isCloseTo(Math.log(2), within(1e-15));
        assertThat(MutualInformation.normalised(new double[][] {{1, 0}, {0, 1}}, MutualInformation.Norm.JOINT)).isCloseTo(1, within(1e-15));
        assertThatThrownBy(() -> MutualInformation.table(new int[1], new int[2])).hasMessageContaining("columns of 1 and 2 codes");
        assertThatThrownBy(() -> MutualInformation.ksg(new double[3], new double[3], 3)).hasMessageContaining("k is 3 for 3 samples");
    }
}
