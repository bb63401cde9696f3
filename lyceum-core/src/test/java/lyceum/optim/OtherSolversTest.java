package lyceum.optim;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.optim.KktTest.Random;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Recipe;
import org.hipparchus.optim.linear.LinearConstraint;
import org.hipparchus.optim.linear.LinearConstraintSet;
import org.hipparchus.optim.linear.LinearObjectiveFunction;
import org.hipparchus.optim.linear.NonNegativeConstraint;
import org.hipparchus.optim.linear.Relationship;
import org.hipparchus.optim.linear.SimplexSolver;
import org.hipparchus.optim.nonlinear.scalar.GoalType;
import org.junit.jupiter.api.Test;
import org.ojalgo.optimisation.ExpressionsBasedModel;

/** Programs by two solvers of others: Hipparchus' simplex method and ojAlgo's linear and active-set ones. */
class OtherSolversTest {
    /** A linear program whose dual is feasible: prices are drawn, and the objective is what they balance. */
    private static QuadraticProgram linear(int seed) {
        var drawn = Random.draw(seed).program();
        var r = new Recipe(9600 + seed);
        var q = new double[drawn.q().length];
        for (var row : drawn.g()) Vectors.addScaled(q, -r.uniform(), row);
        for (var row : drawn.a()) Vectors.addScaled(q, r.bells(1)[0], row);
        return QuadraticProgram.linear(q).withEqualities(drawn.a(), drawn.b()).withInequalities(drawn.g(), drawn.h());
    }

    private static double byHipparchus(QuadraticProgram p) {
        var constraints = new ArrayList<LinearConstraint>();
        for (int i = 0; i < p.h().length; i++) constraints.add(new LinearConstraint(p.g()[i], Relationship.LEQ, p.h()[i]));
        for (int i = 0; i < p.b().length; i++) constraints.add(new LinearConstraint(p.a()[i], Relationship.EQ, p.b()[i]));
        return new SimplexSolver().optimize(new LinearObjectiveFunction(p.q(), 0), new LinearConstraintSet(constraints), GoalType.MINIMIZE,
                new NonNegativeConstraint(false)).getValue();
    }

    /** The best point. */
    private static double[] byOjAlgo(QuadraticProgram p) {
        int n = p.q().length;
        var model = new ExpressionsBasedModel();
        for (int i = 0; i < n; i++) model.newVariable("x" + i).weight(p.q()[i]);
        for (int r = 0; r < p.h().length; r++) {
            var row = model.newExpression("G" + r).upper(p.h()[r]);
            for (int i = 0; i < n; i++) row.set(i, p.g()[r][i]);
        }
        for (int r = 0; r < p.b().length; r++) {
            var row = model.newExpression("A" + r).level(p.b()[r]);
            for (int i = 0; i < n; i++) row.set(i, p.a()[r][i]);
        }
        if (Arrays.stream(p.p()).flatMapToDouble(Arrays::stream).anyMatch(v -> v != 0)) {
            var square = model.newExpression("P").weight(0.5);
            for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) square.set(i, j, p.p()[i][j]);
        }
        var result = model.minimise();
        assertThat(result.getState().isOptimal()).isTrue();
        var x = new double[n];
        for (int i = 0; i < n; i++) x[i] = result.doubleValue(i);
        return x;
    }

    @Test void linearProgramsEndWhereTheirsDo() {
        Gap hipparchus = Gap.relativeBeyondOne(), ojAlgo = Gap.relativeBeyondOne();
        for (int seed = 0; seed < 60; seed++) {
            var p = linear(seed);
            var ours = new InteriorPoint().minimize(p);
            assertThat(ours.converged()).as("program %d: %s", seed, ours).isTrue();
            hipparchus.see("program " + seed, ours.value(), byHipparchus(p));
            ojAlgo.see("program " + seed, ours.value(), p.value(byOjAlgo(p)));
        }
        Evidence.of("linear programs", hipparchus.seen(), exactly(60));
        Evidence.of("least values beside Hipparchus'", hipparchus, below(1e-7));
        Evidence.of("least values beside ojAlgo's", ojAlgo, below(1e-7));
    }

    @Test void quadraticProgramsEndWhereOjAlgosDo() {
        Gap value = Gap.relativeBeyondOne(), point = Gap.relativeBeyondOne();
        for (int seed = 0; seed < 60; seed++) {
            var p = Random.draw(seed).program();
            var ours = new InteriorPoint().minimize(p);
            double[] theirs = byOjAlgo(p);
            value.see("program " + seed, ours.value(), p.value(theirs));
            point.see("program " + seed, ours.x(), theirs);
        }
        Evidence.of("least values beside ojAlgo's", value, below(1e-7));
        Evidence.of("where they lie", point, below(1e-4));
    }
}
