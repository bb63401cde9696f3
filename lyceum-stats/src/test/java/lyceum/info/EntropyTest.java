package lyceum.info;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import lyceum.DType;
import lyceum.prob.Categorical;
import lyceum.prob.Gamma;
import lyceum.prob.Normal;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class EntropyTest {
    @Test
    @Acceptance(topic = "shannon-entropy", clause = 1) void entropyEqualsSciPyZerosIncluded() {
        double gap = 0;
        int cases = 0;
        for (var c : Golden.load("golden/shannon-entropy.json").list("cases")) {
            if (!c.has("expected.nats")) continue;
            double[] p = c.doubles("input.p");
            gap = Math.max(gap, relative(Entropy.of(p), c.number("expected.nats")));
            gap = Math.max(gap, relative(Entropy.bits(p), c.number("expected.bits")));
            if (c.has("expected.base10")) gap = Math.max(gap, relative(Entropy.of(p, 10), c.number("expected.base10")));
            gap = Math.max(gap, relative(Entropy.along(Tensor.of(p), 0).item(), c.number("expected.nats")));
            cases++;
        }
        assertThat(cases).isGreaterThan(120);
        Evidence.of("largest gap", gap, below(1e-12));
    }

    private static double relative(double actual, double expected) {
        return Math.abs(actual - expected) / Math.max(1e-290, Math.min(1, Math.abs(expected)) + (expected == 0 ? 1 : 0));
    }

    @Test void tensorsAreReducedAlongAnAxis() {
        for (var c : Golden.load("golden/shannon-entropy.json").list("cases")) {
            if (!c.text("name").equals("axes")) continue;
            var table = Tensor.of(c.matrix("input.table"));
            assertThat(Entropy.along(table, 0).toDoubleArray()).containsExactly(c.doubles("expected.columns"), within(1e-14));
            assertThat(Entropy.along(table, 1).toDoubleArray()).containsExactly(c.doubles("expected.rows"), within(1e-14));
        }
    }

    private static double[][] table(Rng rng) {
        var table = new double[1 + rng.nextInt(6)][1 + rng.nextInt(6)];
        double sum = 0;
        for (var row : table) for (int j = 0; j < row.length; j++) sum += row[j] = rng.nextInt(4) == 0 ? 0 : rng.nextDoublePositive();
        if (sum == 0) table[0][0] = sum = 1;
        for (var row : table) for (int j = 0; j < row.length; j++) row[j] /= sum;
        return table;
    }

    @Test
    @Acceptance(topic = "shannon-entropy", clause = 2) void chainRuleSubadditivityAndConcavityHoldOnRandomTables() {
        var rng = Rng.of(20);
        double chain = 0, subadditivity = 0, concavity = 0;
        for (int i = 0; i < 1000; i++) {
            double[][] t = table(rng);
            double[] x = Entropy.rowSums(t), y = Entropy.columnSums(t);
            // Weights need not sum to 1.
            double scale = 0.1 + 10 * rng.nextDouble();
            for (double[] row : t) for (int j = 0; j < row.length; j++) row[j] *= scale;
            double joint = Entropy.joint(t), hx = Entropy.of(x), hy = Entropy.of(y);
            chain = Math.max(chain, Math.abs(joint - hx - Entropy.conditional(t)));
            subadditivity = Math.max(subadditivity, joint - hx - hy);
            assertThat(MutualInformation.of(t)).isCloseTo(hx + hy - joint, within(1e-12)).isGreaterThanOrEqualTo(0);
            double[] p = x, q = new double[x.length], mixed = new double[x.length];
            double total = 0, share = rng.nextDouble();
            for (int k = 0; k < q.length; k++) total += q[k] = rng.nextDoublePositive();
            for (int k = 0; k < q.length; k++) mixed[k] = share * p[k] + (1 - share) * (q[k] /= total);
            concavity = Math.max(concavity, share * Entropy.of(p) + (1 - share) * Entropy.of(q) - Entropy.of(mixed));
        }
        Evidence.of("chain rule gap", chain, below(1e-12));
        Evidence.of("subadditivity excess", subadditivity, below(1e-12));
        Evidence.of("concavity excess", concavity, below(1e-12));
    }

    @Test
    @Acceptance(topic = "shannon-entropy", clause = 3) void huffmanLengthLiesWithinABitOfEntropyAndEqualsItForDyadicWeights() {
        var rng = Rng.of(21);
        double least = Double.POSITIVE_INFINITY, most = 0;
        for (int i = 0; i < 1000; i++) {
            var p = new double[1 + rng.nextInt(40)];
            for (int k = 0; k < p.length; k++) p[k] = Math.pow(rng.nextDoublePositive(), 1 + i % 6);
            double excess = HuffmanCode.of(p).meanLength() - Entropy.bits(p);
            least = Math.min(least, excess);
            most = Math.max(most, excess);
        }
        Evidence.of("least excess", least, above(-1e-12));
        Evidence.of("largest excess", most, below(1));
        for (int depth = 0; depth < 12; depth++) { // 1/2, 1/4, ..., 2^-depth, 2^-depth
            var p = new double[depth + 1];
            for (int k = 0; k <= depth; k++) p[k] = Math.scalb(1.0, -Math.min(k + 1, depth));
            assertThat(HuffmanCode.of(p).meanLength()).isEqualTo(Entropy.bits(p));
            // What never occurs needs no code.
            assertThat(HuffmanCode.of(Arrays.copyOf(p, depth + 3)).meanLength()).isEqualTo(Entropy.bits(p));
        }
        assertThat(HuffmanCode.of(1, 1, 1, 1, 1, 1, 1, 1).meanLength()).isEqualTo(3).isEqualTo(Entropy.bits(1, 1, 1, 1, 1, 1, 1, 1));
    }

    @Test void huffmanCodesDecodeAndNoneIsThePrefixOfAnother() {
        var code = HuffmanCode.of(5, 0, 1, 9, 2, 2);
        var rng = Rng.of(3);
        var message = new int[500];
        for (int i = 0; i < message.length; i++) message[i] = new int[] {0, 2, 3, 4, 5}[rng.nextInt(5)];
        assertThat(code.decode(code.encode(message), message.length)).isEqualTo(message);
        for (int a : new int[] {0, 2, 3, 4, 5})
            for (int b : new int[] {0, 2, 3, 4, 5}) if (a != b) assertThat(code.code(a)).doesNotStartWith(code.code(b));
        assertThatThrownBy(() -> code.code(1)).hasMessage("HuffmanCode: symbol 1 has probability 0 and so no code");
        assertThatThrownBy(() -> code.decode(new boolean[1], 2)).hasMessageContaining("end within symbol");
        assertThat(HuffmanCode.of(0, 3).lengths()).containsExactly(0, 0);
        assertThat(HuffmanCode.of(0, 3).decode(new boolean[0], 2)).containsExactly(1, 1);
    }

    private static long[] draw(Categorical d, int n, Rng rng) {
        var counts = new long[d.count()];
        for (int i = 0; i < n; i++) counts[(int) d.sample(rng)]++;
        return counts;
    }

    /** Zipf's weights of three exponents; the first is the uniform distribution. Drawn, and by the exact mean over all samples. */
    @Test
    @Acceptance(topic = "shannon-entropy", clause = 4) void millerMadowRemovesTwoThirdsOfThePlugInBias() {
        double[] exponents = {0, 1, 2}, mostLeft = {1.0 / 3, 0.4, 0.6};
        int runs = 4000, n = 50;
        for (int e = 0; e < 3; e++) {
            var weights = new double[20];
            for (int k = 0; k < 20; k++) weights[k] = Math.pow(k + 1, -exponents[e]);
            var distribution = new Categorical(weights);
            double plugIn = 0, corrected = 0;
            var rng = Rng.of(22);
            for (int r = 0; r < runs; r++) {
                long[] counts = draw(distribution, n, rng);
                plugIn += (EntropyEstimate.plugIn(counts) - distribution.entropy()) / runs;
                corrected += (EntropyEstimate.millerMadow(counts) - distribution.entropy()) / runs;
            }
            double[] exact = exactBiases(weights, n);
            Evidence.of("Zipf " + exponents[e] + ": plug-in bias, drawn less exact", plugIn - exact[0], between(-0.01, 0.01));
            Evidence.of("Zipf " + exponents[e] + ": Miller-Madow bias, drawn less exact", corrected - exact[1], between(-0.01, 0.01));
            Evidence.of("Zipf " + exponents[e] + ": share of the bias left", Math.abs(exact[1] / exact[0]), below(mostLeft[e]));
            Evidence.of("Zipf " + exponents[e] + ": share left, drawn", Math.abs(corrected / plugIn), below(mostLeft[e] + 0.05));
        }
    }

    /** Means over all samples, by the binomial distribution of each count: of {@code -c/n log(c/n)}, and of the outcomes seen. */
    private static double[] exactBiases(double[] weights, int n) {
        double sum = Arrays.stream(weights).sum(), entropy = 0, plugIn = 0, seen = 0;
        for (double weight : weights) {
            double p = weight / sum, chance = Math.pow(1 - p, n);
            entropy -= p * Math.log(p);
            seen += 1 - chance;
            for (int c = 1; c <= n; c++) {
                chance *= p / (1 - p) * (n - c + 1) / c;
                plugIn -= chance * c / n * Math.log((double) c / n);
            }
        }
        return new double[] {plugIn - entropy, plugIn + (seen - 1) / (2 * n) - entropy};
    }

    @Test void shrinkageLeavesLittleOfTheBiasOfTheUniform() {
        var weights = new double[20];
        Arrays.fill(weights, 1);
        var uniform = new Categorical(weights);
        var rng = Rng.of(22);
        double plugIn = 0, shrunk = 0;
        for (int r = 0; r < 4000; r++) {
            long[] counts = draw(uniform, 50, rng);
            plugIn += EntropyEstimate.plugIn(counts) - uniform.entropy();
            shrunk += EntropyEstimate.jamesStein(counts) - uniform.entropy();
        }
        assertThat(Math.abs(shrunk / plugIn)).isLessThan(1.0 / 3);
    }

    @Test void shrinkageMovesTowardsUniformAndNeedsNoSecondSample() {
        assertThat(EntropyEstimate.shrunk(1, 0, 0, 0)).containsExactly(0.25, 0.25, 0.25, 0.25);
        double[] p = EntropyEstimate.shrunk(8, 2, 0, 0);
        assertThat(p[0]).isBetween(0.25, 0.8);
        assertThat(p[3]).isPositive();
        assertThat(EntropyEstimate.jamesStein(800_000, 200_000)).isCloseTo(Entropy.of(0.8, 0.2), within(1e-5));
    }

    @Test
    @Acceptance(topic = "shannon-entropy", clause = 5) void nearestNeighboursFindTheEntropyOfAGaussian() {
        var rng = Rng.of(23);
        double one = EntropyEstimate.nearestNeighbour(Tensor.randn(rng, DType.F64, 5000).mul(2.5), 3);
        Evidence.of("error in 1 dimension", one - new Normal(0, 2.5).entropy(), between(-0.05, 0.05));
        double three = EntropyEstimate.nearestNeighbour(Tensor.randn(rng, DType.F64, 5000, 3), 3);
        Evidence.of("error in 3 dimensions", three - 3 * Normal.STANDARD.entropy(), between(-0.05, 0.05));
        assertThatThrownBy(() -> EntropyEstimate.nearestNeighbour(Tensor.of(1.0, 1, 1, 2), 2))
                .hasMessageContaining("row 0 equals 2 others");
        assertThatThrownBy(() -> EntropyEstimate.nearestNeighbour(Tensor.of(1.0, 2), 2)).hasMessageContaining("k is 2 for 2 samples");
    }

    @Test void renyiAndTsallisMeetShannonAtOneAndHartleyAtZero() {
        double[] p = {0.5, 0.25, 0.125, 0.125, 0};
        assertThat(Entropy.renyi(p, 1 + 1e-7)).isCloseTo(Entropy.of(p), within(1e-6));
        assertThat(Entropy.tsallis(p, 1 + 1e-9)).isCloseTo(Entropy.of(p), within(1e-8));
        assertThat(Entropy.renyi(p, 0)).isCloseTo(Math.log(4), within(1e-15));
        assertThat(Entropy.renyi(p, 2)).isCloseTo(-Math.log(0.25 + 0.0625 + 2.0 / 64), within(1e-15));
        assertThat(Entropy.renyi(p, Double.POSITIVE_INFINITY)).isCloseTo(Math.log(2), within(1e-15));
        assertThat(Entropy.renyi(p, 1e6)).isCloseTo(Math.log(2), within(1e-5));
        assertThat(Entropy.tsallis(p, 2)).isCloseTo(1 - 0.25 - 0.0625 - 2.0 / 64, within(1e-15));
        assertThat(Entropy.tsallis(p, 0)).isCloseTo(3, within(1e-15));
    }

    @Test void rateOfAMarkovChain() {
        assertThat(Entropy.rate(new double[][] {{0.9, 0.1}, {0.5, 0.5}})).isCloseTo(5.0 / 6 * Entropy.of(0.9, 0.1) + 1.0 / 6 * Math.log(2),
                within(1e-15));
        assertThat(Entropy.rate(new double[][] {{0, 1}, {1, 0}})).isZero();
        // state 0 is left for good: only the closed class counts
        assertThat(Entropy.rate(new double[][] {{0.5, 0.5, 0}, {0, 0.5, 0.5}, {0, 0.5, 0.5}})).isCloseTo(Math.log(2), within(1e-15));
        assertThatThrownBy(() -> Entropy.rate(new double[][] {{1, 0}, {0, 1}})).hasMessageContaining("states {0} and {1} are both closed");
        assertThatThrownBy(() -> Entropy.rate(new double[][] {{1, 0}, {0.5, 0.4}})).hasMessageContaining("row 1 sums to 0.9");
    }

    @Test void surpriseAddsUpAndDistributionsKnowTheirEntropy() {
        assertThat(Entropy.surprisal(0.125, 2)).isEqualTo(3);
        assertThat(Entropy.surprisal(1, 2)).isEqualTo(0);
        assertThat(Entropy.binary(0.5)).isEqualTo(1);
        assertThat(Entropy.binary(0)).isZero();
        assertThat(Entropy.binary(1)).isZero();
        assertThat(Entropy.of(new Gamma(1, 1))).isCloseTo(1, within(1e-15));
        assertThat(Entropy.of(new Categorical(1, 1, 1, 1), 2)).isCloseTo(2, within(1e-15));
        assertThatThrownBy(() -> Entropy.of(0.5, -0.5)).hasMessage("Entropy: weight 1 is -0.5; weights are finite and at least 0");
        assertThatThrownBy(() -> Entropy.of(new double[] {1, 1}, 1)).hasMessageContaining("base is 1.0");
        var p = Tensor.of(0.2, 0.8).requiresGrad();
        Entropy.along(p, 0).backward();
        // of weights w with sum 1: d/dw_i = -log w_i - H
        double h = Entropy.of(0.2, 0.8);
        assertThat(p.grad().toDoubleArray()).containsExactly(new double[] {-Math.log(0.2) - h, -Math.log(0.8) - h}, within(1e-14));
    }
}
