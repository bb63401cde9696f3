package lyceum.labs.stats;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.prob.Autoregressive;
import lyceum.prob.Categorical;
import lyceum.prob.LinearAutoregression;

/** What comes next, and so the whole: a tree of conditionals, samples from left to right, and Yule's straight-line kind. */
@Lab(topics = "autoregression", title = "One step at a time")
final class AutoregressionLab implements LabBody {
    private static final String SYMBOLS = "abc";

    @Override public void run(LabContext lab) {
        int length = lab.param("length", 3, 1, 4);
        double stays = lab.param("chance to repeat", 0.6, 0.0, 1.0), tires = lab.param("less for each repetition", 0.25, 0.0, 0.5);
        double phi1 = lab.param("phi 1", 1.3, -1.9, 1.9), phi2 = lab.param("phi 2", -0.6, -0.95, 0.95);
        int points = lab.param("points", 200, 20, 2_000);

        // Repeats itself, and tires of it: the chance depends on the whole run so far.
        Autoregressive model = past -> {
            if (past.length == 0) return new Categorical(1, 1, 1);
            int last = (int) past[past.length - 1], run = 1;
            while (run < past.length && past[past.length - 1 - run] == last) run++;
            double repeat = Math.max(0, stays - tires * (run - 1));
            var p = new double[] {(1 - repeat) / 2, (1 - repeat) / 2, (1 - repeat) / 2};
            p[last] = repeat;
            return new Categorical(p);
        };
        var nodes = new ArrayList<Node>(List.of(new Node("", "start", "length 0")));
        var edges = new ArrayList<Edge>();
        double sum = grow(model, Math.min(length, 3), nodes, edges, new double[0]);
        lab.figure(Figure.tree("Every sequence of length " + Math.min(length, 3), nodes, edges)
                .describedAs("Each edge is a conditional probability, each leaf the product along its path; the leaves sum to one."));
        lab.shows("sum over all leaves less 1", Math.abs(sum - 1), below(1e-9));

        var rng = lab.rng(1);
        var grid = new double[12][40];
        for (var row : grid) System.arraycopy(model.sample(rng, 40), 0, row, 0, 40);
        lab.figure(Figure.heatmap("Twelve samples, arriving from left to right", grid, Figure.numbered(1, 12), Figure.numbered(1, 40))
                .measuring("symbol: a 0, b 1, c 2").axes("step", "sample")
                .describedAs("Runs of one symbol that end sooner the more the model tires of them."));

        double[] past = new double[2];
        var ar = new LinearAutoregression(0, new double[] {phi1, phi2}, 1);
        double[] series = ar.sample(rng, points, past);
        var fit = LinearAutoregression.fit(series, 2);
        double[] forecast = fit.forecast(series, 30), ahead = new double[30];
        for (int h = 0; h < 30; h++) ahead[h] = points + h;
        int shown = Math.min(points, 120);
        double[] steps = new double[shown];
        for (int t = 0; t < shown; t++) steps[t] = points - shown + t;
        if (ar.isStationary()) lab.figure(Figure.plot("AR(2): a pendulum pelted with peas")
                .line("series", steps, Arrays.copyOfRange(series, points - shown, points)).line("forecast", ahead, forecast).dashed()
                .axes("step", "x").describedAs("Swings kept going by shocks; the forecast swings on and dies away to the mean."));
        else lab.say("With phi %.2f and %.2f a root lies inside the unit circle: the series runs away, and no picture holds it.", phi1,
                phi2);
        lab.table("Fitted by least squares", List.of("", "constant", "phi 1", "phi 2", "deviation"),
                List.of(List.of("true", 0, phi1, phi2, 1),
                        List.of("fit", fit.constant(), fit.coefficients()[0], fit.coefficients()[1], fit.deviation())));
        if (ar.isStationary() && points >= 100)
            lab.shows("gap of phi 1 in units of 1 / sqrt(points)", Math.abs(fit.coefficients()[0] - phi1) * Math.sqrt(points), below(5));
    }

    private static double grow(Autoregressive model, int length, List<Node> nodes, List<Edge> edges, double[] past) {
        if (past.length == length) return Math.exp(model.logDensity(past));
        var next = model.next(past);
        double sum = 0;
        for (int s = 0; s < 3; s++) {
            if (next.density(s) == 0) continue;
            var grown = Arrays.copyOf(past, past.length + 1);
            grown[past.length] = s;
            String word = word(grown);
            nodes.add(new Node(word, grown.length < length ? word : "%s %.3f".formatted(word, Math.exp(model.logDensity(grown))),
                    "length " + grown.length));
            edges.add(new Edge(word(past), word, "%.2f".formatted(next.density(s))));
            sum += grow(model, length, nodes, edges, grown);
        }
        return sum;
    }

    private static String word(double[] sequence) {
        var word = new StringBuilder();
        for (double s : sequence) word.append(SYMBOLS.charAt((int) s));
        return word.toString();
    }
}
