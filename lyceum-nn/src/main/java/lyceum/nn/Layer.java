package lyceum.nn;

import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.tensor.Shape;
import lyceum.tensor.ShapesOnly;
import lyceum.tensor.Tensor;

/** A function from tensors to tensors, with or without parameters. */
@FunctionalInterface
public interface Layer {
    /** The value at x. Each layer documents its shapes; most treat leading axes as a batch. */
    Tensor forward(Tensor x, Pass pass);

    /** The value at x, in inference mode. */
    default Tensor forward(Tensor x) { return forward(x, Pass.inference()); }

    /** The shape of {@code forward} for an input of that type and shape, in inference mode: nothing is computed. @throws lyceum.ShapeException where shapes do not fit */
    default Shape outputShape(DType type, long... input) { return ShapesOnly.run(() -> forward(Tensor.zeros(type, input)).shape()); }

    /** This layer, then another: a {@link Sequential}, so that the parameters of both are found. */
    default Sequential then(Layer next) { return new Sequential(this, next); }

    /** A layer without parameters from any function. */
    static Layer of(UnaryOperator<Tensor> function) { return (x, pass) -> function.apply(x); }
}
