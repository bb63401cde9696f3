package lyceum.models.audio;

import java.util.List;
import java.util.Objects;
import lyceum.models.generative.VectorQuantizerConfig;
import lyceum.withers.Withers;

/**
 * The shape of a {@link NeuralAudioCodec}.
 *
 * @param rate samples a second
 * @param inputs channels of the sound
 * @param filters channels of the first layer, doubled at each stride
 * @param strides of the encoder from first to last; their product is the hop, the samples of a frame
 * @param book of each codebook: codes, the width of a frame's vector, how they learn; the type of all parameters
 * @param books how many codebooks
 * @param lstmLayers between convolutions and codes; 0 for none
 * @param dropout whether learning passes use a random number of books
 */
@Withers
public record AudioCodecConfig(int rate, int inputs, int filters, List<Integer> strides, VectorQuantizerConfig book, int books,
        int lstmLayers, boolean dropout) implements AudioCodecConfigWithers {

    public AudioCodecConfig {
        strides = List.copyOf(strides);
        Objects.requireNonNull(book, "book");
        if (rate < 1 || inputs < 1 || filters < 1 || books < 1 || lstmLayers < 0 || strides.isEmpty()) throw new IllegalArgumentException(
                "AudioCodecConfig: rate " + rate + ", " + inputs + " inputs, " + filters + " filters, strides " + strides + ", " + books
                        + " books, " + lstmLayers + " LSTM layers; all but the last are at least 1");
        for (int stride : strides)
            if (stride < 1) throw new IllegalArgumentException("AudioCodecConfig: strides are " + strides + "; each is at least 1");
    }

    /**
     * EnCodec's at 24 kHz: 32 filters, strides 2, 4, 5 and 8, so 75 frames of width 128 a second, 8 books of 1024 codes, two LSTM layers: 6
     * kbit/s.
     */
    public static AudioCodecConfig encodec24() {
        return new AudioCodecConfig(24_000, 1, 32, List.of(2, 4, 5, 8), new VectorQuantizerConfig(1024, 128).withCommitment(1), 8, 2, true);
    }

    /** A small one at 8 kHz without LSTM: 8 filters, strides 2, 4 and 4, 250 frames a second, 8 books of 64 codes of width 32. */
    public static AudioCodecConfig small() {
        return new AudioCodecConfig(8_000, 1, 8, List.of(2, 4, 4), new VectorQuantizerConfig(64, 32), 8, 0, true);
    }

    /** Samples of a frame. */
    public int hop() { return strides.stream().reduce(1, Math::multiplyExact); }

    /** Frames a second. */
    public double frameRate() { return (double) rate / hop(); }

    /** Bits a second of the first {@code books}: {@code frameRate books log2(codes)}. */
    public double bitrate(int books) {
        if (books < 1 || books > this.books)
            throw new IllegalArgumentException("AudioCodecConfig.bitrate: " + books + " books; there are 1 to " + this.books);
        int codes = book.codes();
        double bits = Integer.bitCount(codes) == 1 ? Integer.numberOfTrailingZeros(codes) : Math.log(codes) / Math.log(2);
        return frameRate() * books * bits;
    }
}
