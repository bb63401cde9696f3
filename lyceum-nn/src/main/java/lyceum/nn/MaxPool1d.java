package lyceum.nn;

import lyceum.backend.Pooling;
import lyceum.tensor.Tensor;

/** The largest element of each window: from (batch, channels, length), or that without the batch. See {@link Tensor#maxPool}. */
public record MaxPool1d(Pooling how) implements Layer {
    public MaxPool1d { how = how.over(1); }

    /** Windows side by side. */
    public MaxPool1d(int window) { this(new Pooling(window)); }

    @Override public Tensor forward(Tensor x, Pass pass) { return x.maxPool(how); }
}
