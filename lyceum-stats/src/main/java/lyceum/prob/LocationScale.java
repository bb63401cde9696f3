package lyceum.prob;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** {@code location + scale z}, or its exponential. */
record LocationScale(StandardLaw law, Tensor location, Tensor scale, boolean isExponential) implements Reparameterized {
    LocationScale {
        location = location.to(Elementwise.type(location));
        scale = scale.to(Elementwise.type(scale));
    }

    @Override public long[] shape() { return location.detach().add(scale.detach()).shape().toArray(); }

    @Override public Tensor rsample(Rng rng, long... count) {
        var type = location.detach().add(scale.detach()).dtype();
        long[] full = Draws.joined(count, shape());
        return rsample(law == StandardLaw.NORMAL ? Tensor.randn(rng, type, full) : Draws.noise(rng, type, full, law::draw));
    }

    @Override public Tensor rsample(Tensor noise) {
        var x = location.add(scale.mul(noise));
        return isExponential ? x.exp() : x;
    }

    @Override public Tensor logDensity(Tensor x) {
        var y = isExponential ? x.log() : x;
        var log = law.logDensity(y.sub(location).div(scale)).sub(scale.log());
        return isExponential ? log.sub(y) : log;
    }
}
