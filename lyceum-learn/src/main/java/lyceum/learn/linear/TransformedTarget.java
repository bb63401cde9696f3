package lyceum.learn.linear;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import lyceum.DType;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.RegressionModel;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.Tag;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Fits any regressor to a transform of y and turns its predictions back. Turned back as they are they estimate the median where the residuals are symmetric; the mean
 * is what Duan's smearing gives: the average of {@code inverse(prediction + residual)} over the residuals of the rows fitted, which need be spread alike everywhere,
 * not normal.
 *
 * {@snippet :
 * Tensor x = Tensor.rand(lyceum.random.Rng.of(1), lyceum.DType.F64, 100, 2), y = x.sum(1).exp();
 * var costs = new TransformedTarget(new LinearRegression(), TransformedTarget.Transform.LOG).withSmearing(true).fit(x, y);
 * }
 *
 * @param learner of the transformed target, (n)
 * @param smearing estimates the mean; false by default
 * @see <a href="https://doi.org/10.1080/01621459.1983.10478017">Duan (1983)</a>
 */
@Withers
public record TransformedTarget(Regressor learner, Transform transform, boolean smearing) implements TransformedTargetWithers, Regressor {

    /** An increasing function of the target and its inverse. */
    public enum Transform {
        /** ln y, of values above 0. */
        LOG(Math::log, Math::exp, 0, false),
        /** ln(1 + y), of values above -1. */
        LOG1P(Math::log1p, Math::expm1, -1, false),
        /** The square root, of values of at least 0; a prediction below 0 counts as 0. */
        SQRT(Math::sqrt, z -> z < 0 ? 0 : z * z, 0, true),
        /** The area hyperbolic sine: a logarithm for either sign. */
        ASINH(y -> Math.signum(y) * Math.log(Math.abs(y) + Math.sqrt(y * y + 1)), Math::sinh, Double.NEGATIVE_INFINITY, true);

        private final DoubleUnaryOperator forward, back;
        private final double least;
        private final boolean included;

        Transform(DoubleUnaryOperator forward, DoubleUnaryOperator back, double least, boolean included) {
            this.forward = forward;
            this.back = back;
            this.least = least;
            this.included = included;
        }

        public double apply(double y) { return forward.applyAsDouble(y); }

        public double inverse(double z) { return back.applyAsDouble(z); }

        private void check(double y) {
            if (!(y > least || included && y >= least)) throw new IllegalArgumentException(
                    "TransformedTarget: a target of " + y + " for " + this + "; " + (included ? "at least " : "above ") + least);
        }
    }

    public TransformedTarget(Regressor learner, Transform transform) { this(learner, transform, false); }

    @Override public Set<Tag> tags() {
        var tags = EnumSet.noneOf(Tag.class);
        tags.addAll(learner.tags());
        tags.remove(Tag.MULTI_OUTPUT);
        return tags;
    }

    @Override public Fitted fit(Tensor x, Tensor y) { return fit(x, y, null); }

    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        double[] target = input.target(y).toDoubleArray(), z = new double[target.length];
        for (int i = 0; i < z.length; i++) {
            transform.check(target[i]);
            z[i] = transform.apply(target[i]);
        }
        var model = learner.fit(x, Tensor.of(z), weights);
        if (!smearing) return new Fitted(model, transform, Tensor.zeros(DType.F64, 0), Tensor.zeros(DType.F64, 0));
        double[] residuals = model.predict(x).toDoubleArray();
        for (int i = 0; i < z.length; i++) residuals[i] = z[i] - residuals[i];
        var w = Tensor.of(input.weights(weights));
        return new Fitted(model, transform, Tensor.of(residuals), w.div(w.sum()).compute());
    }

    /** @param residuals of the rows fitted, (n), and their shares; empty without smearing */
    public record Fitted(RegressionModel model, Transform transform, Tensor residuals, Tensor shares) implements RegressionModel {
        @Override public int nFeatures() { return model.nFeatures(); }

        @Override public Tensor predict(Tensor x) {
            var found = model.predict(x);
            double[] z = found.toDoubleArray(), r = residuals.toDoubleArray(), w = shares.toDoubleArray(), y = new double[z.length];
            for (int i = 0; i < z.length; i++) {
                if (r.length == 0) y[i] = transform.inverse(z[i]);
                else if (transform == Transform.LOG) y[i] = Math.exp(z[i]); // times one factor for all rows
                else for (int j = 0; j < r.length; j++) y[i] += w[j] * transform.inverse(z[i] + r[j]);
            }
            if (r.length == 0 || transform != Transform.LOG) return Tensor.of(y).to(found.dtype());
            double factor = 0;
            for (int j = 0; j < r.length; j++) factor += w[j] * Math.exp(r[j]);
            return Tensor.of(y).mul(factor).to(found.dtype());
        }
    }
}
