package lyceum.nn;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import lyceum.ShapeException;
import lyceum.data.Column;
import lyceum.data.Frame;
import lyceum.tensor.Tensor;

/**
 * Records for an {@link InputLayer}: a table for numbers and categories, and tensors for texts, images and series, a row of each a record.
 *
 * @param frame without columns where there are tensors alone
 * @param tensors by field
 */
public record InputBatch(Frame frame, SequencedMap<String, Tensor> tensors) {
    public InputBatch {
        tensors = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(tensors));
        int n = rows(frame, tensors);
        tensors.forEach((name, tensor) -> {
            if (tensor.rank() < 1 || tensor.size(0) != n) throw new ShapeException(
                    "InputBatch: field '" + name + "' has shape " + tensor.shape() + " in a batch of " + n + " records");
        });
    }

    private static int rows(Frame frame, SequencedMap<String, Tensor> tensors) {
        if (!frame.columns().isEmpty() || tensors.isEmpty()) return frame.size();
        var first = tensors.firstEntry().getValue();
        return first.rank() < 1 ? 0 : Math.toIntExact(first.size(0));
    }

    /** A table alone. */
    public static InputBatch of(Frame frame) { return new InputBatch(frame, new LinkedHashMap<>()); }

    /** One field of tensors alone; see {@link #with}. */
    public static InputBatch of(String name, Tensor tensor) { return of(Frame.of(new Column[0])).with(name, tensor); }

    /** One field more. */
    public InputBatch with(String name, Tensor tensor) {
        var more = new LinkedHashMap<>(tensors);
        more.put(name, tensor);
        return new InputBatch(frame, more);
    }

    /** How many records. */
    public int size() { return rows(frame, tensors); }
}
