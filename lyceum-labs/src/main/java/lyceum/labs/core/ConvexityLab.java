package lyceum.labs.core;

import static lyceum.labs.Bounds.atMost;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.optim.Convexity;
import lyceum.optim.Convexity.Verdict;
import lyceum.optim.Expression;
import lyceum.plot.Figure;

/** A string between two points of a graph, drag its ends; and the largest convex function that fits underneath. */
@Lab(topics = "convex-function", title = "A string across the valley")
final class ConvexityLab implements LabBody {
    private static final int SAMPLES = 401;

    @Override public void run(LabContext lab) {
        Expression x = Expression.variable(0);
        Map<String, Expression> functions = new LinkedHashMap<>();
        functions.put("double well (x^2-1)^2", x.square().minus(1).square());
        functions.put("x^2 + sin 3x", x.square().plus(x.times(3).sin()));
        functions.put("x^4 - 2x^2 + x/4", x.square().square().minus(x.square().times(2)).plus(x.times(0.25)));
        functions.put("1 - exp(-x^2)", x.square().times(-1).exp().times(-1).plus(1));
        functions.put("exp x - x", x.exp().minus(x));
        functions.put("sqrt(1 + x^2)", x.square().plus(1).sqrt());
        var name = lab.choice("function", "double well (x^2-1)^2", functions.keySet().toArray(String[]::new));
        double left = lab.param("left", -1, -2.0, 2.0), right = lab.param("right", 1.2, -2.0, 2.0);
        int starts = lab.param("starts", 100, 2, 500);
        var f = functions.get(name);

        double[] grid = IntStream.range(0, SAMPLES).mapToDouble(i -> -2 + 4.0 * i / (SAMPLES - 1)).toArray();
        double[] values = Arrays.stream(grid).map(f::at).toArray(), envelope = Convexity.biconjugate(grid, values);
        double[] floor = new double[SAMPLES];
        Arrays.fill(floor, Math.min(0, Arrays.stream(values).min().orElseThrow()) - 0.3);
        double a = Math.min(left, right), b = Math.max(left, right), dip = 0, over = 0;
        for (int i = 0; i <= 100; i++) {
            double t = i / 100.0;
            dip = Math.max(dip, f.at(t * a + (1 - t) * b) - t * f.at(a) - (1 - t) * f.at(b));
        }
        for (int i = 0; i < SAMPLES; i++) over = Math.max(over, envelope[i] - values[i]);
        var minima = Convexity.minima(f, IntStream.range(0, starts).mapToObj(i -> new double[] {-2 + 4 * lab.rng(i).nextDouble()}).toList(),
                1e-3);
        lab.figure(Figure.plot(name).band("below the envelope f**", grid, floor, envelope).line("f", grid, values)
                .line("envelope f**", grid, envelope).dashed().line("chord", new double[] {a, b}, new double[] {f.at(a), f.at(b)})
                .points("where descent ends", minima.stream().mapToDouble(m -> m.x()[0]).toArray(),
                        minima.stream().mapToDouble(m -> m.value()).toArray())
                .axes("x", "f(x)").describedAs(
                        "Where the chord dips below the graph f is not convex. The envelope bridges every such dip, and it is what conjugating twice gives."));

        var judged = Convexity.judge(f, new double[] {-2}, new double[] {2}, lab.rng(1_000));
        lab.say("Your chord dips %.4f below the graph. Verdict on [-2, 2]: %s%s", dip, judged.verdict(),
                judged.chord() == null ? "." : "; the " + judged.chord() + ", proved in decimals.");
        double[] slopes = IntStream.rangeClosed(-40, 40).mapToDouble(i -> i / 10.0).toArray();
        lab.figure(Figure.plot("Its conjugate").line("f*", slopes, Convexity.conjugate(grid, values, slopes))
                .axes("slope s", "f*(s) = max s x - f(x)")
                .describedAs("The conjugate is convex whatever f was; it has a kink at the slope of each straight piece of the envelope."));
        lab.table("Where " + starts + " descents end", List.of("x", "f(x)"),
                minima.stream().map(m -> List.of(m.x()[0], m.value())).toList());
        lab.shows("f** exceeds f by at most", over, atMost(1e-9));
        lab.shows("a convex function is never refuted, nor another certified", judged.verdict() == (name.equals("exp x - x")
                ? Verdict.CERTIFIED : name.startsWith("sqrt") ? Verdict.SUPPORTED : Verdict.REFUTED));
    }
}
