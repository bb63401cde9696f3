package lyceum.llm.train;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import lyceum.data.corpus.Corpora;
import lyceum.llm.DecoderConfig;
import lyceum.llm.TinyBible;
import lyceum.llm.eval.ScalingLawFit;
import lyceum.llm.eval.ScalingRun;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ScalingSweepTest {
    private static final Trainer TRAINER = new Trainer(new AdamW(6e-3), 1).withBatchSize(16).withClip(Clip.norm(1));
    private static final int LENGTH = 64;
    private static final PackedText TEXT = letters(0, 800_000), HELD = letters(3_000_000, 40_000);

    private static PackedText letters(int from, int count) {
        return PackedText.of(List.of(TinyBible.letters(Corpora.kingJames(), from, count)), LENGTH, -1);
    }

    private static DecoderConfig size(int width, int layers) {
        return DecoderConfig.llama(TinyBible.LETTERS, LENGTH, layers, width, 2, 2, 3 * width).withTied(true).withDeviation(0.1);
    }

    /** Chinchilla, clause 4: three sizes on three amounts of text. */
    @Acceptance(topic = "chinchilla", clause = 4)
    @Tag("slow")
    @Test void aSweepOfNineModelsFollowsTheLaw() {
        var sweep = new ScalingSweep(List.of(size(8, 1), size(16, 2), size(32, 2)), TRAINER, 60_000, 150_000, 400_000);
        var runs = sweep.run(TEXT, HELD, Rng.of(1), Progress.SILENT);
        var law = new ScalingLawFit().fit(runs);
        double[] losses = runs.stream().mapToDouble(ScalingRun::loss).sorted().toArray();
        Evidence.of("models", runs.size(), exactly(9));
        double mean = Arrays.stream(losses).sum() / 9, left = 0, all = 0;
        for (var run : runs) {
            left += Math.pow(run.loss() - law.loss(run.parameters(), run.tokens()), 2);
            all += Math.pow(run.loss() - mean, 2);
        }
        Evidence.of("R squared", 1 - left / all, atLeast(0.95));
        assertThat(ScalingLawFit.rSquared(law, runs)).isCloseTo(1 - left / all, within(1e-12));
        Evidence.of("nats between the worst and the best", losses[8] - losses[0], atLeast(0.3));
    }

    /** Scaling laws, clause 4: the sixth is foretold by five. */
    @Acceptance(topic = "scaling-laws", clause = 4)
    @Tag("heavy")
    @Test void fiveModelsForetellTheSixth() {
        var sizes = List.of(size(8, 1), size(12, 2), size(16, 2), size(24, 2), size(32, 2), size(48, 2));
        var runs = new ScalingSweep(sizes, TRAINER, 200_000).run(TEXT, HELD, Rng.of(1), Progress.SILENT);
        double[] n = runs.stream().mapToDouble(ScalingRun::parameters).toArray(),
                losses = runs.stream().mapToDouble(ScalingRun::loss).toArray();
        var law = new ScalingLawFit().power(Arrays.copyOf(n, 5), Arrays.copyOf(losses, 5));
        Evidence.of("models", runs.stream().filter(r -> r.tokens() == runs.getFirst().tokens()).count(), exactly(6));
        Evidence.of("the sixth over the fifth", n[5] / n[4], atLeast(2));
        Evidence.of("foretold loss over the sixth's, off by", Math.abs(law.at(n[5]) / losses[5] - 1), atMost(0.03));
        Evidence.of("the same of the fifth's loss itself", Math.abs(losses[4] / losses[5] - 1), atLeast(0.03));
    }

    @Test void embeddingsAreCountedOrNot() {
        var sweep = new ScalingSweep(List.of(size(8, 1)), TRAINER.withBatchSize(2), 256);
        var few = letters(0, 640);
        var all = sweep.run(TEXT, few, Rng.of(1), Progress.SILENT).getFirst();
        var bare = sweep.withEmbeddings(false).run(TEXT, few, Rng.of(1), Progress.SILENT).getFirst();
        assertThat(all.parameters() - bare.parameters()).isEqualTo(128 * 8);
        assertThat(all.tokens()).isEqualTo(256);
        assertThat(all.loss()).isEqualTo(bare.loss());
        assertThatThrownBy(() -> new ScalingSweep(List.of(), TRAINER, 1)).hasMessageContaining("0 sizes");
        assertThatThrownBy(() -> new ScalingSweep(List.of(size(8, 1)), TRAINER)).hasMessageContaining("0 amounts");
    }
}
