package lyceum.models.multimodal;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.models.audio.AudioCodecConfig;
import lyceum.models.audio.NeuralAudioCodec;
import lyceum.models.generative.VectorQuantizer;
import lyceum.models.generative.VectorQuantizerConfig;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.multimodal.JointVocabulary.Modality;
import lyceum.models.multimodal.UnifiedModel.Document;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A world of digits: words, 8 x 8 pictures (a class's mean under noise), tones of a pitch by digit at any phase, clips in which the picture walks. */
class UnifiedModelTest {
    private static final String[] WORDS = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"};
    private static final int WINDOW = 32, WINDOWS = 6, FRAMES = 3;
    private static final double[][] MEANS = means();

    private static double[][] means() {
        var digits = Datasets.digits();
        double[][] x = digits.x().to(DType.F64).toRows(), sum = new double[10][64];
        double[] y = digits.y().to(DType.F64).toDoubleArray(), count = new double[10];
        for (int i = 0; i < y.length; i++) {
            count[(int) y[i]]++;
            for (int p = 0; p < 64; p++) sum[(int) y[i]][p] += x[i][p] / 16;
        }
        for (int d = 0; d < 10; d++) for (int p = 0; p < 64; p++) sum[d][p] /= count[d];
        return sum;
    }

    private static float[] picture(int digit, int shift, double noise, Rng rng) {
        var out = new float[64];
        for (int p = 0; p < 64; p++) out[p] = (float) (MEANS[digit][p / 8 * 8 + (p % 8 + 8 - shift) % 8] + noise * rng.nextGaussian());
        return out;
    }

    private static Tensor pictures(int[] digits, Rng rng) {
        var all = new float[digits.length * 64];
        for (int i = 0; i < digits.length; i++) System.arraycopy(picture(digits[i], 0, 0.1, rng), 0, all, i * 64, 64);
        return Tensor.of(all, digits.length, 1, 8, 8);
    }

    private static Tensor clips(int[] digits, Rng rng) {
        var all = new float[digits.length * FRAMES * 64];
        for (int i = 0; i < digits.length; i++)
            for (int f = 0; f < FRAMES; f++) System.arraycopy(picture(digits[i], f, 0.1, rng), 0, all, (i * FRAMES + f) * 64, 64);
        return Tensor.of(all, digits.length, FRAMES, 1, 8, 8);
    }

    /** A tone of digit + 1 cycles a window. */
    private static Tensor sounds(int[] digits, Rng rng) {
        int samples = WINDOW * WINDOWS;
        var all = new float[digits.length * samples];
        for (int i = 0; i < digits.length; i++) {
            double phase = 2 * Math.PI * rng.nextDouble();
            for (int t = 0; t < samples; t++)
                all[i * samples + t] = (float) (Math.sin(2 * Math.PI * (digits[i] + 1) * t / WINDOW + phase) + 0.1 * rng.nextGaussian());
        }
        return Tensor.of(all, digits.length, samples);
    }

    private static int[] digits(int n, Rng rng) {
        var digits = new int[n];
        for (int i = 0; i < n; i++) digits[i] = rng.nextInt(10);
        return digits;
    }

    private static Tensor items(Modality kind, int[] digits, Rng rng) {
        return switch (kind) {
            case IMAGE -> pictures(digits, rng);
            case AUDIO -> sounds(digits, rng);
            case VIDEO -> clips(digits, rng);
            case TEXT -> throw new IllegalArgumentException("words are no items");
        };
    }

    private static JointVocabulary vocabulary(int examples) {
        var rng = Rng.of(1);
        var digits = digits(examples, rng);
        var images = PatchCodes.fit(pictures(digits, rng), 4, 48, Rng.of(2));
        var frames = PatchCodes.fit(clips(digits, rng).reshape(examples * FRAMES, 1, 8, 8), 4, 64, Rng.of(3));
        var book = new VectorQuantizer(new VectorQuantizerConfig(80, WINDOW), Rng.of(4));
        book.start(sounds(digits, rng).reshape(examples * WINDOWS, WINDOW), 30, Rng.of(5));
        return new JointVocabulary(new MediaCodes.Pictures(images), new MediaCodes.Windows(book, WINDOWS),
                new MediaCodes.Clips(frames, FRAMES));
    }

    private static List<int[]> segments(JointVocabulary v, Modality kind, int[] digits, Rng rng) {
        if (kind != Modality.TEXT) return v.segments(kind, items(kind, digits, rng));
        var all = new ArrayList<int[]>();
        for (int d : digits) all.add(v.text(WORDS[d]));
        return all;
    }

    private static UnifiedModel model;

    /** All twelve maps and sums, mixed in every batch. */
    private static synchronized UnifiedModel trained() {
        if (model != null) return model;
        var v = vocabulary(300);
        var documents = new ArrayList<Document>();
        var rng = Rng.of(7);
        for (var from : Modality.values()) for (var to : Modality.values()) {
            if (from == to) continue;
            var digits = digits(300, rng);
            List<int[]> given = segments(v, from, digits, rng), wanted = segments(v, to, digits, rng);
            for (int i = 0; i < digits.length; i++) documents.add(Document.of(1, given.get(i), wanted.get(i)));
        }
        int[] a = digits(1600, rng), b = digits(1600, rng);
        List<int[]> seen = segments(v, Modality.IMAGE, a, rng), heard = segments(v, Modality.AUDIO, b, rng);
        for (int i = 0; i < a.length; i++) documents.add(Document.of(2, seen.get(i), heard.get(i), v.text("" + (a[i] + b[i]))));
        var made = new UnifiedModel(new UnifiedModelConfig(40, 64, 2, 4), v, Rng.of(8));
        new Trainer(new AdamW(3e-3), 6).withBatchSize(50).withClip(Clip.norm(1)).withAveraging(0.98)
                .start(made, documents.size(), made.over(documents), null, Rng.of(9)).finish(Progress.SILENT);
        return model = made;
    }

    private static double nearest(double[] x, int digit, double[][] prototypes) {
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int d = 0; d < 10; d++) {
            double sum = 0;
            for (int i = 0; i < x.length; i++) sum += (x[i] - prototypes[d][i]) * (x[i] - prototypes[d][i]);
            if (sum < least) {
                least = sum;
                best = d;
            }
        }
        return best == digit ? 1 : 0;
    }

    /** Magnitudes of a sound at 1 to 10 cycles a window: what a phase does not change. */
    private static double[] spectrum(double[] x) {
        var out = new double[10];
        for (int k = 1; k <= 10; k++) {
            double re = 0, im = 0;
            for (int t = 0; t < x.length; t++) {
                re += x[t] * Math.cos(2 * Math.PI * k * t / WINDOW);
                im += x[t] * Math.sin(2 * Math.PI * k * t / WINDOW);
            }
            out[k - 1] = 2 * Math.hypot(re, im) / x.length;
        }
        return out;
    }

    /** Share of answers that are nearest to the prototype of their digit; of words, that are the word. */
    private static double right(JointVocabulary v, Modality kind, List<int[]> answers, int[] digits) {
        double right = 0;
        var items = kind == Modality.TEXT ? null : v.items(kind, answers);
        for (int i = 0; i < digits.length; i++) {
            if (kind == Modality.TEXT) {
                right += v.text(answers.get(i)).equals(WORDS[digits[i]]) ? 1 : 0;
                continue;
            }
            double[] x = items.get(i).to(DType.F64).flatten().toDoubleArray();
            var prototypes = new double[10][];
            for (int d = 0; d < 10; d++) {
                var clean = new double[x.length];
                for (int p = 0; p < x.length; p++)
                    clean[p] = kind == Modality.AUDIO ? 0 : MEANS[d][p % 64 / 8 * 8 + (p % 8 + 8 - p / 64) % 8];
                prototypes[d] = clean;
                if (kind == Modality.AUDIO) {
                    prototypes[d] = new double[10];
                    prototypes[d][d] = 1;
                }
            }
            right += nearest(kind == Modality.AUDIO ? spectrum(x) : x, digits[i], prototypes);
        }
        return right / digits.length;
    }

    @Tag("heavy")
    @Acceptance(topic = "any-to-any", clause = 1)
    @Test void everyKindBecomesEveryOther() {
        var made = trained();
        var v = made.vocabulary();
        Evidence.of("parameters", made.parameterCount(), below(1_000_000));
        var rng = Rng.of(70);
        double worst = 1;
        int maps = 0;
        for (var from : Modality.values()) for (var to : Modality.values()) {
            if (from == to) continue;
            var digits = digits(100, rng);
            var answers = made.answer(segments(v, from, digits, rng), to, 8, 0.3, NoiseStreams.of(Rng.of(3), 100), Progress.SILENT);
            double right = right(v, to, answers, digits);
            worst = Math.min(worst, right);
            maps++;
        }
        Evidence.of("maps", maps, exactly(12));
        Evidence.of("share judged right, the worst map's", worst, atLeast(0.85));
    }

    @Tag("heavy")
    @Acceptance(topic = "any-to-any", clause = 4)
    @Test void sumsOfWhatIsSeenAndHeardBeatACascade() {
        var made = trained();
        var v = made.vocabulary();
        var rng = Rng.of(71);
        int n = 400;
        int[] a = digits(n, rng), b = digits(n, rng);
        List<int[]> seen = segments(v, Modality.IMAGE, a, rng), heard = segments(v, Modality.AUDIO, b, rng), both = new ArrayList<>();
        for (int i = 0; i < n; i++) both.add(UnifiedModel.joined(seen.get(i), heard.get(i)));
        var answers = made.answer(both, Modality.TEXT, 4, 0, NoiseStreams.of(Rng.of(3), n), Progress.SILENT);
        int right = 0;
        for (int i = 0; i < n; i++) if (v.text(answers.get(i)).equals("" + (a[i] + b[i]))) right++;
        // The cascade: captions say "low" or "high", without a mistake, and the likeliest sum of both is answered
        int[][] sums = new int[4][19];
        for (int i = 0; i < 10; i++) for (int j = 0; j < 10; j++) sums[i / 5 * 2 + j / 5][i + j]++;
        int cascade = 0;
        for (int i = 0; i < n; i++) {
            int[] counts = sums[a[i] / 5 * 2 + b[i] / 5];
            int best = 0;
            for (int s = 1; s < 19; s++) if (counts[s] > counts[best]) best = s;
            if (best == a[i] + b[i]) cascade++;
        }
        Evidence.of("sums right, more than by the best cascade through captions of low and high", (right - cascade) / (double) n,
                atLeast(0.2));
    }

    @Acceptance(topic = "any-to-any", clause = 2)
    @Test void nothingButCodesOfTheOpenKind() {
        var v = vocabulary(40);
        var made = new UnifiedModel(new UnifiedModelConfig(64, 16, 1, 2), v, Rng.of(8));
        int[] lows = {0, 256, 256 + 48, 256 + 48 + 80}, highs = {256, 256 + 48, 256 + 48 + 80, 256 + 48 + 80 + 64};
        long steps = 0, outside = 0, wrongLength = 0;
        var rng = Rng.of(1);
        for (int round = 0; steps < 10_000; round++) for (var kind : Modality.values()) {
            int n = 50;
            var prompts = new ArrayList<int[]>();
            for (int i = 0; i < n; i++) prompts.add(i % 2 == 0 ? v.text("a" + i) : new int[0]);
            var answers = made.answer(prompts, kind, 30, 3, NoiseStreams.of(rng.split(round), n), Progress.SILENT);
            for (int[] ids : answers) {
                int codes = ids.length - 2, marks = highs[3] + 2 * kind.ordinal();
                if (ids[0] != marks || ids[ids.length - 1] != marks + 1) outside++;
                for (int i = 1; i <= codes; i++, steps++) if (ids[i] < lows[kind.ordinal()] || ids[i] >= highs[kind.ordinal()]) outside++;
                if (kind != Modality.TEXT && codes != v.media(kind).length() || codes > 30) wrongLength++;
            }
        }
        Evidence.of("steps", steps, atLeast(10_000));
        Evidence.of("ids outside the open kind", outside, exactly(0));
        Evidence.of("segments of another length", wrongLength, exactly(0));
    }

    @Acceptance(topic = "any-to-any", clause = 3)
    @Test void textsComeBackExactly() {
        var v = vocabulary(40);
        var rng = Rng.of(2);
        int wrong = 0, texts = 0;
        for (; texts < 2000; texts++) {
            var text = new StringBuilder();
            for (int i = rng.nextInt(30); i > 0; i--) {
                int point = rng.nextInt(rng.nextInt(2) == 0 ? 128 : Character.MAX_CODE_POINT + 1);
                if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) text.appendCodePoint(point);
            }
            int[] ids = v.text(text.toString());
            if (!v.text(ids).contentEquals(text)) wrong++;
        }
        Evidence.of("texts", texts, exactly(2000));
        Evidence.of("that came back otherwise", wrong, exactly(0));
        var digits = digits(20, rng);
        for (var kind : new Modality[] {Modality.IMAGE, Modality.AUDIO, Modality.VIDEO}) {
            var items = items(kind, digits, rng);
            var once = v.items(kind, v.segments(kind, items));
            Evidence.of(kind + " coded again, off by", v.items(kind, v.segments(kind, once)).sub(once).abs().max().item(), atMost(1e-6));
        }
    }

    @Test void halfOfACharacterIsRefusedAndATextEndsTheAnswer() {
        var vocabulary = vocabulary(40);
        assertThatThrownBy(() -> vocabulary.text("a\ud83d")).hasMessageContaining("half of a surrogate pair");
        assertThat(vocabulary.text(vocabulary.text("a\ud83d\ude00"))).isEqualTo("a\ud83d\ude00");
        assertThatThrownBy(() -> vocabulary.segments(Modality.TEXT, Tensor.zeros(1, 2))).hasMessageContaining("a text has no items");
    }

    /** By the whole document anew for each id, one prompt at a time. */
    private static int[] slowly(UnifiedModel made, int[] prompt, Modality kind, int most, double temperature, long seed) {
        var v = made.vocabulary();
        var noise = NoiseStreams.seeds(seed);
        int[] document = UnifiedModel.joined(prompt, new int[] {v.open(kind)});
        for (int i = 0; i < most && document[document.length - 1] != v.close(kind); i++) {
            int[] ids = document;
            var logits = Autograd.noGrad(() -> made.forward(Tensor.of(ids, 1, ids.length), Pass.inference()).select(1, ids.length - 1));
            var allowed = logits.narrow(1, v.low(kind), v.codes(kind));
            if (kind == Modality.TEXT) allowed = Tensor.concat(1, allowed, logits.narrow(1, v.close(kind), 1));
            int chosen = (int) noise.choose(allowed, temperature).item();
            document = UnifiedModel.joined(document, new int[] {chosen == v.codes(kind) ? v.close(kind) : v.low(kind) + chosen});
        }
        if (document[document.length - 1] != v.close(kind)) document = UnifiedModel.joined(document, new int[] {v.close(kind)});
        return Arrays.copyOfRange(document, prompt.length, document.length);
    }

    @Test void whatIsKeptOfADocumentSaysWhatTheWholeOneDoes() {
        var v = vocabulary(40);
        var made = new UnifiedModel(new UnifiedModelConfig(25, 16, 2, 2), v, Rng.of(8));
        Autograd.noGrad(() -> { // texts end after some bytes, each at its own time
            var bias = made.parameters().get("head.bias");
            bias.add_(Tensor.arange(v.size()).eq(v.close(Modality.TEXT)).to(bias.dtype()).mul(5.5));
        });
        var prompts = List.of(v.text("one"), new int[0], v.text("eleven"), v.text("it is two"), v.text(""));
        for (var kind : Modality.values()) for (double temperature : new double[] {0, 1.5}) {
            int most = kind == Modality.TEXT ? 12 : v.media(kind).length();
            var answers = made.answer(prompts, kind, 12, temperature, NoiseStreams.seeds(1, 2, 3, 4, 5), Progress.SILENT);
            for (int i = 0; i < prompts.size(); i++)
                assertThat(answers.get(i)).containsExactly(slowly(made, prompts.get(i), kind, most, temperature, i + 1));
            if (kind == Modality.TEXT && temperature > 0)
                assertThat(answers.stream().map(a -> a.length).distinct().count()).isGreaterThan(2);
        }
        var full = made.answer(List.of(new int[0], v.text("it is two")), Modality.TEXT, 24, 1.5, NoiseStreams.seeds(2, 4), Progress.SILENT);
        assertThat(full.get(1)).containsExactly(slowly(made, v.text("it is two"), Modality.TEXT, 24, 1.5, 4));
        var together = made.embeddings(List.of(v.text("one"), v.text("eleven")));
        assertThat(together.narrow(0, 0, 1).sub(made.embeddings(List.of(v.text("one")))).abs().max().item()).isLessThan(1e-5);
        assertThatThrownBy(() -> made.embeddings(List.of(new int[0]))).hasMessageContaining("an empty document");
    }

    @Test void aMediumMayBeMissing() {
        var all = vocabulary(40);
        var v = new JointVocabulary(all.image(), null, null);
        assertThat(v.size()).isEqualTo(256 + all.image().codes() + 9);
        assertThat(v.text(v.text("seven"))).isEqualTo("seven");
        var made = new UnifiedModel(new UnifiedModelConfig(20, 16, 1, 2), v, Rng.of(8));
        var drawn = made.answer(List.of(v.text("seven")), Modality.IMAGE, 0, 1, NoiseStreams.seeds(1), Progress.SILENT);
        assertThat(v.items(Modality.IMAGE, drawn).shape().toArray()).containsExactly(1, 1, 8, 8);
        assertThatThrownBy(() -> made.answer(List.of(v.text("seven")), Modality.AUDIO, 0, 1, NoiseStreams.seeds(1), Progress.SILENT))
                .hasMessageContaining("no codes of AUDIO");
    }

    @Test void optionsAndErrors() {
        var codec = new NeuralAudioCodec(AudioCodecConfig.small(), Rng.of(1));
        int hop = codec.config().hop();
        var sounds = new MediaCodes.Codec(codec, 4 * hop);
        var x = Tensor.randn(Rng.of(2), 2, 1, 4 * hop).compute();
        var ids = sounds.ids(x);
        assertThat(ids.shape().toArray()).containsExactly(2, sounds.length());
        assertThat(sounds.items(ids).sub(codec.decode(codec.encode(x))).abs().max().item()).isLessThan(1e-6);
        var v = vocabulary(40);
        var made = new UnifiedModel(new UnifiedModelConfig(12, 16, 1, 2), v, Rng.of(8));
        assertThat(made.embeddings(List.of(v.text("one"), v.text("eleven"))).shape().toArray()).containsExactly(2, 16);
        assertThatThrownBy(() -> v.text(v.open(Modality.TEXT), 300, v.close(Modality.TEXT)))
                .hasMessageContaining("id 300 in a segment of TEXT");
        assertThatThrownBy(() -> v.text(1, 2)).hasMessageContaining("no segment of TEXT");
        assertThatThrownBy(() -> made.over(List.of(new Document(new int[20], 1)))).hasMessageContaining("20 ids; 12 at most");
        assertThatThrownBy(() -> made.answer(List.of(v.text("one")), Modality.IMAGE, 0, 0, NoiseStreams.seeds(1, 2), Progress.SILENT))
                .hasMessageContaining("1 prompts and 2 streams");
        assertThatThrownBy(() -> made.answer(List.of(v.text("twelve")), Modality.VIDEO, 0, 0, NoiseStreams.seeds(1), Progress.SILENT))
                .hasMessageContaining("12 at most");
    }
}
