package lyceum.nn;

import lyceum.backend.Pooling;
import lyceum.tensor.Tensor;

/** The mean of each window: from (batch, channels, depth, height, width), or that without the batch. See {@link Tensor#avgPool}. */
public record AvgPool3d(Pooling how) implements Layer {
    public AvgPool3d { how = how.over(3); }

    /** Cubic windows side by side. */
    public AvgPool3d(int window) { this(new Pooling(window)); }

    @Override public Tensor forward(Tensor x, Pass pass) { return x.avgPool(how); }
}
