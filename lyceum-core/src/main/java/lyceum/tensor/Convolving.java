package lyceum.tensor;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Convolution;
import lyceum.backend.Epilogue;
import lyceum.backend.Op;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;
import lyceum.tensor.History.Saved;

/**
 * Convolution as what it is, a form linear in each of three: {@code <y, x * w>}. The result of leaving one of them out is a convolution, its
 * gradient by the input or its gradient by the weight; so each of these has the other two for gradients, of any order.
 */
final class Convolving {
    /** The three places of the form. */
    enum Place { X, WEIGHT, Y }

    private Convolving() { }

    static Tensor convolve(Tensor x, Tensor weight, Tensor bias, Convolution how, Op activation) {
        int axes = axes("conv", x, weight);
        if (x.rank() == axes + 1) return convolve(x.unsqueeze(0), weight, bias, how, activation).squeeze(0);
        var spread = how.over(axes);
        long inputs = x.size(1), outputs = weight.size(0);
        if (inputs != weight.size(1) * how.groups()) throw new ShapeException("conv: input " + x.shape() + " has " + inputs + " channels; weight " + weight.shape()
                + " with groups " + how.groups() + " takes " + weight.size(1) * how.groups());
        if (outputs % how.groups() != 0) throw new ShapeException("conv: weight " + weight.shape() + " has " + outputs + " outputs, which do not divide into groups " + how.groups());
        var sizes = new long[axes + 2];
        sizes[0] = x.size(0);
        sizes[1] = outputs;
        for (int i = 0; i < axes; i++) {
            long padded = x.size(i + 2) + spread.before().get(i) + spread.after().get(i), reach = (weight.size(i + 2) - 1) * spread.dilation().get(i) + 1;
            if (padded < reach) throw new ShapeException("conv: the kernel of weight " + weight.shape() + " spans " + reach + " elements of axis " + (i + 2) + "; input "
                    + x.shape() + " has " + padded + " there with its padding");
            sizes[i + 2] = (padded - reach) / spread.stride().get(i) + 1;
        }
        return typed("conv", Place.Y, spread, sizes, x, weight, bias, activation);
    }

    static Tensor transpose(Tensor y, Tensor weight, Tensor bias, Convolution how, Op activation) {
        int axes = axes("convTranspose", y, weight);
        if (y.rank() == axes + 1) return transpose(y.unsqueeze(0), weight, bias, how, activation).squeeze(0);
        var spread = how.over(axes);
        if (y.size(1) != weight.size(0)) throw new ShapeException("convTranspose: input " + y.shape() + " has " + y.size(1) + " channels, weight " + weight.shape() + " takes " + weight.size(0));
        if (y.size(1) % how.groups() != 0) throw new ShapeException("convTranspose: input " + y.shape() + " has " + y.size(1) + " channels, which do not divide into groups " + how.groups());
        var sizes = new long[axes + 2];
        sizes[0] = y.size(0);
        sizes[1] = weight.size(1) * how.groups();
        for (int i = 0; i < axes; i++) {
            int stride = spread.stride().get(i), dilation = spread.dilation().get(i), more = spread.outputPadding().get(i);
            if (more >= Math.max(stride, dilation)) throw new IllegalArgumentException("convTranspose: outputPadding is " + more + " on axis " + (i + 2)
                    + "; it is below the stride " + stride + " or the dilation " + dilation);
            sizes[i + 2] = (y.size(i + 2) - 1) * stride - spread.before().get(i) - spread.after().get(i) + (weight.size(i + 2) - 1) * dilation + more + 1;
            if (sizes[i + 2] < 1 || y.size(i + 2) < 1) throw new ShapeException("convTranspose: nothing is left of axis " + (i + 2) + " of input " + y.shape() + " under weight "
                    + weight.shape() + ", stride " + stride + " and padding " + spread.before().get(i) + " and " + spread.after().get(i));
        }
        return typed("convTranspose", Place.X, spread, sizes, y, weight, bias, activation);
    }

    private static int axes(String operation, Tensor x, Tensor weight) {
        int axes = weight.rank() - 2;
        if (axes < 1 || axes > 3) throw new ShapeException(operation + ": weight " + weight.shape() + "; its shape is (outputs, inputs, kernel..) with 1 to 3 kernel axes");
        if (x.rank() != axes + 2 && x.rank() != axes + 1) throw new ShapeException(operation + ": input " + x.shape() + " for weight " + weight.shape() + "; its shape is (batch, channels, sizes..) with "
                + axes + " spatial axes, or that without the batch");
        for (int i = 0; i < axes; i++) if (weight.size(i + 2) < 1) throw new ShapeException(operation + ": weight " + weight.shape() + " has an empty kernel");
        return axes;
    }

    private static Tensor typed(String operation, Place place, Convolution how, long[] sizes, Tensor a, Tensor weight, Tensor bias, Op activation) {
        var type = DType.promote(a.dtype(), weight.dtype());
        if (bias != null) type = DType.promote(type, bias.dtype());
        if (!type.isFloat()) throw new DTypeException(operation + ": input " + a.dtype() + " and weight " + weight.dtype() + "; one of them must be a float");
        if (bias != null && (bias.rank() != 1 || bias.size(0) != sizes[1])) throw new ShapeException(operation + ": bias " + bias.shape() + " for " + sizes[1] + " output channels");
        long[] in = a.shape().toArray(), window = weight.shape().toArray();
        WindowGeometry.of(how, place == Place.Y ? in : sizes, window, place == Place.Y ? sizes : in); // refuses what is too large before anything is allocated
        if (activation != null && activation != Op.RELU && activation != Op.SIGMOID && activation != Op.TANH)
            throw new IllegalArgumentException(operation + ": activation " + activation + " cannot be fused; RELU, SIGMOID and TANH can");
        Tensor wide = a.to(type), kernel = weight.to(type), offset = bias == null ? null : bias.to(type);
        if (activation == null || !Tracing.on()) return product(place, how, sizes, wide, kernel, offset, activation);
        var linear = product(place, how, sizes, wide, kernel, offset, null); // a graph sees two operations, whose gradients it knows
        return switch (activation) {
            case RELU -> linear.relu();
            case SIGMOID -> linear.sigmoid();
            default -> linear.tanh();
        };
    }

    /**
     * The form without the tensor at {@code place}.
     *
     * @param a of the two others the one that comes first in {@code x, y, weight}, {@code b} the other
     * @param bias along axis 1 of the result, or null; only for X and Y, likewise {@code activation}
     */
    static Tensor product(Place place, Convolution how, long[] sizes, Tensor a, Tensor b, Tensor bias, Op activation) {
        var shape = Shape.adopt(sizes);
        var out = Fusion.allocate(a.dtype(), shape);
        var epilogue = new Epilogue(bias == null ? null : bias.view(), activation);
        var backend = Backend.current();
        switch (place) {
            case Y -> backend.convolve(how, a.view(), b.view(), epilogue, out);
            case X -> backend.convolveBack(how, a.view(), b.view(), epilogue, out);
            case WEIGHT -> backend.convolveWeight(how, a.view(), b.view(), out);
        }
        var result = new Tensor(out, shape);
        if (Tracing.on()) Tracing.made(new Operation.Convolve(place, how, Storing.list(sizes)), result, operands(a, b, bias));
        if (!History.wanted(a, b, bias)) return result;
        var linear = linear(place, how, result, a, b, bias);
        return activation == null ? linear : activated(activation, linear);
    }

    private static Tensor[] operands(Tensor a, Tensor b, Tensor bias) { return bias == null ? new Tensor[] {a, b} : new Tensor[] {a, b, bias}; }

    private static Tensor linear(Place place, Convolution how, Tensor result, Tensor a, Tensor b, Tensor bias) {
        String name = place == Place.Y ? "conv" : place == Place.X ? "convTranspose" : "convolution weight";
        var left = b.isTracked() ? Saved.of(a, name) : null;
        var right = a.isTracked() ? Saved.of(b, name) : null;
        var others = places(place);
        return History.record(name, result, (i, g) -> switch (i) {
            case 0 -> right == null ? null : fill(others.get(0), how, a.shape(), place, g, others.get(1), right.get());
            case 1 -> left == null ? null : fill(others.get(1), how, b.shape(), place, g, others.get(0), left.get());
            default -> g.sum(exceptChannels(g.rank()));
        }, operands(a, b, bias));
    }

    /** The two places beside {@code place}, in the order of {@link #product}'s operands. */
    private static List<Place> places(Place place) {
        var order = new ArrayList<>(List.of(Place.X, Place.Y, Place.WEIGHT));
        order.remove(place);
        return order;
    }

    /** The form without {@code place}, from what stands at the other two. */
    private static Tensor fill(Place place, Convolution how, Shape shape, Place first, Tensor a, Place second, Tensor b) {
        boolean ordered = places(place).indexOf(first) == 0;
        return product(place, how, shape.toArray(), ordered ? a : b, ordered ? b : a, null, null);
    }

    private static int[] exceptChannels(int rank) {
        var axes = new int[rank - 1];
        for (int i = 1; i < axes.length; i++) axes[i] = i + 1;
        return axes;
    }

    /**
     * The result under a second name: the first one's history leads on to the operands, and the activation's slope, of which the result alone
     * tells, lies between them. The value before the activation was never stored, and nobody asks for it.
     */
    private static Tensor activated(Op activation, Tensor linear) {
        var result = new Tensor(linear.view(), linear.shape());
        var value = Saved.of(result, "activation");
        return History.record("activation", result, (i, g) -> {
            var y = value.get();
            return switch (activation) {
                case RELU -> y.le(0).where(g.zerosLike(), g); // so that NaN lets the gradient through, as relu does
                case SIGMOID -> g.mul(y.mul(y.rsub(1)));
                default -> g.mul(y.square().rsub(1));
            };
        }, linear);
    }
}
