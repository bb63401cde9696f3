package lyceum.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class OdeSolverTest {
    private static final OdeSolver.RightSide CIRCLE = (t, y, dy) -> {
        dy[0] = y[1];
        dy[1] = -y[0];
    };

    @Test void aCircleIsFollowedForthAndBack() {
        for (double tolerance : new double[] {1e-4, 1e-7, 1e-10}) {
            var solver = new OdeSolver(tolerance, tolerance, 100_000);
            double[] end = solver.solve(CIRCLE, new double[] {1, 0}, 0, 20);
            assertThat(end).containsExactly(new double[] {Math.cos(20), -Math.sin(20)}, within(100 * tolerance));
            assertThat(solver.solve(CIRCLE, end, 20, 0)).containsExactly(new double[] {1, 0}, within(200 * tolerance));
        }
    }

    /** A tolerance 10^5 times finer costs about ten times the evaluations: fifth order. */
    @Test void theWorkGrowsWithTheFifthRootOfTheTolerance() {
        int[] calls = new int[2];
        for (int i = 0; i < 2; i++) {
            int which = i;
            new OdeSolver(0, i == 0 ? 1e-5 : 1e-10, 100_000).solve((t, y, dy) -> {
                calls[which]++;
                CIRCLE.at(t, y, dy);
            }, new double[] {1, 0}, 0, 50);
        }
        assertThat((double) calls[1] / calls[0]).isBetween(7.0, 13.0);
    }

    @Test void timeAndSeveralScalesAreSeen() {
        double[] end = new OdeSolver().solve((t, y, dy) -> {
            dy[0] = 2 * t * y[0];
            dy[1] = -50 * y[1];
        }, new double[] {1, 1e-3}, 0, 1.5);
        assertThat(end[0]).isCloseTo(Math.exp(2.25), within(1e-6));
        assertThat(end[1]).isCloseTo(0, within(1e-7));
        assertThat(new OdeSolver().solve(CIRCLE, new double[] {3, 4}, 2, 2)).containsExactly(3, 4);
    }

    @Test void whatCannotBeSolvedSaysWhere() {
        // y' = y^2 from 1 is infinite at t = 1.
        assertThatThrownBy(() -> new OdeSolver().solve((t, y, dy) -> dy[0] = y[0] * y[0], new double[] {1}, 0, 2))
                .isInstanceOf(ArithmeticException.class).hasMessageMatching("(?s)OdeSolver: .*t = (0\\.99|1\\.0).*");
        assertThatThrownBy(() -> new OdeSolver(1e-8, 1e-8, 50).solve(CIRCLE, new double[] {1, 0}, 0, 1e6))
                .hasMessageStartingWith("OdeSolver: 50 steps reach only t = ");
        assertThatThrownBy(() -> new OdeSolver(0, 0, 5)).hasMessageContaining("one is above 0");
        assertThatThrownBy(() -> new OdeSolver().solve(CIRCLE, new double[0], 0, 1)).hasMessage("OdeSolver: the state is empty");
    }
}
