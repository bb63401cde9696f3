package lyceum.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import lyceum.linalg.ConjugateGradient;
import lyceum.linalg.LinearMap;
import lyceum.linalg.Preconditioner;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class NonlinearConjugateGradientTest {

    /** With exact searches beta of Polak and Ribière is that of the linear method, so the points agree. */
    @Test void onAQuadraticItsPointsAreThoseOfTheLinearMethod() {
        var f = TestProblems.Quadratic.of(new double[] {1, 2, 3.5, 6, 11, 20}, new double[] {1, -2, 3, 0.5, -1, 4}, Rng.of(3));
        var points = new ArrayList<double[]>();
        var b = Tensor.of(f.hessian()).matmul(Tensor.of(f.center()));
        new ConjugateGradient().solve(LinearMap.of(Tensor.of(f.hessian())), b, Preconditioner.none(), null,
                (k, x, r) -> points.add(x.clone()));
        for (int k = 0; k < 6; k++) {
            var found = new NonlinearConjugateGradient().withLineSearch(new LineSearch.Exact()).withMaxIterations(k).minimize(f,
                    new double[6]);
            assertThat(found.iterations()).isEqualTo(k);
            assertThat(found.x()).containsExactly(points.get(k), within(1e-7));
        }
    }

    @Test void findsTheMinimumOfRosenbrockInNoMoreStepsThanScipy() {
        for (int n : new int[] {2, 50}) {
            var start = new double[n];
            for (int i = 0; i < n; i++) start[i] = i % 2 == 0 ? -1.2 : 1;
            var found = new NonlinearConjugateGradient().minimize(LbfgsTest::rosenbrock, start);
            assertThat(found.stop()).as("%s", found).isEqualTo(StopReason.GRADIENT);
            assertThat(found.iterations()).isLessThanOrEqualTo(n == 2 ? 37 : 790); // SciPy 1.15, method CG, gtol 1e-8
            if (n == 2) assertThat(found.x()).containsExactly(new double[] {1, 1}, within(1e-7));
        }
    }

    @Test void saysWhyItStopped() {
        double[] start = {-1.2, 1};
        assertThat(new NonlinearConjugateGradient().withMaxIterations(3).minimize(LbfgsTest::rosenbrock, start).stop())
                .isEqualTo(StopReason.ITERATIONS);
        assertThat(new NonlinearConjugateGradient().withMaxEvaluations(5).minimize(LbfgsTest::rosenbrock, start).stop())
                .isEqualTo(StopReason.EVALUATIONS);
        assertThat(new NonlinearConjugateGradient().minimize(LbfgsTest::rosenbrock, new double[] {Double.NaN, 1}).stop())
                .isEqualTo(StopReason.NOT_FINITE);
        Objective wrongSign = (x, g) -> {
            double value = LbfgsTest.rosenbrock(x, g);
            for (int i = 0; i < g.length; i++) g[i] = -g[i];
            return value;
        };
        assertThat(new NonlinearConjugateGradient().minimize(wrongSign, start).stop()).isEqualTo(StopReason.LINE_SEARCH);
    }
}
