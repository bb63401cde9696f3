package lyceum.nn;

import lyceum.tensor.Tensor;

/** Means over {@code height x width} parts that cover the image, whatever its size; 1 x 1 is the global mean. See {@link Tensor#adaptiveAvgPool}. */
public record AdaptiveAvgPool2d(long height, long width) implements Layer {
    public AdaptiveAvgPool2d {
        if (height < 1 || width < 1)
            throw new IllegalArgumentException("AdaptiveAvgPool2d: " + height + " x " + width + " parts; both are at least 1");
    }

    @Override public Tensor forward(Tensor x, Pass pass) { return x.adaptiveAvgPool(height, width); }
}
