package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class RankTest {
    private record Planted(Tensor a, int rank) {
        static Planted of(Rng rng) {
            int m = 1 + rng.nextInt(25), n = 1 + rng.nextInt(25), r = rng.nextInt(Math.min(m, n) + 1);
            // Orthonormal columns on both sides of values between 1 and 100: nothing near the tolerance but what is planted there.
            Tensor left = Qr.of(gaussian(rng, m, r)).q(), right = Qr.of(gaussian(rng, n, r)).q(),
                    s = Tensor.rand(rng, DType.F64, r).mul(99).add(1);
            return new Planted(left.mul(s.unsqueeze(0)).matmul(right.transpose()).compute(), r);
        }
    }

    @Test
    @Acceptance(topic = "rank-nullity", clause = 1) void plantedRanksAreFoundAndTheKernelHasTheRest() {
        var rng = Rng.of(501);
        int matrices = 0, bySvd = 0, byQr = 0, theorem = 0, f32 = 0;
        double filled = 0;
        for (; matrices < 500; matrices++) {
            var p = Planted.of(rng);
            int n = (int) p.a.size(1);
            if (Rank.of(p.a).rank() == p.rank) bySvd++;
            if (Rank.byQr(p.a).rank() == p.rank) byQr++;
            if (Rank.of(p.a.to(DType.F32)).rank() == p.rank) f32++;
            var spaces = FundamentalSubspaces.of(p.a);
            if (Rank.of(p.a).rank() + spaces.kernel().size(1) == n && Rank.of(p.a).nullity() == spaces.nullity()) theorem++;
            // The kernel is whole: with the row space it fills R^n.
            filled = Math.max(filled, orthonormality(Tensor.concat(1, spaces.rowSpace(), spaces.kernel())));
            assertThat(spaces.rowSpace().size(1)).isEqualTo(p.rank);
        }
        Evidence.of("matrices", matrices, exactly(500));
        Evidence.of("ranks by singular values that differ", 500 - bySvd, exactly(0));
        Evidence.of("ranks by pivoted QR that differ", 500 - byQr, exactly(0));
        Evidence.of("ranks in F32 that differ", 500 - f32, exactly(0));
        Evidence.of("matrices whose rank and kernel vectors are not n together", 500 - theorem, exactly(0));
        Evidence.of("row space and kernel together, from orthonormal", filled, atMost(1e-12));
    }

    @Test
    @Acceptance(topic = "rank-nullity", clause = 2) void basesAreOrthonormalAndTheKernelsVanish() {
        var rng = Rng.of(502);
        double kernel = 0, orthonormal = 0, inside = 0;
        int vectors = 0;
        for (int draw = 0; draw < 500; draw++) {
            var p = Planted.of(rng);
            var s = FundamentalSubspaces.of(p.a);
            kernel = Math.max(kernel, Math.max(norm(p.a.matmul(s.kernel())), norm(p.a.transpose().matmul(s.leftKernel()))));
            orthonormal = Math.max(orthonormal, Math.max(orthonormality(Tensor.concat(1, s.rowSpace(), s.kernel())),
                    orthonormality(Tensor.concat(1, s.image(), s.leftKernel()))));
            // Images lie in the image: nothing is left of A x beside it.
            var y = p.a.matmul(gaussian(rng, (int) p.a.size(1), 2));
            inside = Math.max(inside, norm(y.sub(s.image().matmul(s.image().transpose().matmul(y)))));
            vectors += s.nullity();
            assertThat(s.leftKernel().size(1)).isEqualTo(p.a.size(0) - p.rank);
        }
        Evidence.of("|A N| and |A' L|, with |A| up to 100", kernel, atMost(1e-10));
        Evidence.of("bases from orthonormal, across subspaces too", orthonormal, atMost(1e-12));
        Evidence.of("part of A x outside the image", inside, atMost(1e-10));
        Evidence.that("kernels were not idle: " + vectors + " vectors", vectors > 1_000);
    }

    @Test
    @Acceptance(topic = "rank-nullity", clause = 3) void transposeAndGramMatrixHaveTheSameRank() {
        var rng = Rng.of(503);
        int differ = 0;
        for (int draw = 0; draw < 300; draw++) {
            var p = Planted.of(rng);
            var t = p.a.transpose();
            for (var b : new Tensor[] {p.a, t, t.matmul(p.a), p.a.matmul(t)}) if (Rank.of(b).rank() != p.rank) differ++;
        }
        Evidence.of("ranks of A, A', A'A and AA' that are not the planted one, of 1200", differ, exactly(0));
    }

    @Test
    @Acceptance(topic = "rank-nullity", clause = 4) void exactAndNumericRankAgreeButForHilbert() {
        var rng = Rng.of(504);
        int differ = 0, wrong = 0, matrices = 0, largest = 0;
        for (; matrices < 200; matrices++) {
            int m = 1 + rng.nextInt(40), n = 1 + rng.nextInt(40), r = rng.nextInt(Math.min(m, n) + 1);
            if (matrices < 2) m = n = 40;
            var a = new long[m][n];
            // Products of small whole numbers; dense ones, where the rank is full unless chance says otherwise; and sparse ones, in which pivots hide.
            long[][] left = whole(rng, m, r), right = whole(rng, r, n);
            if (matrices % 4 < 2)
                for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) for (int k = 0; k < r; k++) a[i][j] += left[i][k] * right[k][j];
            else a = whole(rng, m, n);
            if (matrices % 4 == 3) for (var row : a) for (int j = 0; j < n; j++) if (rng.nextDouble() < 0.85) row[j] = 0;
            int exact = Rank.exact(ExactMatrix.of(a)).rank();
            var floats = new double[m][n];
            for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) floats[i][j] = a[i][j];
            if (Rank.of(tensor(floats)).rank() != exact) differ++;
            if (exact != modular(a)) wrong++;
            largest = Math.max(largest, Math.min(m, n));
        }
        Evidence.of("matrices", matrices, exactly(200));
        Evidence.of("largest size", largest, exactly(40));
        Evidence.of("exact ranks that the numeric one does not share", differ, exactly(0));
        Evidence.of("exact ranks other than modulo a large prime", wrong, exactly(0));

        long[][] ones = new long[12][12], places = new long[12][12];
        var hilbert = new double[12][12];
        for (int i = 0; i < 12; i++) for (int j = 0; j < 12; j++) {
            ones[i][j] = 1;
            places[i][j] = i + j + 1;
            hilbert[i][j] = 1.0 / places[i][j];
        }
        Evidence.of("exact rank of the 12 x 12 Hilbert matrix", Rank.exact(ExactMatrix.ofFractions(ones, places)).rank(), exactly(12));
        Evidence.of("its numeric rank", Rank.of(tensor(hilbert)).rank(), exactly(11));
        assertThat(Rank.of(tensor(hilbert)).isFull()).isFalse();
        assertThat(ExactMatrix.of(tensor(hilbert)).rank()).isEqualTo(12);
    }

    private static long[][] whole(Rng rng, int m, int n) {
        var a = new long[m][n];
        for (var row : a) for (int j = 0; j < n; j++) row[j] = rng.nextInt(7) - 3;
        return a;
    }

    /** Rank modulo 2^31 - 1 by plain elimination: below the true one only by the rarest chance. */
    private static int modular(long[][] rows) {
        long prime = Integer.MAX_VALUE;
        int m = rows.length, n = rows[0].length, rank = 0;
        var a = new long[m][n];
        for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) a[i][j] = Math.floorMod(rows[i][j], prime);
        for (int c = 0; c < n && rank < m; c++) {
            int row = rank;
            while (row < m && a[row][c] == 0) row++;
            if (row == m) continue;
            var pivot = a[row];
            a[row] = a[rank];
            a[rank++] = pivot;
            long inverse = BigInteger.valueOf(pivot[c]).modInverse(BigInteger.valueOf(prime)).longValue();
            for (int i = rank; i < m; i++) {
                long factor = a[i][c] * inverse % prime;
                for (int j = 0; j < n; j++) a[i][j] = Math.floorMod(a[i][j] - factor * pivot[j] % prime, prime);
            }
        }
        return rank;
    }

    @Test
    @Acceptance(topic = "rank-nullity", clause = 5) void aLowRankUpdateNeverExceedsItsRank() {
        var rng = Rng.of(505);
        int over = 0, reached = 0, products = 0;
        for (int draw = 0; draw < 100; draw++) {
            int m = 8 + rng.nextInt(25), n = 8 + rng.nextInt(25), r = 1 + rng.nextInt(7);
            // Start and training as LoRA's: B = 0, A random, both moved by gradients towards a target of full rank.
            Tensor b = Tensor.zeros(DType.F64, m, r), a = gaussian(rng, r, n), target = gaussian(rng, m, n);
            for (int step = 0; step < 30; step++, products++) {
                var update = b.matmul(a).compute();
                int rank = Rank.of(update).rank();
                if (rank > r) over++;
                if (rank == r) reached++;
                var gradient = update.sub(target);
                Tensor nextB = b.sub(gradient.matmul(a.transpose()).mul(0.01)).compute();
                a = a.sub(b.transpose().matmul(gradient).mul(0.01)).compute();
                b = nextB;
            }
            long[][] left = whole(rng, m, r), right = whole(rng, r, n), whole = new long[m][n];
            for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) for (int k = 0; k < r; k++) whole[i][j] += left[i][k] * right[k][j];
            if (Rank.exact(ExactMatrix.of(whole)).rank() > r) over++;
        }
        Evidence.of("products B A over 100 trainings", products, exactly(3_000));
        Evidence.of("ranks above the inner size, exact ones too", over, exactly(0));
        Evidence.that("the bound is tight: reached by " + reached, reached > 2_500);
    }

    @Test void wholeNumbersAndFractionsAreExact() {
        var a = ExactMatrix.of(new long[][] {{1, 2, 3}, {2, 4, 6}});
        assertThat(a.kernel()).isDeepEqualTo(new BigInteger[][] {{BigInteger.valueOf(-2), BigInteger.ONE, BigInteger.ZERO},
                {BigInteger.valueOf(-3), BigInteger.ZERO, BigInteger.ONE}});
        assertThat(ExactMatrix.of(Tensor.of(new double[][] {{0.1, 0.3}, {1, 3}})).rank()).as("0.1 * 3 is not the double 0.3").isEqualTo(2);
        assertThat(ExactMatrix.of(Tensor.of(new double[][] {{0.5, 0.25}, {1e-300, 4e-301}})).rank()).isEqualTo(2);
        assertThat(ExactMatrix.of(new long[][] {{-2, 4}}).kernel()).as("lowest terms, the free entry above 0")
                .isDeepEqualTo(new BigInteger[][] {{BigInteger.TWO, BigInteger.ONE}});
        assertThat(ExactMatrix.of(new long[0][]).rank()).isZero();
        assertThat(ExactMatrix.of(new long[][] {{0, 0}}).kernel()).hasDimensions(2, 2);
        assertThatThrownBy(() -> ExactMatrix.ofFractions(new long[][] {{1}}, new long[][] {{0}}))
                .hasMessageContaining("denominator in row 0 is 0");
        assertThatThrownBy(() -> Rank.of(Tensor.of(new double[][] {{1}}), 2)).hasMessageContaining("rcond is 2");
        assertThatThrownBy(() -> Rank.byQr(Tensor.of(1.0, 2))).hasMessageContaining("qr: shape (2,) is not a matrix");
    }
}
