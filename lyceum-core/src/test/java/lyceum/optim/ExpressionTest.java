package lyceum.optim;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;

import java.util.Arrays;
import java.util.EnumSet;
import lyceum.optim.Atom.Curvature;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ExpressionTest {
    private static final int N = 2;

    private static Expression draw(Rng rng, int depth) {
        if (depth == 0) return rng.nextDouble() < 0.3 ? Expression.variable(rng.nextInt(N))
                : Expression.affine(new double[] {rng.nextGaussian(), rng.nextGaussian()}, rng.nextGaussian());
        var a = draw(rng, rng.nextInt(depth));
        var atoms = Atom.values();
        return switch (rng.nextInt(14)) {
            case 0, 1 -> a.plus(draw(rng, rng.nextInt(depth)));
            case 2 -> a.times(rng.nextGaussian());
            case 3 -> a.max(draw(rng, rng.nextInt(depth)));
            case 4 -> Expression.norm(a, draw(rng, rng.nextInt(depth)));
            case 5 -> a.times(draw(rng, rng.nextInt(depth)));
            default -> new Expression.Apply(atoms[rng.nextInt(atoms.length)], a);
        };
    }

    /** Which atoms are applied to what is not affine. */
    private static void composed(Expression f, double[] low, double[] high, EnumSet<Atom> seen) {
        switch (f) {
            case Expression.Sum(var a, var b) -> {
                composed(a, low, high, seen);
                composed(b, low, high, seen);
            }
            case Expression.Product(var a, var b) -> {
                composed(a, low, high, seen);
                composed(b, low, high, seen);
            }
            case Expression.Max(var a, var b) -> {
                composed(a, low, high, seen);
                composed(b, low, high, seen);
            }
            case Expression.Norm(var parts) -> parts.forEach(p -> composed(p, low, high, seen));
            case Expression.Apply(var atom, var argument) -> {
                if (argument.curvature(low, high) != Curvature.AFFINE) seen.add(atom);
                composed(argument, low, high, seen);
            }
            default -> {}
        }
    }

    private static double[] within(double[] low, double[] high, Rng rng) {
        var x = new double[N];
        for (int i = 0; i < N; i++) x[i] = low[i] + (high[i] - low[i]) * rng.nextDouble();
        return x;
    }

    /** The rules beside chords, on formulas that nobody chose: whatever they prove convex (or concave, upside down) has no chord below. */
    @Test
    @Acceptance(topic = "convex-function", clause = 1)
    @Acceptance(topic = "convex-optimization", clause = 4) void noRandomFormulaIsCertifiedWrongly() {
        var rng = Rng.of(52);
        int[] certified = new int[2];
        var seen = EnumSet.noneOf(Atom.class);
        double worst = 0;
        String where = "";
        for (int formula = 0; formula < 30_000; formula++) {
            var f = draw(rng, 1 + formula % 4);
            double[] low = new double[N], high = new double[N];
            for (int i = 0; i < N; i++) {
                low[i] = rng.nextGaussian();
                high[i] = low[i] + 2 * rng.nextDouble();
            }
            var curvature = f.curvature(low, high);
            if (curvature != Curvature.CONVEX && curvature != Curvature.CONCAVE) continue;
            double sign = curvature == Curvature.CONVEX ? 1 : -1;
            int chords = 0;
            for (int chord = 0; chord < 60; chord++) {
                double[] x = within(low, high, rng), y = within(low, high, rng), middle = new double[N];
                for (int i = 0; i < N; i++) middle[i] = (x[i] + y[i]) / 2;
                double fx = sign * f.at(x), fy = sign * f.at(y), fm = sign * f.at(middle);
                if (!Double.isFinite(fx) || !Double.isFinite(fy)) continue; // outside the domain
                double dip = (fm - fx / 2 - fy / 2) / (1 + Math.abs(fx) + Math.abs(fy));
                if (!(dip <= worst)) {
                    worst = dip;
                    where = f + " over " + Arrays.toString(low) + " to " + Arrays.toString(high);
                }
                chords++;
            }
            if (chords == 0) continue;
            certified[sign > 0 ? 0 : 1]++;
            composed(f, low, high, seen);
        }
        Evidence.of("random formulas certified convex", certified[0], atLeast(3_000));
        Evidence.of("concave", certified[1], atLeast(1_000));
        Evidence.of("atoms composed with what is not affine", seen.size(), atLeast(Atom.values().length - 1)); // no rule is for sin
        Evidence.of("deepest dip of a chord below the graph, over the values", worst, atMost(1e-10));
    }
}
