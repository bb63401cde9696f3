package lyceum.models.multimodal;

import java.util.Objects;
import lyceum.models.text.TextTowerConfig;
import lyceum.models.vision.UNetConfig;
import lyceum.withers.Withers;

/**
 * The choices of a {@link CaptionPainter}.
 *
 * @param side of the pictures in pixels
 * @param denoiser what paints; it is told a time, sees two channels more than it answers, the place of each pixel, and looks at the text
 * @param text what reads
 */
@Withers
public record CaptionPainterConfig(int side, UNetConfig denoiser, TextTowerConfig text) implements CaptionPainterConfigWithers {
    public CaptionPainterConfig {
        Objects.requireNonNull(denoiser, "denoiser");
        Objects.requireNonNull(text, "text");
        int step = 1 << denoiser.widths().size() - 1;
        if (side < 1 || side % step != 0) throw new IllegalArgumentException(
                "CaptionPainterConfig: side is " + side + "; a multiple of " + step + " for " + denoiser.widths().size() + " levels");
        if (denoiser.axes() != 2 || denoiser.timeWidth() == 0 || denoiser.inputs() != denoiser.outputs() + 2
                || denoiser.contextWidth() != text.width())
            throw new IllegalArgumentException("CaptionPainterConfig: the denoiser is of pictures, is told a time, sees two channels (the"
                    + " place) more than it answers, and looks at vectors of the text's width, " + text.width());
    }

    /** A small one: three levels of a first width and twice and four times that, text of two blocks of 64, at most 16 words. */
    public static CaptionPainterConfig small(int side, int width, int vocabulary) {
        var text = new TextTowerConfig(vocabulary, 16, 64, 2, 4);
        return new CaptionPainterConfig(side,
                UNetConfig.denoiser(3, width, 2 * width, 4 * width).withInputs(5).withContextWidth(64).withAttention(2), text);
    }
}
