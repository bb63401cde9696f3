package lyceum.nn.onnx;

import java.util.Arrays;
import java.util.Map;
import lyceum.DType;
import lyceum.backend.Op;
import lyceum.nn.onnx.Plan.Step;
import lyceum.tensor.PackedMatrix;
import lyceum.tensor.Tensor;

/**
 * A convolution that does something to its results, or whose weights are constant. Where its result has few columns, as in a chunk of sound, the windows times the packed
 * weights are faster than the kernels of convolutions, whose lanes are columns.
 *
 * @param weight null where it is an input, as the offset then is
 * @param taps the weights of one column's outputs, (inputs kernel, outputs); null where columns are not computed so
 */
record Convolved(Step conv, Tensor weight, Tensor offset, Op activation, PackedMatrix taps) implements Operator.Meaning {
    private static final long FEW = 8;

    static Convolved of(Step conv, Tensor weight, Tensor offset, Op activation) {
        boolean packs = weight != null && weight.rank() >= 3 && weight.count() > 0;
        if (packs) {
            var call = new Call(conv.node(), conv.version(), new OnnxValue[0], Map.of(), null, new OnnxLimits());
            boolean isPoint = Arrays.stream(weight.shape().toArray(), 2, weight.rank()).allMatch(k -> k == 1);
            packs = call.integer("group", 1) == 1 && Arrays.stream(call.integers("dilations")).allMatch(d -> d == 1)
                    && (weight.rank() == 3 || isPoint && Arrays.stream(call.integers("pads")).allMatch(p -> p == 0)
                            && Arrays.stream(call.integers("strides")).allMatch(s -> s == 1));
        }
        return new Convolved(conv, weight, offset, activation,
                packs ? PackedMatrix.of(weight.reshape(weight.size(0), -1).transpose()) : null);
    }

    @Override public Object of(Call c) {
        var call = new Call(conv.node(), conv.version(), c.values(), Map.of(), null, c.limits());
        var x = c.x(0);
        if (weight == null) return WindowOperators.convolved(call, x, c.x(1), c.optional(2), activation);
        boolean fits = taps != null && x.dtype() == DType.F32 && x.rank() == weight.rank() && x.size(1) == weight.size(1);
        var y = !fits ? null : x.rank() == 3 ? line(call, x) : point(x);
        return y != null ? y : WindowOperators.convolved(call, x, weight, offset, activation);
    }

    private Tensor line(Call call, Tensor x) {
        long k = weight.size(2);
        var w = WindowOperators.Windows.of(call, x, new long[] {k});
        int before = w.before()[0], after = w.after()[0];
        long room = x.size(2) + before + after - k, columns = Math.floorDiv(room, w.strides()[0]) + 1, rows = x.size(0) * columns;
        if (before < 0 || after < 0 || room < 0 || rows < 1 || rows > FEW) return null;
        var wide = before + after == 0 ? x : x.pad(2, before, after, 0);
        var windows = wide.unfold(2, k, w.strides()[0]).permute(0, 2, 1, 3).reshape(rows, weight.size(1) * k);
        return product(windows).reshape(x.size(0), columns, weight.size(0)).transpose(1, 2);
    }

    private Tensor point(Tensor x) {
        long rows = x.count() / Math.max(1, x.size(1)), columns = rows / Math.max(1, x.size(0));
        if (rows < 1 || rows > FEW) return null;
        var shape = x.shape().toArray();
        shape[1] = weight.size(0);
        return product(x.reshape(x.size(0), x.size(1), columns).transpose(1, 2).reshape(rows, x.size(1)))
                .reshape(x.size(0), columns, weight.size(0)).transpose(1, 2).reshape(shape);
    }

    private Tensor product(Tensor rows) {
        var y = rows.matmul(taps);
        if (offset != null) y = y.add(offset);
        return activation == null ? y : activation == Op.RELU ? y.relu() : activation == Op.SIGMOID ? y.sigmoid() : y.tanh();
    }
}
