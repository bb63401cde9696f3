package lyceum.linalg;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class SimilarityTest {
    private static final int PAIRS = 10_000;

    private record Pair(double[] x, double[] y) {
        static Pair of(int k) {
            var r = new Recipe(131_000 + k);
            int d = 2 + r.below(130);
            double[] x = r.uniforms(d), y = r.uniforms(d);
            int mix = r.below(3) - 1;
            double a = k % 4 == 0 ? 1 : k % 4 == 1 ? 1e-30 : 1e30, b = k % 4 == 0 ? 1 : k % 4 == 2 ? 1e30 : 1e-30;
            for (int i = 0; i < d; i++) {
                x[i] = 2 * x[i] - 1;
                y[i] = 2 * y[i] - 1 + mix * x[i];
                x[i] *= a;
                y[i] *= b;
            }
            return new Pair(x, y);
        }

        /** Sums of products with what rounding took from each (Ogita, Rump and Oishi, 2005): twice the digits. */
        double cosine() {
            return dot(x, y) / Math.sqrt(dot(x, x)) / Math.sqrt(dot(y, y));
        }

        private static double dot(double[] x, double[] y) {
            double sum = 0, lost = 0;
            for (int i = 0; i < x.length; i++) {
                double product = x[i] * y[i], error = Math.fma(x[i], y[i], -product), next = sum + product, part = next - sum;
                lost += (sum - (next - part)) + (product - part) + error;
                sum = next;
            }
            return sum + lost;
        }

        Pair rounded() { return new Pair(Arrays.stream(x).map(v -> (float) v).toArray(), Arrays.stream(y).map(v -> (float) v).toArray()); }
    }

    @Test
    @Acceptance(topic = "cosine-similarity", clause = 1) void tenThousandPairsEqualScipy() {
        Gap each = Gap.absolute(), scipy = Gap.absolute(), single = Gap.absolute(), scipySingle = Gap.absolute();
        double[] doubles = new double[PAIRS], singles = new double[PAIRS];
        int odd = 0;
        for (int k = 0; k < PAIRS; k++) {
            var p = Pair.of(k);
            doubles[k] = Similarity.cosine(Tensor.of(p.x), Tensor.of(p.y)).item();
            each.see("pair " + k, doubles[k], p.cosine());
            singles[k] = Similarity.cosine(Tensor.of(p.x).to(DType.F32), Tensor.of(p.y).to(DType.F32)).item();
            single.see("pair " + k + " in F32", singles[k], p.rounded().cosine());
            if (p.x.length % 4 != 0) odd++;
        }
        var golden = Golden.load("golden/cosine.json");
        scipy.see(golden.named("pairs"), "expected", Arrays.copyOf(doubles, 300)).see(golden.named("sums of ten"), "expected",
                sums(doubles, 10));
        scipySingle.see(golden.named("pairs in float32"), "expected", Arrays.copyOf(singles, 300))
                .see(golden.named("sums of twenty in float32"), "expected", sums(singles, 20));
        Evidence.of("pairs", each.seen(), exactly(PAIRS));
        Evidence.of("of them with lengths that are no multiple of 4 lanes", odd, above(7_000));
        Evidence.of("gap of 300 pairs, and of 1,000 sums of ten that hold all, to SciPy", scipy, atMost(1e-12));
        Evidence.of("gap of each pair to sums of twice the digits", each, atMost(1e-12));
        Evidence.of("gap of each pair in F32", single, atMost(1e-6));
        Evidence.of("gap in F32 of 300 pairs, and of 500 sums of twenty that hold all, to SciPy", scipySingle, atMost(1e-6));
    }

    private static double[] sums(double[] x, int block) {
        return IntStream.range(0, x.length / block).mapToDouble(i -> Arrays.stream(x, i * block, (i + 1) * block).sum()).toArray();
    }

    /** Rows against a matrix, all pairs, the normalised path, sparse rows: each against pairs one by one. */
    @Test
    @Acceptance(topic = "cosine-similarity", clause = 1) void everyPathGivesTheCosineOfThePair() {
        var rng = Rng.of(1311);
        Gap gap = Gap.absolute(), single = Gap.absolute();
        for (int d : new int[] {1, 3, 7, 8, 17, 33, 100}) {
            double[][] x = Tensor.randn(rng, DType.F64, 6, d).toRows(), y = Tensor.randn(rng, DType.F64, 9, d).toRows();
            for (int j = 0; j < d; j++) {
                x[1][j] *= 1e30;
                y[2][j] *= 1e-30;
                if (rng.nextDouble() < 0.7) x[3][j] = 0;
                if (rng.nextDouble() < 0.7) y[4][j] = 0;
                y[5][j] = 0;
            }
            Tensor a = Tensor.of(x), b = Tensor.of(y);
            Csr sparse = Csr.fromDense(a), other = Csr.fromDense(b);
            Tensor unit = Similarity.normalise(b), all = Similarity.cosines(a, b),
                    fast = Similarity.cosinesOfUnit(Similarity.normalise(a), unit);
            Tensor crossed = Similarity.cosine(a.unsqueeze(1), b.unsqueeze(0)), both = Similarity.cosines(sparse, other),
                    half = Similarity.cosines(sparse, b);
            Tensor floats = Similarity.cosines(a.to(DType.F32), b.to(DType.F32)),
                    sparseFloats = Similarity.cosines(Csr.fromDense(a.to(DType.F32)), b.to(DType.F32));
            for (int i = 0; i < 6; i++) for (int j = 0; j < 9; j++) {
                double expected = new Pair(x[i], y[j]).cosine();
                if (Double.isNaN(expected)) expected = 0; // a vector of zeros
                for (var found : new Tensor[] {all, fast, crossed, both, half}) gap.see("d = " + d, found.item(i, j), expected);
                single.see("d = " + d, floats.item(i, j), expected).see("sparse, d = " + d, sparseFloats.item(i, j), expected);
            }
        }
        Evidence.of("gap of five paths in F64", gap, atMost(1e-12));
        Evidence.of("gap of two in F32", single, atMost(1e-6));
    }

    @Test
    @Acceptance(topic = "cosine-similarity", clause = 2) void positiveFactorsChangeNothing() {
        var rng = Rng.of(1312);
        Gap gap = Gap.absolute(), angles = Gap.absolute(), mirrored = Gap.absolute();
        for (int draw = 0; draw < 1_000; draw++) {
            int d = 1 + rng.nextInt(50);
            Tensor x = Tensor.randn(rng, DType.F64, d).compute(), y = Tensor.randn(rng, DType.F64, d).compute();
            double c = Similarity.cosine(x, y).item(), a = Math.exp(30 * rng.nextGaussian()), b = Math.exp(30 * rng.nextGaussian());
            gap.see("scaled", Similarity.cosine(x.mul(a), y.mul(b)).item(), c);
            angles.see("angle", Similarity.angle(x.mul(a), y.mul(b)).item(), Math.acos(c));
            mirrored.see("negative", Similarity.cosine(x.mul(-a), y).item(), -c);
        }
        Evidence.of("gap after positive factors from 1e-40 to 1e40", gap, atMost(1e-12));
        Evidence.of("gap of the angle to arccos of the unscaled", angles, atMost(1e-7));
        Evidence.of("gap to the opposite after a negative one", mirrored, atMost(1e-12));
    }

    @Test
    @Acceptance(topic = "cosine-similarity", clause = 3) void onTheSphereDistanceAndCosineAreOneRanking() {
        var rng = Rng.of(1313);
        Gap gap = Gap.absolute(), single = Gap.absolute();
        int differ = 0, rankings = 0;
        for (var type : new DType[] {DType.F64, DType.F32}) for (int d : new int[] {3, 16, 65, 384}) {
            Tensor index = Similarity.normalise(Tensor.randn(rng, type, 500, d)),
                    queries = Similarity.normalise(Tensor.randn(rng, type, 50, d));
            Tensor cosines = Similarity.cosinesOfUnit(queries, index),
                    distances = Similarity.euclidean(queries.unsqueeze(1), index.unsqueeze(0));
            double[][] c = cosines.toRows(), apart = distances.toRows();
            // Squares and differences in F64: what is compared are the unit's two numbers, not the rounding of 2 - 2 cos to F32.
            for (int q = 0; q < 50; q++)
                for (int i = 0; i < 500; i++)
                    (type == DType.F64 ? gap : single).see("|x - y|^2, d = " + d, apart[q][i] * apart[q][i], 2 - 2 * c[q][i]);
            long[] byCosine = cosines.topk(10, 1).indices().reshape(-1).toLongArray(),
                    byDistance = distances.neg().topk(10, 1).indices().reshape(-1).toLongArray();
            for (int place = 0; place < byCosine.length; place++) if (byCosine[place] != byDistance[place]) differ++;
            rankings += 50;
        }
        Evidence.of("gap of |x - y|^2 to 2 - 2 cos", gap, atMost(1e-6));
        Evidence.of("and in F32", single, atMost(1e-6));
        Evidence.of("rankings", rankings, exactly(400));
        Evidence.of("places of the first ten that differ", differ, exactly(0));
    }

    @Test
    @Acceptance(topic = "cosine-similarity", clause = 4) void anglesAreAMetricAndOneMinusCosineIsNot() {
        var rng = Rng.of(1314);
        int triples = 0, broken = 0;
        double worst = Double.NEGATIVE_INFINITY, right = Double.NEGATIVE_INFINITY, failure = 0;
        for (int block = 0; block < 20; block++, triples += 5_000) {
            int d = 2 + block % 10;
            Tensor x = Tensor.randn(rng, DType.F64, 5_000, d).compute(), z = Tensor.randn(rng, DType.F64, 5_000, d).compute();
            // Half of the time y lies between x and z, where the inequality is nearly an equation.
            var y = block < 10 ? Tensor.randn(rng, DType.F64, 5_000, d).compute()
                    : x.lerp(z, 0.01 + 0.98 * rng.nextDouble()).add(Tensor.randn(rng, DType.F64, 5_000, d).mul(1e-9)).compute();
            Tensor xy = Similarity.angle(x, y), yz = Similarity.angle(y, z), xz = Similarity.angle(x, z);
            worst = Math.max(worst, xz.sub(xy).sub(yz).max().item());
            Tensor cxy = Similarity.cosine(x, y).rsub(1), cyz = Similarity.cosine(y, z).rsub(1), cxz = Similarity.cosine(x, z).rsub(1);
            var excess = cxz.sub(cxy).sub(cyz);
            broken += (int) excess.gt(1e-9).to(DType.F64).sum().item();
            failure = Math.max(failure, excess.max().item());
            right = Math.max(right, xy.sub(cxy.rsub(1).acos()).abs().max().item());
        }
        Evidence.of("triples", triples, exactly(100_000));
        Evidence.of("excess of the angle over the sum of two", worst, atMost(1e-12));
        Evidence.of("gap of angles to arccos", right, atMost(1e-6));
        Evidence.of("triples where 1 - cos breaks the inequality", broken, above(10_000));
        Evidence.of("by how much at worst", failure, above(0.4));
        Tensor a = Tensor.of(1.0, 0), b = Tensor.of(1.0, 1), c = Tensor.of(0.0, 1);
        Evidence.of("1 - cos from 0 to 90 degrees less the way over 45",
                Similarity.cosine(a, c).rsub(1).sub(Similarity.cosine(a, b).rsub(1)).sub(Similarity.cosine(b, c).rsub(1)).item(),
                above(0.4));
        assertThat(Similarity.angle(Tensor.of(1.0, 0), Tensor.of(1.0, 1e-12)).item()).as("arccos would say 0").isCloseTo(1e-12,
                within(1e-24));
    }

    @Test
    @Acceptance(topic = "cosine-similarity", clause = 5) void oneByteACoordinateIsEnough() {
        var rng = Rng.of(1315);
        var gap = Gap.absolute();
        double[][] x = Tensor.randn(rng, DType.F32, 100, 384).toRows(), y = Tensor.randn(rng, DType.F32, 100, 384).toRows();
        for (int i = 0; i < 100; i++) for (int j = 0; j < 384; j++) {
            if (i % 4 == 1) y[i][j] = x[i][j] + 0.3 * y[i][j]; // near-copies
            if (i % 4 == 2) x[i][j] = Math.exp(1.5 * x[i][j]) * (j % 2 == 0 ? 1 : -1); // heavy tails
            if (i % 4 == 3) x[i][j] = 1e-20 * (x[i][j] + 2); // off centre, and tiny
        }
        Arrays.fill(y[99], 0);
        double[][] found = Int8Rows.of(Tensor.of(x)).cosines(Int8Rows.of(Tensor.of(y))).toRows();
        for (int i = 0; i < 100; i++)
            for (int j = 0; j < 100; j++) gap.see("rows " + i + ", " + j, found[i][j], j == 99 ? 0 : new Pair(x[i], y[j]).cosine());
        Evidence.of("pairs", gap.seen(), exactly(10_000));
        Evidence.of("largest error in one byte, d = 384", gap, below(0.01));
        assertThat(Int8Rows.of(Tensor.of(x)).codes().dtype()).isEqualTo(DType.I8);
    }

    @Test void gradientsAreWhatSmallStepsChangeAndZerosHaveNone() {
        var rng = Rng.of(1316);
        for (double scale : new double[] {1, 1e-30, 1e30}) {
            Tensor x = Tensor.randn(rng, DType.F64, 5).mul(scale).compute().requiresGrad(), y = Tensor.randn(rng, DType.F64, 5).compute();
            Similarity.cosine(x, y).backward();
            for (int i = 0; i < 5; i++) {
                double[] up = x.detach().toDoubleArray(), down = up.clone();
                up[i] += 1e-6 * scale;
                down[i] -= 1e-6 * scale;
                double slope = (Similarity.cosine(Tensor.of(up), y).item() - Similarity.cosine(Tensor.of(down), y).item()) / 2e-6;
                assertThat(x.grad().item(i) * scale).isCloseTo(slope, within(1e-8));
            }
        }
        var zero = Tensor.zeros(DType.F64, 3).copy().requiresGrad();
        var other = Tensor.of(1.0, 2, 3);
        Similarity.cosine(zero, other).add(Similarity.euclidean(zero, zero.detach())).backward();
        assertThat(zero.grad().toDoubleArray()).containsOnly(0);
        assertThat(Similarity.angle(zero.detach(), other).item()).isCloseTo(Math.PI / 2, within(1e-15));
    }

    @Test void distancesOfOtherKinds() {
        Tensor a = Tensor.of(true, true, false, false), b = Tensor.of(true, false, true, false),
                none = Tensor.of(false, false, false, false);
        assertThat(Similarity.jaccard(a, b).item()).isCloseTo(1.0 / 3, within(1e-15));
        assertThat(Similarity.jaccard(none, none).item()).isOne();
        assertThat(Similarity.jaccard(none, a).item()).isZero();
        assertThat(Similarity.hamming(a, b).item()).isEqualTo(0.5);
        assertThat(Similarity.hamming(Tensor.of(1, 2, 3, 4), Tensor.of(1, 2, 0, 4)).item()).isEqualTo(0.25);
        assertThat(Similarity.euclidean(Tensor.of(0.0, 3), Tensor.of(4.0, 0)).item()).isEqualTo(5);
        assertThat(Similarity.dot(Tensor.of(1.0, 2), Tensor.of(3.0, 4)).item()).isEqualTo(11);
        assertThatThrownBy(() -> Similarity.cosine(Tensor.of(1.0, 2), Tensor.of(1.0))).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> Similarity.cosines(Tensor.zeros(2, 3), Tensor.zeros(2, 4))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(m, d) and (n, d)");
    }
}
