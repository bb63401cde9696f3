package lyceum.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import lyceum.optim.Admm;
import lyceum.optim.GradientDescent;
import lyceum.optim.InteriorPoint;
import lyceum.optim.Lbfgs;
import lyceum.optim.Minimum;
import lyceum.optim.NonlinearConjugateGradient;
import lyceum.optim.Objective;
import lyceum.optim.ProximalSet;
import lyceum.optim.QuadraticProgram;
import lyceum.progress.Progress;
import org.junit.jupiter.api.Test;

class ProgressTraceTest {
    private static final Objective BOWL = (x, g) -> {
        g[0] = 2 * x[0];
        g[1] = 20 * x[1];
        return x[0] * x[0] + 10 * x[1] * x[1];
    };
    private static final double[] START = {3, 1};

    private interface Solver {
        Minimum run(Progress progress);
    }

    @Test void everySolversTraceIsAFigure() {
        for (Solver solver : new Solver[] {p -> new Lbfgs().minimize(BOWL, START, p),
                p -> GradientDescent.constant(0.05).minimize(BOWL, START, p),
                p -> new NonlinearConjugateGradient().minimize(BOWL, START, p)}) {
            var trace = new ProgressTrace();
            var minimum = solver.run(trace);
            double[] values = trace.values("value");
            assertThat(values).hasSize(minimum.iterations());
            assertThat(values[values.length - 1]).isEqualTo(minimum.value());
            assertThat(trace.steps("value")[0]).isEqualTo(1);
            assertThat(trace.figure().table().rows()).hasSize(minimum.iterations());
            var above = trace.above("value", -1);
            assertThat(above.y().scale()).isEqualTo(Axis.Scale.LOG);
            assertThat(above.description()).contains("above -1.0");
        }
    }

    @Test void solversUnderConstraintsHaveTracesToo() {
        var program = QuadraticProgram.of(new double[][] {{2, 0}, {0, 1}}, new double[] {-2, -3}).withInequalities(new double[][] {{1, 1}},
                new double[] {1});
        var trace = new ProgressTrace();
        var optimum = new InteriorPoint().minimize(program, trace);
        assertThat(trace.values("residual")).hasSize(optimum.iterations() + 1);
        assertThat(trace.above("residual", 0).title()).contains("interior point");
        var other = new ProgressTrace();
        var found = new Admm().minimize(program.p(), program.q(),
                List.of(new Admm.Block(new double[][] {{1, 1}}, new double[1], new ProximalSet.Box(Double.NEGATIVE_INFINITY, 1))), other);
        assertThat(other.values("residual")).hasSize(found.iterations());
        assertThat(found.value()).isCloseTo(optimum.value(), within(1e-7));
    }

    @Test void severalNumbersStandSideBySide() {
        var trace = new ProgressTrace();
        for (int i = 1; i <= 200; i++)
            trace.step("training", i, 200, i % 10 == 0 ? Map.of("loss", 1.0 / i, "rate", 0.1) : Map.of("loss", 1.0 / i));
        assertThat(trace.metrics()).contains("loss", "rate");
        assertThat(trace.values("loss")).hasSize(200);
        assertThat(trace.steps("rate")).startsWith(10, 20).hasSize(20);
        assertThat(((Panels) trace.figure()).figures()).hasSize(2);
        assertThat(trace.above("loss", 0.01).table().rows()).hasSize(99); // the last hundred are at most that
    }

    @Test void whatWasNotReportedIsNamed() {
        var trace = new ProgressTrace();
        assertThatThrownBy(trace::figure).hasMessageContaining("no step has reported");
        trace.step("solver", 1, 2, "value", 3);
        assertThatThrownBy(() -> trace.values("gap")).hasMessageContaining("'gap' was not reported; there are [value]");
        assertThatThrownBy(() -> trace.above("value", 3)).hasMessageContaining("no value lay above 3.0");
    }
}
