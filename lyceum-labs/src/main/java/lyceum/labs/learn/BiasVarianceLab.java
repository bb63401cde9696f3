package lyceum.labs.learn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.between;
import static lyceum.labs.Bounds.equalTo;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.selection.BiasVariance;
import lyceum.learn.selection.NoisyTarget;
import lyceum.linalg.ChebyshevBasis;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.Pipeline;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;

/** Polynomials of growing degree on noisy sines: bias falls, variance grows by a fixed amount a degree, and the sum is least in between. */
@Lab(topics = "bias-variance", title = "Too stiff, too nervous, and the place between")
final class BiasVarianceLab implements LabBody {
    private static final int CURVES = 50;

    /** Chebyshev polynomials of a number in [0, 1], without the constant. */
    private record Chebyshev(int degree) implements Transformer, FittedTransformer {
        @Override public Chebyshev fit(Tensor x, Tensor y, Tensor weights) { return this; }

        @Override public int nFeatures() { return 1; }

        @Override public int nOutputs() { return degree; }

        @Override public Tensor transform(Tensor x) { return ChebyshevBasis.of(x.reshape(-1), 0, 1, degree).narrow(1, 1, degree); }
    }

    private static Regressor polynomial(int degree) { return Pipeline.of(new Chebyshev(degree)).then(new LinearRegression()); }

    @Override public void run(LabContext lab) {
        int rows = lab.param("rows", 30, 15, 200), highest = lab.param("highest degree", 10, 5, 12),
                redraws = 2 * lab.param("pairs of redraws", 150, 50, 2000);
        double noise = lab.param("noise", 0.3, 0.05, 1.0);
        var x = Tensor.linspace(0, 1, rows).to(DType.F64).reshape(-1, 1);
        var world = NoisyTarget.fixed(x, z -> z.select(1, 0).mul(2 * Math.PI).sin(), noise);
        var degrees = IntStream.rangeClosed(1, highest).toArray();

        var sweep = new BiasVariance(redraws, lab.seed()).withAntitheticNoise().sweep(BiasVarianceLab::polynomial, degrees, world, x);
        lab.figure(sweep.figure("Error of polynomials on new observations", "degree"));
        lab.figure(curves(lab, world, x, degrees));
        var table = new ArrayList<List<Object>>();
        var rise = new Worst();
        double ratio = 0, sum = 0, last = Double.POSITIVE_INFINITY;
        for (int d = 0; d < highest; d++) {
            var parts = sweep.decompositions().get(d);
            double known = (d + 2) * noise * noise / rows;
            table.add(List.of(d + 1, parts.meanBiasSquared(), parts.meanVariance(), known, parts.expectedError(), parts.meanTestError()));
            ratio += parts.meanVariance() / known / highest;
            sum += parts.expectedError() / parts.meanTestError() / highest;
            rise.see(parts.meanBiasSquared() - last);
            last = parts.meanBiasSquared();
        }
        lab.table("The parts by degree",
                List.of("degree", "bias squared", "variance", "(d + 1) sigma^2 / n", "sum with the noise", "measured error"), table);
        int best = degrees[sweep.best()];
        lab.say("Degree 1 is too stiff to follow the sine, degree %d follows the noise. The sum is least at degree %d; each further degree costs sigma^2 / n = %.4f of variance.",
                highest, best, noise * noise / rows);
        lab.shows("mean over degrees of variance / ((d + 1) sigma^2 / n)", ratio, equalTo(1, 0.15));
        lab.shows("largest rise of bias squared with the degree", rise.value(), atMost(1e-12));
        lab.shows("mean over degrees of the three terms' sum over the measured error", sum, equalTo(1, 0.05));
        lab.shows("degree of the least sum", best, between(2, highest - 1));
    }

    /** Fifty fits of each degree, their target and their mean. */
    private static Figure curves(LabContext lab, NoisyTarget world, Tensor x, int[] degrees) {
        var grid = Tensor.linspace(0, 1, 41).reshape(-1, 1);
        // all curves in one layer, with gaps between them
        Tensor gap = Tensor.full(DType.F64, Double.NaN, CURVES, 1), xs = Tensor.concat(1, grid.reshape(1, -1).expand(CURVES, -1), gap);
        var frames = new ArrayList<Plot>();
        for (int degree : degrees) {
            var curves = new Tensor[CURVES];
            for (int c = 0; c < CURVES; c++) {
                var noisy = world.target().apply(x).add(Tensor.randn(lab.rng(c), DType.F64, x.size(0)).mul(world.noise()));
                curves[c] = polynomial(degree).fit(x, noisy).predict(grid);
            }
            var fits = Tensor.stack(0, curves);
            frames.add(Figure.plot("Degree " + degree).line("fits", xs, Tensor.concat(1, fits.mul(100).round().div(100), gap))
                    .line("target", grid, world.target().apply(grid)).line("mean of the fits", grid, fits.mean(0)).dashed().axes("x", "y")
                    .limitY(-2, 2));
        }
        return Figure.frames("Fifty training sets, fifty curves", "degree", frames).labelled(Figure.numbered(1, degrees.length))
                .describedAs(
                        "Stiff fits agree with each other and miss the target together; flexible ones scatter around it, most of all at the ends.");
    }
}
