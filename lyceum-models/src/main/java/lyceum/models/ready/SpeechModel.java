package lyceum.models.ready;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.data.sounds.Sound;
import lyceum.models.SavedModel;
import lyceum.models.audio.MelSpectrogram;
import lyceum.models.audio.SpeechRecognizer;
import lyceum.models.audio.Subtitles;
import lyceum.nn.Pass;
import lyceum.nn.loss.CtcDecoder;
import lyceum.nn.loss.CtcLoss;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/**
 * A speech recogniser of a folder: sound of any rate and length becomes words with their times.
 *
 * {@snippet :
 * var model = SpeechModel.load(Path.of("digits.model"));
 * List<SpeechModel.Word> words = model.words(Wav.read(Path.of("a.wav")), 8, Progress.SILENT);
 * String srt = SpeechModel.lines(words).srt();
 * }
 *
 * <p>What the folder's notes say: {@code symbols} that are written, from number 1 on; {@code joined}, what stands between them (nothing between characters);
 * {@code rate}, {@code window}, {@code hop} of the spectrogram, {@code bandMean} and {@code bandDeviation} of its bands, and in {@code normalise} whether each
 * {@code clip} loses its own means first.
 *
 * @param saved the folder
 */
public record SpeechModel(SavedModel saved) {
    /** Seconds of a part that is heard at once, and how far back a quiet place for the cut is looked for. */
    private static final double PART = 30, BACK = 6, QUIET = 0.1;
    /** A pause that ends a line, and the longest line, in seconds. */
    private static final double PAUSE = 0.8, LONGEST = 6;
    /** Samples a second: files may claim any number, and resampling takes memory by it. */
    private static final int LEAST_RATE = 1_000, MOST_RATE = 1_000_000;

    public SpeechModel { Objects.requireNonNull(saved, "saved"); }

    /** Reads a folder. @see SavedModel#load */
    public static SpeechModel load(Path folder) throws IOException { return new SpeechModel(SavedModel.load(folder)); }

    /** A word and when it was said, in seconds. */
    public record Word(double start, double end, String text) {}

    /**
     * How a recogniser hears: log-mel spectrograms less the mean of each band, over its deviation.
     *
     * @param perClip whether each sound's bands first lose the means that they have in it: how loud a voice is, and how a throat, a room or a microphone colours it, goes
     *         with those
     */
    public record Ears(int rate, int window, int hop, float[] mean, float[] deviation, boolean perClip) {
        public Ears {
            if (rate < 100 || rate > MOST_RATE || window < 2 || hop < 1 || window > rate || hop > window || mean.length == 0
                    || mean.length != deviation.length)
                throw new FormatException("speech: rate " + rate + ", window " + window + ", hop " + hop + ", " + mean.length + " bands");
            for (float d : deviation) if (!(d > 0)) throw new FormatException("speech: a band's deviation is " + d + "; above 0");
        }

        /** Spectrogram of a sound of one channel, resampled where it must be: (frames, bands). */
        public Tensor heard(Sound sound) {
            var x = spectrogram().logarithmic(enough(sound.mono().resampled(rate))).transpose(0, 1);
            if (perClip) x = x.sub(x.mean(0, true));
            return x.sub(Tensor.of(mean)).div(Tensor.of(deviation)).compute();
        }

        private record Made(int rate, int window, int hop, int bands, MelSpectrogram spectrogram) {}

        /** Of the ears that heard last, as nearly always the next time too: filters and windows are not made for each clip. */
        private static volatile Made latest;

        private MelSpectrogram spectrogram() {
            var known = latest;
            if (known == null || known.rate != rate || known.window != window || known.hop != hop || known.bands != mean.length)
                latest = known = new Made(rate, window, hop, mean.length, new MelSpectrogram(rate, window, hop, mean.length));
            return known.spectrogram;
        }

        /** Frames of the spectrogram of so many samples. */
        public int frames(long samples) { return Math.toIntExact((Math.max(samples, 2L * window) - window % 2) / hop); }

        /** A window or two at least. */
        private Sound enough(Sound sound) { return sound.length() > 2 * window ? sound : sound.cut(0, 2 * window); }
    }

    /** What the notes say. */
    public Ears ears() {
        var notes = saved.notes();
        return new Ears(notes.path("rate").asInt(0), notes.path("window").asInt(0), notes.path("hop").asInt(0),
                Letterbox.floats(saved.numbers("bandMean")), Letterbox.floats(saved.numbers("bandDeviation")),
                isPerClip(notes.path("normalise").asString("all")));
    }

    private static boolean isPerClip(String normalise) {
        if (normalise.equals("clip") || normalise.equals("all")) return normalise.equals("clip");
        throw new FormatException(SavedModel.CONFIG + ": notes.normalise is " + normalise + "; there are clip and all");
    }

    /**
     * Words in order. A sound of more than half a minute is heard in parts that are cut where it is quiet.
     *
     * @param beam texts that are kept on the way; 1 takes the likeliest symbol of each frame
     * @throws FormatException if the model is no recogniser
     * @throws CancelledException if progress says so
     */
    public List<Word> words(Sound given, int beam, Progress progress) {
        if (!(saved.model() instanceof SpeechRecognizer model))
            throw new FormatException("the model is a " + saved.architecture().name() + "; speech is recognised by a SpeechRecognizer");
        var ears = ears();
        var symbols = saved.texts("symbols");
        if (symbols.size() != model.config().symbols()) throw new FormatException(
                SavedModel.CONFIG + ": notes.symbols has " + symbols.size() + " texts; the model writes " + model.config().symbols());
        requireSpeech(given);
        var sound = given.mono().resampled(ears.rate);
        var words = new ArrayList<Word>();
        for (int from = 0; from < sound.length();) {
            int to = end(sound, from);
            words.addAll(part(model, ears, symbols, sound.cut(from, to - from), (double) from / ears.rate, beam));
            progress.step("listening", to, sound.length());
            if (progress.isCancelled()) throw new CancelledException("listening");
            from = to;
        }
        return words;
    }

    static void requireSpeech(Sound sound) {
        if (sound.rate() < LEAST_RATE)
            throw new FormatException("the sound has " + sound.rate() + " samples a second; speech has at least " + LEAST_RATE);
    }

    /** Where a part ends: at the sound's end, or in the quietest tenth of a second of the last ones that fit. */
    private static int end(Sound sound, int from) {
        int longest = (int) (PART * sound.rate()), left = sound.length() - from;
        if (left <= longest) return sound.length();
        longest = Math.min(longest, left / Math.ceilDiv(left, longest) + (int) (BACK * sound.rate())); // or little might be left for the last
        int step = Math.max(1, (int) (QUIET * sound.rate())), best = from + longest;
        double least = Double.POSITIVE_INFINITY;
        for (int at = from + longest - (int) (BACK * sound.rate()); at + step <= from + longest; at += step) {
            double power = 0;
            for (int i = at; i < at + step; i++) power += (double) sound.channels()[0][i] * sound.channels()[0][i];
            if (power > least) continue;
            least = power;
            best = at + step / 2;
        }
        return best;
    }

    private List<Word> part(SpeechRecognizer model, Ears ears, List<String> symbols, Sound sound, double begin, int beam) {
        float loudest = 0;
        for (float v : sound.channels()[0]) loudest = Math.max(loudest, Math.abs(v));
        if (loudest == 0) return List.of(); // digital silence, whose spectrogram has no meaning
        var logs = Autograd.noGrad(() -> model.forward(ears.heard(sound).unsqueeze(0), Pass.inference()).get(0).compute());
        int[] labels = beam < 2 ? CtcDecoder.greedy(logs, 0) : new CtcDecoder(beam).decode(logs).getFirst().labels();
        if (labels.length == 0) return List.of();
        CtcLoss.Alignment times;
        try {
            times = new CtcLoss().align(logs, labels);
        } catch (LyceumException e) {
            throw new LyceumException("the text cannot be laid over the sound: " + e.getMessage(), e);
        }
        double frame = (double) ears.hop * model.config().encoder().step() / ears.rate;
        var words = new ArrayList<Word>();
        String joined = saved.notes().path("joined").asString("");
        int first = 0;
        for (int i = 0; i <= labels.length; i++) {
            boolean blank = i < labels.length && symbols.get(labels[i] - 1).isBlank();
            boolean ends = i == labels.length || blank || !joined.isEmpty() && i > first;
            if (!ends) continue;
            if (i > first) {
                var text = new StringBuilder();
                for (int k = first; k < i; k++) text.append(symbols.get(labels[k] - 1));
                words.add(new Word(begin + times.starts()[first] * frame,
                        Math.min(begin + times.ends()[i - 1] * frame, begin + sound.seconds()), text.toString()));
            }
            first = blank ? i + 1 : i;
        }
        return words;
    }

    /** Words as lines: a pause of 0.8 seconds or a length of 6 ends one. */
    public static Subtitles lines(List<Word> words) {
        var lines = new ArrayList<Subtitles.Line>();
        var text = new StringBuilder();
        double start = 0, end = 0;
        for (var word : words) {
            if (!text.isEmpty() && (word.start - end > PAUSE || word.end - start > LONGEST)) {
                lines.add(new Subtitles.Line(start, Math.max(start, end), text.toString()));
                text.setLength(0);
            }
            if (text.isEmpty()) start = word.start;
            else text.append(' ');
            text.append(word.text);
            end = word.end;
        }
        if (!text.isEmpty()) lines.add(new Subtitles.Line(start, Math.max(start, end), text.toString()));
        return new Subtitles(lines);
    }
}
