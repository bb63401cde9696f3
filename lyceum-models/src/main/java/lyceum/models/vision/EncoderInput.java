package lyceum.models.vision;

import java.util.Arrays;
import lyceum.data.imagenet.Preprocessing;

/** How pictures are readied for an encoder of so many channels and pixels. */
final class EncoderInput {
    private static final int SMALL = 64;

    private EncoderInput() {}

    /**
     * A crop of {@code side} pixels: of a short side that is 8/7 of it, as 256 is of 224; small pictures lose nothing of it. Three
     * channels by ImageNet's means and deviations, others by the means of these over the channels.
     */
    static Preprocessing of(int channels, int side) { return of(channels, side <= SMALL ? side : Math.round(side * 8f / 7), side); }

    static Preprocessing of(int channels, int resize, int side) {
        var ready = new Preprocessing(resize, side);
        return channels == 3 ? ready : new Preprocessing(resize, side, same(channels, 0.449f), same(channels, 0.226f));
    }

    private static float[] same(int channels, float value) {
        var all = new float[channels];
        Arrays.fill(all, value);
        return all;
    }
}
