package lyceum.nn;

import java.util.Objects;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Forgets the pose: from group maps (n, channels, order, h, w) to (n, channels, h, w), which turn with the picture. Pooled over places as well, the result is invariant.
 *
 * @param kind what is kept of the poses
 */
public record GroupPooling(Kind kind) implements Layer {
    /** What is kept of the poses. */
    public enum Kind {
        MAX, MEAN
    }

    public GroupPooling { Objects.requireNonNull(kind, "kind"); }

    @Override public Tensor forward(Tensor x, Pass pass) {
        if (x.rank() != 5) throw new ShapeException("GroupPooling: group maps " + x.shape() + "; they are (n, channels, order, h, w)");
        return kind == Kind.MAX ? x.max(2) : x.mean(2);
    }
}
