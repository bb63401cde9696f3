package lyceum.nn;

import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * How far a function is from {@code f(g x) = g f(x)}, equivariance, or from {@code f(g x) = f(x)}, invariance: element by element of a group, at given inputs.
 *
 * {@snippet :
 * var layer = new Conv2d(3, 8, 3, new Convolution().withPadding(1).withMode(PadMode.CIRCULAR), rng);
 * var shifts = GroupAction.shifts(8, 8);
 * double largest = Equivariance.of(layer, x, shifts, shifts).largest();                                     // rounding alone
 * double turned = Equivariance.of(layer, x, GroupAction.of(Symmetry.C4), GroupAction.of(Symmetry.C4)).largest();   // not small
 * double gap = Equivariance.invariance(layer.then(new AdaptiveAvgPool2d(1, 1)), x, shifts).largest();
 * }
 *
 * <p>Measure a whole network at the size it will be used at: strides on even sides and padding break what each layer keeps alone.
 *
 * @param errors of each element, the largest absolute difference of an entry
 * @param relative of each element, the norm of the difference over that of f(x)
 * @see <a href="https://arxiv.org/abs/1602.07576">Cohen and Welling (2016)</a>
 */
public record Equivariance(double[] errors, double[] relative) {
    public Equivariance {
        errors = errors.clone();
        relative = relative.clone();
    }

    /** A copy. */
    @Override public double[] errors() { return errors.clone(); }

    /** A copy. */
    @Override public double[] relative() { return relative.clone(); }

    /**
     * Of a function, predicting.
     *
     * @param before how the group acts on x
     * @param after how it acts on f(x): as many elements, in the same order
     */
    public static Equivariance of(Layer f, Tensor x, GroupAction before, GroupAction after) {
        if (before.size() != after.size()) throw new IllegalArgumentException("Equivariance: " + before.size() + " elements of "
                + before.name() + " and " + after.size() + " of " + after.name() + "; one group, in one order");
        double[] errors = new double[before.size()], relative = new double[before.size()];
        Autograd.noGrad(() -> {
            var y = f.forward(x).compute();
            double norm = y.norm().item();
            for (int e = 0; e < errors.length; e++) {
                Tensor moved = f.forward(before.apply(e, x)), wanted = after.apply(e, y);
                if (!moved.shape().equals(wanted.shape())) throw new ShapeException("Equivariance: element " + e + " of " + before.name()
                        + " gives " + moved.shape() + " where " + after.name() + " wants " + wanted.shape());
                var gap = moved.sub(wanted).compute();
                errors[e] = gap.abs().max().item();
                relative[e] = norm == 0 ? 0 : gap.norm().item() / norm;
            }
        });
        return new Equivariance(errors, relative);
    }

    /** Of a function whose outputs should stay as they are. */
    public static Equivariance invariance(Layer f, Tensor x, GroupAction before) {
        return of(f, x, before, GroupAction.trivial(before.size()));
    }

    /** The largest error of any element. */
    public double largest() {
        double largest = 0;
        for (double e : errors) largest = Double.isNaN(e) ? e : Math.max(largest, e);
        return largest;
    }

    /** The mean relative error over elements. */
    public double meanRelative() {
        double sum = 0;
        for (double r : relative) sum += r / relative.length;
        return sum;
    }

    /** The element with the largest error. */
    public int worst() {
        int worst = 0;
        for (int e = 1; e < errors.length; e++) if (!(errors[e] <= errors[worst])) worst = e;
        return worst;
    }
}
