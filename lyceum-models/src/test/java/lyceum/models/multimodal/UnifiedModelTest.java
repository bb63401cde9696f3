package lyceum.models.multimodal;

import static lyceum.models.multimodal.DigitWorld.KEPT;
import static lyceum.models.multimodal.DigitWorld.LEARNED;
import static lyceum.models.multimodal.DigitWorld.WORDS;
import static lyceum.models.multimodal.DigitWorld.digits;
import static lyceum.models.multimodal.DigitWorld.items;
import static lyceum.models.multimodal.DigitWorld.right;
import static lyceum.models.multimodal.DigitWorld.segments;
import static lyceum.models.multimodal.DigitWorld.vocabulary;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.models.audio.AudioCodecConfig;
import lyceum.models.audio.NeuralAudioCodec;
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

class UnifiedModelTest {
    private static UnifiedModel model;

    /** All twelve maps and sums, mixed in every batch. */
    private static synchronized UnifiedModel trained() {
        if (model != null) return model;
        var v = vocabulary(600);
        var documents = new ArrayList<Document>();
        var rng = Rng.of(7);
        for (var from : Modality.values()) for (var to : Modality.values()) {
            if (from == to) continue;
            var digits = digits(1000, rng);
            List<int[]> given = segments(v, from, digits, LEARNED, rng), wanted = segments(v, to, digits, LEARNED, rng);
            for (int i = 0; i < digits.length; i++) documents.add(Document.of(1, given.get(i), wanted.get(i)));
        }
        int[] a = digits(4000, rng), b = digits(4000, rng);
        List<int[]> seen = segments(v, Modality.IMAGE, a, LEARNED, rng), heard = segments(v, Modality.AUDIO, b, LEARNED, rng);
        for (int i = 0; i < a.length; i++) documents.add(Document.of(2, seen.get(i), heard.get(i), v.text("" + (a[i] + b[i]))));
        var made = new UnifiedModel(new UnifiedModelConfig(40, 64, 2, 4), v, Rng.of(8));
        new Trainer(new AdamW(3e-3), 8).withBatchSize(50).withClip(Clip.norm(1)).withAveraging(0.98)
                .start(made, documents.size(), made.over(documents), null, Rng.of(9)).finish(Progress.SILENT);
        return model = made;
    }

    @Tag("heavy")
    @Acceptance(topic = "any-to-any", clause = 1)
    @Test void everyKindBecomesEveryOther() {
        var made = trained();
        var v = made.vocabulary();
        Evidence.of("parameters", made.parameterCount(), below(1_000_000));
        var rng = Rng.of(70);
        double worst = 1;
        String where = "";
        int maps = 0, n = 200;
        for (var from : Modality.values()) for (var to : Modality.values()) {
            if (from == to) continue;
            var digits = digits(n, rng);
            var answers = made.answer(segments(v, from, digits, KEPT, rng), to, 8, 0, NoiseStreams.of(Rng.of(3), n), Progress.SILENT);
            double right = right(v, to, answers, digits);
            if (right < worst) where = ", from " + from + " to " + to;
            worst = Math.min(worst, right);
            maps++;
        }
        Evidence.of("maps", maps, exactly(12));
        Evidence.of("share judged right, the worst map's" + where, worst, atLeast(0.85));
    }

    @Tag("heavy")
    @Acceptance(topic = "any-to-any", clause = 4)
    @Test void sumsOfWhatIsSeenAndHeardBeatACascade() {
        var made = trained();
        var v = made.vocabulary();
        var rng = Rng.of(71);
        int n = 400;
        int[] a = digits(n, rng), b = digits(n, rng);
        List<int[]> seen = segments(v, Modality.IMAGE, a, KEPT, rng), heard = segments(v, Modality.AUDIO, b, KEPT, rng),
                both = new ArrayList<>();
        for (int i = 0; i < n; i++) both.add(UnifiedModel.joined(seen.get(i), heard.get(i)));
        var answers = made.answer(both, Modality.TEXT, 4, 0, NoiseStreams.of(Rng.of(3), n), Progress.SILENT);
        int right = 0;
        for (int i = 0; i < n; i++) if (v.text(answers.get(i)).equals("" + (a[i] + b[i]))) right++;
        double through = cascade(a, b, a, b), own = cascade(told(made, seen), told(made, heard), a, b);
        Evidence.of("sums right", right / (double) n, atLeast(0.4));
        Evidence.of("by the best cascade through captions of low and high that are true", through, atMost(0.3));
        Evidence.of("through such captions by the model itself", own, atMost(0.3));
        Evidence.of("right, more than by the better one", right / (double) n - Math.max(through, own), atLeast(0.2));
    }

    /** What the model says each segment is; -1 if that is no digit. */
    private static int[] told(UnifiedModel made, List<int[]> segments) {
        return made.answer(segments, Modality.TEXT, 8, 0, NoiseStreams.of(Rng.of(3), segments.size()), Progress.SILENT).stream()
                .mapToInt(word -> List.of(WORDS).indexOf(made.vocabulary().text(word))).toArray();
    }

    /** Share of right sums where captions say "low" or "high" of what was taken for c and d, and the likeliest sum of both is answered. */
    private static double cascade(int[] c, int[] d, int[] a, int[] b) {
        int[][] sums = new int[4][19];
        for (int i = 0; i < 10; i++) for (int j = 0; j < 10; j++) sums[i / 5 * 2 + j / 5][i + j]++;
        int right = 0;
        for (int i = 0; i < a.length; i++) {
            int[] counts = sums[c[i] / 5 * 2 + d[i] / 5];
            int best = 0;
            for (int s = 1; s < 19; s++) if (counts[s] > counts[best]) best = s;
            if (best == a[i] + b[i]) right++;
        }
        return right / (double) a.length;
    }

    private static final int[] LOWS = {0, 256, 256 + 64, 256 + 64 + 80}, HIGHS = {256, 256 + 64, 256 + 64 + 80, 256 + 64 + 80 + 64};

    /** Ids of a segment that are not its kind's, marks among them. */
    private static int outside(Modality kind, int[] ids) {
        int outside = 0, marks = HIGHS[3] + 2 * kind.ordinal();
        if (ids[0] != marks || ids[ids.length - 1] != marks + 1) outside++;
        for (int i = 1; i < ids.length - 1; i++) if (ids[i] < LOWS[kind.ordinal()] || ids[i] >= HIGHS[kind.ordinal()]) outside++;
        return outside;
    }

    /** Asked for the kind that was given, which has never followed itself in what it learned. */
    @Tag("heavy")
    @Acceptance(topic = "any-to-any", clause = 2)
    @Test void norDoesATrainedModelSayWhatItWouldRather() {
        var made = trained();
        var v = made.vocabulary();
        var rng = Rng.of(72);
        int n = 200;
        long steps = 0, outside = 0;
        for (var kind : Modality.values()) {
            var prompts = segments(v, kind, digits(n, rng), KEPT, rng);
            for (double temperature : new double[] {0, 3}) {
                var answers = made.answer(prompts, kind, 20, temperature, NoiseStreams.of(rng.split(kind.ordinal()), n), Progress.SILENT);
                for (int[] ids : answers) {
                    steps += ids.length - 2;
                    outside += outside(kind, ids);
                }
                if (kind == Modality.TEXT || temperature == 0) continue;
                int given = prompts.getFirst().length, codes = v.media(kind).length();
                var documents = IntStream.range(0, n).mapToObj(i -> Tensor.of(UnifiedModel.joined(prompts.get(i), answers.get(i))))
                        .toArray(Tensor[]::new);
                var free = Autograd.noGrad(() -> made.forward(Tensor.stack(0, documents), Pass.inference()).narrow(1, given, codes)
                        .div(temperature).softmax(2).narrow(2, v.low(kind), v.codes(kind)).sum(2).mean().compute());
                Evidence.of("share of other ids, were they not left out", 1 - free.item(), above(0.01));
            }
        }
        Evidence.of("steps", steps, atLeast(10_000));
        Evidence.of("ids outside the open kind", outside, exactly(0));
    }

    @Acceptance(topic = "any-to-any", clause = 2)
    @Test void nothingButCodesOfTheOpenKind() {
        var v = vocabulary(40);
        var made = new UnifiedModel(new UnifiedModelConfig(64, 16, 1, 2), v, Rng.of(8));
        long steps = 0, outside = 0, wrongLength = 0;
        var rng = Rng.of(1);
        for (int round = 0; steps < 10_000; round++) for (var kind : Modality.values()) {
            int n = 50;
            var prompts = new ArrayList<int[]>();
            for (int i = 0; i < n; i++) prompts.add(i % 2 == 0 ? v.text("a" + i) : new int[0]);
            var answers = made.answer(prompts, kind, 30, 3, NoiseStreams.of(rng.split(round), n), Progress.SILENT);
            for (int[] ids : answers) {
                int codes = ids.length - 2;
                steps += codes;
                outside += outside(kind, ids);
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
            var items = items(kind, digits, KEPT, rng);
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
        assertThatThrownBy(() -> v.text(1, 2)).hasMessageContaining("not a segment of TEXT");
        assertThatThrownBy(() -> made.over(List.of(new Document(new int[20], 1)))).hasMessageContaining("20 ids; 12 at most");
        assertThatThrownBy(() -> made.answer(List.of(v.text("one")), Modality.IMAGE, 0, 0, NoiseStreams.seeds(1, 2), Progress.SILENT))
                .hasMessageContaining("1 prompts and 2 streams");
        assertThatThrownBy(() -> made.answer(List.of(v.text("twelve")), Modality.VIDEO, 0, 0, NoiseStreams.seeds(1), Progress.SILENT))
                .hasMessageContaining("12 at most");
    }
}
