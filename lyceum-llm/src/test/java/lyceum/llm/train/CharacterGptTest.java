package lyceum.llm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.data.corpus.Corpora;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.TinyBible;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.testing.Golden;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/** A character GPT learns the King James Bible as the recorded PyTorch runs of the same configuration did. */
class CharacterGptTest {
    private final Golden golden = Golden.load("golden/character-gpt.json").named("king james"), given = golden.at("input");
    private final int length = given.integer("length"), steps = given.integer("steps"), every = given.integer("every");

    private DecoderLM model(long seed) {
        return new DecoderLM(DecoderConfig.gpt2(given.integer("vocabulary"), length, given.integer("layers"), given.integer("width"),
                given.integer("heads")), Rng.of(seed));
    }

    private int[] letters() { return TinyBible.letters(Corpora.kingJames(), 0, given.integer("learned") + given.integer("held")); }

    private PackedText rows(int... letters) { return PackedText.of(List.of(letters), length, -1); }

    @Test void textAndNetworkAreThoseOfTheRecordedRuns() {
        int[] letters = letters();
        assertThat(Arrays.copyOf(letters, 200)).containsExactly(given.ints("letters"));
        assertThat((double) IntStream.of(letters).asLongStream().sum()).isEqualTo(given.number("sum"));
        assertThat(model(1).parameterCount()).isEqualTo(given.integer("parameters"));
    }

    /** Held-out nats a character, the mean over as many seeds: within 0.05 of theirs at each recorded step of the second half, within 2% at the end. */
    @Tag("heavy")
    @Test void theHeldOutLossIsThatOfPyTorch(TestReporter reporter) {
        int[] letters = letters();
        int learned = given.integer("learned"), warmUp = given.integer("warmUp"), seeds = given.integer("seeds");
        PackedText text = rows(Arrays.copyOf(letters, learned)), held = rows(Arrays.copyOfRange(letters, learned, letters.length));
        long foretold = held.targets(IntStream.range(0, held.size()).toArray());
        var trainer = new Trainer(new AdamW(given.number("rate")).withWeightDecay(given.number("decay")), 1)
                .withBatchSize(given.integer("batch")).withClip(Clip.norm(given.number("clip")))
                .withSchedule(new Schedule.Cosine(steps - warmUp).warmedUp(warmUp));
        var pretrainer = new Pretrainer(trainer, steps);
        double[] ours = new double[steps / every], theirs = new double[steps / every];
        for (double[] curve : golden.matrix("expected.curves")) for (int i = 0; i < theirs.length; i++) theirs[i] += curve[i] / seeds;
        for (int seed = 1; seed <= seeds; seed++) {
            var model = model(seed);
            var run = pretrainer.start(model, text, Rng.of(100 + seed));
            for (int i = 0; i < ours.length; i++) {
                while (run.steps() < (i + 1L) * every) run.step();
                ours[i] += pretrainer.nats(model, held) / foretold / seeds;
            }
        }
        reporter.publishEntry("nats a character, ours " + Arrays.toString(ours) + ", PyTorch's " + Arrays.toString(theirs));
        for (int i = ours.length / 2; i < ours.length; i++)
            assertThat(ours[i]).as("after %d steps", (i + 1) * every).isCloseTo(theirs[i], within(0.05));
        assertThat(ours[ours.length - 1]).as("the end").isCloseTo(theirs[theirs.length - 1], withPercentage(2));
    }
}
