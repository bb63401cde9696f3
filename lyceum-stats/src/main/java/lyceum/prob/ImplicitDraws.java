package lyceum.prob;

import java.util.function.IntToDoubleFunction;
import lyceum.autograd.Primitive;
import lyceum.backend.Parallel;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Families whose draws move with their parameters as the cdf's level lines say. */
final class ImplicitDraws {
    private ImplicitDraws() {}

    /** {@code log g} of standard gamma draws g, in F64, with {@code d log g / dshape}; the draws themselves may underflow. */
    private static Tensor logGamma(Tensor shape, Rng rng, long... count) {
        var spread = shape.to(Elementwise.type(shape)).expand(Draws.joined(count, shape.shape().toArray()));
        double[] a = spread.toDoubleArray(), log = new double[a.length];
        for (int i = 0; i < a.length; i++) log[i] = Gamma.logStandard(rng, Arguments.positive("rsample", "shape", a[i]));
        var drawn = Tensor.of(log, spread.shape().toArray()).to(spread.dtype());
        return Primitive.of("log gamma draw", in -> drawn,
                (i, g, out, in) -> g.mul(constant(slopes(a.length, k -> FixedCdf.gammaSlope(a[k], log[k])), in[0]))).apply(spread);
    }

    /** Each is an integral, some microseconds long. */
    private static double[] slopes(int n, IntToDoubleFunction one) {
        var slopes = new double[n];
        Parallel.range(n, 32, (from, to) -> {
            for (int k = (int) from; k < to; k++) slopes[k] = one.applyAsDouble(k);
        });
        return slopes;
    }

    /** Values by which a gradient is multiplied; they do depend on {@code of}, so that a second derivative is refused. */
    private static Tensor constant(double[] values, Tensor of) {
        var fixed = Tensor.of(values, of.shape().toArray()).to(of.dtype());
        return Primitive.of("slope of a draw", in -> fixed, (i, g, out, in) -> {
            throw new UnsupportedOperationException("rsample: an implicit draw is differentiated twice");
        }).apply(of);
    }

    record OfGamma(Tensor concentration, Tensor rate) implements Reparameterized {
        @Override public long[] shape() { return concentration.detach().add(rate.detach()).shape().toArray(); }

        @Override public Tensor rsample(Rng rng, long... count) {
            return logGamma(concentration.expand(shape()), rng, count).exp().div(rate);
        }

        @Override public Tensor logDensity(Tensor x) {
            return concentration.mul(rate.log()).add(concentration.sub(1).mul(x.log())).sub(rate.mul(x)).sub(concentration.lgamma());
        }
    }

    record OfBeta(Tensor alpha, Tensor beta) implements Reparameterized {
        @Override public long[] shape() { return alpha.detach().add(beta.detach()).shape().toArray(); }

        @Override public Tensor rsample(Rng rng, long... count) {
            long[] full = Draws.joined(count, shape());
            Tensor a = alpha.expand(full), b = beta.expand(full);
            double[] p = a.toDoubleArray(), q = b.toDoubleArray(), x = new double[p.length], y = new double[p.length];
            for (int i = 0; i < p.length; i++) {
                double apart = Gamma.logStandard(rng, Arguments.positive("rsample", "beta", q[i]))
                        - Gamma.logStandard(rng, Arguments.positive("rsample", "alpha", p[i]));
                x[i] = 1 / (1 + Math.exp(apart));
                y[i] = 1 / (1 + Math.exp(-apart));
            }
            var drawn = Tensor.of(x, full).to(a.dtype());
            return Primitive.of("beta draw", in -> drawn, (i, g, out, in) -> {
                IntToDoubleFunction slope = i == 0 ? k -> FixedCdf.betaSlope(p[k], q[k], x[k], y[k])
                        : k -> -FixedCdf.betaSlope(q[k], p[k], y[k], x[k]);
                return g.mul(constant(slopes(p.length, slope), in[i]));
            }).apply(a, b);
        }

        @Override public Tensor logDensity(Tensor x) {
            return alpha.sub(1).mul(x.log()).add(beta.sub(1).mul(x.neg().log1p())).add(alpha.add(beta).lgamma()).sub(alpha.lgamma())
                    .sub(beta.lgamma());
        }
    }

    record OfDirichlet(Tensor alpha) implements Reparameterized {
        @Override public long[] shape() { return alpha.shape().toArray(); }

        @Override public int pointAxes() { return 1; }

        /** Gamma draws over their sum. */
        @Override public Tensor rsample(Rng rng, long... count) { return logGamma(alpha, rng, count).softmax(-1); }

        @Override public Tensor logDensity(Tensor x) {
            return alpha.sub(1).mul(x.log()).sum(-1).add(alpha.sum(-1).lgamma()).sub(alpha.lgamma().sum(-1));
        }
    }

    record OfStudentT(Tensor degreesOfFreedom, Tensor location, Tensor scale) implements Reparameterized {
        @Override public long[] shape() { return degreesOfFreedom.detach().add(location.detach()).add(scale.detach()).shape().toArray(); }

        /** A normal over the root of a gamma. */
        @Override public Tensor rsample(Rng rng, long... count) {
            var half = degreesOfFreedom.mul(0.5).expand(shape());
            var log = logGamma(half, rng, count);
            var z = Tensor.randn(rng, log.dtype(), log.shape().toArray());
            return location.add(scale.mul(z).mul(half.log().sub(log).mul(0.5).exp()));
        }

        @Override public Tensor logDensity(Tensor x) {
            var v = degreesOfFreedom;
            var z = x.sub(location).div(scale);
            return v.add(1).mul(0.5).lgamma().sub(v.mul(0.5).lgamma()).sub(v.mul(Math.PI).log().mul(0.5)).sub(scale.log())
                    .sub(v.add(1).mul(0.5).mul(z.square().div(v).log1p()));
        }
    }
}
