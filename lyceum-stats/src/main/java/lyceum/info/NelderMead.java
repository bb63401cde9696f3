package lyceum.info;

import java.util.Arrays;
import java.util.Comparator;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** Minimisation without gradients in a few variables. */
final class NelderMead {
    private record Corner(double[] at, double value) {}

    private NelderMead() {}

    /** @param onProgress called with the best corner after each improvement */
    static double[] minimise(ToDoubleFunction<double[]> f, double[] start, Consumer<double[]> onProgress) {
        int n = start.length;
        var simplex = new Corner[n + 1];
        for (int i = 0; i <= n; i++) {
            var at = start.clone();
            if (i > 0) at[i - 1] += 0.25 * Math.max(1, Math.abs(at[i - 1]) * 0.1);
            simplex[i] = new Corner(at, f.applyAsDouble(at));
        }
        double best = Double.POSITIVE_INFINITY;
        for (int round = 0; round < 400; round++) {
            Arrays.sort(simplex, Comparator.comparingDouble(Corner::value));
            if (simplex[0].value < best) {
                best = simplex[0].value;
                onProgress.accept(simplex[0].at);
            }
            double size = 0;
            for (int j = 0; j < n; j++) size = Math.max(size, Math.abs(simplex[n].at[j] - simplex[0].at[j]));
            if (size < 1e-7) break;
            var centre = new double[n];
            for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) centre[j] += simplex[i].at[j] / n;
            var reflected = corner(f, centre, simplex[n].at, -1);
            if (reflected.value < simplex[0].value) {
                var expanded = corner(f, centre, simplex[n].at, -2);
                simplex[n] = expanded.value < reflected.value ? expanded : reflected;
            } else if (reflected.value < simplex[n - 1].value) {
                simplex[n] = reflected;
            } else {
                var contracted = corner(f, centre, simplex[n].at, reflected.value < simplex[n].value ? -0.5 : 0.5);
                if (contracted.value < Math.min(reflected.value, simplex[n].value)) simplex[n] = contracted;
                else for (int i = 1; i <= n; i++) simplex[i] = corner(f, simplex[0].at, simplex[i].at, 0.5);
            }
        }
        Arrays.sort(simplex, Comparator.comparingDouble(Corner::value));
        return simplex[0].at;
    }

    /** The point {@code centre + t (worst - centre)}. */
    private static Corner corner(ToDoubleFunction<double[]> f, double[] centre, double[] worst, double t) {
        var at = new double[centre.length];
        for (int j = 0; j < at.length; j++) at[j] = centre[j] + t * (worst[j] - centre[j]);
        return new Corner(at, f.applyAsDouble(at));
    }
}
