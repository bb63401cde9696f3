package lyceum.nn.onnx;

import static lyceum.nn.onnx.Operator.row;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.linalg.Linalg;
import lyceum.tensor.Tensor;

/** Many elements into one, and products of matrices. */
final class ReductionOperators {
    /** A reduction of axes that stay with size 1. */
    @FunctionalInterface
    private interface Reduction {
        Tensor of(Tensor x, int[] axes);
    }

    private static final List<Operator> REDUCTIONS = Stream
            .of(reduction("ReduceSum", 13, (x, axes) -> x.sum(axes, true)), reduction("ReduceMean", 18, (x, axes) -> x.mean(axes, true)),
                    reduction("ReduceProd", 18, (x, axes) -> x.prod(axes, true)),
                    reduction("ReduceMax", 18, (x, axes) -> extreme(x, axes, true)),
                    reduction("ReduceMin", 18, (x, axes) -> extreme(x, axes, false)),
                    reduction("ReduceL1", 18, (x, axes) -> x.abs().sum(axes, true)),
                    reduction("ReduceL2", 18, (x, axes) -> x.square().sum(axes, true).sqrt()),
                    reduction("ReduceSumSquare", 18, (x, axes) -> x.square().sum(axes, true)),
                    reduction("ReduceLogSum", 18, (x, axes) -> x.sum(axes, true).log()),
                    reduction("ReduceLogSumExp", 18, (x, axes) -> axes.length == 0 ? x : x.logSumExp(axes, true)))
            .flatMap(List::stream).toList();

    static final List<Operator> ROWS = Stream.concat(REDUCTIONS.stream(),
            Stream.of(row("ArgMax", 1, c -> OnnxValue.of(place(c, true))), row("ArgMin", 1, c -> OnnxValue.of(place(c, false))),
                    row("CumSum", 11, ReductionOperators::running), row("MatMul", 1, c -> c.x(0).matmul(c.x(1))), row("Gemm", 1, c -> {
                        double alpha = c.number("alpha", 1), beta = c.number("beta", 1);
                        var a = c.flag("transA") ? c.x(0).transpose() : c.x(0);
                        var y = a.matmul(c.flag("transB") ? c.x(1).transpose() : c.x(1));
                        if (alpha != 1) y = y.mul(alpha).to(y.dtype());
                        return !c.has(2) || beta == 0 ? y : y.add(beta == 1 ? c.x(2) : c.x(2).mul(beta).to(y.dtype()));
                    }), row("Einsum", 12, c -> Tensor.einsum(c.text("equation", ""), c.tensors())),
                    row("Det", 11, c -> determinants(c.x(0))), new Operator("com.microsoft", "FusedMatMul", 1, c -> {
                        var y = (c.flag("transA") ? c.x(0).transpose() : c.x(0)).matmul(c.flag("transB") ? c.x(1).transpose() : c.x(1));
                        return y.mul(c.number("alpha", 1)).to(y.dtype());
                    })))
            .toList();

    private ReductionOperators() {}

    /** Axes were an attribute before they became an input. */
    private static List<Operator> reduction(String name, int sinceInput, Reduction f) {
        return List.of(row(name, 1, c -> reduced(c, f, c.sets("axes") ? c.integers("axes") : new long[0])),
                row(name, sinceInput, c -> reduced(c, f, c.has(1) ? c.longs(1) : new long[0])));
    }

    private static Tensor reduced(Call c, Reduction f, long[] axes) {
        var x = c.x(0);
        int[] chosen = axes.length > 0 ? Call.axes(axes, x.rank())
                : c.flag("noop_with_empty_axes") ? new int[0] : IntStream.range(0, x.rank()).toArray();
        if (axes.length == 0 && c.flag("noop_with_empty_axes")) return x;
        var y = x.rank() == 0 ? f.of(x.reshape(1), new int[] {0}).reshape() : f.of(x, chosen);
        if (y.dtype() != x.dtype()) y = y.to(x.dtype());
        if (c.integer("keepdims", 1) != 0) return y;
        var kept = IntStream.range(0, x.rank()).filter(i -> IntStream.of(chosen).noneMatch(a -> a == i)).mapToLong(x::size).toArray();
        return y.reshape(kept);
    }

    /** Of no elements: the least the type has, or the greatest. */
    private static Tensor extreme(Tensor x, int[] axes, boolean largest) {
        if (x.dtype() == DType.BOOL) return largest ? x.any(axes, true) : x.all(axes, true);
        long reduced = 1;
        for (int axis : axes) reduced *= x.size(axis);
        if (reduced > 0) return largest ? x.max(axes, true) : x.min(axes, true);
        long[] shape = x.shape().toArray();
        for (int axis : axes) shape[axis] = 1;
        if (x.dtype().isFloat()) return Tensor.full(x.dtype(), largest ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY, shape);
        return Tensor.full(x.dtype(), switch (x.dtype()) {
            case U8 -> largest ? 0L : 255L;
            case I8 -> largest ? Byte.MIN_VALUE : Byte.MAX_VALUE;
            case I32 -> largest ? Integer.MIN_VALUE : Integer.MAX_VALUE;
            default -> largest ? Long.MIN_VALUE : Long.MAX_VALUE;
        }, shape);
    }

    private static Tensor place(Call c, boolean largest) {
        var x = c.x(0);
        int axis = c.axis("axis", 0, x.rank());
        boolean keep = c.integer("keepdims", 1) != 0, last = c.flag("select_last_index");
        var searched = last ? x.flip(axis) : x;
        var found = (largest ? searched.argmax(axis, keep) : searched.argmin(axis, keep)).to(DType.I64);
        return last ? found.neg().add(x.size(axis) - 1) : found;
    }

    private static Tensor determinants(Tensor x) {
        if (x.rank() == 2) return Linalg.det(x);
        var each = x.reshape(-1, x.size(-2), x.size(-1));
        var all = new Tensor[(int) each.size(0)];
        for (int i = 0; i < all.length; i++) all[i] = Linalg.det(each.select(0, i));
        long[] shape = Arrays.copyOf(x.shape().toArray(), x.rank() - 2);
        return all.length == 0 ? Tensor.zeros(x.dtype(), shape) : Tensor.stack(0, all).reshape(shape);
    }

    private static Object running(Call c) {
        var x = c.x(0);
        int axis = Call.axis(c.item(1), x.rank());
        boolean backwards = c.flag("reverse");
        if (backwards) x = x.flip(axis);
        var sums = x.cumsum(axis).to(x.dtype());
        if (c.flag("exclusive") && x.size(axis) > 0) sums = sums.narrow(axis, 0, x.size(axis) - 1).pad(axis, 1, 0, 0);
        return backwards ? sums.flip(axis) : sums;
    }
}
