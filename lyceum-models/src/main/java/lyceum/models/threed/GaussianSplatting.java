package lyceum.models.threed;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A scene as Gaussians with opacity and colour: projected to the picture, sorted by depth, blended. A Gaussian has the covariance {@code R S S' R'} of a quaternion and
 * three scales, whose logarithms are kept, the logit of an opacity, and a colour in spherical harmonics of the direction from which it is seen.
 *
 * {@snippet :
 * var splats = new SplatFit().withSteps(300).fit(views, Rng.of(1), Progress.SILENT).splats();
 * Tensor pixels = splats.picture(camera);                       // (height width, 3) of a camera that nobody had
 * }
 *
 * <p>Parameters: {@code xyz} (n, 3), {@code scaling} (n, 3), {@code rotation} (n, 4), {@code opacity} (n, 1), {@code features} (n, (degree + 1)^2, 3).
 *
 * @see <a href="https://arxiv.org/abs/2308.04079">Kerbl et al. (2023)</a>
 * @see <a href="https://doi.org/10.1109/TVCG.2002.1021576">Zwicker et al. (2002), for the projection</a>
 */
public final class GaussianSplatting extends Module {
    /** Variance in pixels that is added to a projected Gaussian, so that none falls between pixels. */
    public static final double LOW_PASS = 0.3;
    /** Nearer ones are not drawn. */
    private static final double NEAR = 0.05;

    private final Tensor xyz, scaling, rotation, opacity, features;

    /**
     * Gaussians as a camera sees them, (n, ..).
     *
     * @param mean in pixels, (n, 2): column and row @param covariance (n, 2, 2) @param depth (n) @param colour (n, 3) @param opacity (n)
     */
    public record Projected(Tensor mean, Tensor covariance, Tensor depth, Tensor colour, Tensor opacity) {}

    /** What a camera sees: (pixels, 3), the depth of what is seen (pixels), and how much of the background passes (pixels). */
    public record Picture(Tensor colour, Tensor depth, Tensor transmittance) {}

    /** From given values, which become parameters. @throws ShapeException if they are not of n Gaussians */
    public GaussianSplatting(Tensor xyz, Tensor scaling, Tensor rotation, Tensor opacity, Tensor features) {
        long n = xyz.size(0), k = features.rank() == 3 ? features.size(1) : 0;
        if (xyz.size(1) != 3 || scaling.size(0) != n || scaling.size(1) != 3 || rotation.size(0) != n || rotation.size(1) != 4
                || opacity.size(0) != n || opacity.size(1) != 1 || features.size(0) != n || k != 1 && k != 4 && k != 9 && k != 16
                || features.size(2) != 3)
            throw new ShapeException("GaussianSplatting: places " + xyz.shape() + ", scales " + scaling.shape() + ", rotations "
                    + rotation.shape() + ", opacities " + opacity.shape() + ", features " + features.shape()
                    + "; they are (n, 3), (n, 3), (n, 4), (n, 1), (n, 1, 4, 9 or 16, 3)");
        this.xyz = parameter(xyz);
        this.scaling = parameter(scaling);
        this.rotation = parameter(rotation);
        this.opacity = parameter(opacity);
        this.features = parameter(features);
    }

    private static Tensor parameter(Tensor values) { return values.detach().copy().compute().requiresGrad(); }

    /** {@code n} round grey ones of opacity 0.1, uniform in a cube about the origin. @param extent half its side @param degree of the harmonics, 0 to 3 */
    public static GaussianSplatting random(int n, double extent, int degree, DType type, Rng rng) {
        if (n < 1 || degree < 0 || degree > 3) throw new IllegalArgumentException(
                "GaussianSplatting.random: " + n + " Gaussians of degree " + degree + "; at least 1, 0 to 3");
        double size = extent / Math.cbrt(n);
        var turn = Tensor.concat(1, Tensor.ones(type, n, 1), Tensor.zeros(type, n, 3));
        return new GaussianSplatting(Tensor.rand(rng, type, n, 3).mul(2 * extent).sub(extent), Tensor.full(type, Math.log(size), n, 3),
                turn, Tensor.full(type, Math.log(0.1 / 0.9), n, 1), Tensor.zeros(type, n, (degree + 1L) * (degree + 1), 3));
    }

    public int size() { return (int) xyz.size(0); }

    /** (n, 3) scales. */
    public Tensor scales() { return scaling.exp(); }

    /** (n) opacities. */
    public Tensor opacities() { return opacity.sigmoid().squeeze(1); }

    /** {@code R S}, (n, 3, 3), for R of the quaternions w, x, y, z, which need not have length 1. */
    private Tensor factors() {
        var q = rotation.div(rotation.square().sum(1, true).sqrt());
        Tensor w = q.select(1, 0), x = q.select(1, 1), y = q.select(1, 2), z = q.select(1, 3);
        var r = Tensor
                .stack(1, y.mul(y).add(z.mul(z)).mul(-2.0).add(1.0), x.mul(y).sub(w.mul(z)).mul(2.0), x.mul(z).add(w.mul(y)).mul(2.0),
                        x.mul(y).add(w.mul(z)).mul(2.0), x.mul(x).add(z.mul(z)).mul(-2.0).add(1.0), y.mul(z).sub(w.mul(x)).mul(2.0),
                        x.mul(z).sub(w.mul(y)).mul(2.0), y.mul(z).add(w.mul(x)).mul(2.0), x.mul(x).add(y.mul(y)).mul(-2.0).add(1.0))
                .reshape(size(), 3, 3);
        return r.mul(scales().unsqueeze(1));
    }

    /** (n, 3, 3). */
    public Tensor covariances() {
        var m = factors();
        return m.matmul(m.transpose(1, 2));
    }

    /**
     * To a camera: {@code J W Sigma W' J'} with W its rotation and J the perspective's derivative at the mean.
     *
     * @param lowPass variance in pixels that is added; {@link #LOW_PASS} in pictures
     */
    public Projected project(Camera camera, double lowPass) {
        var type = xyz.dtype();
        var turn = Tensor.of(camera.rotation()).to(type);
        var from = xyz.sub(Tensor.of(camera.position()).to(type));
        var t = from.matmul(turn.transpose());
        // What lies behind is drawn by nobody; its depth is held off 0.
        Tensor x = t.select(1, 0), y = t.select(1, 1), z = t.select(1, 2).maximum(NEAR);
        double f = camera.focal();
        var over = z.reciprocal();
        Tensor fz = over.mul(f), zero = fz.zerosLike();
        var j = Tensor.stack(1, fz, zero, fz.mul(x).mul(over).neg(), zero, fz, fz.mul(y).mul(over).neg()).reshape(size(), 2, 3);
        var m = j.matmul(turn).matmul(factors());
        var covariance = m.matmul(m.transpose(1, 2)).add(Tensor.eye(type, 2).mul(lowPass));
        var mean = Tensor.stack(1, fz.mul(x).add(camera.width() / 2.0), fz.mul(y).add(camera.height() / 2.0));
        var colour = Harmonics.colour(features, from.div(from.square().sum(1, true).sqrt()));
        return new Projected(mean, covariance, t.select(1, 2), colour, opacities());
    }

    /** What a camera sees before a background (3), or black for null. Recorded. */
    public Picture render(Camera camera, Tensor background) { return render(project(camera, LOW_PASS), camera, background); }

    static Picture render(Projected p, Camera camera, Tensor background) {
        var visible = p.depth.detach().gt(NEAR).toBooleanArray();
        Tensor a = p.covariance.select(1, 0).select(1, 0), b = p.covariance.select(1, 0).select(1, 1),
                c = p.covariance.select(1, 1).select(1, 1);
        var over = a.mul(c).sub(b.mul(b)).reciprocal();
        var splats = Tensor.concat(1, p.mean, Tensor.stack(1, c.mul(over), b.mul(over).neg(), a.mul(over)), p.colour, p.depth.unsqueeze(1),
                p.opacity.unsqueeze(1));
        var out = SplatRaster.draw(splats, visible, camera.width(), camera.height());
        Tensor colour = out.narrow(1, 0, 3), left = out.select(1, 4);
        if (background != null) colour = colour.add(left.unsqueeze(1).mul(background.to(colour.dtype())));
        return new Picture(colour, out.select(1, 3), left);
    }

    /** The pixels that a camera sees before black, (height width, 3). */
    public Tensor picture(Camera camera) { return Autograd.noGrad(() -> render(camera, null).colour()); }

    /**
     * Grown and thinned. Where {@code slope}, the mean length of the loss's gradient with respect to a projected mean, is above {@code limit}: a Gaussian no larger than
     * {@code large} is cloned, a larger one becomes two of 1/1.6 its size, drawn from it. Those of opacity below {@code faint} go.
     */
    public GaussianSplatting densified(double[] slope, double limit, double large, double faint, Rng rng) {
        if (slope.length != size())
            throw new ShapeException("GaussianSplatting.densified: " + slope.length + " slopes of " + size() + " Gaussians");
        double[][] scale = scales().detach().toRows();
        double[] alpha = opacities().detach().toDoubleArray();
        var biggest = IntStream.range(0, size()).mapToDouble(i -> Math.max(scale[i][0], Math.max(scale[i][1], scale[i][2]))).toArray();
        int[] stay = IntStream.range(0, size()).filter(i -> alpha[i] >= faint && !(slope[i] > limit && biggest[i] > large)).toArray();
        int[] clone = IntStream.range(0, size()).filter(i -> alpha[i] >= faint && slope[i] > limit && biggest[i] <= large).toArray();
        int[] once = IntStream.range(0, size()).filter(i -> alpha[i] >= faint && slope[i] > limit && biggest[i] > large).toArray();
        int[] split = IntStream.concat(IntStream.of(once), IntStream.of(once)).toArray();
        int[] kept = IntStream.concat(IntStream.of(stay), IntStream.of(clone)).toArray(),
                all = IntStream.concat(IntStream.of(kept), IntStream.of(split)).toArray();
        if (all.length == 0) return this;
        var type = xyz.dtype();
        var noise = Tensor.concat(0, Tensor.zeros(type, kept.length, 3, 1), Tensor.randn(rng, type, split.length, 3, 1));
        var shrink = Tensor.concat(0, Tensor.zeros(type, kept.length, 1), Tensor.full(type, Math.log(1.6), split.length, 1));
        return Autograd.noGrad(() -> new GaussianSplatting(xyz.rows(all).add(factors().rows(all).matmul(noise).squeeze(2)),
                scaling.rows(all).sub(shrink), rotation.rows(all), opacity.rows(all), features.rows(all)));
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        throw new IllegalStateException("GaussianSplatting: it has cameras for inputs; see render");
    }
}
