package lyceum.models.threed;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.optim.Adam;
import lyceum.optim.Optimizer;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * How {@link GaussianSplatting} learns from pictures: a step of Adam a view, growing and thinning now and then, for which it has a loop of its own: the parameters change
 * their number.
 *
 * @param start how many Gaussians there are at first
 * @param extent half the side of the cube in which they lie
 * @param degree of the harmonics, 0 to 3
 * @param steps each on one view
 * @param every steps between two growths; 0 for none
 * @param until the last step after which they grow
 * @param slope above which a Gaussian grows: of the mean length of the gradient with respect to the projected mean, in units of the picture's half width
 * @param most Gaussians, beyond which none grow
 * @param rate of places, in units of the extent; scales, rotations, opacities and colours have 5, 1, 25 and 10 times 1e-3 times {@code pace}
 * @param pace multiplies those
 */
@Withers
public record SplatFit(int start, double extent, int degree, int steps, int every, int until, double slope, int most, double rate,
        double pace) implements SplatFitWithers {

    /** Scene, and how many Gaussians there were after each step. */
    public record Fitted(GaussianSplatting splats, int[] sizes, double[] losses) {}

    public SplatFit {
        if (start < 1 || !(extent > 0) || degree < 0 || degree > 3 || steps < 1 || every < 0 || most < start || !(rate > 0 && pace > 0))
            throw new IllegalArgumentException("SplatFit: " + start + " Gaussians in " + extent + ", degree " + degree + ", " + steps
                    + " steps, growth every " + every + ", at most " + most + ", rate " + rate + ", pace " + pace);
    }

    /** 200 Gaussians in a cube of half side 1, degree 1, 300 steps, growth every 50 up to 200, at most 1,000. */
    public SplatFit() { this(200, 1, 1, 300, 50, 200, 2e-4, 1000, 5e-3, 2); }

    /** @throws CancelledException if progress says so */
    public Fitted fit(List<PosedView> views, Rng rng, Progress progress) {
        if (views.isEmpty()) throw new IllegalArgumentException("SplatFit.fit: there are no views");
        var splats = GaussianSplatting.random(start, extent, degree, DType.F32, rng.split(1));
        var optimizer = optimizer(splats);
        double[] slopes = new double[splats.size()], losses = new double[steps];
        int[] sizes = new int[steps], order = null;
        int seen = 0;
        for (int step = 0; step < steps; step++) {
            if (progress.isCancelled()) throw new CancelledException("splats");
            if (step % views.size() == 0) order = rng.permutation(views.size());
            losses[step] = step(splats, optimizer, views.get(order[step % views.size()]), slopes);
            optimizer.scaleRates(Math.pow(0.1, 1.0 / steps));
            seen++;
            if (every > 0 && (step + 1) % every == 0 && step < until) {
                for (int i = 0; i < slopes.length; i++) slopes[i] /= seen;
                double limit = splats.size() >= most ? Double.POSITIVE_INFINITY : slope;
                splats = splats.densified(slopes, limit, 0.1 * extent, 0.02, rng.split(step + 2));
                optimizer = optimizer(splats);
                optimizer.scaleRates(Math.pow(0.1, (step + 1.0) / steps));
                slopes = new double[splats.size()];
                seen = 0;
            }
            sizes[step] = splats.size();
            progress.report(new Progress.Update("splats", step + 1, steps, "", Map.of("loss", losses[step])));
        }
        return new Fitted(splats, sizes, losses);
    }

    private static double step(GaussianSplatting splats, Optimizer optimizer, PosedView view, double[] slopes) {
        try (var scope = Scope.open("splat step")) {
            var camera = view.camera();
            var projected = splats.project(camera, GaussianSplatting.LOW_PASS);
            var loss = GaussianSplatting.render(projected, camera, null).colour().sub(view.pixels().to(DType.F32)).square().mean();
            var wanted = new ArrayList<>(splats.parameters().values());
            wanted.add(projected.mean());
            var gradients = Autograd.gradients(loss, wanted.toArray(Tensor[]::new), false);
            double[][] means = gradients[gradients.length - 1].toRows();
            for (int i = 0; i < slopes.length; i++) slopes[i] += Math.hypot(means[i][0], means[i][1]) * camera.width() / 2;
            optimizer.step(Arrays.copyOf(gradients, gradients.length - 1));
            return loss.item();
        }
    }

    private Optimizer optimizer(GaussianSplatting splats) {
        var rates = Map.of("xyz", rate * extent, "scaling", 5e-3 * pace, "rotation", 1e-3 * pace, "opacity", 25e-3 * pace, "features",
                10e-3 * pace);
        var groups = new ArrayList<Optimizer.Group>();
        splats.parameters().forEach((name, tensor) -> {
            SequencedMap<String, Tensor> one = new LinkedHashMap<>(Map.of(name, tensor));
            groups.add(new Optimizer.Group(new Adam(rates.get(name)), one));
        });
        return new Optimizer(groups);
    }
}
