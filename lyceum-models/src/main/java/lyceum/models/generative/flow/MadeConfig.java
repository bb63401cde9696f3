package lyceum.models.generative.flow;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.nn.Activation;
import lyceum.withers.Withers;

/**
 * The shape of a {@link Made}.
 *
 * @param features d of a row
 * @param outputs numbers said of each feature
 * @param hidden widths of the hidden layers
 * @param activation between layers
 * @param degrees of hidden units: which features a unit may know
 * @param order the place of each feature in the factorisation, 0 to d - 1; empty for the natural one
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record MadeConfig(int features, int outputs, List<Integer> hidden, Activation activation, Degrees degrees, List<Integer> order,
        DType dtype) implements MadeConfigWithers {

    /** How many features, first in the order, a hidden unit may know: 1 to d - 1. */
    public enum Degrees {
        /** In turn, as even as can be. */
        SEQUENTIAL,
        /** Drawn, at least the least of the layer below, so that no unit is cut off. */
        RANDOM
    }

    public MadeConfig {
        hidden = List.copyOf(hidden);
        order = List.copyOf(order);
        Objects.requireNonNull(activation, "activation");
        Objects.requireNonNull(degrees, "degrees");
        if (features < 1 || outputs < 1 || hidden.stream().anyMatch(w -> w < 1)) throw new IllegalArgumentException(
                "MadeConfig: " + features + " features, " + outputs + " outputs, hidden layers " + hidden + "; all are at least 1");
        if (!order.isEmpty()) {
            int[] sorted = order.stream().mapToInt(Integer::intValue).sorted().toArray();
            for (int i = 0; i < sorted.length; i++)
                if (sorted.length != features || sorted[i] != i) throw new IllegalArgumentException(
                        "MadeConfig: the order " + order + " does not name the places 0 to " + (features - 1) + " once each");
        }
        if (dtype != DType.F32 && dtype != DType.F64) throw new DTypeException("MadeConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** ReLU, degrees in turn, natural order, F32. */
    public MadeConfig(int features, int outputs, int... hidden) {
        this(features, outputs, Arrays.stream(hidden).boxed().toList(), Activation.RELU, Degrees.SEQUENTIAL, List.of(), DType.F32);
    }

    /** The place of feature i. */
    int place(int i) { return order.isEmpty() ? i : order.get(i); }
}
