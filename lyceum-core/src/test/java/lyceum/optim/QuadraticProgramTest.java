package lyceum.optim;

import static lyceum.optim.KktTest.column;
import static lyceum.optim.KktTest.dot;
import static lyceum.optim.KktTest.identity;
import static lyceum.optim.KktTest.program;
import static lyceum.optim.KktTest.value;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import lyceum.linalg.Qr;
import lyceum.optim.KktTest.Random;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class QuadraticProgramTest {

    @Test
    @Acceptance(topic = "kkt-duality", clause = 1) void residualsAreWhatIsLeftOverAtAnyPoint() {
        Gap quadratic = Gap.relativeBeyondOne(), general = Gap.relativeBeyondOne();
        for (int seed = 0; seed < 100; seed++) {
            var p = Random.draw(seed).program();
            var r = new Recipe(9850 + seed);
            int n = p.q().length, m = p.h().length, k = p.b().length;
            double[] x = r.bells(n), nu = r.bells(k), lambda = r.bells(m), expected = new double[4];
            for (int i = 0; i < n; i++)
                expected[0] = Math.max(expected[0],
                        Math.abs(dot(p.p()[i], x) + p.q()[i] + dot(column(p.a(), i), nu) + dot(column(p.g(), i), lambda)));
            for (int i = 0; i < k; i++) expected[1] = Math.max(expected[1], Math.abs(dot(p.a()[i], x) - p.b()[i]));
            for (int i = 0; i < m; i++) {
                double over = dot(p.g()[i], x) - p.h()[i];
                expected[1] = Math.max(expected[1], over);
                expected[2] = Math.max(expected[2], -lambda[i]);
                expected[3] = Math.max(expected[3], Math.abs(lambda[i] * over));
            }
            quadratic.see("program " + seed, numbers(p.residuals(x, nu, lambda)), expected);
            general.see("program " + seed, numbers(Kkt.residuals(program(p), x, nu, lambda)), expected);
        }
        Evidence.of("residuals compared", quadratic.seen(), exactly(400));
        Evidence.of("those of a quadratic program beside the definition", quadratic, below(1e-12));
        Evidence.of("those of a general one", general, below(1e-12));
    }

    private static double[] numbers(Kkt.Residuals r) {
        return new double[] {r.stationarity(), r.feasibility(), r.sign(), r.complementarity()};
    }

    /**
     * Where P is singular the dual is finite only where {@code q + A'nu + G'lambda = P w}: w and the multipliers are drawn, and q is what
     * they make it. Every fourth point touches a wall that alone has a price, and {@code w = -x}: there is no gap.
     */
    @Test
    @Acceptance(topic = "kkt-duality", clause = 2) void weakDualityHoldsWhereTheObjectiveIsFlat() {
        double over = Double.NEGATIVE_INFINITY, tight = 0;
        var formula = Gap.relativeBeyondOne();
        int pairs = 0, unbounded = 0;
        for (int seed = 0; seed < 100; seed++) {
            var random = Random.draw(seed);
            var r = new Recipe(9800 + seed);
            int n = random.inside().length, k = random.program().b().length, rank = seed % 3 == 0 ? 0 : n / 2;
            double[][] root = r.matrix(rank, n), p = new double[n][n], g = random.program().g(), a = random.program().a();
            for (var row : root) for (int i = 0; i < n; i++) Vectors.addScaled(p[i], row[i], row);
            double[] h = random.program().h(), b = random.program().b();
            var free = k == 0 ? Tensor.of(identity(n)) : Qr.of(Tensor.of(a).transpose()).fullQ().narrow(1, k, n - k);
            for (int pair = 0; pair < 100; pair++) {
                var d = free.matmul(Tensor.of(r.bells(n - k))).toDoubleArray();
                double reach = 10;
                int wall = -1;
                for (int i = 0; i < h.length; i++) {
                    double until = (h[i] - dot(g[i], random.inside())) / dot(g[i], d);
                    if (until > 0 && until < reach) {
                        reach = until;
                        wall = i;
                    }
                }
                boolean touches = pair % 4 == 0 && wall >= 0;
                double t = touches ? reach : reach * r.uniform();
                double[] x = IntStream.range(0, n).mapToDouble(i -> random.inside()[i] + t * d[i]).toArray(), nu = r.bells(k),
                        lambda = r.uniforms(h.length), w = r.bells(n), q = new double[n];
                if (touches) {
                    for (int i = 0; i < lambda.length; i++) if (i != wall) lambda[i] = 0;
                    for (int i = 0; i < n; i++) w[i] = -x[i];
                }
                for (int i = 0; i < n; i++) q[i] = dot(p[i], w) - dot(column(a, i), nu) - dot(column(g, i), lambda);
                var program = QuadraticProgram.of(p, q).withEqualities(a, b).withInequalities(g, h);
                double dual = program.dualValue(nu, lambda), bent = IntStream.range(0, n).mapToDouble(i -> w[i] * dot(p[i], w)).sum();
                formula.see("program " + seed + ", pair " + pair, dual, -bent / 2 - dot(b, nu) - dot(h, lambda));
                over = Math.max(over, dual - value(program, x));
                if (touches) tight = Math.max(tight, value(program, x) - dual);
                // With another price the Lagrangian falls for ever along what P leaves flat.
                lambda[0]++;
                if (program.dualValue(nu, lambda) == Double.NEGATIVE_INFINITY) unbounded++;
                pairs++;
            }
        }
        Evidence.of("pairs of programs with singular P", pairs, exactly(10_000));
        Evidence.of("dual value less the feasible point's, at most", over, atMost(1e-9));
        Evidence.of("gap at the optima among them", tight, below(1e-9));
        Evidence.of("largest gap of the dual function to -w'Pw / 2 - b'nu - h'lambda", formula, below(1e-9));
        Evidence.of("multipliers off the domain, where the dual is not finite", unbounded, exactly(10_000));
    }

    @Test void aProgramThatIsNotConvexIsRefused() {
        var saddle = QuadraticProgram.of(new double[][] {{1, 2}, {2, 1}}, new double[2]);
        assertThatThrownBy(() -> new InteriorPoint().minimize(saddle)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("P is not positive semidefinite");
        double[][] root = {{1, -1}, {-1, 1}};
        assertThat(new InteriorPoint().minimize(QuadraticProgram.of(root, new double[] {1, -1})).value()).isCloseTo(-0.5, within(1e-8));
        // Where P curves down the Lagrangian has no infimum, whatever the multipliers.
        assertThat(saddle.dualValue(new double[0], new double[0])).isEqualTo(Double.NEGATIVE_INFINITY);
    }
}
