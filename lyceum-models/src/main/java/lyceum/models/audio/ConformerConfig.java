package lyceum.models.audio;

import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The shape of a {@link Conformer}.
 *
 * @param bands of the spectrogram
 * @param width of a frame inside, even
 * @param heads of the attention, which divide the width
 * @param hidden units of each feed-forward half step
 * @param kernel frames that the depthwise convolution sees; odd
 * @param layers blocks
 * @param halvings of the frame rate in front, 0 to 3
 * @param stem channels of the convolutions that halve it
 * @param attention whether blocks have attention
 * @param convolution whether blocks have a convolution
 * @param dropout on what each branch adds and on hidden units, in [0, 1)
 * @param chunk frames, after halving, that are heard at once: attention sees no later chunk and convolutions no later frame; 0 hears the
 *         whole clip
 * @param left chunks before its own that attention sees; -1 for all
 * @param dtype F32 or F64
 */
@Withers
public record ConformerConfig(int bands, int width, int heads, int hidden, int kernel, int layers, int halvings, int stem,
        boolean attention, boolean convolution, double dropout, int chunk, int left, DType dtype) implements ConformerConfigWithers {

    public ConformerConfig {
        Objects.requireNonNull(dtype, "dtype");
        if (bands < 1 || width < 2 || width % 2 != 0 || heads < 1 || width % heads != 0 || hidden < 1 || layers < 1 || stem < 1)
            throw new IllegalArgumentException(
                    "ConformerConfig: " + bands + " bands, width " + width + " in " + heads + " heads, hidden " + hidden + ", " + layers
                            + " layers, stem " + stem + "; all are at least 1, the width even and a multiple of the heads");
        if (kernel < 1 || kernel % 2 == 0 || halvings < 0 || halvings > 3 || !(dropout >= 0 && dropout < 1))
            throw new IllegalArgumentException("ConformerConfig: kernel " + kernel + ", " + halvings + " halvings, dropout " + dropout
                    + "; the kernel is odd, halvings 0 to 3, dropout in [0, 1)");
        if (chunk < 0 || left < -1)
            throw new IllegalArgumentException("ConformerConfig: chunk " + chunk + ", left " + left + "; at least 0 and -1");
    }

    /**
     * The paper's large model on 80 bands: 17 blocks of width 512, 8 heads, hidden 2048, a quarter of the frames, dropout 0.1; kernel 31
     * where the paper has 32, which has no middle.
     */
    public static ConformerConfig large() {
        return new ConformerConfig(80, 512, 8, 2048, 31, 17, 2, 512, true, true, 0.1, 0, -1, DType.F32);
    }

    /** A small one: 2 blocks of width 32, 4 heads, hidden 128, kernel 7, half of the frames, no dropout. */
    public static ConformerConfig small(int bands) {
        return new ConformerConfig(bands, 32, 4, 128, 7, 2, 1, 8, true, true, 0, 0, -1, DType.F32);
    }

    /** Spectrogram frames of one frame inside. */
    public int step() { return 1 << halvings; }

    /** Bands after the halving. */
    int bandsInside() {
        int n = bands;
        for (int i = 0; i < halvings; i++) n = (n + 1) / 2;
        return n;
    }

    /** Numbers of a block: {@code 24 d^2 + (32 + k) d} with both branches and hidden units {@code 4 d}. */
    public long blockParameters() {
        long d = width, fed = 2 * (2 * d * hidden + hidden + d + 2 * d);
        long attended = attention ? 5 * d * d + 6 * d + 2 * d : 0, convolved = convolution ? 3 * d * d + (6 + kernel) * d + 2 * d : 0;
        return fed + attended + convolved + 2 * d;
    }

    /** Numbers of the whole: blocks, halving convolutions and the projection. */
    public long parameters() {
        long front = halvings == 0 ? 0 : 10L * stem + (halvings - 1) * (9L * stem * stem + stem);
        return front + ((halvings == 0 ? bands : (long) stem * bandsInside()) + 1) * width + layers * blockParameters();
    }

    /**
     * The same with so many hidden units that the whole has as nearly as possible that many numbers: to compare encoders of different
     * branches.
     */
    public ConformerConfig matching(long parameters) {
        long each = 2L * layers * (2L * width + 1), without = parameters() - each * hidden;
        return withHidden((int) Math.max(1, Math.round((double) (parameters - without) / each)));
    }
}
