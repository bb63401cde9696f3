package lyceum.models.audio;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.zip.Deflater;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.sounds.Sound;
import lyceum.nn.BeamSearch;
import lyceum.nn.Pass;
import lyceum.prob.GumbelMax;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Writes down what a {@link Whisper} hears, window after window: the next begins where the last whole segment ended. A window whose text
 * compresses too well or is too unlikely is decoded again at the next temperature; one in which probably nobody speaks is left out.
 *
 * {@snippet :
 * var model = new Whisper(WhisperConfig.tiny(), rng);
 * var transcriber = new Transcriber(model, MelSpectrogram.whisper(), new TranscriberConfig());
 * for (var segment : transcriber.transcribe(Wav.read(path).mono().resampled(16_000), rng, Progress.SILENT))
 *     System.out.println(segment.start() + " " + Arrays.toString(segment.tokens()));
 * }
 *
 * @param model that hears and writes
 * @param mel what it hears; as many bands as the model has
 */
public record Transcriber(Whisper model, MelSpectrogram mel, TranscriberConfig config) {
    public Transcriber {
        Objects.requireNonNull(config, "config");
        if (mel.bands() != model.config().bands())
            throw new ShapeException("Transcriber: a spectrogram of " + mel.bands() + " bands for a model of " + model.config().bands());
    }

    /**
     * A window's tokens.
     *
     * @param language from 0 on
     * @param tokens without prompt and end
     * @param meanLogProb of a token, the end among them
     * @param noSpeech probability
     * @param temperature at which they were drawn
     * @param compression of their text, by zlib
     */
    public record Decoded(int language, int[] tokens, double meanLogProb, double noSpeech, double temperature, double compression) {}

    /**
     * What was said.
     *
     * @param start in seconds of the whole sound
     * @param end likewise
     * @param tokens of text
     * @param window which it is of
     */
    public record Segment(double start, double end, int[] tokens, Decoded window) {}

    /**
     * Windows one behind the other.
     *
     * @throws IllegalArgumentException if the sound has another rate than the spectrogram
     * @throws lyceum.progress.CancelledException if progress says so
     */
    public List<Segment> transcribe(Sound sound, Rng rng, Progress progress) { return transcribe(sound, new int[0], rng, progress); }

    /** The same after some text, such as names that will come. @param prompt tokens that stand before the first window's */
    public List<Segment> transcribe(Sound sound, int[] prompt, Rng rng, Progress progress) {
        int frames = model.config().frames(), hop = mel.hop();
        var samples = sound.mono().cut(0, sound.length() + frames * hop);
        var seen = mel.logarithmic(samples).unsqueeze(0);
        int total = (sound.length() + hop - 1) / hop;
        double second = (double) mel.rate() / hop;
        var segments = new ArrayList<Segment>();
        var before = new ArrayList<>(Arrays.stream(prompt).boxed().toList());
        int[] languages = null; // the first window's
        for (int seek = 0; seek < total;) {
            var window = seen.narrow(2, seek, frames);
            var heard = Autograd.noGrad(() -> model.hear(window, Pass.inference()).compute());
            if (languages == null) languages = languages(heard);
            var decoded = decode(heard, before.stream().mapToInt(i -> i).toArray(), languages, rng);
            double from = seek / second;
            int step = frames;
            boolean silent = decoded.noSpeech > config.noSpeech() && decoded.meanLogProb < config.leastLogProb();
            if (!silent) {
                int kept = cut(decoded, from, Math.min(from + frames / second, total / second), segments);
                if (kept < decoded.tokens.length)
                    step = (int) Math.max(1, Math.round(model.config().tokens().seconds(decoded.tokens[kept - 1]) * second));
                if (config.conditioned() && decoded.temperature <= 0.5) for (int i = 0; i < kept; i++) before.add(decoded.tokens[i]);
                else before.clear();
            }
            seek += step;
            progress.step("transcribe", Math.min(seek, total), total);
        }
        return segments;
    }

    /**
     * Adds a window's segments; returns how many of its tokens they are made of. If those are not all, the last of them is the time when
     * the next window begins, and the others are of a segment that it will hear whole.
     */
    int cut(Decoded decoded, double from, double to, List<Segment> segments) {
        var t = model.config().tokens();
        int[] all = decoded.tokens;
        int open = 0;
        for (int i = 1; i < all.length; i++) {
            if (i == open || !t.isTime(all[i]) || !t.isTime(all[open])) continue;
            segments.add(new Segment(Math.min(to, from + t.seconds(all[open])), Math.min(to, from + t.seconds(all[i])), text(all, open, i),
                    decoded));
            open = i + 1;
        }
        if (open > 0 || all.length == 0) return open;
        int[] text = text(all, 0, all.length); // one text, perhaps after a time
        if (text.length > 0) segments.add(new Segment(Math.min(to, from + (t.isTime(all[0]) ? t.seconds(all[0]) : 0)), to, text, decoded));
        return all.length;
    }

    private int[] text(int[] all, int from, int to) {
        return Arrays.stream(all, from, to).filter(model.config().tokens()::isText).toArray();
    }

    /** One window of what was heard (1, places, width), at the first temperature that will do. @param before tokens of the window before */
    public Decoded decode(Tensor heard, int[] before, Rng rng) { return decode(heard, before, languages(heard), rng); }

    private Decoded decode(Tensor heard, int[] before, int[] languages, Rng rng) {
        Decoded best = null;
        for (double temperature : config.temperatures()) {
            best = temperature == 0 ? decode(heard, before, languages).getFirst() : sampled(heard, before, languages, temperature, rng);
            boolean silent = best.noSpeech > config.noSpeech() && best.meanLogProb < config.leastLogProb();
            if (silent || best.compression <= config.mostCompression() && best.meanLogProb >= config.leastLogProb()) break;
        }
        return best;
    }

    /**
     * The likeliest tokens of several windows (batch, places, width) at once. @param before tokens of the window before each; empty for
     * none
     */
    public List<Decoded> decode(Tensor heard, int[] before) { return decode(heard, before, languages(heard)); }

    private List<Decoded> decode(Tensor heard, int[] before, int[] languages) {
        var search = new BeamSearch(config.beams(), 1, room(before)).withNormalisation(BeamSearch.Normalisation.LENGTH).withResults(1)
                .withRule(rules()).withStopping(BeamSearch.Stopping.FIRST);
        var steps = new Steps(heard, before, languages);
        var found = search.search(steps, model.config().tokens().end());
        return IntStream.range(0, found.size()).mapToObj(i -> {
            var one = found.get(i).getFirst();
            int[] tokens = one.tokens().stream().mapToInt(t -> t).toArray();
            return decoded(languages[i], tokens, one.logProbability(), steps.quiet[i], 0);
        }).toList();
    }

    private Decoded sampled(Tensor heard, int[] before, int[] languages, double temperature, Rng rng) {
        return Autograd.noGrad(() -> {
            var steps = new Steps(heard, before, languages);
            int end = model.config().tokens().end(), room = room(before);
            var written = new int[0];
            var logs = steps.begin()[0];
            double sum = 0;
            while (true) {
                rules().apply(0, written, logs);
                int token = GumbelMax.sample(Arrays.stream(logs).map(l -> l / temperature).toArray(), rng);
                sum += logs[token];
                written = Arrays.copyOf(written, written.length + 1);
                written[written.length - 1] = token;
                if (token == end || written.length == room) break;
                logs = steps.next(new int[] {0}, new int[] {token})[0];
            }
            return decoded(languages[0], written, sum, steps.quiet[0], temperature);
        });
    }

    private Decoded decoded(int language, int[] tokens, double logProb, double noSpeech, double temperature) {
        int n = tokens.length, end = model.config().tokens().end();
        int[] kept = n > 0 && tokens[n - 1] == end ? Arrays.copyOf(tokens, n - 1) : tokens;
        return new Decoded(language, kept, logProb / Math.max(1, n), noSpeech, temperature, compression(text(kept, 0, kept.length)));
    }

    private double compression(int[] text) {
        String spelled = config.spelling() != null ? config.spelling().apply(text)
                : Arrays.stream(text).collect(StringBuilder::new, (s, t) -> s.appendCodePoint(0x100 + t), StringBuilder::append).toString();
        byte[] bytes = spelled.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0) return 0;
        try (var deflater = new Deflater()) {
            deflater.setInput(bytes);
            deflater.finish();
            return (double) bytes.length / deflater.deflate(new byte[bytes.length * 2 + 64]);
        }
    }

    private TimestampRules rules() { return new TimestampRules(model.config().tokens(), config.timestamps(), config.firstTime()); }

    private int[] languages(Tensor heard) {
        if (config.language() < 0) return model.languages(heard).argmax(1).toIntArray();
        var all = new int[(int) heard.size(0)];
        Arrays.fill(all, config.language());
        return all;
    }

    private int room(int[] before) { return Math.max(1, Math.min(config.longest(), model.config().longest() - prompt(before, 0).length)); }

    private int[] prompt(int[] before, int language) {
        var t = model.config().tokens();
        int kept = Math.min(before.length, model.config().longest() / 2 - 1);
        var prompt = IntStream.builder();
        if (kept > 0) {
            prompt.add(t.beginBefore());
            Arrays.stream(before, before.length - kept, before.length).forEach(prompt::add);
        }
        prompt.add(t.begin()).add(t.language(language)).add(config.translate() ? t.translate() : t.transcribe());
        if (!config.timestamps()) prompt.add(t.noTimestamps());
        return prompt.build().toArray();
    }

    /** The model, asked row by row. */
    private final class Steps implements BeamSearch.Steps {
        private final int[] prompts;
        private final int sources;
        private Whisper.State state;
        private double[] quiet; // probabilities of no speech, where the begin stands

        Steps(Tensor heard, int[] before, int[] languages) {
            sources = languages.length;
            prompts = Arrays.stream(languages).flatMap(l -> Arrays.stream(prompt(before, l))).toArray();
            state = model.start(heard, Pass.inference());
        }

        @Override public double[][] begin() {
            var tokens = model.config().tokens();
            int length = prompts.length / sources, at = 0;
            while (prompts[at] != tokens.begin()) at++;
            var logits = model.write(Tensor.of(prompts, sources, length), state, Pass.inference());
            quiet = logits.select(1, at).softmax(1).select(1, tokens.noSpeech()).toDoubleArray();
            return last(logits);
        }

        @Override public double[][] next(int[] parents, int[] tokens) {
            boolean same = parents.length == state.rows();
            for (int i = 0; i < parents.length && same; i++) same = parents[i] == i;
            if (!same) state = state.fork(parents);
            return last(model.write(Tensor.of(tokens, tokens.length, 1), state, Pass.inference()));
        }

        private static double[][] last(Tensor logits) { return logits.select(1, logits.size(1) - 1).logSoftmax(1).toRows(); }
    }
}
