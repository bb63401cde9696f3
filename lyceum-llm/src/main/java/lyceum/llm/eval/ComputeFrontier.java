package lyceum.llm.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import lyceum.linalg.LeastSquares;
import lyceum.tensor.Tensor;

/**
 * The best size for each budget as runs show it, without a law of loss, and the line through these: {@code N = k C^e}.
 *
 * {@snippet :
 * var frontier = ComputeFrontier.isoFlop(runs, 10);
 * double parameters = frontier.parameters(1e24), exponent = frontier.exponent();
 * }
 *
 * @param optima of budgets, the least budget first
 * @param coefficient k
 * @param exponent e
 * @see <a href="https://arxiv.org/abs/2203.15556">Hoffmann et al. (2022), sections 3.1 and 3.2</a>
 */
public record ComputeFrontier(List<Optimum> optima, double coefficient, double exponent) {
    private static final double SAME = 0.02; // budgets of whole steps are never quite equal

    /** The best size at a budget. @param flops C @param parameters N @param loss there */
    public record Optimum(double flops, double parameters, double loss) {
        public double tokens() { return flops / (ScalingLaw.FLOPS * parameters); }
    }

    public ComputeFrontier { optima = List.copyOf(optima); }

    /** k C^e. */
    public double parameters(double flops) { return coefficient * Math.pow(flops, exponent); }

    /**
     * The lowest points of parabolas in log N, one through the losses of each budget. Budgets within 2% are one.
     *
     * @param width runs of up to so many times more or fewer parameters than the best run are read; a valley is no parabola far from its bottom
     * @throws IllegalArgumentException if a budget has fewer than three such runs or no lowest point, or if there are fewer than two budgets
     */
    public static ComputeFrontier isoFlop(List<ScalingRun> runs, double width) {
        if (!(width > 1)) throw new IllegalArgumentException("ComputeFrontier.isoFlop: a width of " + width + "; above 1");
        var budgets = new TreeMap<Double, List<ScalingRun>>();
        for (var run : runs) {
            var near = budgets.floorKey(run.flops() * (1 + SAME));
            boolean same = near != null && near >= run.flops() * (1 - SAME);
            budgets.computeIfAbsent(same ? near : run.flops(), _ -> new ArrayList<>()).add(run);
        }
        var optima = new ArrayList<Optimum>();
        budgets.forEach((flops, all) -> {
            double best = all.stream().min(Comparator.comparingDouble(ScalingRun::loss)).orElseThrow().parameters();
            optima.add(
                    lowest(flops, best, all.stream().filter(r -> Math.abs(Math.log(r.parameters() / best)) <= Math.log(width)).toList()));
        });
        return through(optima);
    }

    private static Optimum lowest(double flops, double best, List<ScalingRun> runs) {
        if (runs.stream().mapToDouble(ScalingRun::parameters).distinct().count() < 3) throw new IllegalArgumentException("ComputeFrontier: "
                + runs.size() + " runs about " + best + " parameters at " + flops + " operations; a parabola takes at least 3 sizes");
        var rows = new double[runs.size()][];
        var losses = new double[rows.length];
        for (int i = 0; i < rows.length; i++) {
            double x = Math.log(runs.get(i).parameters() / best);
            rows[i] = new double[] {1, x, x * x};
            losses[i] = runs.get(i).loss();
        }
        double[] c = LeastSquares.solve(Tensor.of(rows), Tensor.of(losses)).coefficients().toDoubleArray();
        if (!(c[2] > 0)) throw new IllegalArgumentException(
                "ComputeFrontier: the losses at " + flops + " operations have no lowest point; add smaller and larger models");
        double x = -c[1] / (2 * c[2]);
        return new Optimum(flops, best * Math.exp(x), c[0] + c[1] * x / 2);
    }

    /**
     * The envelope of training curves: at each budget the size whose curve is lowest then. A curve is given by points of one size in any order, the loss between
     * them by straight lines over log D; it is asked for nothing beyond its ends.
     *
     * @param points of curves, one for each size
     * @param budgets operations at which the curves are compared
     * @throws IllegalArgumentException if fewer than two budgets lie within the curves
     */
    public static ComputeFrontier envelope(List<ScalingRun> points, double... budgets) {
        var curves = new TreeMap<Double, List<ScalingRun>>();
        for (var p : points) curves.computeIfAbsent(p.parameters(), _ -> new ArrayList<>()).add(p);
        for (var curve : curves.values()) curve.sort(Comparator.comparingDouble(ScalingRun::tokens));
        var optima = new ArrayList<Optimum>();
        for (double flops : budgets)
            curves.entrySet().stream()
                    .map(e -> new Optimum(flops, e.getKey(), lossAt(e.getValue(), flops / (ScalingLaw.FLOPS * e.getKey()))))
                    .filter(o -> o.loss() == o.loss()).min(Comparator.comparingDouble(Optimum::loss)).ifPresent(optima::add);
        return through(optima);
    }

    private static double lossAt(List<ScalingRun> curve, double tokens) {
        for (int i = 1; i < curve.size(); i++) {
            ScalingRun a = curve.get(i - 1), b = curve.get(i);
            if (tokens >= a.tokens() && tokens <= b.tokens()) {
                double share = Math.log(tokens / a.tokens()) / Math.log(b.tokens() / a.tokens());
                return a.loss() + share * (b.loss() - a.loss());
            }
        }
        return Double.NaN;
    }

    private static ComputeFrontier through(List<Optimum> optima) {
        if (optima.stream().mapToDouble(Optimum::flops).distinct().count() < 2)
            throw new IllegalArgumentException("ComputeFrontier: " + optima.size() + " budgets with a best size; a line takes at least 2");
        double[] x = optima.stream().mapToDouble(o -> Math.log(o.flops)).toArray(),
                y = optima.stream().mapToDouble(o -> Math.log(o.parameters)).toArray();
        double exponent = LeastSquares.slope(x, y),
                middle = Arrays.stream(y).average().orElseThrow() - exponent * Arrays.stream(x).average().orElseThrow();
        return new ComputeFrontier(optima.stream().sorted(Comparator.comparingDouble(Optimum::flops)).toList(), Math.exp(middle), exponent);
    }
}
