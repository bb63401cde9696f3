package lyceum.models.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.data.sounds.Sound;
import lyceum.data.sounds.ToneWords;
import lyceum.data.sounds.Wav;
import lyceum.models.ready.SpeechModel;
import lyceum.models.ready.SpeechModel.Ears;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.History;
import lyceum.train.task.TrainingJob;
import lyceum.train.task.TrainingSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** What {@code task: speech} makes of clips before it learns from them. */
class SpeechTaskTest {
    private static final int BANDS = 12;

    @TempDir private Path folder;

    /** Mean distance of what is heard of a sound and of the same louder and brighter, in deviations of the first. */
    private static double distance(boolean perClip) {
        var ones = new float[BANDS];
        Arrays.fill(ones, 1);
        var ears = new Ears(8_000, 200, 80, new float[BANDS], ones, perClip);
        float[] plain = new ToneWords().draw(Rng.of(1)).sound().channels()[0], bright = new float[plain.length];
        for (int i = 1; i < plain.length; i++) bright[i] = 3 * (plain[i] - 0.7f * plain[i - 1]);
        var first = ears.heard(new Sound(plain, 8_000));
        var gap = ears.heard(new Sound(bright, 8_000)).sub(first).div(first.std(0, 0, true));
        return gap.abs().mean().item();
    }

    @Test void howLoudAndBrightAClipIsDoesNotMatterWhereEachIsNormalised() {
        assertThat(distance(true)).isLessThan(0.15);
        assertThat(distance(false)).isGreaterThan(0.5);
    }

    @Test void framesAreCountedAsTheyAreHeard() {
        for (int window : new int[] {24, 25}) for (int length : new int[] {1, 49, 50, 51, 59, 60, 61, 129, 130, 131}) {
            var ears = new Ears(1_000, window, 10, new float[] {0}, new float[] {1}, false);
            assertThat(ears.heard(new Sound(new float[length], 1_000)).size(0)).as(window + ", " + length).isEqualTo(ears.frames(length));
        }
    }

    private TrainingSettings settings(String data) { return TrainingSettings.of(folder.resolve("speech.json"), JsonMapper.shared().readTree("""
                {"task": "speech", "data": {"clips": "clips.jsonl", "rate": 1000, "bands": 4, "validation": 0%s},
                 "model": {"width": 8, "heads": 2, "layers": 1, "halvings": 2, "kernel": 3},
                 "training": {"epochs": 6, "batch": 2}}""".formatted(data))); }

    private ClipAugment augment(String words) { return ClipAugment.of(settings(", \"augment\": " + words).section("data")); }

    @Test void masksHideWholeBandsAndFrames() {
        var masks = augment("[\"bands 2 3\", \"frames 1 5\"]").spectrogram();
        int hidden = 0;
        for (int seed = 0; seed < 40; seed++) {
            float[][] seen = new float[30][];
            var changed = masks.apply(Tensor.ones(DType.F32, 30, BANDS), Rng.of(seed));
            for (int t = 0; t < seen.length; t++) seen[t] = changed.get(t).toFloatArray();
            int frames = 0, bands = 0;
            for (var frame : seen) if (Arrays.equals(frame, new float[BANDS])) frames++;
            for (int b = 0; b < BANDS; b++) {
                boolean all = true;
                for (var frame : seen) all &= frame[b] == 0;
                if (all) bands++;
            }
            assertThat(frames).isLessThanOrEqualTo(5);
            assertThat(bands).isLessThanOrEqualTo(6);
            assertThat(changed.sum().item()).isEqualTo((30 - frames) * (BANDS - bands));
            hidden += frames + bands;
        }
        assertThat(hidden).isGreaterThan(100);
    }

    @Test void whatChangesClipsIsSaidInWords() {
        var samples = new float[8_000];
        for (int i = 0; i < samples.length; i++) samples[i] = (float) Math.sin(0.1 * i);
        var usual = ClipAugment.of(settings("").section("data"));
        assertThat(usual.samples().apply(samples, Rng.of(3)).length).isBetween(7_272, 8_889).isNotEqualTo(8_000);
        assertThat(usual.spectrogram().apply(Tensor.ones(DType.F32, 90, 40), Rng.of(1)).sum().item()).isLessThan(3_600);
        for (int seed = 0; seed < 50; seed++) // few bands and frames: half of each is left
            assertThat(usual.spectrogram().apply(Tensor.ones(DType.F32, 30, 4), Rng.of(seed)).sum().item()).isGreaterThanOrEqualTo(30);
        var noise = augment("[\"noise 20\"]").samples();
        int noisy = 0;
        for (int seed = 0; seed < 100; seed++) if (noise.apply(samples, Rng.of(seed)) != samples) noisy++;
        assertThat(noisy).isBetween(30, 70);
        var none = augment("[]");
        assertThat(none.samples().apply(samples, Rng.of(3))).isSameAs(samples);
        var seen = Tensor.ones(DType.F32, 90, 40);
        assertThat(none.spectrogram().apply(seen, Rng.of(1))).isSameAs(seen);
        assertThatThrownBy(() -> augment("[\"shove 1\"]")).isInstanceOf(FormatException.class)
                .hasMessageContaining("data.augment: there are speed SHARE").hasMessageContaining("one is shove 1");
        assertThatThrownBy(() -> augment("[\"bands 2\"]")).isInstanceOf(FormatException.class).hasMessageContaining("2 numbers behind");
        assertThatThrownBy(() -> augment("[\"frames 0.5 10\"]")).isInstanceOf(FormatException.class).hasMessageContaining("whole numbers");
        assertThatThrownBy(() -> augment("[\"speed 0.9\"]")).isInstanceOf(FormatException.class).hasMessageContaining("share is 0.9");
    }

    /** Four clips of 13 frames, which leave as many places as their texts have letters. */
    private void clips() throws IOException {
        var lines = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            var samples = new float[135];
            for (int t = 0; t < samples.length; t++) samples[t] = (float) (0.3 * Math.sin(0.3 * (i + 1) * t));
            Wav.write(folder.resolve(i + ".wav"), new Sound(samples, 1_000), Wav.Encoding.PCM_16);
            lines.append("{\"audio\": \"%d.wav\", \"text\": \"abab\"}\n".formatted(i));
        }
        Files.writeString(folder.resolve("clips.jsonl"), lines);
    }

    /** The loss of each epoch. */
    private List<Double> losses(String data, String out) throws IOException {
        var done = new TrainingJob(settings(data), folder.resolve(out)).run(false, Progress.SILENT);
        return done.history().epochs().stream().map(History.Epoch::loss).toList();
    }

    /** A quicker clip would have fewer frames than its text has letters, and an infinite loss. */
    @Test void aClipThatJustHoldsItsTextIsNotMadeQuicker() throws IOException {
        clips();
        assertThat(losses(", \"augment\": [\"speed 0.5\"]", "speed")).hasSize(6).allSatisfy(loss -> assertThat(loss).isFinite());
    }

    @Test void whatTheFileSaysOfClipsIsDone() throws IOException {
        clips();
        var plain = losses(", \"augment\": []", "plain");
        assertThat(losses(", \"augment\": [\"bands 2 2\"]", "masked")).doesNotContainSequence(plain);
        assertThat(losses(", \"augment\": [\"noise 0\"]", "noisy")).doesNotContainSequence(plain);
        assertThat(losses(", \"augment\": [], \"normalise\": \"all\"", "all")).doesNotContainSequence(plain);
        assertThat(SpeechModel.load(folder.resolve("plain")).ears().perClip()).isTrue();
        assertThat(SpeechModel.load(folder.resolve("all")).ears().perClip()).isFalse();
    }
}
