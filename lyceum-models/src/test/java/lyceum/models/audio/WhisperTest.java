package lyceum.models.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.sounds.Sound;
import lyceum.nn.Pass;
import lyceum.nn.Skeleton;
import lyceum.nn.Twin;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Bound;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WhisperTest {
    private static final WhisperTokens TOKENS = new WhisperTokens(12, 2, 21);
    private static final WhisperConfig TINY = new WhisperConfig(6, 16, 2, 24, 1, 2, 20, 40, TOKENS, DType.F64);

    @Acceptance(topic = "whisper", clause = 1)
    @Test void logMelEqualsTorchTranscription() {
        var gap = Gap.absolute();
        int published = 0;
        for (var c : Golden.load("golden/audio_mel.json").cases("mel")) {
            int n = c.integer("input.samples"), rate = c.integer("input.rate"), size = c.integer("input.size"),
                    hop = c.integer("input.hop");
            var bells = new Recipe(c.integer("input.seed")).bells(n);
            var x = new double[n];
            for (int i = 0; i < n; i++) {
                double t = (double) i / rate;
                x[i] = 0.5 * Math.sin(2 * Math.PI * (300 + 2000 * t) * t) + bells[i] * Math.pow(10, -6 + 5.0 * i / n);
            }
            x[n / 3] += 0.9;
            var mel = new MelSpectrogram(rate, size, hop, c.integer("input.bands"));
            var ours = mel.logarithmic(Tensor.of(x));
            assertThat(ours.shape().toArray()).containsExactly(Arrays.stream(c.ints("expected.shape")).asLongStream().toArray());
            gap.see(c, "expected.y", ours.toDoubleArray());
            if (size == 400 && hop == 160 && mel.bands() == 80) published++;
        }
        Evidence.of("clips of 80 bands, windows of 400 and a hop of 160", published, Bound.exactly(2));
        Evidence.of("largest gap of a log-mel", gap, Bound.atMost(1e-4));
    }

    @Acceptance(topic = "whisper", clause = 2)
    @Test void smallConfigurationEqualsTorch() {
        var gap = Gap.relativeBeyondOne();
        int cases = 0;
        for (var c : Golden.load("golden/audio_whisper.json").cases("whisper")) {
            var tokens = new WhisperTokens(c.integer("input.text"), c.integer("input.languages"), c.integer("input.times"));
            assertThat(tokens.count()).isEqualTo(c.integer("input.tokens"));
            var config = new WhisperConfig(c.integer("input.bands"), c.integer("input.width"), c.integer("input.heads"),
                    c.integer("input.hidden"), c.integer("input.encoderLayers"), c.integer("input.decoderLayers"),
                    c.integer("input.places"), c.integer("input.longest"), tokens, DType.F64);
            var twin = new Twin(c.integer("input.seed"));
            var model = twin.fill(new Whisper(config, Rng.of(1)));
            var mel = twin.draw(2, config.bands(), config.frames()).requiresGrad();
            var ids = Tensor.arange(12).mul(5).mod(tokens.count()).reshape(2, 6);
            var heard = model.hear(mel, Pass.inference());
            twin.compare(gap, c, model.parameters(), List.of(mel), List.of(heard, model.write(ids, heard, Pass.inference())));
            cases++;
        }
        Evidence.of("models compared", cases, Bound.exactly(2));
        Evidence.of("largest gap of values and gradients", gap, Bound.atMost(1e-4));
    }

    @Acceptance(topic = "whisper", clause = 3)
    @Test void tinyHasThatManyNumbers() {
        var tiny = Skeleton.of(() -> new Whisper(WhisperConfig.tiny(), Rng.of(1)));
        Evidence.of("trainable numbers of tiny", tiny.parameterCount(), Bound.exactly(37_184_640));
        assertThat(tiny.state().keySet())
                .contains("encoder.conv1.weight", "encoder.embed_positions.weight", "encoder.layers.3.self_attn.k_proj.weight",
                        "decoder.layers.0.encoder_attn.out_proj.bias", "decoder.layers.3.final_layer_norm.weight",
                        "decoder.embed_tokens.weight", "decoder.layer_norm.bias")
                .doesNotContain("encoder.layers.0.self_attn.k_proj.bias").hasSize(167);
        var tokens = WhisperConfig.tiny().tokens(); // as the published tokenizer has them
        assertThat(new int[] {tokens.end(), tokens.begin(), tokens.language(0), tokens.translate(), tokens.transcribe(), tokens.noSpeech(),
                tokens.noTimestamps(), tokens.firstTime(), tokens.count()})
                .containsExactly(50_257, 50_258, 50_259, 50_358, 50_359, 50_362, 50_363, 50_364, 51_865);
    }

    private static Whisper random(int seed, double scale) {
        var model = new Whisper(TINY, Rng.of(seed));
        Autograd.noGrad(() -> model.state().get("decoder.embed_tokens.weight")
                .copy_(Tensor.randn(Rng.of(seed), DType.F64, TOKENS.count(), 16).mul(scale)));
        return model;
    }

    @Acceptance(topic = "whisper", clause = 5)
    @Test void timesNeverGoBack() {
        int windows = 0, times = 0, back = 0, unpaired = 0;
        for (int seed = 1; seed <= 40; seed++) {
            var model = random(seed, 0.2 + 0.1 * (seed % 10));
            var heard = model.hear(Tensor.randn(Rng.of(seed), DType.F64, 4, 6, 40), Pass.inference());
            for (int beams : new int[] {1, 3}) for (double temperature : new double[] {0, 1}) {
                var config = new TranscriberConfig().withBeams(beams).withTemperatures(List.of(temperature)).withFirstTime(0.2);
                var transcriber = new Transcriber(model, new MelSpectrogram(1_000, 32, 10, 6), config);
                var all = temperature == 0 ? transcriber.decode(heard, new int[] {1, 2}) : new ArrayList<Transcriber.Decoded>();
                if (temperature > 0)
                    for (int i = 0; i < 4; i++) all.add(transcriber.decode(heard.narrow(0, i, 1), new int[0], Rng.of(10 * beams + i)));
                for (var decoded : all) {
                    windows++;
                    double last = -1;
                    int since = 0;
                    for (int i = 0; i < decoded.tokens().length; i++) {
                        int token = decoded.tokens()[i];
                        if (!TOKENS.isTime(token)) continue;
                        double now = TOKENS.seconds(token);
                        if (i == 0) assertThat(now).isLessThanOrEqualTo(0.2 + 1e-9);
                        if (now < last) back++;
                        if (since++ % 2 == 1 && now == last) unpaired++; // a segment of no length
                        last = now;
                        times++;
                    }
                    assertThat(TOKENS.isTime(decoded.tokens()[0])).isTrue();
                }
            }
        }
        Evidence.of("windows decoded", windows, Bound.exactly(640));
        Evidence.of("times written", times, Bound.atLeast(1_250));
        Evidence.of("times before the one before", back, Bound.exactly(0));
        Evidence.of("segments of no length", unpaired, Bound.exactly(0));
    }

    @Acceptance(topic = "whisper", clause = 6)
    @Test void keptKeysGiveWhatTheWholeGives() {
        double gap = 0;
        int compared = 0;
        for (int seed = 1; seed <= 5; seed++) {
            var rng = Rng.of(seed);
            var model = random(seed, 0.5);
            var heard = model.hear(Tensor.randn(rng, DType.F64, 3, 6, 40), Pass.inference());
            var tokens = Tensor.randint(rng, 0, TOKENS.count(), 3, 20);
            var whole = model.write(tokens, heard, Pass.inference());
            var state = model.start(heard, Pass.inference());
            for (int at = 0; at < 20;) {
                int n = Math.min(20 - at, 1 + rng.nextInt(3));
                var some = model.write(tokens.narrow(1, at, n), state, Pass.inference());
                gap = Math.max(gap, some.sub(whole.narrow(1, at, n)).abs().max().item());
                compared += (int) some.count();
                at += n;
            }
            var turned = state.fork(2, 0);
            assertThat(turned.rows()).isEqualTo(2);
            var next = model.write(Tensor.of(new int[] {3, 4}, 2, 1), turned, Pass.inference());
            var longer = Tensor.concat(1, tokens.rows(2, 0), Tensor.of(new long[] {3, 4}, 2, 1));
            var expected = model.write(longer, heard.rows(2, 0), Pass.inference()).narrow(1, 20, 1);
            gap = Math.max(gap, next.sub(expected).abs().max().item());
            double[] quiet = model.noSpeech(heard).toDoubleArray();
            // and tokens that were decoded are those that uncached logits choose
            var decoded = new Transcriber(model, new MelSpectrogram(1_000, 32, 10, 6), new TranscriberConfig()).decode(heard, new int[0]);
            var rules = new TimestampRules(TOKENS, true, 1);
            for (int i = 0; i < 3; i++) {
                assertThat(decoded.get(i).noSpeech()).isEqualTo(quiet[i], Offset.offset(1e-12));
                int[] found = decoded.get(i).tokens(),
                        prompt = {TOKENS.begin(), TOKENS.language(decoded.get(i).language()), TOKENS.transcribe()};
                for (int k = 0; k < found.length; k++) {
                    var before = Arrays.copyOf(prompt, 3 + k);
                    System.arraycopy(found, 0, before, 3, k);
                    var logits = model.write(Tensor.of(before, 1, before.length), heard.narrow(0, i, 1), Pass.inference());
                    double[] logs = logits.select(1, before.length - 1).logSoftmax(1).toDoubleArray();
                    rules.apply(0, Arrays.copyOf(found, k), logs);
                    double most = Arrays.stream(logs).max().orElseThrow();
                    assertThat(logs[found[k]]).isEqualTo(most, Offset.offset(1e-9));
                }
            }
        }
        Evidence.of("logits compared", compared, Bound.exactly(5 * 3 * 20 * TOKENS.count()));
        Evidence.of("largest gap between cached and whole", gap, Bound.atMost(1e-10));
    }

    /** What the rules leave, by hand. */
    @Test void rulesLeaveWhatMayCome() {
        var rules = new TimestampRules(TOKENS, true, 0.1);
        int t = TOKENS.firstTime();
        assertThat(left(rules, 0, -9)).containsExactly(t, t + 1, t + 2, t + 3, t + 4, t + 5); // a first time up to 0.1 s
        assertThat(left(rules, 0, -9, t + 2)).hasSize(13).contains(0, 12).doesNotContain(t); // text or the end
        assertThat(left(rules, 0, -9, t + 2, 5)).contains(0, 11, 12, t + 3).doesNotContain(t + 2); // text, the end, or a later time
        assertThat(left(rules, -9, 0, t + 2, 5)).contains(t + 3).doesNotContain(0); // times together are likelier
        assertThat(left(rules, 0, -9, t + 2, 5, t + 4)).contains(12, t + 4, t + 20).doesNotContain(0, t + 3); // the end, or the next
        assertThat(left(rules, -9, -11, t + 2, 5, t + 20)).containsExactly(12, t + 20); // one time is less likely than the end
        assertThat(left(rules, -9, -11, t + 2, 5, t + 4)).doesNotContain(12).hasSize(17); // many together are likelier
        assertThat(left(new TimestampRules(TOKENS, false, 1), 0, -9)).hasSize(12); // text alone
    }

    private static List<Integer> left(TimestampRules rules, double text, double times, int... written) {
        var logs = new double[TOKENS.count()];
        Arrays.fill(logs, 0, TOKENS.firstTime(), text);
        Arrays.fill(logs, TOKENS.firstTime(), logs.length, times);
        rules.apply(0, written, logs);
        double sum = 0;
        var left = new ArrayList<Integer>();
        for (int i = 0; i < logs.length; i++) {
            sum += Math.exp(logs[i]);
            if (logs[i] > Double.NEGATIVE_INFINITY) left.add(i);
        }
        assertThat(sum).isEqualTo(1, Offset.offset(1e-9));
        return left;
    }

    /** A segment that has no end is heard again, from the end of the one before it; alone in its window it is kept. */
    @Test void openSegmentsAreHeardAgain() {
        var transcriber = new Transcriber(random(1, 1), new MelSpectrogram(1_000, 32, 10, 6), new TranscriberConfig());
        int t = TOKENS.firstTime();
        int[][] written = {{t + 1, 5, t + 4, t + 6, 7}, {t + 1, 5, t + 4, t + 4, 7, t + 9}, {t + 1, 5, 6}, {5}, {t + 3}, {}};
        int[] kept = {3, 6, 3, 1, 1, 0};
        double[][] times = {{0.02, 0.08}, {0.02, 0.08, 0.08, 0.18}, {0.02, 0.4}, {0, 0.4}, {}, {}};
        for (int i = 0; i < written.length; i++) {
            var segments = new ArrayList<Transcriber.Segment>();
            var decoded = new Transcriber.Decoded(0, written[i], 0, 0, 0, 0);
            assertThat(transcriber.cut(decoded, 10, 10.4, segments)).as("window %d", i).isEqualTo(kept[i]);
            assertThat(segments.stream().flatMapToDouble(s -> DoubleStream.of(s.start() - 10, s.end() - 10)).toArray())
                    .containsExactly(times[i], Offset.offset(1e-9));
        }
    }

    @Test void longSoundsAreWrittenWindowByWindow() {
        var mel = new MelSpectrogram(1_000, 32, 10, 6);
        for (int seed = 1; seed <= 4; seed++) {
            var samples = new float[1_730]; // four windows of 0.4 s and a bit
            var rng = Rng.of(seed);
            for (int i = 0; i < samples.length; i++) samples[i] = (float) rng.nextGaussian();
            var model = random(seed, 0.6);
            var config = new TranscriberConfig().withNoSpeech(1).withLongest(12);
            var segments = new Transcriber(model, mel, config).transcribe(new Sound(samples, 1_000), rng, Progress.SILENT);
            assertThat(segments).isNotEmpty();
            for (int i = 0; i < segments.size(); i++) {
                var s = segments.get(i);
                assertThat(s.start()).isLessThanOrEqualTo(s.end() + 1e-9);
                if (i > 0) assertThat(s.start()).isGreaterThanOrEqualTo(segments.get(i - 1).end() - 1e-9);
                assertThat(Arrays.stream(s.tokens()).allMatch(TOKENS::isText)).isTrue();
            }
            assertThat(segments.stream().map(s -> s.window().language()).distinct()).hasSize(1); // the first window's
            var all = new Transcriber(model, mel, config.withTemperatures(List.of(0.0)));
            var first = new Sound(Arrays.copyOf(samples, 300), 1_000); // one window, after a text
            var heard = model.hear(mel.logarithmic(first.cut(0, 700)).unsqueeze(0).narrow(2, 0, 40), Pass.inference());
            int[] text = {1, 2, 3};
            assertThat(all.transcribe(first, text, rng, Progress.SILENT).getFirst().window().meanLogProb())
                    .isEqualTo(all.decode(heard, text, rng).meanLogProb(), Offset.offset(1e-9))
                    .isNotEqualTo(all.transcribe(first, rng, Progress.SILENT).getFirst().window().meanLogProb());
            var quiet = new Transcriber(model, mel, config.withNoSpeech(0).withLeastLogProb(1)); // everything counts as silence
            assertThat(quiet.transcribe(new Sound(samples, 1_000), rng, Progress.SILENT)).isEmpty();
        }
        var transcriber = new Transcriber(random(1, 1), mel, new TranscriberConfig());
        assertThatThrownBy(() -> transcriber.transcribe(new Sound(new float[900], 8_000), Rng.of(1), Progress.SILENT))
                .hasMessageContaining("resampled(1000)");
    }

    @Test void isSavedAndSpeaksOfBadInput(@TempDir Path folder) throws IOException {
        var model = random(1, 1);
        model.save(folder.resolve("w.safetensors"));
        var other = new Whisper(TINY, Rng.of(5));
        other.load(folder.resolve("w.safetensors"));
        var x = Tensor.randn(Rng.of(1), DType.F64, 2, 6, 40);
        assertThat(other.languages(other.hear(x, Pass.inference())).toDoubleArray())
                .containsExactly(model.languages(model.hear(x, Pass.inference())).toDoubleArray());
        assertThat(model.parameters().keySet()).doesNotContain("encoder.embed_positions.weight");
        assertThatThrownBy(() -> model.hear(Tensor.zeros(DType.F64, 1, 6, 39), Pass.inference())).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(batch, 6, 40)");
        assertThatThrownBy(
                () -> model.write(Tensor.zeros(DType.I64, 1, 41), model.hear(x.narrow(0, 0, 1), Pass.inference()), Pass.inference()))
                .hasMessageContaining("at most 40");
        assertThatThrownBy(() -> new MelSpectrogram(8_000, 256, 80, 24, 100, 5_000)).hasMessageContaining("high <= rate / 2");
        assertThat(MelSpectrogram.hertz(MelSpectrogram.mel(3_333))).isEqualTo(3_333, Offset.offset(1e-9));
    }

    /** Three ways to one derivative: forward, backward, and a difference. */
    @Test void logMelHasADerivativeForward() {
        var rng = Rng.of(5);
        var mel = new MelSpectrogram(1_000, 32, 10, 6);
        Tensor x = Tensor.randn(rng, DType.F64, 2, 333).compute(), v = Tensor.randn(rng, DType.F64, 2, 333).compute();
        var along = Autograd.jvp(mel::power, x, v);
        var u = Tensor.randn(rng, DType.F64, along.shape().toArray()).compute();
        var back = Autograd.vjp(mel::power, x, u);
        assertThat(along.mul(u).sum().item()).isCloseTo(back.mul(v).sum().item(), Offset.offset(1e-9));
        double step = 1e-6;
        var difference = mel.power(x.add(v.mul(step))).sub(mel.power(x.sub(v.mul(step)))).div(2 * step);
        assertThat(difference.sub(along).abs().max().item()).isLessThan(1e-6);
    }
}
