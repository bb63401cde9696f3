package lyceum.nn;

import lyceum.tensor.Tensor;

/** Means over {@code length} parts that cover the sequence, whatever its length; 1 is the global mean. See {@link Tensor#adaptiveAvgPool}. */
public record AdaptiveAvgPool1d(long length) implements Layer {
    public AdaptiveAvgPool1d {
        if (length < 1) throw new IllegalArgumentException("AdaptiveAvgPool1d: " + length + " parts; at least 1");
    }

    @Override public Tensor forward(Tensor x, Pass pass) { return x.adaptiveAvgPool(length); }
}
