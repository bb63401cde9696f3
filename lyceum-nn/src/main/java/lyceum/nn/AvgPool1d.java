package lyceum.nn;

import lyceum.backend.Pooling;
import lyceum.tensor.Tensor;

/** The mean of each window: from (batch, channels, length), or that without the batch. See {@link Tensor#avgPool}. */
public record AvgPool1d(Pooling how) implements Layer {
    public AvgPool1d { how = how.over(1); }

    /** Windows side by side. */
    public AvgPool1d(int window) { this(new Pooling(window)); }

    @Override public Tensor forward(Tensor x, Pass pass) { return x.avgPool(how); }
}
