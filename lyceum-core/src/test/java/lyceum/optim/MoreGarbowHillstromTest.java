package lyceum.optim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class MoreGarbowHillstromTest {
    private static final Golden GOLDEN = Golden.load("golden/more-garbow-hillstrom.json");

    /** What SciPy calls BFGS, L-BFGS-B, CG and trust-exact. */
    private static Map<String, BiFunction<SecondOrderObjective, double[], Minimum>> solvers() {
        var solvers = new LinkedHashMap<String, BiFunction<SecondOrderObjective, double[], Minimum>>();
        solvers.put("bfgs", (f, x) -> new Bfgs().withGradientTolerance(1e-9).minimize(f, x));
        solvers.put("lbfgs",
                (f, x) -> new Lbfgs().withGradientTolerance(1e-9).withMaxIterations(20_000).withMaxEvaluations(40_000).minimize(f, x));
        solvers.put("cg", (f, x) -> new NonlinearConjugateGradient().withGradientTolerance(1e-9).withMaxIterations(20_000).minimize(f, x));
        solvers.put("trust", (f, x) -> new Newton().withMethod(Newton.Method.TRUST_REGION).withMaxIterations(5_000)
                .withGradientTolerance(1e-9).minimize(f, x));
        return solvers;
    }

    /** Ends above SciPy's: none is at a minimum, for the way there leads elsewhere. */
    private static final Set<String> ELSEWHERE = Set.of("meyer by cg", // conjugate gradients stall in its valley, theirs at 13,554 and ours at 21,851; the minimum is 87.9
            "biggs by trust"); // two of its exponents grow without end in a valley that falls to 0.24268

    @Test void theProblemsAreThoseOfTheReference() {
        var gap = Gap.relative();
        for (var problem : MoreGarbowHillstrom.all()) {
            var c = GOLDEN.named(problem.name());
            assertThat(problem.start()).as(problem.name()).containsExactly(c.doubles("input.x0"));
            gap.see(problem.name(), Objective.of(problem.sumOfSquares()).at(problem.start(), new double[problem.start().length]),
                    c.number("expected.start"));
        }
        assertThat(gap.seen()).isEqualTo(35);
        assertThat(gap.worst()).as("%s", gap).isLessThan(1e-11);
    }

    @Test void solversEndNoHigherThanScipys() {
        var higher = new ArrayList<String>();
        int ran = 0;
        for (var problem : MoreGarbowHillstrom.all()) {
            var f = SecondOrderObjective.of(problem.sumOfSquares());
            var c = GOLDEN.named(problem.name());
            for (var solver : solvers().entrySet()) {
                double theirs = c.number("expected." + solver.getKey());
                var ours = solver.getValue().apply(f, problem.start());
                double slack = 1e-6 * theirs + 1e-9;
                var name = problem.name() + " by " + solver.getKey();
                if (ours.value() > theirs + slack) {
                    if (!ELSEWHERE.contains(name)) higher.add(name + ": " + ours.value() + ", SciPy's " + theirs + "; " + ours.stop());
                }
                ran++;
            }
        }
        assertThat(higher).isEmpty();
        assertThat(ran).isEqualTo(4 * 35);
    }
}
