package lyceum.stats;

import lyceum.ShapeException;

/** The same terms under other weights. */
record WeightedLogLikelihood(LogLikelihood inner, double[] given) implements LogLikelihood {
    WeightedLogLikelihood {
        if (given.length != inner.observations())
            throw new ShapeException("LogLikelihood: " + given.length + " weights for " + inner.observations() + " observations");
        for (int i = 0; i < given.length; i++) {
            if (!(given[i] >= 0) || given[i] == Double.POSITIVE_INFINITY) throw new IllegalArgumentException(
                    "LogLikelihood: weight " + i + " is " + given[i] + "; weights are finite and at least 0");
        }
    }

    @Override public int observations() { return inner.observations(); }

    @Override public int parameters() { return inner.parameters(); }

    @Override public double[] terms(double[] theta) { return inner.terms(theta); }

    @Override public double[][] scores(double[] theta) { return inner.scores(theta); }

    @Override public double[] weights() { return given.clone(); }

    @Override public double at(double[] theta, double[] gradient, double[] weights) { return inner.at(theta, gradient, weights); }

    @Override public double[] hessianTimes(double[] theta, double[] v, double[] weights) { return inner.hessianTimes(theta, v, weights); }

    @Override public LogLikelihood weighted(double... weights) { return inner.weighted(weights); }
}
