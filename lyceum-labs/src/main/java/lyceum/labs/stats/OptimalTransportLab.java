package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.info.Divergences;
import lyceum.info.OptimalTransport;
import lyceum.info.Sinkhorn;
import lyceum.info.TransportPlan;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.prob.Uniform;

/** Two pictures as heaps of sand: who goes where, exactly and with entropy. */
@Lab(topics = "optimal-transport", title = "Moving one picture into another")
final class OptimalTransportLab implements LabBody {
    private static final int SIZE = 12, FRAMES = 8;

    @Override public void run(LabContext lab) {
        String from = lab.choice("from", "ring", "ring", "bar", "two dots", "cross"),
                to = lab.choice("to", "two dots", "ring", "bar", "two dots", "cross");
        double epsilon = lab.param("epsilon over the mean cost", 0.05, 0.01, 1.0);
        double[][] x = picture(from), y = picture(to), cost = OptimalTransport.costs(x, y, 2);
        double[] a = even(x.length), b = even(y.length);
        var exact = OptimalTransport.plan(cost, a, b);
        double mean = Arrays.stream(cost).flatMapToDouble(Arrays::stream).average().orElseThrow();
        var sinkhorn = new Sinkhorn(epsilon * mean).withTolerance(1e-7).withMaxIterations(2_000);
        var soft = sinkhorn.plan(cost, a, b);

        var frames = new ArrayList<Plot>();
        var names = new ArrayList<String>();
        for (int f = 0; f <= FRAMES; f++) {
            double t = (double) f / FRAMES;
            frames.add(Figure.heatmap("On the way", blend(exact, x, y, t)).axes("column", "row").measuring("mass"));
            names.add("%.0f%%".formatted(100 * t));
        }
        lab.figure(Figure.frames("Every grain on its straight line", "way gone", frames).labelled(names.toArray(String[]::new)).describedAs(
                "Each grain walks straight to its target of the exact plan: in between there is a picture, not two that fade."));
        lab.figure(Figure
                .row("Who sends what to whom", Figure.heatmap("exact plan", exact.mass()).axes("target", "source").measuring("mass"),
                        Figure.heatmap("with entropy", soft.mass()).axes("target", "source").measuring("mass"))
                .describedAs("The exact plan has few entries, a spanning tree at most; entropy smears it, the more the larger epsilon."));
        lab.table("What it costs", List.of("plan", "cost", "dual", "largest marginal error"),
                List.of(List.of("exact", exact.cost(), exact.dual(), exact.marginalError(a, b)),
                        List.of("Sinkhorn", soft.cost(), soft.dual(), soft.marginalError(a, b)),
                        List.of("keep a b'", Arrays.stream(cost).flatMapToDouble(Arrays::stream).sum() / x.length / y.length, 0.0, 0.0)));
        lab.say("W2 = %.4f pixels; sliced over 50 lines %.4f; the debiased Sinkhorn divergence is %.4f.", Math.sqrt(exact.cost()),
                OptimalTransport.sliced(x, y, 2, 50, lab.rng(1)), sinkhorn.divergence(x, y, 2));
        lab.shows("duality gap of the exact plan", Math.abs(exact.gap()), below(1e-8));
        lab.shows("exact cost less the entropic plan's", exact.cost() - soft.cost(), atMost(1e-3));

        double[] shifts = new double[31], distance = new double[31], divergence = new double[31];
        var sand = new double[40];
        for (int i = 0; i < 40; i++) sand[i] = (i + 0.5) / 40;
        for (int k = 0; k < shifts.length; k++) {
            double s = shifts[k] = k / 10.0;
            distance[k] = OptimalTransport.wasserstein(sand, Arrays.stream(sand).map(v -> v + s).toArray(), 1);
            divergence[k] = Math.min(4, Divergences.kl(new Uniform(0, 1), new Uniform(s, s + 1)));
        }
        lab.figure(Figure.line("A heap and its shifted copy", shifts, distance).named("W1")
                .line("KL, infinity drawn at 4", shifts, divergence).axes("shift", "distance")
                .describedAs("Wasserstein's distance is the shift; KL is infinite from the first hair on and tells nothing more."));
    }

    private static double[] even(int n) {
        var weights = new double[n];
        Arrays.fill(weights, 1.0 / n);
        return weights;
    }

    /** The row and column of every dark cell. */
    private static double[][] picture(String name) {
        var cells = new ArrayList<double[]>();
        double middle = (SIZE - 1) / 2.0;
        for (int r = 0; r < SIZE; r++) for (int c = 0; c < SIZE; c++) {
            double radius = Math.hypot(r - middle, c - middle), corner = Math.min(Math.hypot(r - 2, c - 2), Math.hypot(r - 9, c - 9));
            boolean dark = switch (name) {
                case "ring" -> radius > 3.2 && radius < 5.2;
                case "bar" -> c >= 5 && c <= 6;
                case "cross" -> Math.abs(r - c) <= 1 || Math.abs(r + c - SIZE + 1) <= 1;
                default -> corner < 2.3;
            };
            if (dark) cells.add(new double[] {r, c});
        }
        return cells.toArray(double[][]::new);
    }

    /** Where the mass is after a share t of the way, in the nearest cells. */
    private static double[][] blend(TransportPlan plan, double[][] x, double[][] y, double t) {
        var image = new double[SIZE][SIZE];
        for (int i = 0; i < x.length; i++) for (int j = 0; j < y.length; j++) {
            if (plan.mass()[i][j] == 0) continue;
            double row = (1 - t) * x[i][0] + t * y[j][0], column = (1 - t) * x[i][1] + t * y[j][1];
            image[(int) Math.round(row)][(int) Math.round(column)] += plan.mass()[i][j];
        }
        return image;
    }
}
