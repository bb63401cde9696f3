package lyceum.linalg;

import static lyceum.linalg.LinalgInputs.*;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class LinearMapTest {
    @Test void denseFunctionalAndTransposedMapsAgree() {
        var a = gaussian(Rng.of(1), 5, 3);
        var map = LinearMap.of(a);
        var functional = LinearMap.of(5, 3, a::matmul, a.transpose()::matmul);
        assertThat(maxDifference(map.toMatrix(), a)).isZero();
        assertThat(maxDifference(functional.toMatrix(), a)).isZero();
        assertThat(maxDifference(functional.transposed().toMatrix(), a.transpose())).isZero();
        assertThat(maxDifference(map.apply(Tensor.of(1.0, 2, 3)), a.matmul(Tensor.of(1.0, 2, 3)))).isLessThan(1e-14);
        assertThatThrownBy(() -> map.apply(Tensor.of(1.0))).isInstanceOf(ShapeException.class).hasMessageContaining("vector of 3");
        assertThatThrownBy(() -> LinearMap.of(4, 3, a::matmul, a.transpose()::matmul).times(new double[3]))
                .hasMessageContaining("returned 5 numbers");
    }

    @Test
    @Acceptance(topic = "chain-rule", clause = 4) void theCheapestBracketingEqualsBruteForceAndIsReverseForScalarOutputs() {
        var rng = Rng.of(91);
        int differences = 0, notReverse = 0, chains = 0;
        for (int length = 1; length <= 7; length++) {
            for (int trial = 0; trial < 60; trial++, chains++) {
                var sizes = new long[length + 1];
                for (int i = 0; i <= length; i++) sizes[i] = 1 + rng.nextInt(30);
                var chain = LinearMapChain.ofSizes(sizes);
                long best = bruteForce(sizes, 0, length - 1);
                if (chain.cheapest().cost() != best) differences++;
                long reverse = 0, forward = 0;
                for (int i = 1; i < length; i++) {
                    reverse += sizes[length] * sizes[i] * sizes[i - 1];
                    forward += sizes[i + 1] * sizes[i] * sizes[0];
                }
                assertThat(chain.reverse().cost()).isEqualTo(reverse);
                assertThat(chain.forward().cost()).isEqualTo(forward);
                sizes[length] = 1;
                for (int i = 0; i < length; i++) sizes[i]++;
                var scalar = LinearMapChain.ofSizes(sizes);
                if (!scalar.cheapest().text().equals(scalar.reverse().text())) notReverse++;
            }
            // Where all bracketings cost the same, reverse order is taken.
            var level = new long[length + 1];
            Arrays.fill(level, 3);
            assertThat(LinearMapChain.ofSizes(level).cheapest().text()).isEqualTo(LinearMapChain.ofSizes(level).reverse().text());
        }
        Evidence.of("chains", chains, exactly(420));
        Evidence.of("differences from brute force", differences, exactly(0));
        Evidence.of("scalar outputs not in reverse order", notReverse, exactly(0));
    }

    /** Every bracketing, without memory. */
    private static long bruteForce(long[] sizes, int first, int last) {
        if (first == last) return 0;
        long best = Long.MAX_VALUE;
        for (int split = first; split < last; split++) {
            best = Math.min(best, bruteForce(sizes, first, split) + bruteForce(sizes, split + 1, last)
                    + sizes[last + 1] * sizes[split + 1] * sizes[first]);
        }
        return best;
    }

    @Test void bracketsPrintAsProducts() {
        var chain = LinearMapChain.ofSizes(1000, 100, 10, 1);
        assertThat(chain.cheapest().text()).isEqualTo("((J3 J2) J1)");
        assertThat(chain.reverse().cost()).isEqualTo(10 * 100 + 100 * 1000);
        assertThat(chain.forward().text()).isEqualTo("(J3 (J2 J1))");
        assertThat(chain.forward().cost()).isEqualTo(1000 * 100 * 10 + 10 * 1000);
        var maps = List.of(LinearMap.of(Tensor.zeros(DType.F64, 2, 3)), LinearMap.of(Tensor.zeros(DType.F64, 5, 2)));
        assertThat(LinearMapChain.of(maps).cheapest().cost()).isEqualTo(30);
        assertThatThrownBy(() -> LinearMapChain.of(maps.reversed())).isInstanceOf(ShapeException.class)
                .hasMessageContaining("map 0 gives 5 numbers, map 1 takes 3");
    }

    @Test void conjugateGradientSolvesAndAPreconditionerSavesSteps() {
        var rng = Rng.of(3);
        int n = 80;
        var q = Qr.of(gaussian(rng, n, n)).q();
        var a = q.mul(Tensor.linspace(1, 1000, n).unsqueeze(0)).matmul(q.transpose());
        var x = gaussian(rng, n, 1).reshape(n);
        var map = LinearMap.of(a);
        var plain = new ConjugateGradient().solve(map, a.matmul(x));
        assertThat(plain.converged()).isTrue();
        assertThat(maxDifference(plain.x(), x)).isLessThan(1e-7);
        var c = Cholesky.of(a);
        var helped = new ConjugateGradient().solve(map, a.matmul(x), r -> c.solve(Tensor.of(r)).toDoubleArray());
        assertThat(helped.iterations()).isLessThanOrEqualTo(3).isLessThan(plain.iterations());
        var damped = new ConjugateGradient().withDamping(2).solve(map, a.matmul(x).add(x.mul(2)));
        assertThat(maxDifference(damped.x(), x)).isLessThan(1e-7);
        assertThat(new ConjugateGradient().withMaxIterations(2).solve(map, x).converged()).isFalse();
        assertThat(new ConjugateGradient().solve(map, Tensor.zeros(DType.F64, n)).iterations()).isZero();
        assertThatThrownBy(() -> new ConjugateGradient().solve(LinearMap.of(a.neg()), x)).isInstanceOf(NotPositiveDefiniteException.class);
    }
}
