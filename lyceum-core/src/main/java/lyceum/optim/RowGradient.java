package lyceum.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * The gradient of a table of which only some rows were used, such as an embedding. A step changes those rows alone, in the parameter and in the
 * optimiser's memory.
 */
final class RowGradient {
    private final long[] rows;
    private final Tensor values;

    /** @param rows row numbers, in any order and repeated as they were used; gradients of a repeated row add up */
    RowGradient(Tensor parameter, Tensor rows, Tensor values) {
        if (parameter.rank() == 0 || rows.rank() != 1) throw new ShapeException("rowGradient: rows " + rows.shape() + " of a parameter "
                + parameter.shape() + "; rows are a vector, the parameter has a first axis");
        var expected = parameter.shape().toArray();
        expected[0] = rows.count();
        if (!Arrays.equals(expected, values.shape().toArray())) throw new ShapeException(
                "rowGradient: values " + values.shape() + " for " + rows.count() + " rows of a parameter " + parameter.shape());
        var numbers = rows.toLongArray();
        for (long row : numbers)
            if (row < 0 || row >= parameter.size(0))
                throw new ShapeException("rowGradient: row " + row + " of a parameter " + parameter.shape());
        this.rows = Arrays.stream(numbers).sorted().distinct().toArray();
        var place = new long[numbers.length];
        for (int i = 0; i < place.length; i++) place[i] = Arrays.binarySearch(this.rows, numbers[i]);
        expected[0] = this.rows.length;
        this.values = place.length == 0 ? values : Tensor.zeros(values.dtype(), expected).indexAdd(0, Tensor.of(place), values.detach());
    }

    /** One gradient for each row that was used, in ascending order. */
    Tensor values() { return values; }

    /** @param limited the values, after clipping */
    void step(ParameterState slots, Tensor limited, ParameterState.Pace pace) {
        for (var slot : slots.tensors)
            if (!slot.shape().equals(slots.parameter.shape())) throw new ShapeException(
                    "rowGradient: " + slots.rule.getClass().getSimpleName() + " remembers " + slot.shape() + " for parameter " + slots.name
                            + " " + slots.parameter.shape() + ", not a value a row; give it the whole gradient");
        var table = slots.parameter.detach();
        for (int i = 0; i < rows.length; i++) {
            List<Tensor> remembered = new ArrayList<>();
            for (var slot : slots.tensors) remembered.add(slot.get(rows[i]));
            slots.apply(table.get(rows[i]), limited.get(i), remembered, pace);
        }
    }
}
