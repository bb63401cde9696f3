package lyceum.prob;

import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A stochastic differential equation in Itô's sense, {@code dX = drift(t, X) dt + diffusion(t, X) dW}: solved along given Brownian paths, all paths at
 * once.
 *
 * {@snippet :
 * var sde = Sde.geometricBrownian(0.1, 0.4);
 * var w = Brownian.paths(Rng.of(1), 1_000, 64, 1.0);
 * Tensor x = sde.solve(Tensor.ones(DType.F64, 1_000), w, Sde.Method.MILSTEIN);     // (65, 1000)
 * sde.generator(Tensor::log).at(0, Tensor.of(2.0));                                // drift of log X: 0.1 - 0.4^2 / 2
 * }
 *
 * <p>Coefficients work element by element on a tensor with an entry a path; each path has a Brownian motion of its own. They are differentiated by
 * {@link Autograd} where a method needs it.
 *
 * @param drift a(t, x)
 * @param diffusion b(t, x)
 * @see <a href="https://doi.org/10.1007/978-3-662-12616-5">Kloeden and Platen (1992), Numerical Solution of Stochastic Differential Equations</a>
 */
public record Sde(Coefficient drift, Coefficient diffusion) {

    /** A number of time and state, element by element. */
    @FunctionalInterface
    public interface Coefficient {
        Tensor at(double t, Tensor x);
    }

    /** How a step is taken. */
    public enum Method {
        /** {@code x + a h + b dW}: strong order 1/2, weak order 1. */
        EULER_MARUYAMA,
        /** {@code ... + b b' (dW^2 - h) / 2}: strong order 1. */
        MILSTEIN,
        /** Heun's rule, which averages both ends of a step: for coefficients meant in Stratonovich's sense. With {@link Sde#toStratonovich}, Itô's. */
        STOCHASTIC_HEUN
    }

    /** {@code dX = rate X dt + volatility X dW}. */
    public static Sde geometricBrownian(double rate, double volatility) {
        return new Sde((t, x) -> x.mul(rate), (t, x) -> x.mul(volatility));
    }

    /** {@code dX = pull (mean - X) dt + noise dW}; its stationary law is normal with variance {@code noise^2 / (2 pull)}. */
    public static Sde ornsteinUhlenbeck(double pull, double mean, double noise) {
        return new Sde((t, x) -> x.rsub(mean).mul(pull), (t, x) -> Tensor.full(x.dtype(), noise, x.shape().toArray()));
    }

    /** Cox, Ingersoll and Ross: {@code dX = pull (mean - X) dt + noise sqrt(X) dW}; the root of what falls below 0 is taken as 0. */
    public static Sde coxIngersollRoss(double pull, double mean, double noise) {
        return new Sde((t, x) -> x.rsub(mean).mul(pull), (t, x) -> x.relu().sqrt().mul(noise));
    }

    /** The solution at the grid's times, (steps + 1, paths). @param start a state a path, (paths) */
    public Tensor solve(Tensor start, Brownian w, Method method) {
        int steps = w.steps();
        double h = w.step();
        var increments = w.increments().compute();
        var rows = new Tensor[steps + 1];
        Tensor x = start.to(DType.F64).compute();
        rows[0] = x.reshape(1, -1);
        for (int k = 0; k < steps; k++) {
            x = step(k * h, x, h, increments.get(k), method).compute();
            rows[k + 1] = x.reshape(1, -1);
        }
        return Tensor.concat(0, rows).compute();
    }

    private Tensor step(double t, Tensor x, double h, Tensor dw, Method method) {
        Tensor a = drift.at(t, x), b = diffusion.at(t, x), euler = x.add(a.mul(h)).add(b.mul(dw));
        return switch (method) {
            case EULER_MARUYAMA -> euler;
            case MILSTEIN -> euler.add(b.mul(slope(v -> diffusion.at(t, v), x)).mul(dw.square().sub(h)).div(2));
            case STOCHASTIC_HEUN -> x.add(a.add(drift.at(t + h, euler)).mul(h / 2)).add(b.add(diffusion.at(t + h, euler)).mul(dw).div(2));
        };
    }

    /** The derivative of an element-wise function, element by element. */
    private static Tensor slope(UnaryOperator<Tensor> f, Tensor x) {
        // A constant's graph does not contain x.
        return Autograd.grad((Tensor v) -> f.apply(v).add(v.mul(0)).sum()).apply(x);
    }

    /** The same process as a Stratonovich equation: drift {@code a - b b' / 2}. What {@link Method#STOCHASTIC_HEUN} solves. */
    public Sde toStratonovich() {
        return new Sde((t, x) -> drift.at(t, x).sub(diffusion.at(t, x).mul(slope(v -> diffusion.at(t, v), x)).div(2)), diffusion);
    }

    /**
     * Itô's lemma: the drift of {@code f(X)}, {@code a f' + b^2 f'' / 2}. What the ordinary chain rule gives is its first term.
     *
     * @param f element by element, twice differentiable
     */
    public Coefficient generator(UnaryOperator<Tensor> f) {
        return (t, x) -> {
            var second = slope(v -> slope(f, v), x);
            return drift.at(t, x).mul(slope(f, x)).add(diffusion.at(t, x).square().mul(second).div(2));
        };
    }

    /** The exact solution of {@link #geometricBrownian}, {@code x exp((rate - volatility^2 / 2) t + volatility W)}: (steps + 1, paths). */
    public static Tensor exactGeometricBrownian(double rate, double volatility, Tensor start, Brownian w) {
        var times = Tensor.linspace(0, w.horizon(), w.steps() + 1).mul(rate - volatility * volatility / 2).reshape(-1, 1);
        return w.values().mul(volatility).add(times).exp().mul(start).compute();
    }

    /** The exact law of {@link #ornsteinUhlenbeck} a time t after it was at x. */
    public static Normal exactOrnsteinUhlenbeck(double pull, double mean, double noise, double x, double t) {
        Arguments.positive("Sde", "t", t);
        return new Normal(mean + (x - mean) * Math.exp(-pull * t), noise * Math.sqrt(-Math.expm1(-2 * pull * t) / (2 * pull)));
    }

    /** A draw from the exact law of {@link #coxIngersollRoss} a time t after it was at x: a scaled noncentral chi-square, as a Poisson mixture of gammas. */
    public static double exactCoxIngersollRoss(double pull, double mean, double noise, double x, double t, Rng rng) {
        Arguments.positive("Sde", "t", t);
        double decay = Math.exp(-pull * t), scale = noise * noise * (1 - decay) / (4 * pull), freedom = 4 * pull * mean / (noise * noise);
        double centre = x * decay / scale;
        double shifts = centre == 0 ? 0 : new Poisson(centre / 2).sample(rng);
        return scale * new Gamma(freedom / 2 + shifts, 0.5).sample(rng);
    }
}
