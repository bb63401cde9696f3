package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NormsTest {
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private static double dot(double[] x, double[] y) { return IntStream.range(0, x.length).mapToDouble(i -> x[i] * y[i]).sum(); }

    private static double power(double[] x, double p) {
        if (p == INFINITY) return Arrays.stream(x).map(Math::abs).max().orElse(0);
        return Math.pow(Arrays.stream(x).map(v -> Math.pow(Math.abs(v), p)).sum(), 1 / p);
    }

    @Test
    @Acceptance(topic = "l1-l2-norms", clause = 1) void inequalitiesAndDualityHoldOnTenThousandVectors() {
        var rng = Rng.of(51);
        double[] exponents = {1, 2, INFINITY, 1.5, 3};
        double over = -INFINITY, hoelder = -INFINITY;
        Gap formula = Gap.relative(), attained = Gap.relative(), dualNorm = Gap.absolute();
        int vectors = 0;
        for (; vectors < 10_000; vectors++) {
            int n = 1 + rng.nextInt(30);
            double p = vectors % 6 == 5 ? 1 + 4 * rng.nextDouble() : exponents[vectors % 6],
                    q = p == 1 ? INFINITY : p == INFINITY ? 1 : p / (p - 1);
            double[] x = new double[n], y = new double[n];
            for (int i = 0; i < n; i++) {
                x[i] = rng.nextDouble() < 0.3 ? 0 : rng.nextGaussian();
                y[i] = Math.exp(2 * rng.nextGaussian()) * rng.nextGaussian();
            }
            Tensor tx = Tensor.of(x), ty = Tensor.of(y);
            double one = Norms.p(tx, 1), two = Norms.p(tx, 2);
            over = Math.max(over, Math.max(two - one, one - Math.sqrt(n) * two) / Math.max(two, 1e-300));
            hoelder = Math.max(hoelder, Math.abs(dot(x, y)) / Math.max(1e-300, Norms.p(tx, p) * Norms.p(ty, Norms.dual(p))) - 1);
            formula.see("p = " + p, Norms.p(ty, p), power(y, p));
            double[] g = Norms.pGradient(ty, p).toDoubleArray();
            attained.see("<g, y>, p = " + p, dot(g, y), power(y, p));
            dualNorm.see("dual norm of g, p = " + p, power(g, q), 1).see("by the unit's exponent", Norms.p(Tensor.of(g), Norms.dual(p)), 1);
        }
        Evidence.of("vectors", vectors, exactly(10_000));
        Evidence.of("excess over |x|_2 <= |x|_1 <= sqrt(n) |x|_2, relative", over, atMost(1e-14));
        Evidence.of("excess over Hoelder's bound, relative", hoelder, atMost(1e-14));
        Evidence.of("gap of norms to sums of powers, relative", formula, below(1e-12));
        Evidence.of("<g, y> over |y|_p at the gradient, minus 1", attained, below(1e-12));
        Evidence.of("dual norm of the gradient, minus 1", dualNorm, below(1e-12));
    }

    @Test void gradientsAreWhatSmallStepsChange() {
        var rng = Rng.of(52);
        var gap = Gap.absolute();
        for (int draw = 0; draw < 20; draw++) {
            Tensor a = gaussian(rng, 4, 6), step = gaussian(rng, 4, 6).mul(1e-6);
            Tensor up = a.add(step), down = a.sub(step);
            for (double p : new double[] {1, 1.5, 2, 4, INFINITY})
                gap.see("p = " + p, Norms.pGradient(a, p).mul(step).sum().item() / 1e-6, (Norms.p(up, p) - Norms.p(down, p)) / 2e-6);
            gap.see("one", Norms.oneGradient(a).mul(step).sum().item() / 1e-6, (Norms.one(up) - Norms.one(down)) / 2e-6);
            gap.see("infinity", Norms.infinityGradient(a).mul(step).sum().item() / 1e-6,
                    (Norms.infinity(up) - Norms.infinity(down)) / 2e-6);
            gap.see("frobenius", Norms.frobeniusGradient(a).mul(step).sum().item() / 1e-6,
                    (Norms.frobenius(up) - Norms.frobenius(down)) / 2e-6);
            gap.see("spectral", Norms.spectralGradient(a).mul(step).sum().item() / 1e-6,
                    (Norms.spectral(up) - Norms.spectral(down)) / 2e-6);
            gap.see("nuclear", Norms.nuclearGradient(a).mul(step).sum().item() / 1e-6, (Norms.nuclear(up) - Norms.nuclear(down)) / 2e-6);
        }
        assertThat(gap.worst()).isLessThan(1e-6);
        assertThat(Norms.pGradient(Tensor.zeros(3), 2).toDoubleArray()).containsOnly(0);
        assertThatThrownBy(() -> Norms.p(Tensor.of(1.0), 0.5)).hasMessageContaining("p is 0.5");
        assertThatThrownBy(() -> Norms.nuclearGradient(Tensor.of(1.0, 2)))
                .hasMessageContaining("norm gradient: shape (2,) is not a matrix");
    }

    @Test
    @Acceptance(topic = "l1-l2-norms", clause = 4) void hugeAndTinyInputsStayInRange() {
        var rng = Rng.of(54);
        Gap norms = Gap.relative(), maps = Gap.absolute();
        for (double scale : new double[] {1e200, 1e-200}) for (int draw = 0; draw < 50; draw++) {
            Tensor x = Tensor.randn(rng, DType.F64, 9), big = x.mul(scale).compute();
            for (double p : new double[] {1, 1.5, 2, 3, 7, INFINITY}) {
                norms.see("p = " + p, Norms.p(big, p) / scale, power(x.toDoubleArray(), p));
                maps.see("gradient", Norms.pGradient(big, p).toDoubleArray(), Norms.pGradient(x, p).toDoubleArray());
            }
            Tensor a = x.reshape(3, 3), huge = big.reshape(3, 3);
            norms.see("frobenius", Norms.frobenius(huge) / scale, power(x.toDoubleArray(), 2));
            norms.see("spectral", Norms.spectral(huge) / scale, Norms.spectral(a));
            norms.see("nuclear", Norms.nuclear(huge) / scale, Norms.nuclear(a));
            maps.see("soft threshold", ProximalMaps.softThreshold(big, scale / 2).div(scale).toDoubleArray(),
                    ProximalMaps.softThreshold(x, 0.5).toDoubleArray());
            maps.see("block", ProximalMaps.blockShrink(big, scale / 2).div(scale).toDoubleArray(),
                    ProximalMaps.blockShrink(x, 0.5).toDoubleArray());
            maps.see("max norm", ProximalMaps.maxNorm(big, scale / 2).div(scale).toDoubleArray(),
                    ProximalMaps.maxNorm(x, 0.5).toDoubleArray());
            maps.see("singular", ProximalMaps.singularValues(huge, scale).div(scale).reshape(9).toDoubleArray(),
                    ProximalMaps.singularValues(a, 1).reshape(9).toDoubleArray());
            maps.see("L1 ball", Projections.onL1Ball(big, scale).div(scale).toDoubleArray(), Projections.onL1Ball(x, 1).toDoubleArray());
            maps.see("L2 ball", Projections.onL2Ball(big, scale).div(scale).toDoubleArray(), Projections.onL2Ball(x, 1).toDoubleArray());
            maps.see("simplex", Projections.onSimplex(big, scale).div(scale).toDoubleArray(), Projections.onSimplex(x, 1).toDoubleArray());
            // A radius that sums of such entries cannot hold beside them.
            if (scale == 1e-200) continue;
            maps.see("sum of the simplex", Projections.onSimplex(big, 1).sum().item(), 1);
            maps.see("sum of the ball", Projections.onL1Ball(big, 1).abs().sum().item(), 1);
            maps.see("length", Projections.onL2Ball(big, 1).norm().item(), 1);
        }
        Evidence.of("norms over those of unscaled inputs, minus 1", norms, below(1e-12));
        Evidence.of("maps against those of unscaled inputs", maps, below(1e-12));
    }

    @Test
    @Acceptance(topic = "matrix-norms", clause = 1) void fiveNormsEqualNumpys() {
        Gap gap = Gap.absolute(), operator = Gap.absolute();
        int matrices = 0;
        for (var c : Golden.load("golden/matrix-norms.json").list("cases")) for (int k = 0; k < 100; k++, matrices++) {
            var r = new Recipe(c.integer("input.seed") + k);
            int m = 1 + r.below(24), n = 1 + r.below(24), rank = c.text("name").equals("full") ? 0 : 1 + r.below(Math.min(m, n));
            var a = tensor(rank == 0 ? r.matrix(m, n) : Recipe.product(r.matrix(m, rank), r.matrix(rank, n)));
            gap.see(c, "expected." + k, Norms.frobenius(a), Norms.spectral(a), Norms.nuclear(a), Norms.one(a), Norms.infinity(a));
            operator.see(c, "expected." + k + ".1", Norms.spectral(LinearMap.of(a), Rng.of(k)));
        }
        Evidence.of("matrices", matrices, exactly(200));
        Evidence.of("largest gap to numpy.linalg.norm", gap, below(1e-10));
        Evidence.of("largest gap of the spectral norm by products alone", operator, below(1e-10));
    }

    @Test
    @Acceptance(topic = "matrix-norms", clause = 2) void turningRowsOrColumnsChangesNothing() {
        var rng = Rng.of(502);
        var gap = Gap.absolute();
        for (int draw = 0; draw < 200; draw++) {
            int m = 1 + rng.nextInt(20), n = 1 + rng.nextInt(20);
            var a = gaussian(rng, m, n);
            var turned = Qr.of(gaussian(rng, m, m)).q().matmul(a).matmul(Qr.of(gaussian(rng, n, n)).q());
            gap.see("frobenius", Norms.frobenius(turned), Norms.frobenius(a)).see("spectral", Norms.spectral(turned), Norms.spectral(a))
                    .see("nuclear", Norms.nuclear(turned), Norms.nuclear(a));
        }
        Evidence.of("largest gap after an orthogonal map from either side", gap, below(1e-10));
    }

    @Test
    @Acceptance(topic = "matrix-norms", clause = 3) void theThreeNormsKeepTheirOrder() {
        var rng = Rng.of(503);
        double excess = -INFINITY;
        var tight = Gap.absolute();
        int matrices = 0;
        for (; matrices < 1_000; matrices++) {
            int m = 1 + rng.nextInt(12), n = 1 + rng.nextInt(12), r = 1 + rng.nextInt(Math.min(m, n));
            var a = gaussian(rng, m, r).matmul(gaussian(rng, r, n));
            if (matrices % 4 == 0) a = Qr.of(gaussian(rng, m, r)).q().matmul(Qr.of(gaussian(rng, n, r)).q().transpose()); // all values 1
            if (matrices % 4 == 1) a = a.mul(Math.exp(20 * rng.nextGaussian()));
            double s = Norms.spectral(a), f = Norms.frobenius(a), nuclear = Norms.nuclear(a);
            excess = Math.max(excess, Math.max(s / f, Math.max(f / nuclear, nuclear / (Math.sqrt(r) * f))) - 1);
            if (matrices % 4 == 0) tight.see("|A|_* over sqrt(r) |A|_F", nuclear / (Math.sqrt(r) * f), 1);
            if (r == 1) tight.see("|A|_F over |A|_2 at rank 1", f / s, 1).see("|A|_* over |A|_F at rank 1", nuclear / f, 1);
        }
        Evidence.of("matrices", matrices, exactly(1_000));
        Evidence.of("excess over the chain, relative", excess, atMost(1e-12));
        Evidence.of("gap of the last link where all singular values are 1, and of the others at rank 1", tight, below(1e-12));
    }

    @Test
    @Acceptance(topic = "matrix-norms", clause = 4) void spectralAndNuclearNormAreDual() {
        var rng = Rng.of(504);
        double excess = -INFINITY;
        Gap equality = Gap.relative(), unit = Gap.absolute();
        for (int draw = 0; draw < 300; draw++) {
            int m = 1 + rng.nextInt(10), n = 1 + rng.nextInt(10), r = 1 + rng.nextInt(Math.min(m, n));
            Tensor b = gaussian(rng, m, r).matmul(gaussian(rng, r, n)), a = gaussian(rng, m, n);
            if (draw % 3 == 0) a = b.add(a.mul(0.1));
            excess = Math.max(excess, trace(a, b) / (Norms.spectral(a) * Norms.nuclear(b)) - 1);
            Tensor best = Norms.nuclearGradient(b), first = Norms.spectralGradient(b);
            equality.see("tr(UV' B) is |B|_*", trace(best, b), Norms.nuclear(b)).see("tr(uv' B) is |B|_2", trace(first, b),
                    Norms.spectral(b));
            // By eigenvalues of the Gram matrix, not by the SVD that made it; u v' has one singular value, its length.
            unit.see("|UV'|_2", Math.sqrt(Eigen.symmetric(best.matmul(best.transpose())).values().max().item()), 1)
                    .see("|uv'|_*", first.norm().item(), 1).see("|UV'|_F, up to the rank and no farther", best.norm().item(), Math.sqrt(r));
        }
        Evidence.of("tr(A'B) over |A|_2 |B|_*, minus 1", excess, atMost(1e-12));
        Evidence.of("gap at the constructed pairs, relative", equality, below(1e-10));
        Evidence.of("norm of their other half, minus 1", unit, below(1e-10));
    }

    private static double trace(Tensor a, Tensor b) { return dot(a.reshape(-1).toDoubleArray(), b.reshape(-1).toDoubleArray()); }

    @Test
    @Acceptance(topic = "matrix-norms", clause = 5) void theSpectralNormBoundsEveryGainAndIsReached() {
        var rng = Rng.of(505);
        double excess = -INFINITY, nearest = 0;
        var reached = Gap.relative();
        int vectors = 0;
        for (int draw = 0; draw < 20; draw++) {
            int m = 2 + rng.nextInt(12), n = 2 + rng.nextInt(12);
            var a = gaussian(rng, m, n);
            double norm = draw % 2 == 0 ? Norms.spectral(a) : Norms.spectral(LinearMap.of(m, n, a::matmul, a.transpose()::matmul), rng);
            for (int i = 0; i < 500; i++, vectors++) {
                var x = Tensor.randn(rng, DType.F64, n);
                double gain = a.matmul(x).norm().item() / x.norm().item() / norm;
                excess = Math.max(excess, gain - 1);
                nearest = Math.max(nearest, gain);
            }
            var v = Tensor.randn(rng, DType.F64, n);
            for (int i = 0; i < 3_000; i++) {
                v = a.transpose().matmul(a.matmul(v));
                v = v.div(v.norm()).compute();
            }
            reached.see("gain of the power iteration", a.matmul(v).norm().item(), norm);
        }
        Evidence.of("vectors", vectors, exactly(10_000));
        Evidence.of("gain over the norm, minus 1", excess, atMost(1e-12));
        Evidence.of("largest gain of a random vector over the norm", nearest, above(0.5));
        Evidence.of("gap of the gain in the best direction, relative", reached, below(1e-8));
    }

    /** {@code C - X} is the threshold times a subgradient of the nuclear norm: at most the threshold long, and against X as long as can be. */
    @Test
    @Acceptance(topic = "matrix-norms", clause = 6) void aThresholdSatisfiesItsOptimalityConditions() {
        var rng = Rng.of(507);
        double over = -INFINITY;
        var pull = Gap.absolute();
        int kept = 0, cut = 0;
        for (int draw = 0; draw < 200; draw++) {
            int m = 1 + rng.nextInt(12), n = 1 + rng.nextInt(12);
            double level = Math.exp(rng.nextGaussian());
            Tensor c = gaussian(rng, m, n).compute(), x = ProximalMaps.singularValues(c, level), rest = c.sub(x).compute();
            over = Math.max(over, Norms.spectral(rest) - level);
            pull.see("tr((C - X)' X)", trace(rest, x), level * Norms.nuclear(x));
            int rank = Rank.of(x).rank();
            kept += rank;
            cut += Math.min(m, n) - rank;
        }
        Evidence.of("|C - X|_2 over the threshold", over, atMost(1e-10));
        Evidence.of("gap of tr((C - X)' X) to the threshold times |X|_*", pull, atMost(1e-10));
        Evidence.that("singular values were kept and cut: " + kept + ", " + cut, kept > 100 && cut > 100);
    }

    /** Soft-impute (Mazumder, Hastie and Tibshirani, 2010), its level falling to 1e-2. */
    @Test
    @Tag("slow")
    @Acceptance(topic = "matrix-norms", clause = 6) void thresholdingCompletesALowRankMatrix() {
        int within = 0;
        double worst = 0;
        for (int seed = 0; seed < 8; seed++) {
            var rng = Rng.of(5060 + seed);
            var truth = gaussian(rng, 30, 2).matmul(gaussian(rng, 2, 30)).compute();
            var mask = new double[30][30];
            int[] order = rng.permutation(900);
            for (int i = 0; i < 675; i++) mask[order[i] / 30][order[i] % 30] = 1;
            Tensor seen = tensor(mask), known = truth.mul(seen).compute(), hidden = seen.rsub(1).compute(), x = truth.zerosLike();
            for (double level : new double[] {3, 0.3, 1e-2})
                for (int step = 0; step < 250; step++) x = ProximalMaps.singularValues(known.add(x.mul(hidden)), level);
            double error = Norms.frobenius(x.sub(truth)) / Norms.frobenius(truth);
            worst = Math.max(worst, error);
            if (error < 5e-3) within++;
        }
        Evidence.of("seeds below 5e-3", within, exactly(8));
        Evidence.of("largest relative error", worst, below(5e-3));
    }
}
