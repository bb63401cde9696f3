package lyceum.data.augment;

import lyceum.ShapeException;
import lyceum.data.sounds.Sound;
import lyceum.tensor.Tensor;

/** Random changes of sound: of samples, and of spectrograms (frames, bands) as SpecAugment (Park and others 2019) does. */
public final class SoundAugment {
    private static final int PERCENT = 100;

    private SoundAugment() {}

    /** Normal noise that is {@code decibels} below the sound's power; silence stays silent. */
    public static Augment<float[]> noise(double decibels) {
        Augment.check("noise", "decibels", decibels, -100, 200);
        return (sound, rng) -> {
            double power = 0;
            for (float v : sound) power += v * v / (double) sound.length;
            double deviation = Math.sqrt(power * Math.pow(10, -decibels / 10));
            var changed = new float[sound.length];
            for (int i = 0; i < changed.length; i++) changed[i] = (float) (sound[i] + deviation * rng.nextGaussian());
            return changed;
        };
    }

    /** Moved by up to {@code samples} earlier or later; silence comes in. */
    public static Augment<float[]> shift(int samples) {
        Augment.check("shift", "samples", samples, 0, 1 << 30);
        return (sound, rng) -> {
            int by = rng.nextInt(2 * samples + 1) - samples;
            var moved = new float[sound.length];
            for (int i = Math.max(0, by); i < Math.min(sound.length, sound.length + by); i++) moved[i] = sound[i - by];
            return moved;
        };
    }

    /**
     * Played slower or faster by up to a share, in steps of a hundredth, which is as much lower or higher: as another throat says it.
     *
     * @see <a href="https://doi.org/10.21437/Interspeech.2015-711">Ko, Peddinti, Povey and Khudanpur (2015), Audio augmentation</a>
     */
    public static Augment<float[]> speed(double share) {
        Augment.check("speed", "share", share, 0, 0.5);
        int most = (int) Math.floor(share * PERCENT + 1e-9);
        if (share > 0 && most == 0) throw new IllegalArgumentException("speed: share is " + share + "; it is 0, or at least a hundredth");
        return (sound, rng) -> {
            int by = rng.nextInt(2 * most + 1) - most;
            return by == 0 ? sound : new Sound(sound, PERCENT + by).resampled(PERCENT).channels()[0];
        };
    }

    /** A band of up to {@code most} neighbouring frames set to 0. */
    public static Augment<Tensor> timeMask(int most) {
        return (spectrogram, rng) -> masked(spectrogram, 0, most, rng.nextDouble(), rng.nextDouble());
    }

    /** A band of up to {@code most} neighbouring frequencies set to 0. */
    public static Augment<Tensor> frequencyMask(int most) {
        return (spectrogram, rng) -> masked(spectrogram, 1, most, rng.nextDouble(), rng.nextDouble());
    }

    private static Tensor masked(Tensor spectrogram, int axis, int most, double width, double place) {
        if (spectrogram.rank() != 2) throw new ShapeException("SoundAugment: a spectrogram is (frames, bands), not " + spectrogram.shape());
        long size = spectrogram.size(axis), band = Math.min((long) (width * (most + 1)), size), from = (long) (place * (size - band + 1));
        var keep = new double[(int) size];
        for (int i = 0; i < size; i++) keep[i] = i >= from && i < from + band ? 0 : 1;
        var mask = Tensor.of(keep).to(spectrogram.dtype()).unsqueeze(1 - axis);
        return spectrogram.mul(mask).compute();
    }
}
