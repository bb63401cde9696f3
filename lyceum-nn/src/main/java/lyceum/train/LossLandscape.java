package lyceum.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Parallel;
import lyceum.linalg.Svd;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Cuts through a loss: values of {@code f(w + a d + b e)} on lines and planes through a model's weights w.
 *
 * {@snippet :
 * var landscape = new LossLandscape<>(model, m -> Loss.crossEntropy(m.forward(x), y).item());
 * Tensor d = landscape.filterNormalised(Rng.of(1)), e = landscape.filterNormalised(Rng.of(2));
 * landscape.surface(d, e, LossLandscape.ticks(1, 25), LossLandscape.ticks(1, 25), Progress.SILENT).figure("A random plane");
 * var plane = landscape.plane(path);                            // principal components of a trajectory
 * }
 *
 * <p>The value may be a loss, an accuracy, whatever a model at other weights has; it is computed without recording, points in parallel, in the order
 * of the grid's rows whatever the number of threads. Running statistics of batch norm belong to the centre; {@link #refreshing} collects them anew at
 * each point. The centre is the model as it was given; nothing is changed.
 *
 * @param <M> the model
 * @see <a href="https://arxiv.org/abs/1712.09913">Li, Xu, Taylor, Studer and Goldstein (2018)</a>
 * @see <a href="https://arxiv.org/abs/1412.6544">Goodfellow, Vinyals and Saxe (2015), for lines</a>
 */
public final class LossLandscape<M extends Module> {
    private final M model;
    private final ToDoubleFunction<M> value;
    private final ParameterSpace space;
    private final Tensor centre;
    private final List<Tensor> batches;

    /** Running statistics stay as they are. */
    public LossLandscape(M model, ToDoubleFunction<M> value) { this(model, value, List.of()); }

    private LossLandscape(M model, ToDoubleFunction<M> value, List<Tensor> batches) {
        this.model = Objects.requireNonNull(model, "model");
        this.value = Objects.requireNonNull(value, "value");
        this.batches = List.copyOf(batches);
        space = ParameterSpace.of(model);
        centre = space.values(model);
    }

    /** The same, with running statistics of normalisation collected from these inputs at each point. */
    public LossLandscape<M> refreshing(List<Tensor> batches) { return new LossLandscape<>(model, value, batches); }

    /** The weights in the middle: (n). */
    public Tensor centre() { return centre; }

    public ParameterSpace space() { return space; }

    /** The value at any point of the space. */
    public double at(Tensor point) {
        try (var scope = Scope.open("landscape point")) {
            return Autograd.noGrad(() -> {
                var there = space.at(model, point.compute());
                if (!batches.isEmpty()) {
                    there = Module.copy(there);
                    NormStatistics.refresh(there, batches);
                }
                return value.applyAsDouble(there);
            });
        }
    }

    /** Values at {@code w + t d}. */
    public double[] line(Tensor d, double... ts) { return values(ts.length, i -> centre.add(d.mul(ts[i])), Progress.SILENT); }

    /** Values at {@code (1 - t) w + t end}: from one solution to another and beyond. */
    public double[] towards(Tensor end, double... ts) {
        return values(ts.length, i -> centre.mul(1 - ts[i]).add(end.mul(ts[i])), Progress.SILENT);
    }

    /** Values on the grid of all a of {@code as} and b of {@code bs}. @throws lyceum.progress.CancelledException if progress says so */
    public Surface surface(Tensor d, Tensor e, double[] as, double[] bs, Progress progress) {
        var flat = values(as.length * bs.length, i -> centre.add(d.mul(as[i % as.length])).add(e.mul(bs[i / as.length])), progress);
        var rows = new double[bs.length][as.length];
        for (int i = 0; i < flat.length; i++) rows[i / as.length][i % as.length] = flat[i];
        return new Surface(as.clone(), bs.clone(), rows);
    }

    private interface Points {
        Tensor at(int i);
    }

    private double[] values(int n, Points points, Progress progress) {
        var values = new double[n];
        var done = new AtomicInteger();
        Parallel.range(n, 1, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                int place = i;
                values[i] = Autograd.noGrad(() -> at(points.at(place)));
                progress.step("loss landscape", done.incrementAndGet(), n);
            }
        });
        return values;
    }

    /** A standard normal direction, scaled to the length of the weights. */
    public Tensor random(Rng rng) {
        var d = Tensor.randn(rng, space.dtype(), space.size());
        return d.mul(centre.norm().item() / d.norm().item()).compute();
    }

    /** A normal direction, {@linkplain #filterNormalise filter-normalised}. */
    public Tensor filterNormalised(Rng rng) { return filterNormalise(Tensor.randn(rng, space.dtype(), space.size()).compute()); }

    /**
     * Scales each filter of a direction (a row of a parameter of two axes or more: what makes one output unit) to the length of the filter that it
     * moves. Parameters of one axis, biases and scales of norms, are not moved, as in the paper.
     */
    public Tensor filterNormalise(Tensor direction) {
        var own = space.split(centre);
        var scaled = new LinkedHashMap<String, Tensor>();
        space.split(direction).forEach((name, d) -> {
            if (d.rank() < 2) {
                scaled.put(name, d.zerosLike());
                return;
            }
            Tensor rows = d.reshape(d.size(0), -1), filters = own.get(name).reshape(d.size(0), -1);
            var size = rows.square().sum(1, true).sqrt();
            scaled.put(name, rows.div(size.eq(0).where(size.onesLike(), size)).mul(filters.square().sum(1, true).sqrt()));
        });
        return space.join(scaled).compute();
    }

    /** The k directions of largest curvature of a loss, of unit length. */
    public List<Tensor> sharpest(int k, ModelLoss<M> loss, Rng rng) {
        var vectors = new SharpnessAnalyzer<>(model, loss).top(k, rng).vectors();
        return IntStream.range(0, k).mapToObj(i -> vectors.select(1, i).to(space.dtype()).compute()).toList();
    }

    /**
     * The plane through the centre that holds most of a trajectory: the first two principal components of its offsets from the centre.
     *
     * @param path at least two points, such as {@link ParameterSpace#values} after each epoch
     */
    public Plane plane(List<Tensor> path) {
        if (path.size() < 2) throw new ShapeException("LossLandscape.plane: " + path.size() + " points; a path has at least two");
        var offsets = Autograd.noGrad(() -> Tensor.stack(0, path.toArray(Tensor[]::new)).sub(centre).to(DType.F64).compute());
        var svd = Svd.of(offsets);
        double[] s = svd.s().toDoubleArray();
        var eigenvalues = new double[s.length];
        for (int i = 0; i < s.length; i++) eigenvalues[i] = s[i] * s[i] / path.size();
        var axes = svd.v().narrow(1, 0, 2).compute();
        return new Plane(axes.select(1, 0).to(space.dtype()).compute(), axes.select(1, 1).to(space.dtype()).compute(),
                Tensor.of(eigenvalues), offsets.matmul(axes).compute());
    }

    /** Evenly spaced numbers from -reach to reach with 0 exactly in their middle. @param n odd, at least 3 */
    public static double[] ticks(double reach, int n) {
        if (n < 3 || n % 2 == 0) throw new IllegalArgumentException("LossLandscape.ticks: n is " + n + "; it is odd and at least 3");
        var ticks = new double[n];
        for (int i = 0; i < n; i++) ticks[i] = reach * (2.0 * i - (n - 1)) / (n - 1);
        return ticks;
    }

    /**
     * A plane along a trajectory.
     *
     * @param first unit direction of most variance
     * @param second of the next
     * @param eigenvalues mean squared offset from the centre along each principal component, descending
     * @param path (points, 2): the trajectory in the plane, as it is drawn
     */
    public record Plane(Tensor first, Tensor second, Tensor eigenvalues, Tensor path) {

        /** The share of the trajectory's mean squared offset that lies in the plane. */
        public double share() {
            double[] e = eigenvalues.toDoubleArray();
            double sum = 0;
            for (double v : e) sum += v;
            return sum == 0 ? 1 : (e[0] + e[1]) / sum;
        }
    }

    /**
     * Values on a grid.
     *
     * @param as coordinates along the first direction
     * @param bs along the second
     * @param values a row for each b
     */
    public record Surface(double[] as, double[] bs, double[][] values) {

        /** Contours. */
        public Plot figure(String title) {
            return Figure.contour(title, as, bs, values).axes("along the first direction", "along the second");
        }

        /** Contours with a trajectory over them. */
        public Plot figure(String title, Tensor path) { return figure(title).line("path", path.select(1, 0), path.select(1, 1)); }
    }
}
