package lyceum.prob;

import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Laws without parameters that a location and a scale make into families: their noise and their log density. */
enum StandardLaw {
    NORMAL(Rng::nextGaussian, z -> z.square().mul(-0.5).sub(0.91893853320467274178)),
    LAPLACE(new Laplace(0, 1)::sample, z -> z.abs().neg().sub(Math.log(2))),
    LOGISTIC(new Logistic(0, 1)::sample, z -> z.neg().sub(z.neg().softplus().mul(2))),
    GUMBEL(GumbelMax::noise, z -> z.neg().sub(z.neg().exp())),
    CAUCHY(new Cauchy(0, 1)::sample, z -> z.square().log1p().neg().sub(Math.log(Math.PI))),
    UNIFORM(Rng::nextDouble, z -> z.mul(0).maskedFill(z.lt(0).add(z.gt(1)).gt(0), Double.NEGATIVE_INFINITY)),
    EXPONENTIAL(new Exponential(1)::sample, z -> z.neg().maskedFill(z.lt(0), Double.NEGATIVE_INFINITY)),
    LOG_EXPONENTIAL(rng -> -GumbelMax.noise(rng), z -> z.sub(z.exp()));

    private final ToDoubleFunction<Rng> draw;
    private final UnaryOperator<Tensor> logDensity;

    StandardLaw(ToDoubleFunction<Rng> draw, UnaryOperator<Tensor> logDensity) {
        this.draw = draw;
        this.logDensity = logDensity;
    }

    double draw(Rng rng) { return draw.applyAsDouble(rng); }

    Tensor logDensity(Tensor z) { return logDensity.apply(z); }
}
