package lyceum.models.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.data.sounds.Melodies;
import lyceum.models.audio.AudioLm.Clip;
import lyceum.models.audio.AudioLm.Stage;
import lyceum.models.generative.VectorQuantizerConfig;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Bound;
import lyceum.testing.Evidence;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AudioLmTest {
    private static final AudioLmConfig TINY = new AudioLmConfig(6, 5, 3, 12).withWidth(16).withLayers(1);

    /** A grid's code at (book, frame) stands where the pattern's definition says, and comes back. */
    @Acceptance(topic = "audio-lm", clause = 1)
    @Test void patternsRoundTrip() {
        int same = 0, placed = 0, grids = 0;
        var rng = Rng.of(1);
        for (int i = 0; i < 1_000; i++) {
            int books = 1 + rng.nextInt(8), frames = 1 + rng.nextInt(12);
            var grid = Tensor.randint(rng, 0, 1_024, books, frames);
            var flat = CodePattern.FLAT.interleave(grid, -1);
            var delayed = CodePattern.DELAY.interleave(grid, -1);
            long[] codes = grid.toLongArray(), inFlat = flat.toLongArray(), inDelayed = delayed.toLongArray();
            boolean right = inFlat.length == books * frames && inDelayed.length == books * (frames + books - 1);
            int fillers = 0;
            for (long code : inDelayed) if (code == -1) fillers++;
            for (int k = 0; k < books && right; k++)
                for (int t = 0; t < frames; t++)
                    right &= inFlat[t * books + k] == codes[k * frames + t]
                            && inDelayed[k * (frames + books - 1) + t + k] == codes[k * frames + t];
            if (right && fillers == books * (books - 1)) placed++;
            boolean back = Arrays.equals(CodePattern.FLAT.deinterleave(flat, books).toLongArray(), codes)
                    && Arrays.equals(CodePattern.DELAY.deinterleave(delayed, books).toLongArray(), codes);
            if (back) same++;
            grids++;
        }
        Evidence.of("grids", grids, Bound.exactly(1_000));
        Evidence.of("grids that come back from both orders", same, Bound.exactly(1_000));
        Evidence.of("grids whose codes stand where the order says", placed, Bound.exactly(1_000));
    }

    @Acceptance(topic = "audio-lm", clause = 2)
    @Test void allTokensAreInRangeAndDecode() {
        int tokens = 0, outside = 0, clips = 0, right = 0;
        for (int seed = 1; seed <= 6; seed++)
            for (boolean semantic : new boolean[] {true, false}) for (int coarse = 1; coarse <= 3; coarse++) {
                var rng = Rng.of(seed);
                int conditions = seed % 3;
                var config = TINY.withSemantic(semantic).withCoarse(coarse).withConditionCodes(4).withConditions(conditions);
                var codec = new NeuralAudioCodec(
                        new AudioCodecConfig(4_000, 1, 2, List.of(4, 4), new VectorQuantizerConfig(5, 4), 3, 0, false), rng);
                var lm = new AudioLm(config, rng);
                var told = conditions == 0 ? null : Tensor.randint(rng, 0, 4, 2, conditions);
                for (int known : new int[] {0, 4}) for (double temperature : new double[] {0, 3}) {
                    var prompt = new Clip(Tensor.randint(rng, 0, 6, 2, known), Tensor.randint(rng, 0, 5, 2, 3, known));
                    var clip = lm.continued(prompt, told, 11, temperature, rng);
                    assertThat(clip.codes().narrow(2, 0, known).toLongArray()).containsExactly(prompt.codes().toLongArray());
                    for (long code : clip.codes().toLongArray()) if (code < 0 || code >= 5) outside++;
                    if (semantic) for (long token : clip.semantic().toLongArray()) if (token < 0 || token >= 6) outside++;
                    tokens += (int) clip.codes().count();
                    var sound = codec.decode(clip.codes());
                    if (sound.size(2) == 11 * 16 && sound.isFinite().all().item() == 1) right++;
                    clips++;
                }
            }
        Evidence.of("codes written", tokens, Bound.exactly(144 * 2 * 3 * 11));
        Evidence.of("tokens out of range", outside, Bound.exactly(0));
        Evidence.of("clips that decode to their length, of " + clips, right, Bound.exactly(144));
    }

    /** Every stage learns from what it is told: its loss falls under that of guessing, and of the tokens in front nothing is asked. */
    @Test void stagesLearnWhatTheyAreTold() {
        var rng = Rng.of(1);
        var semantic = Tensor.randint(rng, 0, 5, 24, 6);
        var codes = Tensor.stack(1, semantic, semantic.add(1).mod(5), semantic.add(2).mod(5)).compute();
        var lm = new AudioLm(TINY.withCoarse(2), rng);
        for (var stage : new Stage[] {Stage.COARSE, Stage.FINE}) {
            var optimizer = new Adam(1e-2).over(lm.parameters());
            double last = 0;
            for (int step = 0; step < 120; step++) {
                optimizer.zeroGrad();
                var loss = lm.loss(stage, new Clip(semantic, codes), null, Pass.training(rng));
                loss.backward();
                optimizer.step();
                last = loss.item();
            }
            assertThat(last).isLessThan(0.1); // guessing is log 5
        }
        var clip = lm.continued(new Clip(semantic.narrow(1, 0, 2), codes.narrow(2, 0, 2)), null, 6, 0, rng);
        var found = clip.semantic();
        assertThat(clip.codes().select(1, 0).eq(found).narrow(1, 2, 4).to(DType.F32).mean().item()).isGreaterThan(0.5); // chance is 0.2
        assertThat(clip.codes().select(1, 2).eq(found.add(2).mod(5)).narrow(1, 2, 4).to(DType.F32).mean().item()).isGreaterThan(0.5);
    }

    @Test void semanticTokensTellPitchesAndNotTimbres() {
        var world = new Melodies();
        var rng = Rng.of(2);
        var sounds = new Tensor[60];
        var pitches = new int[60][];
        for (int i = 0; i < 60; i++) {
            pitches[i] = Melodies.Style.FAST.draw(8, rng);
            sounds[i] = world.play(pitches[i], Melodies.Timbre.values()[i % 3], rng).tensor();
        }
        var all = Tensor.stack(0, sounds).compute();
        var semantics = new SemanticTokens(new MelSpectrogram(4_000, 256, 256, 40), 16, 24, rng);
        semantics.learn(all, 250, 64, rng, Progress.SILENT);
        var ids = semantics.ids(all);
        assertThat(ids.shape().toArray()).containsExactly(60, 8);
        var counts = new int[24][8];
        for (int i = 0; i < 60; i++) for (int t = 0; t < 8; t++) counts[(int) ids.itemLong(i, t)][pitches[i][t]]++;
        int pure = 0;
        for (var row : counts) pure += Arrays.stream(row).max().orElseThrow();
        assertThat(pure / 480.0).isGreaterThan(0.9);
    }

    @Test void captionsAndSoundsMeet() {
        var rng = Rng.of(3);
        var mel = new MelSpectrogram(4_000, 128, 128, 16);
        var joint = new JointEmbedding(mel, 4, 8, 1, 3, rng);
        assertThat(joint.ofText(new int[][] {{0, 2}}).sub(joint.ofText(new int[][] {{2, 0}})).abs().max().item()).isLessThan(1e-6);
        var seen = Tensor.randn(rng, 4, 16, 10);
        int[][] captions = {{1}, {2, 3}, {1}, {0}};
        double[][] logits = joint.forward(seen).matmul(joint.ofText(new int[][] {{1}, {2, 3}, {0}}).transpose()).mul(10).toRows();
        int[] own = {0, 1, 0, 2};
        double expected = 0;
        for (int i = 0; i < 4; i++) {
            double sum = 0;
            for (double v : logits[i]) sum += Math.exp(v);
            expected += (Math.log(sum) - logits[i][own[i]]) / 4 / 2;
        }
        for (int k = 0; k < 3; k++) {
            double sum = 0, mine = 0;
            for (int i = 0; i < 4; i++) {
                sum += Math.exp(logits[i][k]);
                if (own[i] == k) mine += Math.exp(logits[i][k]);
            }
            expected += Math.log(sum / mine) / 3 / 2;
        }
        assertThat(joint.loss(seen, captions, Pass.inference()).item()).isEqualTo(expected, Offset.offset(1e-5));
        assertThatThrownBy(() -> joint.ofText(new int[][] {{1}, {}})).hasMessageContaining("no words");
    }

    @Test void isSavedAndSpeaksOfBadInput(@TempDir Path folder) throws IOException {
        var rng = Rng.of(1);
        var lm = new AudioLm(TINY, rng);
        lm.save(folder.resolve("lm.safetensors"));
        var other = new AudioLm(TINY, Rng.of(2));
        other.load(folder.resolve("lm.safetensors"));
        var prompt = new Clip(Tensor.randint(rng, 0, 6, 1, 3), Tensor.randint(rng, 0, 5, 1, 3, 3));
        assertThat(other.continued(prompt, null, 8, 0, rng).codes().toLongArray())
                .containsExactly(lm.continued(prompt, null, 8, 0, rng).codes().toLongArray());
        assertThatThrownBy(() -> lm.continued(prompt, null, 13, 0, rng)).hasMessageContaining("13 frames after 3; there are at most 12");
        assertThatThrownBy(() -> lm.continued(prompt, Tensor.zeros(1, 1), 8, 0, rng)).isInstanceOf(ShapeException.class);
        assertThatThrownBy(() -> new AudioLm(TINY.withSemantic(false), rng).loss(Stage.SEMANTIC, prompt, null, Pass.inference()))
                .hasMessageContaining("no stage SEMANTIC");
        assertThatThrownBy(() -> lm.continued(prompt, null, 8, -1, rng)).hasMessageContaining("temperature is -1.0");
        var codes = new Clip(prompt.semantic(), prompt.codes().add(3).compute()); // of a codec with larger books
        assertThatThrownBy(() -> lm.continued(codes, null, 8, 0, rng)).hasMessageContaining("; they are 0 to 4");
        var meant = new Clip(prompt.semantic().sub(7), prompt.codes());
        assertThatThrownBy(() -> lm.loss(Stage.COARSE, meant, null, Pass.inference())).hasMessageContaining("semantic tokens from -");
        assertThatThrownBy(() -> TINY.withCoarse(4)).hasMessageContaining("4 coarse books of 3");
        assertThat(CodePattern.DELAY.interleave(Tensor.zeros(DType.I64, 3, 5), 9).size(1)).isEqualTo(7);
    }
}
