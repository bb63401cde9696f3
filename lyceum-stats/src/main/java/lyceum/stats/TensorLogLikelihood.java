package lyceum.stats;

import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.autograd.Mode;
import lyceum.tensor.Tensor;

/** Terms by a tensor function. */
record TensorLogLikelihood(int observations, int parameters, UnaryOperator<Tensor> formula) implements LogLikelihood {

    private Tensor checked(Tensor theta) {
        var found = formula.apply(theta);
        if (found.rank() != 1 || found.size(0) != observations) throw new ShapeException("LogLikelihood: the terms have shape "
                + found.shape() + "; there are " + observations + " observations, so it is (" + observations + ")");
        return found;
    }

    private Tensor point(double[] theta) {
        if (theta.length != parameters)
            throw new ShapeException("LogLikelihood: " + theta.length + " numbers for " + parameters + " parameters");
        return Tensor.of(theta);
    }

    @Override public double[] terms(double[] theta) { return Autograd.noGrad(() -> checked(point(theta)).toDoubleArray()); }

    @Override public double[][] scores(double[] theta) {
        // Few parameters and many observations: one forward sweep a parameter
        return Autograd.jacobian(this::checked, point(theta), Mode.FORWARD).toRows();
    }

    @Override public double at(double[] theta, double[] gradient, double[] weights) {
        var pulled = Autograd.pullback(this::checked, point(theta));
        System.arraycopy(pulled.back().apply(Tensor.of(weights)).toDoubleArray(), 0, gradient, 0, parameters);
        return LogLikelihood.sum(pulled.value().toDoubleArray(), weights);
    }

    @Override public double[] hessianTimes(double[] theta, double[] v, double[] weights) {
        var w = Tensor.of(weights);
        return Autograd.hvp(t -> checked(t).mul(w).sum(), point(theta), Tensor.of(v)).toDoubleArray();
    }
}
