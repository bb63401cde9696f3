package lyceum.nn;

import lyceum.tensor.Tensor;

/** The largest element of each of {@code height x width} parts that cover the image, whatever its size; 1 x 1 is the global maximum. See {@link Tensor#adaptiveMaxPool}. */
public record AdaptiveMaxPool2d(long height, long width) implements Layer {
    public AdaptiveMaxPool2d {
        if (height < 1 || width < 1)
            throw new IllegalArgumentException("AdaptiveMaxPool2d: " + height + " x " + width + " parts; both are at least 1");
    }

    @Override public Tensor forward(Tensor x, Pass pass) { return x.adaptiveMaxPool(height, width); }
}
