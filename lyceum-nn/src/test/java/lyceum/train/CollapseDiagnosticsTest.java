package lyceum.train;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.linalg.Qr;
import lyceum.nn.Linear;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.train.CollapseDiagnostics.Kind;
import org.junit.jupiter.api.Test;

class CollapseDiagnosticsTest {
    private static Tensor normal(Rng rng, long... shape) { return Tensor.randn(rng, DType.F64, shape).compute(); }

    /** Adds to each row noise of 1% of its length. */
    private static Tensor noisy(Tensor rows, Rng rng) {
        var noise = normal(rng, rows.size(0), rows.size(1));
        return rows.add(noise.div(noise.square().sum(1, true).sqrt()).mul(rows.square().sum(1, true).sqrt()).mul(0.01)).compute();
    }

    private static Tensor twoCodes(Tensor codebook, Rng rng) {
        int a = rng.nextInt(64), b = (a + 1 + rng.nextInt(63)) % 64;
        return codebook.indexSelect(0, Tensor.randint(rng, 0, 2, 1000).mul((long) (b - a)).add((long) a));
    }

    @Test
    @Acceptance(topic = "representation-collapse", clause = 1) void threeHundredSetsAreLabelledRight() {
        int right = 0, sets = 0, clusters = 0;
        for (int i = 0; i < 75; i++) {
            var rng = Rng.of(i);
            var codebook = normal(rng, 64, 64);
            Tensor constant = normal(rng, 1, 64).expand(1000, 64), flat = normal(rng, 1000, 3).matmul(normal(rng, 3, 64)),
                    codes = noisy(twoCodes(codebook, rng), rng), healthy = normal(rng, 1000, 64);
            if (CollapseDiagnostics.of(noisy(constant, rng)).kind() == Kind.COMPLETE) right++;
            if (CollapseDiagnostics.of(noisy(flat, rng)).kind() == Kind.DIMENSIONAL) right++;
            if (CollapseDiagnostics.of(codes, codebook).kind() == Kind.CODEBOOK) right++;
            if (CollapseDiagnostics.of(noisy(healthy, rng)).kind() == Kind.HEALTHY) right++;
            if (CollapseDiagnostics.of(codes).kind() == Kind.CLUSTER) clusters++;
            sets += 4;
        }
        Evidence.of("sets", sets, atLeast(300));
        Evidence.of("share labelled right", (double) right / sets, atLeast(0.98));
        Evidence.of("of the sets of two codes, share called a cluster without the codebook", clusters / 75.0, atLeast(0.98));
    }

    /** {@code U diag(s) V'} with known s: the spectrum is exact by construction. */
    @Test
    @Acceptance(topic = "representation-collapse", clause = 2) void effectiveRankIsTheExponentOfTheSpectrumsEntropy() {
        double[][] spectra = {{1, 1, 1}, {3, 2, 1}, {5, 0.1, 0.01, 0.001}, {1, 1e-6, 1e-9}, {7}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0.5}};
        var gap = Gap.absolute();
        for (var s : spectra) {
            var rng = Rng.of(s.length);
            Tensor u = Qr.of(normal(rng, 40, s.length)).q(), v = Qr.of(normal(rng, 12, s.length)).q();
            double sum = 0, entropy = 0;
            for (double x : s) sum += x;
            for (double x : s) entropy -= x / sum * Math.log(x / sum);
            gap.see("spectrum of " + s.length, CollapseDiagnostics.of(u.mul(Tensor.of(s)).matmul(v.transpose())).effectiveRank(),
                    Math.exp(entropy));
        }
        Evidence.of("spectra", gap.seen(), atLeast(6));
        Evidence.of("largest gap", gap, atMost(1e-9));
    }

    @Test
    @Acceptance(topic = "representation-collapse", clause = 3) void perplexityIsTheExponentOfTheCountsEntropy() {
        var gap = Gap.relative();
        for (int i = 0; i < 50; i++) {
            var rng = Rng.of(i);
            var counts = new long[2 + rng.nextInt(60)];
            for (int k = 0; k < counts.length; k++) counts[k] = rng.nextInt(5) == 0 ? 0 : rng.nextInt(1000);
            counts[0] = 1;
            double n = 0, h = 0;
            for (long c : counts) n += c;
            for (long c : counts) h -= c == 0 ? 0 : c / n * Math.log(c / n);
            gap.see("counts " + i, CollapseDiagnostics.perplexity(counts), Math.exp(h));
        }
        gap.see("two of 64", CollapseDiagnostics.perplexity(twoOf64()), 2);
        Evidence.of("largest relative gap", gap, atMost(1e-12));
        // The report counts as a direct search for the nearest code does.
        Tensor codebook = normal(Rng.of(1), 8, 5), rows = normal(Rng.of(2), 100, 5);
        var counts = new long[8];
        for (var row : rows.toRows()) {
            int best = 0;
            double least = Double.POSITIVE_INFINITY;
            for (int c = 0; c < 8; c++) {
                double d = 0;
                for (int i = 0; i < 5; i++) d += Math.pow(row[i] - codebook.item(c, i), 2);
                if (d < least) {
                    least = d;
                    best = c;
                }
            }
            counts[best]++;
        }
        Evidence.of("report's perplexity, off the direct count's",
                Math.abs(CollapseDiagnostics.of(rows, codebook).perplexity() - CollapseDiagnostics.perplexity(counts)), atMost(1e-12));
    }

    private static long[] twoOf64() {
        var counts = new long[64];
        counts[5] = counts[60] = 500;
        return counts;
    }

    @Test
    @Acceptance(topic = "representation-collapse", clause = 4) void eachRemedyMendsItsCollapse() {
        var rng = Rng.of(1);
        var x = normal(rng, 256, 32);
        // Complete: an encoder whose outputs hardly move; the variance floor alone brings them to life.
        var still = new Linear(normal(rng, 16, 32).mul(1e-3), Tensor.ones(DType.F64, 16));
        var before = CollapseDiagnostics.of(still.forward(x));
        descend(still, () -> CollapseDiagnostics.variancePenalty(still.forward(x), 1));
        var after = CollapseDiagnostics.of(still.forward(x));
        Evidence.that("diagnosed as complete before, and no more after", before.kind() == Kind.COMPLETE && after.kind() != Kind.COMPLETE);
        Evidence.of("least deviation of a dimension, after over before", least(after.deviations()) / least(before.deviations()),
                atLeast(10));
        // Dimensional: all outputs along two directions; the variance and covariance terms spread them.
        var flat = new Linear(normal(rng, 16, 1).matmul(normal(rng, 1, 32)).mul(0.2).add(normal(rng, 16, 32).mul(1e-3)), null);
        var narrow = CollapseDiagnostics.of(flat.forward(x));
        descend(flat,
                () -> CollapseDiagnostics.covariancePenalty(flat.forward(x)).add(CollapseDiagnostics.variancePenalty(flat.forward(x), 1)));
        var wide = CollapseDiagnostics.of(flat.forward(x));
        Evidence.that("diagnosed as dimensional before, and healthy after",
                narrow.kind() == Kind.DIMENSIONAL && wide.kind() == Kind.HEALTHY);
        Evidence.of("effective rank, after over before", wide.effectiveRank() / narrow.effectiveRank(), atLeast(5));
        // Codes: two stand where the data are, the others far off.
        var rows = normal(rng, 1000, 8);
        var codebook = Tensor.concat(0, rows.narrow(0, 0, 2), normal(rng, 62, 8).add(50)).compute();
        var dead = CollapseDiagnostics.of(rows, codebook);
        var restarted = CollapseDiagnostics.of(rows, CollapseDiagnostics.restartDeadCodes(codebook, rows, rng));
        Evidence.that("diagnosed as codebook collapse before", dead.kind() == Kind.CODEBOOK && dead.deadCodes() == 62);
        Evidence.of("share of codes used after the restart", (64 - restarted.deadCodes()) / 64.0, atLeast(0.8));
    }

    private static void descend(Linear encoder, Supplier<Tensor> loss) {
        var optimizer = new Adam(0.02).over(encoder.parameters());
        for (int i = 0; i < 300; i++) {
            optimizer.zeroGrad();
            loss.get().backward();
            optimizer.step();
        }
    }

    private static double least(double[] values) { return Arrays.stream(values).min().orElseThrow(); }

    @Test void termsAndRefusals() {
        var z = Tensor.of(new double[][] {{1, 2}, {-1, -2}});
        // Covariance matrix ((2, 4), (4, 8)): 2 * 16 / 2.
        assertThat(CollapseDiagnostics.covariancePenalty(z).item()).isCloseTo(16, within(1e-12));
        assertThat(CollapseDiagnostics.variancePenalty(z, 2).item()).isCloseTo((2 - Math.sqrt(2.0001)) / 2, within(1e-12));
        assertThat(CollapseDiagnostics.of(z).meanCosine()).isCloseTo(-1, within(1e-12));
        assertThat(CollapseDiagnostics.of(z).toString()).contains("effective rank 1.00 of 2");
        assertThatThrownBy(() -> CollapseDiagnostics.of(z.mul(Double.NaN))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> CollapseDiagnostics.perplexity(0, 0)).hasMessageContaining("no code is used");
        assertThatThrownBy(() -> CollapseDiagnostics.effectiveRank(1, -1)).hasMessageContaining("-1.0");
    }
}
