package lyceum.nn;

import lyceum.ShapeException;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;

/** Shapes that do not fit inside a network: the message names the layer by its path, what it was given, and what it expected. */
final class LayerShapeException extends ShapeException {
    private final transient Module layer;
    private final transient Shape given;

    private LayerShapeException(String message, Module layer, Shape given, Throwable first) {
        super(message, first);
        this.layer = layer;
        this.given = given;
    }

    /**
     * What a module throws instead of {@code e}. The innermost module, which is a network of its own to whoever called it, adds nothing to the message; each module
     * around it names it by the path from there.
     */
    static ShapeException in(Module module, Tensor given, ShapeException e) {
        if (!(e instanceof LayerShapeException inside)) return new LayerShapeException(e.getMessage(), module, given.shape(), e);
        for (var part : module.modules().entrySet()) {
            if (part.getValue() != inside.layer || part.getKey().isEmpty()) continue;
            return new LayerShapeException(part.getKey() + " (" + inside.layer.getClass().getSimpleName() + "), input " + inside.given
                    + ": " + inside.getCause().getMessage(), inside.layer, inside.given, inside.getCause());
        }
        return inside;
    }
}
