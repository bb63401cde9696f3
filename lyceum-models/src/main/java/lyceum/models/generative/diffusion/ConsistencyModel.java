package lyceum.models.generative.diffusion;

import java.util.Objects;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * Maps any point of a diffusion path to the path's beginning in one call: {@code f(x, t) = skip(t) x + out(t) F(in(t) x, t)} with
 * {@code skip = d^2 / ((t - e)^2 + d^2)}, {@code out = d (t - e) / sqrt(d^2 + t^2)}, {@code in = 1 / sqrt(d^2 + t^2)}, d being the data's deviation and e the
 * least time; so f(x, e) = x whatever the network F says.
 *
 * {@snippet :
 * var model = new ConsistencyModel(network, new EdmPath(), 0.5);
 * new ConsistencyTraining(400).distil(model, network, teacher, data, trainer, rng, progress);
 * Tensor x = model.sample(start, null);                                             // one step
 * Tensor better = model.sample(start, null, noise, 0.8);                             // noise of 0.8 again, and a second step
 * }
 *
 * <p>The network is told the time as {@code 250 log t}, as large as step numbers are.
 *
 * @param network F
 * @param path of noise
 * @param deviation of the data
 * @see <a href="https://arxiv.org/abs/2303.01469">Song, Dhariwal, Chen and Sutskever (2023)</a>
 */
public record ConsistencyModel(Denoiser network, EdmPath path, double deviation) {
    public ConsistencyModel {
        Objects.requireNonNull(network, "network");
        Objects.requireNonNull(path, "path");
        if (!(deviation > 0))
            throw new IllegalArgumentException("ConsistencyModel: deviation of the data is " + deviation + "; it is above 0");
    }

    /** The beginnings of the paths through x (n, ..) at times t (n). */
    public Tensor at(Tensor x, Tensor t, Tensor condition, Pass pass) {
        double variance = deviation * deviation;
        var said = network.predict(x.mul(NoisePath.each(v -> 1 / Math.sqrt(variance + v * v), t, x)), t.log().mul(250), condition, pass);
        return x.mul(NoisePath.each(v -> variance / (Math.pow(past(v), 2) + variance), t, x))
                .add(said.mul(NoisePath.each(v -> deviation * past(v) / Math.sqrt(variance + v * v), t, x)));
    }

    /** The time since the least: exactly 0 at it, also when the time went through a float. */
    private double past(double t) { return t <= Math.max(path.least(), (float) path.least()) ? 0 : t - path.least(); }

    /** The same at one time for all rows, predicting. @param t between the path's least and most */
    public Tensor at(Tensor x, double t, Tensor condition) {
        if (!(t >= path.least() && t <= path.most()))
            throw new IllegalArgumentException("ConsistencyModel: time " + t + "; it lies between " + path.least() + " and " + path.most());
        return at(x, Tensor.full(x.dtype().accumulator(), t, x.size(0)), condition, Pass.inference());
    }

    /** Data from noise of the path's most deviation in one step. */
    public Tensor sample(Tensor start, Tensor condition) { return Autograd.noGrad(() -> at(start, path.most(), condition).compute()); }

    /** Data in one step and one more for each of the given times: noise of that much is added again, and the map taken anew. @param times falling */
    public Tensor sample(Tensor start, Tensor condition, NoiseStreams noise, double... times) {
        return Autograd.noGrad(() -> {
            Tensor x = at(start, path.most(), condition).compute();
            for (double t : times) {
                double added = Math.sqrt(Math.max(0, t * t - path.least() * path.least()));
                x = at(x.add(noise.like(x).mul(added)), t, condition).compute();
            }
            return x;
        });
    }
}
