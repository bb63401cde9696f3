package lyceum.models.vision;

import java.util.List;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The choices of a {@link ConvNet}.
 *
 * {@snippet :
 * var clothes = new ConvNetConfig(1, 28, 28, List.of(32, 64, 128), 10).withConvolutions(2).withDropout(0.2);
 * }
 *
 * @param channels of a picture
 * @param height of a picture in pixels
 * @param width of a picture in pixels
 * @param widths channels of each stage; a stage halves the sides, so there are at most as many as they can be halved
 * @param convolutions of 3 x 3 in each stage
 * @param hidden units of the dense layer before the last; 0 for none
 * @param dropout before each dense layer, in [0, 1)
 * @param classes of the head
 * @param dtype of the parameters
 */
@Withers
public record ConvNetConfig(int channels, int height, int width, List<Integer> widths, int convolutions, int hidden, double dropout,
        int classes, DType dtype) implements ConvNetConfigWithers {
    public ConvNetConfig {
        widths = List.copyOf(widths);
        if (channels < 1 || classes < 1 || convolutions < 1 || hidden < 0 || widths.stream().anyMatch(w -> w < 1))
            throw new IllegalArgumentException("ConvNetConfig: " + channels + " channels, widths " + widths + ", " + convolutions
                    + " convolutions, " + hidden + " hidden, " + classes + " classes");
        if (widths.isEmpty() || widths.size() > 30 || Math.min(height, width) >> widths.size() < 1) throw new IllegalArgumentException(
                "ConvNetConfig: " + widths.size() + " stages on " + height + " x " + width + " pixels; each halves the sides");
        if (!(dropout >= 0 && dropout < 1))
            throw new IllegalArgumentException("ConvNetConfig: dropout is " + dropout + "; it lies in [0, 1)");
    }

    /** One convolution a stage, no dense layer but the last, no dropout, F32. */
    public ConvNetConfig(int channels, int height, int width, List<Integer> widths, int classes) {
        this(channels, height, width, widths, 1, 0, 0, classes, DType.F32);
    }
}
