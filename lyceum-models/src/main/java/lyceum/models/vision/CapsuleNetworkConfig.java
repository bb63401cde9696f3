package lyceum.models.vision;

import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The choices of a {@link CapsuleNetwork}.
 *
 * @param channels of a picture
 * @param side of a picture
 * @param classes one capsule each
 * @param maps channels of the first convolution
 * @param kernel of both convolutions
 * @param stride of the second
 * @param types of primary capsules at each place
 * @param primary numbers of a primary capsule
 * @param pose numbers of a class's capsule
 * @param iterations of routing
 * @param hidden units of the decoder's first layer, the second has twice as many; 0 for no decoder
 * @param reconstruction weight of the decoder's squared error, summed over the pixels
 * @param dtype of the parameters
 */
@Withers
public record CapsuleNetworkConfig(int channels, int side, int classes, int maps, int kernel, int stride, int types, int primary, int pose,
        int iterations, int hidden, double reconstruction, DType dtype) implements CapsuleNetworkConfigWithers {
    public CapsuleNetworkConfig {
        if (channels < 1 || classes < 2 || maps < 1 || kernel < 1 || stride < 1 || types < 1 || primary < 1 || pose < 1 || hidden < 0)
            throw new IllegalArgumentException(
                    "CapsuleNetworkConfig: channels, maps, kernel, stride, types, primary and pose are at least 1, classes 2");
        new CapsuleRouting(iterations);
        if (grid(side, kernel, stride) < 1)
            throw new IllegalArgumentException("CapsuleNetworkConfig: two kernels of " + kernel + " do not fit into pictures of " + side);
    }

    /** Of the paper, for 28 x 28: 256 maps, kernels of 9, 32 types of 8 numbers, poses of 16, 3 rounds. */
    public static CapsuleNetworkConfig paper() {
        return new CapsuleNetworkConfig(1, 28, 10, 256, 9, 2, 32, 8, 16, 3, 512, 5e-4, DType.F32);
    }

    /** For the 8 x 8 digits. */
    public static CapsuleNetworkConfig digits() { return new CapsuleNetworkConfig(1, 8, 10, 32, 3, 2, 8, 8, 8, 3, 64, 0.02, DType.F32); }

    private static int grid(int side, int kernel, int stride) { return Math.floorDiv(side - 2 * kernel + 1, stride) + 1; }

    /** Primary capsules in a picture. */
    public int children() {
        int g = grid(side, kernel, stride);
        return types * g * g;
    }
}
