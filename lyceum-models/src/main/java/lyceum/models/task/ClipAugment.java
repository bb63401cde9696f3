package lyceum.models.task;

import java.util.List;
import lyceum.data.augment.Augment;
import lyceum.data.augment.SoundAugment;
import lyceum.tensor.Tensor;
import lyceum.train.task.TrainingSettings;

/**
 * How clips that are learned from are changed: {@code augment} of the section {@code data}.
 *
 * @param samples changes of these
 * @param spectrogram changes of what is heard, (frames, bands) around 0
 */
record ClipAugment(Augment<float[]> samples, Augment<Tensor> spectrogram) {
    private static final List<String> USUAL = List.of("speed 0.1", "bands 2 6", "frames 2 10");
    private static final int MOST_MASKS = 100;

    static ClipAugment of(TrainingSettings data) {
        Augment<float[]> samples = Augment.none();
        Augment<Tensor> spectrogram = Augment.none();
        for (var words : data.has("augment") ? data.texts("augment") : USUAL) try {
            switch (words.strip().split("\\s+")[0]) {
                case "speed" -> samples = samples.then(SoundAugment.speed(ImageTask.numbers(data, words, 1)[0]));
                case "noise" -> samples = samples.then(Augment.sometimes(0.5, SoundAugment.noise(ImageTask.numbers(data, words, 1)[0])));
                case "bands" -> spectrogram = spectrogram.then(masks(data, words, false));
                case "frames" -> spectrogram = spectrogram.then(masks(data, words, true));
                default -> throw data.wrong("augment",
                        "there are speed SHARE, noise DECIBELS, bands COUNT MOST and frames COUNT MOST; one is " + words);
            }
        } catch (IllegalArgumentException e) {
            throw data.wrong("augment", e.getMessage());
        }
        return new ClipAugment(samples, spectrogram);
    }

    private static Augment<Tensor> masks(TrainingSettings data, String words, boolean frames) {
        double[] numbers = ImageTask.numbers(data, words, 2);
        int count = (int) numbers[0], most = (int) numbers[1];
        if (count != numbers[0] || most != numbers[1] || count < 1 || count > MOST_MASKS || most < 1)
            throw data.wrong("augment", words + ": both are whole numbers, from 1 to " + MOST_MASKS + " masks of at least 1");
        Augment<Tensor> all = Augment.none();
        for (int i = 0; i < count; i++) all = all.then((heard, rng) -> {
            int some = (int) Math.min(most, heard.size(frames ? 0 : 1) / (2 * count)); // all of them leave half
            return (frames ? SoundAugment.timeMask(some) : SoundAugment.frequencyMask(some)).apply(heard, rng);
        });
        return all;
    }
}
