package lyceum.models.task;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.IntFunction;
import lyceum.FormatException;
import lyceum.data.labelled.FileTexts;
import lyceum.data.sounds.Sound;
import lyceum.memory.Scope;
import lyceum.models.SavedModel;
import lyceum.models.audio.ConformerConfig;
import lyceum.models.audio.SpeechRecognizer;
import lyceum.models.audio.SpeechRecognizerConfig;
import lyceum.models.ready.SpeechModel.Ears;
import lyceum.nn.Pass;
import lyceum.nn.loss.CtcDecoder;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.TrainingRun;
import lyceum.train.task.TrainingSettings;
import lyceum.train.task.TrainingTask;

/**
 * {@code task: speech}: what is said in clips, by a {@link SpeechRecognizer}.
 *
 * <table>
 * <caption>Its names</caption>
 * <tr><td>{@code data.clips}</td><td>JSON lines of WAV files and their texts ({@link FileTexts#ofSounds})</td></tr>
 * <tr><td>{@code data.validation}</td><td>the share of clips that is held out, 0.1</td></tr>
 * <tr><td>{@code data.symbols}</td><td>characters, or words where there are few; characters</td></tr>
 * <tr><td>{@code data.rate}</td><td>samples a second that are heard, 16000; other clips are resampled</td></tr>
 * <tr><td>{@code data.bands}</td><td>of the log-mel spectrogram, 40; a frame each 10 ms</td></tr>
 * <tr><td>{@code data.normalise}</td><td>clip: the bands of each clip lose the means that they have in it, so that a voice may be coloured as none that was learned from;
 * all: they lose those of all clips; clip</td></tr>
 * <tr><td>{@code data.augment}</td><td>changes of what is learned from, a list: speed SHARE (up to so much slower and lower or faster and higher), noise DECIBELS (in half
 * of the clips, so far below them), bands COUNT MOST and frames COUNT MOST (SpecAugment's masks, each of up to so many bands or frames, all of at most half); speed 0.1, bands 2 6, frames 2
 * 10. {@code []} for none</td></tr>
 * <tr><td>{@code data.longest}</td><td>seconds; a longer clip is refused: 30</td></tr>
 * <tr><td>{@code data.damaged}</td><td>fatal, or skip: each clip that cannot be learned from is named; fatal</td></tr>
 * <tr><td>{@code data.lowercase}</td><td>whether capitals are made small; true</td></tr>
 * <tr><td>{@code model}</td><td>width 64, heads 4, layers 4, halvings 2, kernel 15, dropout 0.1 of a {@link ConformerConfig}</td></tr>
 * </table>
 */
public final class SpeechTask implements TrainingTask {
    private static final int MEASURED = 500, JUDGED = 16;

    @Override public String name() { return "speech"; }

    @Override public String description() { return "what is said in clips: JSON lines of WAV files and texts"; }

    @Override public Prepared prepare(TrainingSettings settings, Path out, Rng rng, Progress progress) throws IOException {
        var data = settings.section("data");
        var damaged = Damaged.of(data);
        var clips = FileTexts.ofSounds(data.path("clips"), damaged::met);
        data.reads(clips.files());
        boolean words = data.oneOf("symbols", "characters", "characters", "words").equals("words"), small = data.flag("lowercase", true);
        int rate = data.whole("rate", 16_000, 1_000), bands = data.whole("bands", 40, 1);
        double longest = data.number("longest", 30, 0.1, 600);
        var normalise = data.oneOf("normalise", "clip", "clip", "all");
        var augment = ClipAugment.of(data);
        var said = new String[clips.size()][];
        for (int i = 0; i < said.length; i++) {
            var text = clips.texts().get(i).strip().replaceAll("\\s+", " ");
            said[i] = split(small ? text.toLowerCase(Locale.ROOT) : text, words);
        }
        var model = settings.section("model");
        ConformerConfig encoder;
        try {
            int width = model.whole("width", 64, 2);
            encoder = ConformerConfig.small(bands).withWidth(width).withHeads(model.whole("heads", 4, 1)).withHidden(4 * width)
                    .withLayers(model.whole("layers", 4, 1)).withHalvings(model.whole("halvings", 2, 0)).withStem(16)
                    .withKernel(model.whole("kernel", 15, 1)).withDropout(model.number("dropout", 0.1, 0, 0.9));
        } catch (IllegalArgumentException e) {
            throw model.wrong("width", e.getMessage());
        }
        var plain = new Ears(rate, rate / 40, rate / 100, new float[bands], ones(bands), normalise.equals("clip"));
        var heard = heard(clips, plain, encoder.step(), said, longest, damaged, progress);
        var ears = heard.ears;
        var rows = Rows.of(data, heard.kept, rng.split(1));
        var known = new TreeSet<String>();
        for (int i : heard.kept) Collections.addAll(known, said[i]);
        if (known.isEmpty()) throw data.wrong("clips", "its texts are all empty");
        var symbols = List.copyOf(known);
        var config = new SpeechRecognizerConfig(encoder, symbols.size());
        var net = new SpeechRecognizer(config, rng.split(2));
        var labels = labels(said, symbols);
        var saved = new SavedModel(net, config);
        symbols.forEach(saved.notes().putArray("symbols")::add);
        saved.notes().put("joined", words ? " " : "").put("rate", rate).put("window", ears.window()).put("hop", ears.hop()).put("normalise",
                normalise);
        var mean = saved.notes().putArray("bandMean");
        var deviation = saved.notes().putArray("bandDeviation");
        for (int b = 0; b < bands; b++) {
            mean.add(ears.mean()[b]);
            deviation.add(ears.deviation()[b]);
        }
        BatchLoss loss = (some, pass) -> {
            var stream = pass.isTraining() && pass.rng() != null ? pass.rng().split(1) : null;
            int[] own = rows.learned(some);
            var batch = Batch.of(row -> stream == null ? ears.heard(clips.sound(row))
                    : changed(clips.sound(row), ears, augment, frames(encoder.step(), said[row]), stream.split(row)), own);
            return net.loss(batch.seen, batch.lengths, pick(labels, own), pass);
        };
        var told = new ArrayList<String>();
        told.add(rows.told("clips") + ", written in " + symbols.size() + (words ? " words" : " characters"));
        told.addAll(damaged.named());
        return new Ready(saved, rows.learned().length, loss, i -> clips.files().get(rows.learned()[i]).toString(),
                rows.held().length == 0 ? null : () -> judged(net, clips, ears, labels, rows.held()), told, null);
    }

    private static String[] split(String text, boolean words) {
        if (text.isEmpty()) return new String[0];
        return words ? text.split(" ") : text.codePoints().mapToObj(Character::toString).toArray(String[]::new);
    }

    private static int[][] labels(String[][] said, List<String> symbols) {
        Map<String, Integer> number = new HashMap<>();
        for (var symbol : symbols) number.put(symbol, number.size() + 1);
        var labels = new int[said.length][];
        for (int i = 0; i < said.length; i++)
            labels[i] = Arrays.stream(said[i]).mapToInt(symbol -> number.getOrDefault(symbol, 0)).toArray();
        return labels;
    }

    private static int[][] pick(int[][] labels, int... rows) { return Arrays.stream(rows).mapToObj(i -> labels[i]).toArray(int[][]::new); }

    /** @param kept numbers of the clips that can be learned from */
    private record Heard(Ears ears, int[] kept) {}

    /** Reads every clip once, so that none is found damaged in an hour, and measures the bands of the first ones. */
    private static Heard heard(FileTexts clips, Ears plain, int step, String[][] said, double longest, Damaged damaged, Progress progress) {
        int bands = plain.mean().length, n = 0;
        int[] kept = new int[clips.size()];
        double[] sum = new double[bands], square = new double[bands];
        long frames = 0;
        for (int i = 0; i < clips.size(); i++) try (var scope = Scope.open("clips to measure")) {
            var sound = clips.sound(i);
            requireFit(clips.files().get(i), sound, longest, plain, step, said[i]);
            if (n < MEASURED) {
                double[][] seen = plain.heard(sound).toRows();
                for (var frame : seen) for (int b = 0; b < bands; b++) {
                    sum[b] += frame[b];
                    square[b] += frame[b] * frame[b];
                }
                frames += seen.length;
            }
            kept[n++] = i;
            progress.step("reading", i + 1L, clips.size());
        } catch (FormatException e) {
            damaged.met(e);
        }
        int[] all = damaged.some(Arrays.copyOf(kept, n), clips.size(), "clips");
        float[] mean = new float[bands], deviation = new float[bands];
        for (int b = 0; b < bands; b++) {
            mean[b] = (float) (sum[b] / frames);
            deviation[b] = (float) Math.sqrt(Math.max(1e-6, square[b] / frames - sum[b] / frames * sum[b] / frames));
        }
        return new Heard(new Ears(plain.rate(), plain.window(), plain.hop(), mean, deviation, plain.perClip()), all);
    }

    /** A clip is not too long, and long enough for its text. */
    private static void requireFit(Path file, Sound sound, double longest, Ears ears, int step, String... said) {
        if (sound.seconds() > longest) throw new FormatException(
                file + ": " + sound.seconds() + " seconds; at most " + longest + " (data.longest), cut it into sentences");
        int frames = ears.frames(Math.ceilDiv((long) sound.length() * ears.rate(), sound.rate()));
        if (frames < frames(step, said)) throw new FormatException(file + ": " + (frames + step - 1) / step + " frames of " + 10 * step
                + " ms for a text that needs " + needed(said) + "; lower model.halvings, or the text is not that of the clip");
    }

    /** A frame a symbol, and one more between two that are equal. */
    private static int needed(String... said) {
        int needed = said.length;
        for (int k = 1; k < said.length; k++) if (said[k].equals(said[k - 1])) needed++;
        return needed;
    }

    /** The fewest of a spectrogram that leave as many as the text needs. */
    private static int frames(int step, String... said) { return (needed(said) - 1) * step + 1; }

    /** A clip changed; its samples stay as they are where a quicker clip would be too short for its text. */
    private static Tensor changed(Sound clip, Ears ears, ClipAugment augment, int least, Rng rng) {
        var sound = clip.resampled(ears.rate());
        var other = new Sound(augment.samples().apply(sound.channels()[0], rng), ears.rate());
        return augment.spectrogram().apply(ears.heard(ears.frames(other.length()) < least ? sound : other), rng);
    }

    private static float[] ones(int n) {
        var ones = new float[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** Spectrograms (n, frames of the longest, bands), and the frames of each. */
    private record Batch(Tensor seen, int[] lengths) {
        static Batch of(IntFunction<Tensor> read, int... rows) {
            var heard = Rows.read(rows, Tensor[]::new, read);
            var lengths = Arrays.stream(heard).mapToInt(t -> (int) t.size(0)).toArray();
            int most = Arrays.stream(lengths).max().orElseThrow();
            for (int i = 0; i < heard.length; i++) heard[i] = heard[i].pad(0, 0, most - lengths[i], 0);
            return new Batch(Tensor.stack(0, heard), lengths);
        }
    }

    private static TrainingRun.Evaluated judged(SpeechRecognizer net, FileTexts clips, Ears ears, int[][] labels, int... rows) {
        double loss = 0, wrong = 0, all = 0;
        for (int from = 0; from < rows.length; from += JUDGED) try (var scope = Scope.open("clips to judge")) {
            int[] own = Arrays.copyOfRange(rows, from, Math.min(rows.length, from + JUDGED));
            var batch = Batch.of(row -> ears.heard(clips.sound(row)), own);
            loss += net.loss(batch.seen, batch.lengths, pick(labels, own), Pass.inference()).item() * own.length;
            for (int i = 0; i < own.length; i++) {
                var logs = net.forward(batch.seen.narrow(0, i, 1).narrow(1, 0, batch.lengths[i]), Pass.inference()).get(0);
                wrong += CtcDecoder.edits(labels[own[i]], CtcDecoder.greedy(logs, 0));
                all += labels[own[i]].length;
            }
        }
        return Ready.evaluated(loss / rows.length, "symbols wrong", wrong / Math.max(1, all));
    }
}
