package lyceum.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import lyceum.DType;
import lyceum.random.Rng;

/**
 * One operation as the catalogue knows it: how to call it, on which inputs, and what holds for it.
 *
 * @param shapes of the operands
 * @param low lower end of the values drawn for operands, {@code high} the upper one: the domain on which the operation is smooth
 * @param reference what each element must be, for element-wise operations; null for others
 * @param differentiable false for operations whose gradient is zero or does not exist
 * @param readsValues whether values are read to make the result: a trace then freezes what was read, and a batch is refused
 */
record OpCase(String name, Function<Tensor[], Tensor> call, long[][] shapes, double low, double high, DoubleBinaryOperator reference,
        boolean differentiable, boolean readsValues) {

    static OpCase of(String name, Function<Tensor[], Tensor> call, long[]... shapes) {
        return new OpCase(name, call, shapes, -2, 2, null, true, false);
    }

    static OpCase unary(String name, Function<Tensor, Tensor> call, DoubleUnaryOperator reference, double low, double high) {
        return new OpCase(name, in -> call.apply(in[0]), new long[][] {{3, 4}}, low, high, (x, y) -> reference.applyAsDouble(x), true,
                false);
    }

    static OpCase binary(String name, Function<Tensor[], Tensor> call, DoubleBinaryOperator reference, double low, double high) {
        return new OpCase(name, call, new long[][] {{3, 4}, {3, 4}}, low, high, reference, true, false);
    }

    OpCase flat() { return new OpCase(name, call, shapes, low, high, reference, false, readsValues); }

    OpCase reading() { return new OpCase(name, call, shapes, low, high, reference, differentiable, true); }

    OpCase within(double low, double high) { return new OpCase(name, call, shapes, low, high, reference, differentiable, readsValues); }

    boolean elementwise() { return reference != null; }

    /** Values spread over the domain, no two equal and none within reach of a finite difference of another, so that maxima have no ties. */
    Tensor[] draw(DType type, int seed) { return draw(type, seed, shapes); }

    Tensor[] draw(DType type, int seed, long[][] shapes) {
        var inputs = new Tensor[shapes.length];
        for (int i = 0; i < inputs.length; i++) {
            int n = Math.toIntExact(Shape.of(shapes[i]).count());
            var order = Rng.of(1000L * seed + i).permutation(n);
            var values = new double[n];
            for (int j = 0; j < n; j++) values[j] = low + (high - low) * (order[j] + 0.3 + 0.4 * i / inputs.length) / n;
            inputs[i] = Tensor.of(values, shapes[i]).to(type).compute();
        }
        return inputs;
    }

    /** The same values, stored in other orders and with gaps. */
    static List<Tensor> disguises(Tensor x) {
        var list = new ArrayList<Tensor>();
        if (x.rank() >= 2) list.add(x.transpose().copy().transpose());
        for (int axis = 0; axis < x.rank(); axis++) list.add(x.flip(axis).copy().flip(axis));
        if (x.rank() >= 1) list.add(Tensor.concat(-1, x.unsqueeze(-1), x.unsqueeze(-1).mul(0)).select(-1, 0));
        list.add(Tensor.stack(0, x.mul(0), x).get(1));
        return list;
    }
}
