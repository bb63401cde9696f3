package lyceum.nn;

import lyceum.backend.Pooling;
import lyceum.tensor.Tensor;

/** The largest element of each window: from (batch, channels, depth, height, width), or that without the batch. See {@link Tensor#maxPool}. */
public record MaxPool3d(Pooling how) implements Layer {
    public MaxPool3d { how = how.over(3); }

    /** Cubic windows side by side. */
    public MaxPool3d(int window) { this(new Pooling(window)); }

    @Override public Tensor forward(Tensor x, Pass pass) { return x.maxPool(how); }
}
