package lyceum.models.audio;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import lyceum.data.sounds.Melodies;
import lyceum.data.sounds.Sound;
import lyceum.models.audio.AudioLm.Clip;
import lyceum.models.audio.AudioLm.Stage;
import lyceum.models.generative.VectorQuantizerConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Bound;
import lyceum.testing.Evidence;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Tunes are coded, continued and asked for in words; what comes is heard again from its samples. */
@Tag("heavy")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AudioLmMelodiesTest {
    private static final int SLOTS = 16, PROMPT = 8, TUNES = 384, CODES = 64, BOOKS = 3, SEMANTIC = 24;
    private static final Melodies WORLD = new Melodies().withPhases(4);
    private NeuralAudioCodec codec;
    private SemanticTokens semantics;

    /** Tunes, and what plays them. */
    private record Tunes(int[][] pitches, int[] styles, int[] timbres, Tensor sounds) {
        static Tunes draw(int n, int styles, Rng rng) {
            int[][] pitches = new int[n][];
            int[] style = new int[n], timbre = new int[n];
            var sounds = new Tensor[n];
            for (int i = 0; i < n; i++) {
                style[i] = i % styles;
                timbre[i] = rng.nextInt(3);
                pitches[i] = Melodies.Style.values()[style[i]].draw(SLOTS, rng);
                sounds[i] = WORLD.play(pitches[i], Melodies.Timbre.values()[timbre[i]], rng).tensor();
            }
            return new Tunes(pitches, style, timbre, Tensor.stack(0, sounds).compute());
        }
    }

    private static void train(Module model, BatchLoss loss, int steps, double rate, Rng rng) {
        int epochs = Math.max(1, steps * 24 / TUNES);
        var trainer = new Trainer(new Adam(rate), epochs).withBatchSize(24).withClip(lyceum.optim.Clip.norm(1))
                .withSchedule(new Schedule.Linear((long) epochs * TUNES / 24, 1, 0.1).warmedUp(10));
        trainer.start(model, TUNES, loss, null, rng).finish(Progress.SILENT);
    }

    @BeforeAll void codecAndSemanticTokens() {
        var rng = Rng.of(1);
        var tunes = Tunes.draw(TUNES, 5, rng);
        codec = new NeuralAudioCodec(
                new AudioCodecConfig(4_000, 1, 8, List.of(4, 8, 8), new VectorQuantizerConfig(CODES, 48), BOOKS, 0, false), rng);
        // first without codes, then with
        train(codec, (rows, pass) -> {
            var x = tunes.sounds.rows(rows);
            return codec.sounding(codec.latents(x, pass), pass).sub(x).square().mean();
        }, 880, 5e-3, rng);
        codec.quantizer().start(codec.latents(tunes.sounds, Pass.inference()), 30, rng);
        train(codec, new CodecObjective().withSpectral(0.1).withSpectra(new SpectralLoss(128, 256)).over(codec, tunes.sounds), 160, 2e-3,
                rng);
        semantics = new SemanticTokens(new MelSpectrogram(4_000, 256, 256, 96), 16, SEMANTIC, rng);
        semantics.learn(tunes.sounds, 400, 64, rng, Progress.SILENT);
        var back = codec.decode(codec.encode(tunes.sounds.narrow(0, 0, 60)));
        int right = 0, timbres = 0;
        for (int i = 0; i < 60; i++) {
            int[] heard = WORLD.pitches(Sound.of(back.get(i), 4_000));
            for (int t = 0; t < SLOTS; t++) if (heard[t] == tunes.pitches[i][t]) right++;
            if (WORLD.timbre(Sound.of(back.get(i), 4_000)).ordinal() == tunes.timbres[i]) timbres++;
        }
        assertThat(right / 60.0 / SLOTS).isGreaterThan(0.95);
        assertThat(timbres / 60.0).isGreaterThan(0.85);
    }

    private static AudioLmConfig config() { return new AudioLmConfig(SEMANTIC, CODES, BOOKS, SLOTS).withCoarse(BOOKS).withWidth(48); }

    private static BatchLoss loss(AudioLm lm, Stage stage, Tensor semantic, Tensor codes, Tensor told) {
        return (rows, pass) -> lm.loss(stage, new Clip(semantic.rows(rows), codes.rows(rows)), told == null ? null : told.rows(rows), pass);
    }

    /** Shares of pitches and of timbres that are right after the prompts. */
    private double[] continued(AudioLm lm, Tunes tunes, Rng rng) {
        int n = tunes.pitches.length;
        var heard = tunes.sounds.narrow(2, 0, PROMPT * WORLD.slot());
        var clip = lm.continued(new Clip(semantics.ids(heard), codec.encode(heard)), null, SLOTS, 0.2, rng);
        var sound = codec.decode(clip.codes());
        int right = 0, kept = 0;
        for (int i = 0; i < n; i++) {
            var after = Sound.of(sound.get(i), 4_000).cut(PROMPT * WORLD.slot(), (SLOTS - PROMPT) * WORLD.slot());
            int[] pitches = WORLD.pitches(after);
            for (int t = PROMPT; t < SLOTS; t++) if (pitches[t - PROMPT] == tunes.pitches[i][t]) right++;
            if (WORLD.timbre(after).ordinal() == tunes.timbres[i]) kept++;
        }
        return new double[] {(double) right / n / (SLOTS - PROMPT), (double) kept / n};
    }

    /** As many steps in all, and as many parameters: a semantic and an acoustic stage, or a wider acoustic one alone. */
    @Acceptance(topic = "audio-lm", clause = 3)
    @Acceptance(topic = "audio-lm", clause = 4)
    @Test void semanticTokensKeepTheTune() {
        int first = 160, second = 304, lower = 0;
        double pitch = 0, timbre = 0, gap = 0;
        var with = config();
        long count = new AudioLm(with, Rng.of(1)).parameterCount();
        int width = with.width();
        while (new AudioLm(with.withSemantic(false).withWidth(width), Rng.of(1)).parameterCount() < count) width += 4;
        var without = with.withSemantic(false).withWidth(width);
        for (int seed = 1; seed <= 3; seed++) {
            var rng = Rng.of(seed);
            var tunes = Tunes.draw(TUNES, 3, rng);
            var fresh = Tunes.draw(60, 3, Rng.of(50 + seed));
            Tensor semantic = semantics.ids(tunes.sounds), codes = codec.encode(tunes.sounds);
            var staged = new AudioLm(with, rng);
            train(staged, loss(staged, Stage.SEMANTIC, semantic, codes, null), first, 5e-3, rng);
            train(staged, loss(staged, Stage.COARSE, semantic, codes, null), second, 5e-3, rng);
            var alone = new AudioLm(without, rng);
            train(alone, loss(alone, Stage.COARSE, semantic, codes, null), first + second, 5e-3, rng);
            double[] a = continued(staged, fresh, rng), b = continued(alone, fresh, rng);
            pitch += a[0] / 3;
            timbre += a[1] / 3;
            gap += 100 * (a[0] - b[0]) / 3;
            if (b[0] < a[0]) lower++;
        }
        assertThat((double) new AudioLm(without, Rng.of(1)).parameterCount() / count).isBetween(0.999, 1.2);
        Evidence.of("pitches of continuations that are right", pitch, Bound.atLeast(0.9));
        Evidence.of("continuations with the prompt's timbre", timbre, Bound.atLeast(0.9));
        Evidence.of("seeds in which the acoustic stage alone is worse, of 3", lower, Bound.exactly(3));
        Evidence.of("points of pitch accuracy that it is worse by", gap, Bound.atLeast(5));
    }

    /** Held notes go through many codes, for their phase runs on: the coarse stage learns slow tunes last. */
    @Acceptance(topic = "audio-lm", clause = 5)
    @Test void wordsSayWhatIsPlayed() {
        var rng = Rng.of(7);
        var tunes = Tunes.draw(TUNES, 5, rng);
        // words: rising, falling, arpeggio, fast, slow, a, tune
        var captions = Arrays.stream(tunes.styles).mapToObj(s -> new int[] {5, s, 6}).toArray(int[][]::new);
        var joint = new JointEmbedding(new MelSpectrogram(4_000, 256, 128, 40), 7, 16, 1, 8, rng);
        var seen = joint.seen(tunes.sounds);
        train(joint,
                (rows, pass) -> joint.loss(seen.rows(rows), Arrays.stream(rows).mapToObj(r -> captions[r]).toArray(int[][]::new), pass),
                160, 5e-3, rng);
        joint.startTokens(tunes.sounds, rng);
        var lm = new AudioLm(config().withConditionCodes(8).withConditions(1), rng);
        Tensor semantic = semantics.ids(tunes.sounds), codes = codec.encode(tunes.sounds), told = joint.tokens(joint.ofSound(tunes.sounds));
        train(lm, loss(lm, Stage.SEMANTIC, semantic, codes, told), 640, 5e-3, rng);
        train(lm, loss(lm, Stage.COARSE, semantic, codes, told), 800, 5e-3, rng);
        int all = 0, least = 20;
        for (var style : Melodies.Style.values()) {
            var asked = new int[20][];
            Arrays.fill(asked, new int[] {5, style.ordinal(), 6});
            var sound = codec.decode(lm.written(joint.tokens(joint.ofText(asked)), SLOTS, 0.2, rng).codes());
            int own = 0;
            for (int i = 0; i < 20; i++) if (style.fits(WORLD.pitches(Sound.of(sound.get(i), 4_000)))) own++;
            all += own;
            least = Math.min(least, own);
        }
        Evidence.of("clips of 100 that are of the style asked for", all / 100.0, Bound.atLeast(0.9));
        Evidence.of("those of the style that is met least", least / 20.0, Bound.atLeast(0.9));
    }
}
