package lyceum.models.generative.diffusion;

import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.info.OptimalTransport;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.withers.Withers;

/**
 * Learns a velocity field by regression: noise x_0 and data x_1 are joined by a path {@code x_t = a(t) x_1 + s(t) x_0}, t from 0 (noise) to 1 (data), and the
 * network regresses on the path's velocity {@code a' x_1 + s' x_0} at a random time. The squared error's best answer is the mean velocity of all paths through
 * a point, whose flow carries noise to data.
 *
 * {@snippet :
 * var matching = new FlowMatching();
 * trainer.start(network, n, matching.over(network, data), null, rng).finish(progress);
 * FlowModel flow = matching.model(network);
 * FlowModel.Pairs pairs = flow.pairs(4096, rng, DType.F32, 2);                            // reflow: straighten the paths
 * trainer.start(second, 4096, matching.overPairs(second, pairs), null, rng).finish(progress);
 * }
 *
 * <p>Where papers let t = 0 be the data, give a network {@code 1 - t} and take its answer negatively.
 *
 * @param path from noise to data
 * @param coupling which noise is joined to which data of a batch
 * @param times how times are drawn while learning
 * @see <a href="https://arxiv.org/abs/2210.02747">Lipman and others (2023)</a>
 * @see <a href="https://arxiv.org/abs/2209.03003">Liu, Gong and Liu (2023), on rectified flow</a>
 * @see <a href="https://arxiv.org/abs/2302.00482">Tong and others (2024), on couplings by optimal transport</a>
 */
@Withers
public record FlowMatching(Path path, Coupling coupling, Times times) implements DiffusionObjective, FlowMatchingWithers {

    /** From noise to data. */
    public enum Path {
        /** {@code t x_1 + (1 - t) x_0}: straight. */
        LINEAR,
        /** {@code sin(pi t / 2) x_1 + cos(pi t / 2) x_0}: keeps unit variance. */
        VARIANCE_PRESERVING;

        double data(double t) { return this == LINEAR ? t : Math.sin(Math.PI / 2 * t); }

        double noise(double t) { return this == LINEAR ? 1 - t : Math.cos(Math.PI / 2 * t); }

        double dataSlope(double t) { return this == LINEAR ? 1 : Math.PI / 2 * Math.cos(Math.PI / 2 * t); }

        double noiseSlope(double t) { return this == LINEAR ? -1 : -Math.PI / 2 * Math.sin(Math.PI / 2 * t); }
    }

    /** Which noise is joined to which data. */
    public enum Coupling {
        /** As they come. */
        INDEPENDENT,
        /** By the cheapest pairing of each batch, with squared distances: paths cross less. Cubic in the batch. */
        OPTIMAL_TRANSPORT
    }

    /** How times are drawn. */
    public enum Times {
        UNIFORM,
        /** The sigmoid of a standard normal number: more in the middle, where the velocity is hard to tell (Esser and others 2024). */
        LOGIT_NORMAL
    }

    public FlowMatching {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(coupling, "coupling");
        Objects.requireNonNull(times, "times");
    }

    /** Straight paths between independent ends, uniform times. */
    public FlowMatching() { this(Path.LINEAR, Coupling.INDEPENDENT, Times.UNIFORM); }

    /** A trained velocity as a flow. */
    public FlowModel model(Denoiser velocity) { return new FlowModel(velocity); }

    @Override public Tensor loss(Denoiser velocity, Tensor x, Tensor condition, Pass pass) {
        requireStream(pass);
        var noise = Tensor.randn(pass.rng(), x.dtype(), x.shape().toArray());
        if (coupling == Coupling.OPTIMAL_TRANSPORT) noise = coupled(noise, x);
        return loss(velocity, noise, x, times(x, pass), condition, pass);
    }

    /** The mean loss of given ends at given times t (n): {@code |v(x_t, t) - velocity of the path|^2}, a mean over all numbers. */
    public Tensor loss(Denoiser velocity, Tensor noise, Tensor data, Tensor t, Tensor condition, Pass pass) {
        return velocity.predict(point(noise, data, t), t, condition, pass).sub(target(noise, data, t)).square().mean();
    }

    /** The loss for pairs of noise and data that belong together, such as {@link FlowModel#pairs}. */
    public BatchLoss overPairs(Denoiser velocity, FlowModel.Pairs pairs) {
        return (rows, pass) -> {
            requireStream(pass);
            var data = pairs.data().rows(rows);
            return loss(velocity, pairs.noise().rows(rows), data, times(data, pass), null, pass);
        };
    }

    /** Where the paths are at their times t (n). */
    public Tensor point(Tensor noise, Tensor data, Tensor t) {
        return data.mul(NoisePath.each(path::data, t, data)).add(noise.mul(NoisePath.each(path::noise, t, data)));
    }

    /** How fast they move there. */
    public Tensor target(Tensor noise, Tensor data, Tensor t) {
        return data.mul(NoisePath.each(path::dataSlope, t, data)).add(noise.mul(NoisePath.each(path::noiseSlope, t, data)));
    }

    /** The rows of noise in the order that pairs them most cheaply with the rows of data. */
    public static Tensor coupled(Tensor noise, Tensor data) {
        if (!noise.shape().equals(data.shape()))
            throw new ShapeException("FlowMatching: noise " + noise.shape() + " for data " + data.shape());
        double[][] from = data.reshape(data.size(0), -1).to(DType.F64).toRows(),
                to = noise.reshape(noise.size(0), -1).to(DType.F64).toRows();
        return noise.rows(OptimalTransport.assignment(OptimalTransport.costs(from, to, 2)));
    }

    /** A time for each row of x, drawn as {@link #times()} says. */
    public Tensor times(Tensor x, Pass pass) {
        return times == Times.UNIFORM ? Tensor.rand(pass.rng(), x.dtype(), x.size(0))
                : Tensor.randn(pass.rng(), x.dtype(), x.size(0)).sigmoid();
    }

    static void requireStream(Pass pass) {
        if (pass.rng() == null)
            throw new IllegalArgumentException("FlowMatching.loss: the pass has no random stream; use Pass.training(rng)");
    }
}
