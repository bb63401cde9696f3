package lyceum.models.threed;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.models.threed.Camera.Rays;
import lyceum.models.threed.VolumeRendering.Rendered;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.History;
import lyceum.train.Trainer;

/**
 * A neural radiance field: a network from place and direction to density and colour, rendered along rays. A second one looks where the first saw something.
 *
 * {@snippet :
 * var nerf = Nerf.create(new NerfConfig(2, 6), Rng.of(1));
 * nerf.fit(views, 400, 256, 5e-3, Rng.of(2), Progress.SILENT);
 * Tensor pixels = nerf.picture(camera).colour();                // (height width, 3) of a camera that nobody had
 * }
 *
 * <p>Scale the scene so that it lies within about [-1, 1]: the encoding's lowest wave is 2 long.
 *
 * @see <a href="https://arxiv.org/abs/2003.08934">Mildenhall et al. (2020)</a>
 */
public final class Nerf extends Module {
    private final NerfConfig config;
    private final Field coarse, fine;

    private static final class Field extends Module {
        private final Mlp trunk, colour;
        private final Linear density;
        private final NerfConfig c;

        Field(NerfConfig c, Rng rng) {
            this.c = c;
            int place = 3 + 6 * c.frequencies(), direction = 3 + 6 * c.directionFrequencies();
            trunk = new Mlp(MlpConfig.regressor(place, c.width()).withHidden(Collections.nCopies(c.layers() - 1, c.width())), rng);
            density = new Linear(c.width(), 1, rng);
            colour = new Mlp(MlpConfig.regressor(c.width() + direction, 3, c.width() / 2 + 1), rng);
        }

        Rendered render(Rays rays, Tensor at, Pass pass) {
            long n = rays.count(), s = at.size(1);
            var places = rays.origins().unsqueeze(1).add(rays.directions().unsqueeze(1).mul(at.unsqueeze(2))).reshape(n * s, 3);
            var h = trunk.forward(encoded(places, c.frequencies()), pass).relu();
            var sigma = density.forward(h, pass).softplus().reshape(n, s);
            var seen = encoded(rays.directions(), c.directionFrequencies());
            var toward = seen.unsqueeze(1).expand(n, s, seen.size(1)).reshape(n * s, seen.size(1));
            var rgb = colour.forward(Tensor.concat(1, h, toward), pass).sigmoid().reshape(n, s, 3);
            return VolumeRendering.render(sigma, rgb, at, c.far(), c.white() ? Tensor.ones(3) : null);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { throw new IllegalStateException("Nerf: inputs are rays, not a tensor"); }
    }

    private Nerf(NerfConfig c, Rng rng) {
        config = c;
        coarse = new Field(c, rng);
        fine = c.fine() == 0 ? null : new Field(c, rng);
    }

    public static Nerf create(NerfConfig config, Rng rng) { return new Nerf(config, rng); }

    public NerfConfig config() { return config; }

    /** {@code (x, sin 2^k pi x, cos 2^k pi x)} for k below {@code frequencies}: (n, d) to (n, d + 2 d frequencies). */
    public static Tensor encoded(Tensor x, int frequencies) {
        var all = new ArrayList<>(List.of(x));
        for (int k = 0; k < frequencies; k++) {
            var angle = x.mul(Math.PI * (1 << k));
            all.add(angle.sin());
            all.add(angle.cos());
        }
        return Tensor.concat(1, all.toArray(Tensor[]::new));
    }

    /** What rays see, by the coarse network and by the fine one (the same, where there is none). Samples are random in training. */
    public List<Rendered> render(Rays rays, Pass pass) {
        var rng = pass.isTraining() ? pass.rng() : null;
        var at = VolumeRendering.stratified(rays.count(), config.samples(), config.near(), config.far(), rng);
        var first = coarse.render(rays, at, pass);
        if (fine == null) return List.of(first, first);
        return List.of(first, fine.render(rays, VolumeRendering.hierarchical(at, first.weights(), config.fine(), rng), pass));
    }

    /** What a camera sees, pixel by pixel. */
    public Rendered picture(Camera camera) { return Autograd.noGrad(() -> render(camera.rays(), Pass.inference()).getLast()); }

    /**
     * Learns from pictures: so many {@code steps} of Adam, each on {@code rays} random pixels of all views, at a rate that falls to a
     * twentieth. The history has an epoch for each time that all pixels were seen, none for a rest.
     *
     * @throws lyceum.progress.CancelledException if progress says so; the field stays as it is then
     */
    public History fit(List<PosedView> views, int steps, int rays, double rate, Rng rng, Progress progress) {
        if (views.isEmpty()) throw new IllegalArgumentException("Nerf.fit: there are no views");
        if (steps < 1 || rays < 1)
            throw new IllegalArgumentException("Nerf.fit: " + steps + " steps of " + rays + " rays; at least 1 of each");
        var all = views.stream().map(v -> v.camera().rays()).toList();
        var origins = Tensor.concat(0, all.stream().map(Rays::origins).toArray(Tensor[]::new));
        var directions = Tensor.concat(0, all.stream().map(Rays::directions).toArray(Tensor[]::new));
        var pixels = Tensor.concat(0, views.stream().map(v -> v.pixels().to(DType.F32)).toArray(Tensor[]::new)).compute();
        var every = new Rays(origins.compute(), directions.compute());
        int perEpoch = Math.ceilDiv(every.count(), rays);
        var run = new Trainer(new Adam(rate), Math.ceilDiv(steps, perEpoch)).withBatchSize(Math.min(rays, every.count()))
                .withSchedule(new Schedule.Cosine(steps, 0.05, false, 1)).start(this, every.count(), (rows, pass) -> {
                    var target = pixels.rows(rows);
                    var seen = render(every.rows(rows), pass);
                    var loss = seen.getLast().colour().sub(target).square().mean();
                    return fine == null ? loss : loss.add(seen.getFirst().colour().sub(target).square().mean());
                }, null, rng);
        for (int i = 1; i <= steps; i++) {
            run.step();
            progress.step("training", i, steps, Map.of("loss", run.lastLoss(), "rows/s", run.rowsPerSecond()));
        }
        return run.history();
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        throw new IllegalStateException("Nerf: inputs are rays, not a tensor; see render");
    }
}
