package lyceum.nn;

import lyceum.backend.Pooling;
import lyceum.tensor.Tensor;

/** The largest element of each window: from (batch, channels, height, width), or that without the batch. See {@link Tensor#maxPool}. */
public record MaxPool2d(Pooling how) implements Layer {
    public MaxPool2d { how = how.over(2); }

    /** Square windows side by side. */
    public MaxPool2d(int window) { this(new Pooling(window)); }

    @Override public Tensor forward(Tensor x, Pass pass) { return x.maxPool(how); }
}
