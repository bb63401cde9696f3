package lyceum.nn.onnx;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.linalg.Linalg;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Many elements into one, and products of matrices. */
final class ReductionOperators {
    /** A reduction of axes that stay with size 1. */
    @FunctionalInterface
    private interface Reduction {
        Tensor of(Tensor x, int[] axes);
    }

    static final String ROWS = "ReduceSum 1, ReduceSum 13, ReduceMean 1, ReduceMean 18, ReduceProd 1, ReduceProd 18, ReduceMax 1, ReduceMax 18, "
            + "ReduceMin 1, ReduceMin 18, ReduceL1 1, ReduceL1 18, ReduceL2 1, ReduceL2 18, ReduceSumSquare 1, ReduceSumSquare 18, "
            + "ReduceLogSum 1, ReduceLogSum 18, ReduceLogSumExp 1, ReduceLogSumExp 18, ArgMax 1, ArgMin 1, CumSum 11, MatMul 1, "
            + "Gemm 1, Einsum 12, Det 11, com.microsoft:FusedMatMul 1";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "ArgMax 1" -> c -> OnnxValue.of(place(c, true));
            case "ArgMin 1" -> c -> OnnxValue.of(place(c, false));
            case "CumSum 11" -> ReductionOperators::running;
            case "MatMul 1" -> c -> c.x(0).matmul(c.x(1));
            case "Gemm 1" -> c -> {
                double alpha = c.number("alpha", 1), beta = c.number("beta", 1);
                var a = c.flag("transA") ? c.x(0).transpose() : c.x(0);
                var y = a.matmul(c.flag("transB") ? c.x(1).transpose() : c.x(1));
                if (alpha != 1) y = y.mul(alpha).to(y.dtype());
                return !c.has(2) || beta == 0 ? y : y.add(beta == 1 ? c.x(2) : c.x(2).mul(beta).to(y.dtype()));
            };
            case "Einsum 12" -> c -> Tensor.einsum(c.text("equation", ""), c.tensors());
            case "Det 11" -> c -> determinants(c.x(0));
            case "com.microsoft:FusedMatMul 1" -> c -> {
                var y = (c.flag("transA") ? c.x(0).transpose() : c.x(0)).matmul(c.flag("transB") ? c.x(1).transpose() : c.x(1));
                return y.mul(c.number("alpha", 1)).to(y.dtype());
            };
            default -> reduction(row);
        };
    }

    private ReductionOperators() {}

    /** Axes were an attribute before they became an input. */
    private static Meaning reduction(String row) {
        Reduction f = switch (row.substring(0, row.indexOf(' '))) {
            case "ReduceSum" -> (x, axes) -> x.sum(axes, true);
            case "ReduceMean" -> (x, axes) -> x.mean(axes, true);
            case "ReduceProd" -> (x, axes) -> x.prod(axes, true);
            case "ReduceMax" -> (x, axes) -> extreme(x, axes, true);
            case "ReduceMin" -> (x, axes) -> extreme(x, axes, false);
            case "ReduceL1" -> (x, axes) -> x.abs().sum(axes, true);
            case "ReduceL2" -> (x, axes) -> x.square().sum(axes, true).sqrt();
            case "ReduceSumSquare" -> (x, axes) -> x.square().sum(axes, true);
            case "ReduceLogSum" -> (x, axes) -> x.sum(axes, true).log();
            case "ReduceLogSumExp" -> (x, axes) -> axes.length == 0 ? x : x.logSumExp(axes, true);
            default -> throw Operators.unknown(row);
        };
        return row.endsWith(" 1") ? c -> reduced(c, f, c.sets("axes") ? c.integers("axes") : new long[0])
                : c -> reduced(c, f, c.has(1) ? c.longs(1) : new long[0]);
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
