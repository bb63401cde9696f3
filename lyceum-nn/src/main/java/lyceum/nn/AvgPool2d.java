package lyceum.nn;

import lyceum.backend.Pooling;
import lyceum.tensor.Tensor;

/** The mean of each window: from (batch, channels, height, width), or that without the batch. See {@link Tensor#avgPool}. */
public record AvgPool2d(Pooling how) implements Layer {
    public AvgPool2d { how = how.over(2); }

    /** Square windows side by side. */
    public AvgPool2d(int window) { this(new Pooling(window)); }

    @Override public Tensor forward(Tensor x, Pass pass) { return x.avgPool(how); }
}
