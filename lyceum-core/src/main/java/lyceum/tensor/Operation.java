package lyceum.tensor;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Convolution;
import lyceum.backend.Op;
import lyceum.backend.Pooling;
import lyceum.backend.Precision;
import lyceum.backend.View;

/**
 * What was done to tensors, as data: can be compared, printed and done again, with gradients. Everything that {@link Tensor} offers is one of
 * these or a composition of them; {@link Tracing} tells which.
 */
public sealed interface Operation {

    /** Does it to other operands, as the call on {@link Tensor} would: recorded for gradients if an operand is tracked. */
    Tensor apply(Tensor... in);

    /** Does it and stores the result in {@code out}, which has the result's shape and type and overlaps no operand. */
    default void into(View out, Tensor... in) { Storing.copy(apply(in), out); }

    /** True if the result shares the operand's memory, for contiguous operands. */
    default boolean isView() { return false; }

    /** A few words, such as {@code sum [0]}. */
    default String text() { return getClass().getSimpleName().toLowerCase(Locale.ROOT); }

    /** An element-wise primitive; operands broadcast. */
    record Elementwise(Op op, DType type) implements Operation {
        @Override public Tensor apply(Tensor... in) {
            return switch (op) { // these check their operands' values
                case FLOOR_DIV -> in[0].floorDiv(in[1]);
                case MOD -> in[0].mod(in[1]);
                case POW -> in[0].pow(in[1]);
                default -> ElementwiseOps.apply(op, type, in[0], in.length > 1 ? in[1] : null, in.length > 2 ? in[2] : null);
            };
        }

        @Override public String text() { return op.text(); }
    }

    /** A reduction over {@code axes}, which are dropped; none for a scalar. */
    record Reduce(Backend.Reduction reduction, List<Integer> axes) implements Operation {
        @Override public Tensor apply(Tensor... in) {
            return switch (reduction) {
                case SUM -> in[0].sum(array());
                case PROD -> in[0].prod(array());
                case MAX -> in[0].max(array());
                case MIN -> in[0].min(array());
                case ARGMAX, ARGMIN -> Reducing.arg(reduction, in[0], array());
            };
        }

        @Override public void into(View out, Tensor... in) {
            if (in[0].rank() == 0) Storing.copy(apply(in), out);
            else Fusion.reduce(reduction, in[0], Reducing.mask(text(), in[0], array()), out);
        }

        private int[] array() { return axes.stream().mapToInt(Integer::intValue).toArray(); }

        @Override public String text() { return reduction.name().toLowerCase(Locale.ROOT) + " " + axes; }
    }

    /** A running sum, product, maximum or minimum. */
    record Scan(Backend.Scan scan, int axis) implements Operation {
        @Override public Tensor apply(Tensor... in) {
            return switch (scan) {
                case SUM -> in[0].cumsum(axis);
                case PROD -> in[0].cumprod(axis);
                case MAX -> in[0].cummax(axis);
                case MIN -> in[0].cummin(axis);
            };
        }

        @Override public void into(View out, Tensor... in) { Backend.current().scan(scan, in[0].view(), axis, out); }

        @Override public String text() { return "running " + scan.name().toLowerCase(Locale.ROOT) + " " + axis; }
    }

    /** The permutation that sorts. */
    record Argsort(int axis, boolean descending) implements Operation {
        @Override public Tensor apply(Tensor... in) { return in[0].argsort(axis, descending); }
    }

    /** Shares that add up to 1. */
    record Softmax(int axis) implements Operation {
        @Override public Tensor apply(Tensor... in) { return in[0].softmax(axis); }
    }

    /** Matrix product of the last two axes, batched. */
    record MatMul(Precision precision) implements Operation {
        @Override public Tensor apply(Tensor... in) { return Multiplying.product(in[0], in[1], precision); }

        @Override public void into(View out, Tensor... in) { Multiplying.into(in[0], in[1], precision, out); }
    }

    /** Attention of queries, keys, values and the masks that are {@code given}: bias, key lengths, query starts, block table. */
    record Attend(double scale, boolean causal, long window, List<Boolean> given) implements Operation {
        @Override public Tensor apply(Tensor... in) { return Attending.again(scale, causal, window, given, in); }

        @Override public String text() { return causal ? "causal attention" : "attention"; }
    }

    /** A convolution (place Y), its gradient by the input (X) or by the weight; {@code how} is spread over the axes, {@code sizes} are the result's. */
    record Convolve(Convolving.Place place, Convolution how, List<Long> sizes) implements Operation {
        @Override public Tensor apply(Tensor... in) { return Convolving.product(place, how, Storing.array(sizes), in[0], in[1], in.length > 2 ? in[2] : null, null); }

        @Override public String text() { return (place == Convolving.Place.Y ? "convolve " : "convolve back to " + place.name().toLowerCase(Locale.ROOT) + " ") + sizes; }
    }

    /** The largest of each window, or the number of its place. */
    record MaxPool(Pooling how, boolean indices) implements Operation {
        @Override public Tensor apply(Tensor... in) {
            var pooled = in[0].maxPoolWithIndices(how);
            return indices ? pooled.indices() : pooled.values();
        }
    }

    /** The mean of each window, or the adjoint of that. */
    record AveragePool(Pooling how, boolean back, List<Long> sizes) implements Operation {
        @Override public Tensor apply(Tensor... in) { return PoolingRules.linear(how, back, Storing.array(sizes), in[0]); }
    }

    /** Operand 0 at the places that operand 1 names. */
    record Gather(int axis) implements Operation {
        @Override public Tensor apply(Tensor... in) { return in[0].gather(axis, in[1]); }

        @Override public void into(View out, Tensor... in) {
            var index = Indexing.checked("gather", in[1], in[0].shape(), axis, in[1].shape());
            Backend.current().gather(in[0].view(), axis, index.view(), out);
        }

        @Override public String text() { return "gather " + axis; }
    }

    /** Operand 2 written or added to a copy of operand 0 at the places that operand 1 names. */
    record Scatter(Backend.Scatter rule, int axis) implements Operation {
        @Override public Tensor apply(Tensor... in) {
            return switch (rule) {
                case SET -> in[0].scatter(axis, in[1], in[2]);
                case ADD -> in[0].scatterAdd(axis, in[1], in[2]);
                case MAX, MIN -> Indexing.extreme(rule, in[0], axis, in[1], in[2]);
            };
        }

        @Override public void into(View out, Tensor... in) {
            var index = Indexing.checked("scatter", in[1], in[0].shape(), axis, in[2].shape());
            Storing.copy(in[0], out);
            Backend.current().scatter(rule, in[2].view(), axis, index.view(), out);
        }

        @Override public String text() { return "scatter " + rule.name().toLowerCase(Locale.ROOT) + " " + axis; }
    }

    /** The operands side by side. */
    record Concat(int axis) implements Operation {
        @Override public Tensor apply(Tensor... in) { return Joining.concat(axis, in); }

        @Override public void into(View out, Tensor... in) { Joining.placeAll(out, axis, in); }

        @Override public String text() { return "concat " + axis; }
    }

    /** A copy. */
    record Copy() implements Operation {
        @Override public Tensor apply(Tensor... in) { return in[0].copy(); }

        @Override public void into(View out, Tensor... in) { Storing.copy(in[0], out); }
    }

    /** The same elements under another shape. */
    record Reshape(List<Long> sizes) implements Operation {
        @Override public Tensor apply(Tensor... in) { return in[0].reshape(Storing.array(sizes)); }

        @Override public boolean isView() { return true; }

        @Override public String text() { return "reshape " + sizes; }
    }

    /** Axes stretched. */
    record Expand(List<Long> sizes) implements Operation {
        @Override public Tensor apply(Tensor... in) { return in[0].expand(Storing.array(sizes)); }

        @Override public boolean isView() { return true; }

        @Override public String text() { return "expand " + sizes; }
    }

    /** Axes in another order. */
    record Permute(List<Integer> order) implements Operation {
        @Override public Tensor apply(Tensor... in) { return in[0].permute(order.stream().mapToInt(Integer::intValue).toArray()); }

        @Override public boolean isView() { return true; }

        @Override public String text() { return "permute " + order; }
    }

    /** Part of an axis. */
    record Slice(int axis, long start, long stop, long step) implements Operation {
        @Override public Tensor apply(Tensor... in) { return Viewing.slice(in[0], axis, start, stop, step); }

        @Override public boolean isView() { return true; }

        @Override public String text() { return "slice " + axis + " " + start + ":" + stop + ":" + step; }
    }

    /** An axis backwards. */
    record Flip(int axis) implements Operation {
        @Override public Tensor apply(Tensor... in) { return Viewing.flip(in[0], axis); }

        @Override public boolean isView() { return true; }

        @Override public String text() { return "flip " + axis; }
    }

    /** A diagonal of the last two axes. */
    record Diagonal(long offset) implements Operation {
        @Override public Tensor apply(Tensor... in) { return in[0].diagonal(offset); }

        @Override public boolean isView() { return true; }

        @Override public String text() { return "diagonal " + offset; }
    }

    /** Sliding windows. */
    record Unfold(int axis, long size, long step) implements Operation {
        @Override public Tensor apply(Tensor... in) { return in[0].unfold(axis, size, step); }

        @Override public boolean isView() { return true; }

        @Override public String text() { return "unfold " + axis + " " + size + " " + step; }
    }

    /** The value, through which no gradient passes. */
    record Stop() implements Operation {
        @Override public Tensor apply(Tensor... in) { return in[0].detach(); }

        @Override public boolean isView() { return true; }
    }

    /** An operation of the user with a gradient of its own. */
    record Custom(String name, Function<Tensor[], Tensor> forward, CustomGradient.Rule rule) implements Operation {
        @Override public Tensor apply(Tensor... in) { return CustomGradient.apply(name, in, forward, rule); }

        @Override public String text() { return name; }
    }
}
