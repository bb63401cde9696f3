package lyceum.models.audio;

import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The shape of a {@link Whisper}.
 *
 * @param bands of the spectrogram
 * @param width of the stream, even
 * @param heads of the attention, which divide the width
 * @param hidden units of the feed-forward halves
 * @param encoderLayers blocks that hear
 * @param decoderLayers blocks that write
 * @param places positions of the encoder, each two frames of the spectrogram
 * @param longest tokens of a window, the prompt among them
 * @param tokens what the numbers mean
 * @param dtype F32 or F64
 */
@Withers
public record WhisperConfig(int bands, int width, int heads, int hidden, int encoderLayers, int decoderLayers, int places, int longest,
        WhisperTokens tokens, DType dtype) implements WhisperConfigWithers {

    public WhisperConfig {
        Objects.requireNonNull(tokens, "tokens");
        Objects.requireNonNull(dtype, "dtype");
        if (bands < 1 || width < 2 || width % 2 != 0 || heads < 1 || width % heads != 0 || hidden < 1 || encoderLayers < 1
                || decoderLayers < 1 || places < 1 || longest < 4)
            throw new IllegalArgumentException("WhisperConfig: " + bands + " bands, width " + width + " in " + heads + " heads, hidden "
                    + hidden + ", " + encoderLayers + " and " + decoderLayers + " layers, " + places + " places, " + longest
                    + " tokens; all are at least 1, tokens 4, the width even and a multiple of the heads");
    }

    private static WhisperConfig published(int width, int heads, int layers) {
        return new WhisperConfig(80, width, heads, 4 * width, layers, layers, 1500, 448, WhisperTokens.multilingual(99), DType.F32);
    }

    /** 39 million numbers. */
    public static WhisperConfig tiny() { return published(384, 6, 4); }

    /** 74 million. */
    public static WhisperConfig base() { return published(512, 8, 6); }

    /** 244 million. */
    public static WhisperConfig small() { return published(768, 12, 12); }

    /** 769 million. */
    public static WhisperConfig medium() { return published(1024, 16, 24); }

    /** 1.5 billion; the first and the second. */
    public static WhisperConfig large() { return published(1280, 20, 32); }

    /** 1.5 billion, 128 bands and Cantonese. */
    public static WhisperConfig large3() { return large().withBands(128).withTokens(WhisperTokens.multilingual(100)); }

    /** Frames of the spectrogram of a window. */
    public int frames() { return 2 * places; }
}
