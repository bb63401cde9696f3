package lyceum.models.generative.latent;

import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * Settings of a {@link ConditionalUNet}.
 *
 * @param inputs channels that go in
 * @param outputs channels that come out
 * @param widths of the levels, from the finest; each but the last halves the size
 * @param attends whether the level has transformers; the bottom always has
 * @param layers blocks of a level on the way down; one more on the way up
 * @param contextWidth of what is looked at; 0 for none, where transformers look at the map alone
 * @param heads of attention at every level
 * @param groups of the norms; they divide the widths
 * @param dtype of the parameters
 */
@Withers
public record ConditionalUNetConfig(int inputs, int outputs, List<Integer> widths, List<Boolean> attends, int layers, int contextWidth,
        int heads, int groups, DType dtype) implements ConditionalUNetConfigWithers {
    public ConditionalUNetConfig {
        widths = List.copyOf(widths);
        attends = List.copyOf(attends);
        Objects.requireNonNull(dtype, "dtype");
        if (inputs < 1 || outputs < 1 || layers < 1 || contextWidth < 0 || heads < 1 || groups < 1 || widths.isEmpty()
                || attends.size() != widths.size())
            throw new IllegalArgumentException("ConditionalUNetConfig: " + inputs + " inputs, " + outputs + " outputs, widths " + widths
                    + ", attends " + attends + ", " + layers + " layers, a context of " + contextWidth + ", " + heads + " heads, " + groups
                    + " groups; numbers are at least 1, the context at least 0, and each level has a width and says whether it attends");
        for (int width : widths)
            if (width < 2 || width % groups != 0 || width % heads != 0 || width % 2 != 0)
                throw new IllegalArgumentException("ConditionalUNetConfig: width " + width + " with " + groups + " groups and " + heads
                        + " heads; they divide it, and it is even");
    }

    /** That of Stable Diffusion 1.5: 859,520,964 parameters. */
    public static ConditionalUNetConfig stableDiffusion() {
        return new ConditionalUNetConfig(4, 4, List.of(320, 640, 1280, 1280), List.of(true, true, true, false), 2, 768, 8, 32, DType.F32);
    }

    /** One block a level, transformers at all but the finest, 4 heads, 4 groups, F32. */
    public static ConditionalUNetConfig small(int channels, int contextWidth, Integer... widths) {
        var attends = new Boolean[widths.length];
        for (int i = 0; i < widths.length; i++) attends[i] = i > 0;
        return new ConditionalUNetConfig(channels, channels, List.of(widths), List.of(attends), 1, contextWidth, 4, 4, DType.F32);
    }
}
