package lyceum.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Convolution;
import lyceum.backend.Epilogue;
import lyceum.backend.Op;
import lyceum.backend.PadMode;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;

/**
 * Convolution as what it is, a form linear in each of three: {@code <y, x * w>}. The result of leaving one of them out is a convolution, its
 * gradient by the input or its gradient by the weight; so each of these has the other two for gradients, of any order. Operands are the two others, in
 * the order x, y, weight, and the bias along axis 1 of the result, if there is one.
 *
 * @param place of the result
 * @param how spread over the axes
 * @param shape of the result
 * @param activation of the result, or null; its slope is read off the result, so that the value before it is never stored
 * @param packed the weight of a convolution forward, packed; or null
 */
public record ConvolveOp(Place place, Convolution how, Shape shape, Op activation, PackedWeight packed) implements Operation {
    /** The three places of the form. */
    public enum Place {
        X, WEIGHT, Y
    }

    private ConvolveOp(Place place, Convolution how, Shape shape, Op activation) { this(place, how, shape, activation, null); }

    static Tensor convolve(Tensor input, Tensor kernel, Tensor offset, Convolution how, Op activation, PackedWeight packed) {
        Tensor x = Autocast.low(input), weight = Autocast.low(kernel), bias = Autocast.low(offset);
        int axes = axes("conv", x, weight);
        if (x.rank() == axes + 1) return convolve(x.unsqueeze(0), weight, bias, how, activation, packed).squeeze(0);
        var spread = how.over(axes);
        if (how.mode() != PadMode.ZEROS) {
            for (int i = 0; i < axes; i++) x = x.pad(i + 2, spread.before().get(i), spread.after().get(i), how.mode());
            spread = spread.withPadding(0).withMode(PadMode.ZEROS).over(axes);
        }
        long inputs = x.size(1), outputs = weight.size(0);
        if (inputs != weight.size(1) * how.groups()) throw new ShapeException("conv: input " + x.shape() + " has " + inputs
                + " channels; weight " + weight.shape() + " with groups " + how.groups() + " takes " + weight.size(1) * how.groups());
        if (outputs % how.groups() != 0) throw new ShapeException(
                "conv: weight " + weight.shape() + " has " + outputs + " outputs, which do not divide into groups " + how.groups());
        var sizes = new long[axes + 2];
        sizes[0] = x.size(0);
        sizes[1] = outputs;
        for (int i = 0; i < axes; i++) {
            long padded = x.size(i + 2) + spread.before().get(i) + spread.after().get(i),
                    reach = (weight.size(i + 2) - 1) * spread.dilation().get(i) + 1;
            if (padded < reach) throw new ShapeException("conv: the kernel of weight " + weight.shape() + " spans " + reach
                    + " elements of axis " + (i + 2) + "; input " + x.shape() + " has " + padded + " there with its padding");
            sizes[i + 2] = (padded - reach) / spread.stride().get(i) + 1;
        }
        return typed("conv", Place.Y, spread, sizes, x, weight, bias, activation, packed);
    }

    static Tensor transpose(Tensor input, Tensor kernel, Tensor offset, Convolution how, Op activation) {
        Tensor y = Autocast.low(input), weight = Autocast.low(kernel), bias = Autocast.low(offset);
        int axes = axes("convTranspose", y, weight);
        if (how.mode() != PadMode.ZEROS)
            throw new IllegalArgumentException("convTranspose: the padding is " + how.mode() + "; transposed convolutions know ZEROS only");
        if (y.rank() == axes + 1) return transpose(y.unsqueeze(0), weight, bias, how, activation).squeeze(0);
        var spread = how.over(axes);
        if (y.size(1) != weight.size(0)) throw new ShapeException("convTranspose: input " + y.shape() + " has " + y.size(1)
                + " channels, weight " + weight.shape() + " takes " + weight.size(0));
        if (y.size(1) % how.groups() != 0) throw new ShapeException(
                "convTranspose: input " + y.shape() + " has " + y.size(1) + " channels, which do not divide into groups " + how.groups());
        var sizes = new long[axes + 2];
        sizes[0] = y.size(0);
        sizes[1] = weight.size(1) * how.groups();
        for (int i = 0; i < axes; i++) {
            int stride = spread.stride().get(i), dilation = spread.dilation().get(i), more = spread.outputPadding().get(i);
            if (more >= Math.max(stride, dilation)) throw new IllegalArgumentException("convTranspose: outputPadding is " + more
                    + " on axis " + (i + 2) + "; it is below the stride " + stride + " or the dilation " + dilation);
            sizes[i + 2] = (y.size(i + 2) - 1) * stride - spread.before().get(i) - spread.after().get(i)
                    + (weight.size(i + 2) - 1) * dilation + more + 1;
            if (sizes[i + 2] < 1 || y.size(i + 2) < 1) throw new ShapeException(
                    "convTranspose: nothing is left of axis " + (i + 2) + " of input " + y.shape() + " under weight " + weight.shape()
                            + ", stride " + stride + " and padding " + spread.before().get(i) + " and " + spread.after().get(i));
        }
        return typed("convTranspose", Place.X, spread, sizes, y, weight, bias, activation, null);
    }

    private static int axes(String operation, Tensor x, Tensor weight) {
        int axes = weight.rank() - 2;
        if (axes < 1 || axes > 3) throw new ShapeException(
                operation + ": weight " + weight.shape() + "; its shape is (outputs, inputs, kernel..) with 1 to 3 kernel axes");
        if (x.rank() != axes + 2 && x.rank() != axes + 1) throw new ShapeException(operation + ": input " + x.shape() + " for weight "
                + weight.shape() + "; its shape is (batch, channels, sizes..) with " + axes + " spatial axes, or that without the batch");
        for (int i = 0; i < axes; i++)
            if (weight.size(i + 2) < 1) throw new ShapeException(operation + ": weight " + weight.shape() + " has an empty kernel");
        return axes;
    }

    private static Tensor typed(String operation, Place place, Convolution how, long[] sizes, Tensor a, Tensor weight, Tensor bias,
            Op activation, PackedWeight packed) {
        var type = DType.promote(a.dtype(), weight.dtype());
        if (bias != null) type = DType.promote(type, bias.dtype());
        if (!type.isFloat()) throw new DTypeException(
                operation + ": input " + a.dtype() + " and weight " + weight.dtype() + "; one of them must be a float");
        if (bias != null && (bias.rank() != 1 || bias.size(0) != sizes[1]))
            throw new ShapeException(operation + ": bias " + bias.shape() + " for " + sizes[1] + " output channels");
        long[] in = a.shape().toArray(), window = weight.shape().toArray();
        WindowGeometry.of(how, place == Place.Y ? in : sizes, window, place == Place.Y ? sizes : in); // refuses what is too large before anything is allocated
        if (activation != null && activation != Op.RELU && activation != Op.SIGMOID && activation != Op.TANH)
            throw new IllegalArgumentException(operation + ": activation " + activation + " cannot be fused; RELU, SIGMOID and TANH can");
        var w = weight.to(type);
        var op = new ConvolveOp(place, how, Shape.adopt(sizes), activation, packed != null && w == packed.weight() ? packed : null);
        return bias == null ? op.apply(a.to(type), w) : op.apply(a.to(type), w, bias.to(type));
    }

    @Override public Tensor value(Tensor... in) {
        var out = Fusion.allocate(in[0].dtype(), shape);
        into(out, in);
        return new Tensor(out, shape);
    }

    @Override public void into(View out, Tensor... in) {
        var epilogue = new Epilogue(in.length > 2 ? in[2].view() : null, activation);
        var backend = Backend.current();
        switch (place) {
            case Y -> {
                if (packed != null && in[1] == packed.weight()) backend.convolve(how, in[0].view(), packed.windows(), epilogue, out);
                else backend.convolve(how, in[0].view(), in[1].view(), epilogue, out);
            }
            case X -> backend.convolveBack(how, in[0].view(), in[1].view(), epilogue, out);
            case WEIGHT -> backend.convolveWeight(how, in[0].view(), in[1].view(), out);
        }
    }

    @Override public boolean isBilinear() { return activation == null; }

    @Override public int reads(int i) { return (i == 0 ? 2 : i == 1 ? 1 : 0) | (activation == null ? 0 : RESULT); }

    @Override public Tensor pullback(int i, Tensor g, Reading reading) {
        return linear(i, activation == null ? g : slope(g, reading.result()), reading);
    }

    /** The activation's slope is taken once for all operands. */
    @Override public Visit visit(Reading reading) {
        if (activation == null) return null;
        var before = new Tensor[1];
        return (i, g) -> linear(i, before[0] == null ? before[0] = slope(g, reading.result()) : before[0], reading);
    }

    private Tensor linear(int i, Tensor g, Reading reading) {
        var others = places(place);
        return switch (i) {
            case 0 -> fill(others.get(0), reading.shape(0), g, others.get(1), reading.operand(1));
            case 1 -> fill(others.get(1), reading.shape(1), g, others.get(0), reading.operand(0));
            default -> g.sum(exceptChannels(g.rank()));
        };
    }

    private Tensor slope(Tensor g, Tensor y) {
        return switch (activation) {
            case RELU -> y.le(0).where(g.zerosLike(), g); // so that NaN lets the gradient through, as relu does
            case SIGMOID -> g.mul(y.mul(y.rsub(1)));
            default -> g.mul(y.square().rsub(1));
        };
    }

    @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
        var plain = new ConvolveOp(place, how, shape, null);
        Tensor sum = tangents[0] == null ? null : plain.apply(tangents[0], in[1]);
        if (tangents[1] != null) sum = plus(sum, plain.apply(in[0], tangents[1]));
        if (in.length > 2 && tangents[2] != null) sum = plus(sum, channels(tangents[2]));
        return activation == null ? sum : slope(sum, out);
    }

    private static Tensor plus(Tensor a, Tensor b) { return a == null ? b : a.add(b); }

    /** One number a channel, to be stretched to the result. */
    private Tensor channels(Tensor bias) {
        var sizes = new long[shape.rank() - 1];
        Arrays.fill(sizes, 1);
        sizes[0] = bias.count();
        return bias.reshape(sizes).expand(shape.sizes());
    }

    /**
     * Entries that share the weight lie side by side along the batch axis; those with weights of their own along the channels, each in groups of its
     * own.
     */
    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
        boolean biasOnly = in.length > 2 && isBatched[2];
        if (!isBatched[1] && !biasOnly && place != Place.WEIGHT) {
            var sizes = shape.toArray();
            sizes[0] *= size;
            var operands = in.clone();
            operands[0] = Batch.merged(in[0], 0);
            return Batch.parted(new ConvolveOp(place, how, Shape.adopt(sizes), activation).apply(operands), size, 0);
        }
        int axis = place == Place.WEIGHT ? 0 : 1; // where the result has its outputs
        var sizes = shape.toArray();
        sizes[axis] *= size;
        var wide = Batch.spread(size, isBatched, in);
        var operands = new Tensor[in.length];
        operands[0] = Batch.merged(wide[0], 1);
        operands[1] = Batch.merged(wide[1], place == Place.WEIGHT ? 1 : 0);
        if (in.length > 2) operands[2] = Batch.merged(wide[2], 0);
        return Batch.parted(
                new ConvolveOp(place, how.withGroups(how.groups() * Math.toIntExact(size)), Shape.adopt(sizes), activation).apply(operands),
                size, axis);
    }

    @Override public Tensor composed(Tensor... in) {
        if (activation == null) return apply(in);
        var linear = new ConvolveOp(place, how, shape, null).apply(in);
        return new ElementwiseOp(activation, linear.dtype()).apply(linear);
    }

    @Override public boolean isComposed() { return activation != null; }

    /** Each element of y takes, or spreads to, a window of one group's channels. */
    @Override public long operations(Form out, Form... in) {
        var y = place == Place.Y ? out.shape() : place == Place.X ? in[0].shape() : in[1].shape();
        var weight = place == Place.WEIGHT ? out.shape() : in[1].shape();
        return y.count() * (weight.count() / Math.max(1, weight.size(0)));
    }

    @Override public String text() {
        return (place == Place.Y ? "convolve " : "convolve back to " + place.name().toLowerCase(Locale.ROOT) + " ")
                + Arrays.toString(shape.sizes());
    }

    /** The two places beside {@code place}, in the order of the operands. */
    private static List<Place> places(Place place) {
        var order = new ArrayList<>(List.of(Place.X, Place.Y, Place.WEIGHT));
        order.remove(place);
        return order;
    }

    /** The form without {@code target}, from g at this record's place and what stands at the other one. */
    private Tensor fill(Place target, Shape sizes, Tensor g, Place second, Tensor other) {
        var op = new ConvolveOp(target, how, sizes, null);
        return places(target).indexOf(place) == 0 ? op.apply(g, other) : op.apply(other, g);
    }

    private static int[] exceptChannels(int rank) {
        var axes = new int[rank - 1];
        for (int i = 1; i < axes.length; i++) axes[i] = i + 1;
        return axes;
    }
}
