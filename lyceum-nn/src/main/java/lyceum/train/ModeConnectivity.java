package lyceum.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.UpdateRule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Paths of low loss between two solutions: how a curve between two models' weights is trained, and what lies on it.
 *
 * {@snippet :
 * var straight = ModeConnectivity.linear(first, second);
 * double wall = ModeConnectivity.barrier(straight.values(21, m -> errorOf(m)));
 * var curve = new ModeConnectivity(ModeConnectivity.Shape.BEZIER, 1, new Adam(1e-2), 600, 128)
 *         .fit(first, second, Loss::crossEntropy, train, Rng.of(1), Progress.SILENT);
 * var nearer = HiddenUnits.matchWeights(first, other, Rng.of(1)).apply(other);
 * }
 *
 * <p>The curve's bends are trained on the loss at uniformly drawn t, one t for each batch; the ends stay what they are, bit for bit.
 *
 * @param shape of the curve
 * @param bends points between the ends, at least 1
 * @param rule of the steps
 * @param steps at least 1
 * @param batchSize rows of each
 * @see <a href="https://arxiv.org/abs/1802.10026">Garipov et al. (2018)</a>
 * @see <a href="https://arxiv.org/abs/1912.05671">Frankle, Dziugaite, Roy and Carbin (2020), for barriers</a>
 */
@Withers
public record ModeConnectivity(Shape shape, int bends, UpdateRule rule, int steps, int batchSize) implements ModeConnectivityWithers {

    /** How points become a curve. */
    public enum Shape {
        /** {@code sum_i binomial(n, i) (1 - t)^(n - i) t^i w_i}. */
        BEZIER,
        /** Straight pieces of equal length in t. */
        POLYGON
    }

    public ModeConnectivity {
        Objects.requireNonNull(shape, "shape");
        Objects.requireNonNull(rule, "rule");
        if (bends < 1 || steps < 1 || batchSize < 1) throw new IllegalArgumentException(
                "ModeConnectivity: " + bends + " bends, " + steps + " steps of " + batchSize + " rows; all are at least 1");
    }

    /** A Bezier curve with one bend, Adam at 0.01, batches of 128. */
    public ModeConnectivity(int steps) { this(Shape.BEZIER, 1, new Adam(1e-2), steps, 128); }

    /**
     * A path through weights.
     *
     * @param model gives the code, and all tensors that are not parameters
     * @param points first end, bends, second end; each (n)
     * @param batches inputs from which running statistics are collected anew at each point that is evaluated; empty to leave them
     */
    public record Curve<M extends Module>(M model, Shape shape, List<Tensor> points, List<Tensor> batches) {
        public Curve {
            points = List.copyOf(points);
            batches = List.copyOf(batches);
            if (points.size() < 2) throw new ShapeException("Curve: " + points.size() + " points; there are two ends");
        }

        /** The same, with statistics of normalisation collected from these inputs wherever it is evaluated. */
        public Curve<M> refreshing(List<Tensor> batches) { return new Curve<>(model, shape, points, batches); }

        /** The weights at t in [0, 1]. */
        public Tensor at(double t) {
            if (!(t >= 0 && t <= 1)) throw new IllegalArgumentException("Curve.at: t is " + t + "; it lies in [0, 1]");
            int n = points.size() - 1;
            if (t == 0 || t == 1) return points.get(t == 0 ? 0 : n);
            if (shape == Shape.POLYGON) {
                int piece = Math.min(n - 1, (int) (t * n));
                return points.get(piece).lerp(points.get(piece + 1), t * n - piece);
            }
            Tensor sum = null;
            double weight = Math.pow(1 - t, n);
            for (int i = 0; i <= n; i++) {
                var term = points.get(i).mul(weight);
                sum = sum == null ? term : sum.add(term);
                weight *= (double) (n - i) / (i + 1) * t / (1 - t);
            }
            return sum;
        }

        /** The model at t, with statistics of normalisation of its own if they are refreshed. */
        public M model(double t) {
            var there = Module.copy(ParameterSpace.of(model).at(model, at(t).detach().compute()));
            if (!batches.isEmpty()) NormStatistics.refresh(there, batches);
            return there;
        }

        /** Values of models at n evenly spaced t from 0 to 1. */
        public double[] values(int n, ToDoubleFunction<M> value) {
            if (n < 2) throw new IllegalArgumentException("Curve.values: n is " + n + "; it is at least 2");
            var values = new double[n];
            for (int i = 0; i < n; i++) {
                try (var scope = Scope.open("curve point")) {
                    double t = i / (n - 1.0);
                    values[i] = Autograd.noGrad(() -> value.applyAsDouble(model(t)));
                }
            }
            return values;
        }

        /** Mean class probabilities of n models evenly spaced along the curve, for rows x: one training, many voices. */
        public Tensor ensemble(int n, Tensor x) {
            if (n < 1) throw new IllegalArgumentException("Curve.ensemble: n is " + n + "; it is at least 1");
            return Autograd.noGrad(() -> {
                Tensor sum = null;
                for (int i = 0; i < n; i++) {
                    var p = model(n == 1 ? 0.5 : i / (n - 1.0)).forward(x).softmax(-1);
                    sum = (sum == null ? p : sum.add(p)).compute();
                }
                return sum.div(n).compute();
            });
        }
    }

    /** The straight line between two models. */
    public static <M extends Module> Curve<M> linear(M first, M second) {
        var space = ParameterSpace.of(first);
        return new Curve<>(first, Shape.BEZIER, List.of(space.values(first), space.values(second)), List.of());
    }

    /** How far values at even steps rise above the straight line between their ends: {@code max_t v(t) - (1 - t) v(0) - t v(1)}, at least 0. */
    public static double barrier(double... values) {
        if (values.length < 2) throw new IllegalArgumentException("barrier: " + values.length + " values; there are two ends");
        int n = values.length - 1;
        double worst = 0;
        for (int i = 0; i <= n; i++) {
            double t = (double) i / n;
            worst = Math.max(worst, values[i] - (1 - t) * values[0] - t * values[n]);
        }
        return worst;
    }

    /** Trains a curve between two models from bends on the straight line. @throws lyceum.progress.CancelledException if progress says so */
    public <M extends Module> Curve<M> fit(M first, M second, Loss loss, Dataset data, Rng rng, Progress progress) {
        var space = ParameterSpace.of(first);
        Tensor start = space.values(first), end = space.values(second);
        var points = new ArrayList<Tensor>();
        var moved = new LinkedHashMap<String, Tensor>();
        points.add(start);
        for (int i = 1; i <= bends; i++) {
            var bend = start.lerp(end, i / (bends + 1.0)).copy().compute().requiresGrad();
            moved.put("bend." + i, bend);
            points.add(bend);
        }
        points.add(end);
        var model = Module.copy(first); // whose running statistics training may move
        var curve = new Curve<>(model, shape, points, List.of());
        var optimizer = rule.over(moved);
        int size = Math.min(batchSize, data.size());
        for (int step = 0; step < steps; step++) {
            try (var scope = Scope.open("curve step")) {
                var batch = data.rows(rng.sample(data.size(), size));
                optimizer.zeroGrad();
                loss.of(space.at(model, curve.at(rng.nextDouble())).forward(batch.x(), Pass.training(rng.split(step))), batch.y())
                        .backward();
                optimizer.step();
            }
            progress.step("mode connectivity", step + 1, steps);
        }
        return new Curve<>(first, shape, points.stream().map(Tensor::detach).toList(), List.of());
    }
}
