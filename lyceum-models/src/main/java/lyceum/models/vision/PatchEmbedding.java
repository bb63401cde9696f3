package lyceum.models.vision;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Init;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Cuts pictures into square patches and maps each to a vector: (batch, channels, height, width) to (batch, height / p * width / p, width
 * of a token), row by row.
 * What a convolution of stride p with a kernel of p computes, as one product; the weight has that convolution's shape (width, channels,
 * p, p).
 *
 * @see <a href="https://arxiv.org/abs/2010.11929">Dosovitskiy et al. (2021), equation 1</a>
 */
public final class PatchEmbedding extends Module {
    private final int patch;
    private final Tensor weight, bias;

    /** @param bias whether there is one; CLIP has none */
    public PatchEmbedding(int channels, int patch, int width, boolean bias, DType dtype, Rng rng) {
        if (channels < 1 || patch < 1 || width < 1) throw new IllegalArgumentException(
                "PatchEmbedding: " + channels + " channels, patch " + patch + ", width " + width + "; all are at least 1");
        this.patch = patch;
        double deviation = 1 / Math.sqrt((double) channels * patch * patch);
        weight = Init.begin(Init.truncatedNormal(deviation, -2 * deviation, 2 * deviation), rng, dtype, width, channels, patch, patch)
                .requiresGrad();
        this.bias = bias ? Tensor.zeros(dtype, width).compute().requiresGrad() : null;
    }

    /** Side of a patch. */
    public int patch() { return patch; }

    /** (width, channels, p, p). */
    public Tensor weight() { return weight; }

    /** Null if there is none. */
    public Tensor bias() { return bias; }

    @Override protected Tensor compute(Tensor images, Pass pass) {
        if (images.rank() != 4 || images.size(1) != weight.size(1)) throw new ShapeException(
                "PatchEmbedding: pictures " + images.shape() + "; it takes (batch, " + weight.size(1) + ", height, width)");
        return patches(images, patch).affine(weight.reshape(weight.size(0), -1), bias);
    }

    /**
     * The pixels of each patch, (batch, patches, channels p p).
     * @throws ShapeException unless p divides both sides: {@link #padded} makes it
     */
    public static Tensor patches(Tensor images, int p) {
        long n = images.size(0), c = images.size(1), h = images.size(2), w = images.size(3);
        if (h % p != 0 || w % p != 0) throw new ShapeException("patches: pictures of " + h + " x " + w + " in patches of " + p
                + ", which divide neither or one; pad or resize them first");
        return images.reshape(n, c, h / p, p, w / p, p).permute(0, 2, 4, 1, 3, 5).reshape(n, h / p * (w / p), c * p * p);
    }

    /** Pictures (batch, channels, height, width) of their {@link #patches}. */
    public static Tensor images(Tensor patches, int channels, long height, long width, int p) {
        long n = patches.size(0), rows = height / p, columns = width / p;
        if (rows * columns != patches.size(1) || (long) channels * p * p != patches.size(2)) throw new ShapeException(
                "images: patches " + patches.shape() + " for pictures of " + channels + " x " + height + " x " + width);
        return patches.reshape(n, rows, columns, channels, p, p).permute(0, 3, 1, 4, 2, 5).reshape(n, channels, height, width);
    }

    /** Pictures with zeros below and on the right, so that patches of p fill them. */
    public static Tensor padded(Tensor images, int p) {
        long down = Math.floorMod(-images.size(2), (long) p), right = Math.floorMod(-images.size(3), (long) p);
        return images.pad(2, 0, down, 0).pad(3, 0, right, 0);
    }
}
