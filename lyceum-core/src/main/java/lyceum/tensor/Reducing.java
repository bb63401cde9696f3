package lyceum.tensor;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Backend.Reduction;
import lyceum.backend.Backend.Scan;
import lyceum.backend.Op;
import lyceum.tensor.History.Saved;

/** What reductions share: axes, shapes, and the call of the backend. */
final class Reducing {
    private Reducing() { }

    /** Which axes are reduced; none named means all. @throws ShapeException if one does not exist or is named twice */
    static boolean[] mask(String operation, Tensor x, int... axes) {
        var mask = new boolean[x.rank()];
        if (axes.length == 0) java.util.Arrays.fill(mask, true);
        for (int axis : axes) {
            int a = x.shape().axis(axis);
            if (mask[a]) throw new ShapeException(operation + ": axis " + axis + " is named twice for shape " + x.shape());
            mask[a] = true;
        }
        return mask;
    }

    /** Number of elements that become one. */
    static double count(String operation, Tensor x, int... axes) {
        double n = 1;
        var mask = mask(operation, x, axes);
        for (int i = 0; i < mask.length; i++) if (mask[i]) n *= x.size(i);
        return n;
    }

    /** The shape with reduced axes of size 1. */
    static Shape kept(Tensor x, boolean[] mask) {
        var sizes = x.shape().toArray();
        for (int i = 0; i < sizes.length; i++) if (mask[i]) sizes[i] = 1;
        return Shape.adopt(sizes);
    }

    /** The shape without the reduced axes. */
    static Shape without(Tensor x, boolean[] mask) {
        var sizes = new long[x.rank()];
        int n = 0;
        for (int i = 0; i < mask.length; i++) if (!mask[i]) sizes[n++] = x.size(i);
        return Shape.adopt(java.util.Arrays.copyOf(sizes, n));
    }

    /** The reduction. Along the last axis it stays pending, so that what reads it along the rows becomes one program with it. */
    static Tensor reduce(Reduction reduction, Tensor x, boolean[] mask, DType type, boolean keepDims) {
        var pending = x.deferred();
        if (isLastAxis(mask) && (keepDims || pending != null && pending.reducesRows())) {
            var op = rowOp(reduction);
            var rows = op == null ? null : Fusion.rows(op, x);
            if (rows != null) return keepDims ? rows : rows.reshape(without(x, mask).sizes());
        }
        var result = value(reduction, x, mask, type);
        if (Tracing.on()) Tracing.made(new Operation.Reduce(reduction, Storing.list(axesOf(mask))), result, x);
        return keepDims ? result.reshape(kept(x, mask).sizes()) : result;
    }

    private static boolean isLastAxis(boolean[] mask) {
        for (int i = 0; i < mask.length - 1; i++) if (mask[i]) return false;
        return mask.length > 0 && mask[mask.length - 1];
    }

    private static Op rowOp(Reduction reduction) {
        return switch (reduction) {
            case SUM -> Op.ROW_SUM;
            case MAX -> Op.ROW_MAX;
            case MIN -> Op.ROW_MIN;
            default -> null;
        };
    }

    private static Tensor value(Reduction reduction, Tensor x, boolean[] mask, DType type) {
        if (x.rank() == 0) return reduction.compareTo(Reduction.ARGMAX) >= 0 ? Tensor.zeros(type) : Tracing.untold(() -> Viewing.copyOf(x).to(type));
        var shape = without(x, mask);
        var out = Fusion.allocate(type, shape);
        Fusion.reduce(reduction, x, mask, out);
        return new Tensor(out, shape);
    }

    static Tensor extreme(Reduction reduction, Tensor x, int[] axes, boolean keepDims) {
        var name = reduction == Reduction.MAX ? "max" : "min";
        var mask = mask(name, x, axes);
        if (count(name, x, axes) == 0) throw new ShapeException(name + ": shape " + x.shape() + " has no elements to choose from");
        var result = reduce(reduction, x, mask, x.dtype(), keepDims);
        if (!History.wanted(x)) return result;
        var in = Saved.of(x, name);
        var out = Saved.of(result, name);
        var kept = kept(x, mask);
        int[] all = axesOf(mask);
        return History.record(name, result, (i, g) -> {
            var winners = in.get().detach().eq(out.get().detach().reshape(kept.sizes())).to(in.get().dtype());
            return winners.div(winners.sum(all, true)).mul(g.reshape(kept.sizes()));
        }, x);
    }

    static int[] axesOf(boolean[] mask) {
        var axes = new int[mask.length];
        int n = 0;
        for (int i = 0; i < mask.length; i++) if (mask[i]) axes[n++] = i;
        return java.util.Arrays.copyOf(axes, n);
    }

    static Tensor arg(Reduction reduction, Tensor x, int[] axes) {
        var name = reduction == Reduction.ARGMAX ? "argmax" : "argmin";
        if (count(name, x, axes) == 0) throw new ShapeException(name + ": shape " + x.shape() + " has no elements to choose from");
        var mask = mask(name, x, axes);
        boolean rowByRow = isLastAxis(mask) && x.dtype().isFloat() && Fusion.takesRows(x);
        return rowByRow ? Rowwise.arg(reduction, x) : reduce(reduction, x, mask, DType.I64, false);
    }

    static Tensor scan(Scan scan, Tensor x, int axis) {
        int a = x.shape().axis(axis);
        var out = Fusion.allocate(x.dtype(), x.shape());
        Backend.current().scan(scan, x.view(), a, out);
        var result = new Tensor(out, x.shape());
        return Tracing.on() ? Tracing.made(new Operation.Scan(scan, a), result, x) : result;
    }

    /** For each element the product of all others of its group, by running products from both sides: exact with zeros. */
    static Tensor productOfOthers(Tensor x, boolean[] mask) {
        var axes = axesOf(mask);
        var order = new int[x.rank()];
        int n = 0;
        for (int i = 0; i < mask.length; i++) if (!mask[i]) order[n++] = i;
        int kept = n;
        for (int axis : axes) order[n++] = axis;
        var moved = x.permute(order);
        var sizes = java.util.Arrays.copyOf(moved.shape().toArray(), kept + 1);
        sizes[kept] = -1;
        if (x.count() == 0) return x;
        var flat = moved.reshape(sizes);
        long length = flat.size(kept);
        var parts = new Tensor[(int) length];
        // One product per position keeps the formula differentiable in turn; the groups of a product are short.
        Tensor before = flat.narrow(kept, 0, 1).onesLike();
        for (int j = 0; j < length; j++) {
            parts[j] = before;
            before = before.mul(flat.narrow(kept, j, 1));
        }
        Tensor after = flat.narrow(kept, 0, 1).onesLike();
        for (int j = (int) length - 1; j >= 0; j--) {
            parts[j] = parts[j].mul(after);
            after = after.mul(flat.narrow(kept, j, 1));
        }
        var inverse = new int[order.length];
        for (int i = 0; i < order.length; i++) inverse[order[i]] = i;
        return Tensor.concat(kept, parts).reshape(moved.shape().sizes()).permute(inverse);
    }
}
