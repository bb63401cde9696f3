package lyceum.llm.eval;

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
import lyceum.autograd.Autograd;
import lyceum.llm.RecallTask;
import lyceum.llm.eval.NeedleInHaystack.Needle;
import lyceum.llm.eval.NeedleInHaystack.Reader;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NeedleInHaystackTest {
    private static final int MARK = 1000, ASK = 1001;

    private static int[] hay(int n) {
        var hay = new int[n];
        for (int i = 0; i < n; i++) hay[i] = i % 900;
        return hay;
    }

    /** Of tokens that no hay has: a mark, a name, two digits. */
    private static Needle needle(double depth, int name, Rng rng) {
        int[] digits = {2000 + rng.nextInt(10), 2000 + rng.nextInt(10)};
        return new Needle(depth, new int[] {MARK, name, digits[0], digits[1]}, new int[] {ASK, name}, digits);
    }

    @Acceptance(topic = "needle-in-a-haystack", clause = 1)
    @Test void lengthsAreExactAndDepthsToAToken() {
        int wrong = 0, several = 0;
        double off = 0;
        for (int c = 0; c < 1000; c++) {
            var rng = Rng.of(c);
            int count = 1 + rng.nextInt(4), length = 2 + 4 * count + rng.nextInt(3000);
            var needles = new ArrayList<Needle>();
            for (int i = 0; i < count; i++) needles.add(needle(rng.nextInt(5) == 0 ? rng.nextInt(2) : rng.nextDouble(), 3000 + i, rng));
            int[] corpus = hay(1 + rng.nextInt(2000));
            var built = new NeedleInHaystack(corpus, new int[] {length}, new double[] {0}).build(length, needles, rng);
            var context = built.context();
            if (context.length != length || context[length - 2] != ASK || context[length - 1] != 3000 + count - 1) wrong++;
            if (!Arrays.equals(built.answer(), needles.getLast().answer())) wrong++;
            for (int i = 0; i < count; i++) {
                int at = built.starts()[i];
                if (!Arrays.equals(Arrays.copyOfRange(context, at, at + 4), needles.get(i).statement())) wrong++;
                long straw = Arrays.stream(context, 0, at).filter(t -> t < 900).count();
                off = Math.max(off, Math.abs(straw - needles.get(i).depth() * (length - 2 - 4 * count)));
            }
            if (Arrays.stream(context).filter(t -> t < 900).count() != length - 2 - 4 * count) wrong++;
            int[] straws = Arrays.stream(context).filter(t -> t < 900).toArray();
            for (int i = 1; i < straws.length; i++)
                if (straws[i] != (straws[i - 1] == corpus[corpus.length - 1] && (straws[i - 1] + 1) % 900 != straws[i] ? corpus[0]
                        : (straws[i - 1] + 1) % 900)) {
                            wrong++;
                            break;
                        }
            if (count > 1) several++;
        }
        Evidence.of("builds with several needles", several, above(500));
        Evidence.of("contexts of another length, needles that are not whole, hay out of order", wrong, exactly(0));
        Evidence.of("tokens between a needle and its depth, at most", off, atMost(1));
    }

    /** Sees the last so many tokens alone. */
    private static Reader reader(int window) {
        return (context, count) -> {
            int name = context[context.length - 1];
            for (int i = Math.max(0, context.length - window); i + 3 < context.length; i++)
                if (context[i] == MARK && context[i + 1] == name) return Arrays.copyOfRange(context, i + 2, i + 4);
            return new int[count];
        };
    }

    @Acceptance(topic = "needle-in-a-haystack", clause = 2)
    @Test void knownReadersDrawKnownMaps() {
        int[] lengths = {50, 100, 150, 200, 400, 777};
        var depths = new double[21];
        for (int i = 0; i < depths.length; i++) depths[i] = i / 20.0;
        var test = new NeedleInHaystack(hay(5000), lengths, depths).withTrials(3);
        var perfect = test.run(reader(Integer.MAX_VALUE),
                (depth, rng) -> List.of(needle(rng.nextDouble(), 3001, rng), needle(depth, 3000, rng)), Rng.of(1), Progress.SILENT);
        Evidence.of("least score of a perfect reader", perfect.least(), exactly(1));
        int window = 120, inside = 0, outside = 0, wrong = 0;
        var grid = test.run(reader(window), (depth, rng) -> List.of(needle(depth, 3000, rng)), Rng.of(2), Progress.SILENT);
        for (int l = 0; l < lengths.length; l++) for (int d = 0; d < depths.length; d++) {
            long behind = lengths[l] - Math.round(depths[d] * (lengths[l] - 6)); // from the needle's first token to the end
            boolean seen = behind <= window;
            if (seen) inside++;
            else outside++;
            if (grid.scores()[l][d] != (seen ? 1 : 0)) wrong++;
        }
        Evidence.of("cells inside", inside, above(40));
        Evidence.of("cells outside", outside, above(40));
        Evidence.of("cells of another score than predicted", wrong, exactly(0));
    }

    private static double[] scores(int... lengths) {
        var model = RecallTask.model();
        var test = new NeedleInHaystack(RecallTask.filler(2000, Rng.of(3)), lengths, new double[] {0, 0.25, 0.5, 0.75, 1}).withTrials(20);
        return Autograd.noGrad(() -> test.run(NeedleInHaystack.reader(model), (depth, rng) -> {
            var needles = new ArrayList<Needle>();
            var pairs = RecallTask.pairs(4, rng);
            for (int p = 0; p < 4; p++)
                needles.add(new Needle(p == 3 ? depth : rng.nextDouble(), pairs[p], new int[] {pairs[p][0]},
                        new int[] {pairs[p][1], pairs[p][2]}));
            return needles;
        }, Rng.of(4), Progress.SILENT).byLength());
    }

    @Tag("heavy")
    @Acceptance(topic = "needle-in-a-haystack", clause = 3)
    @Test void aTrainedModelReadsAsFarAsItWasTrained() {
        var all = scores(32, 48, 64, 256, 512);
        double within = Math.min(all[0], Math.min(all[1], all[2]));
        Evidence.of("score within the 64 tokens of training, worst length", within, atLeast(0.95));
        Evidence.of("score at 256 tokens", all[3], below(within));
        Evidence.of("score at 512 tokens", all[4], below(within));
    }

    @Test void fuzzyScoresAndBadInput() {
        var test = new NeedleInHaystack(hay(100), new int[] {20}, new double[] {0.5});
        assertThat(test.score(new int[] {1, 2, 3, 4}, new int[] {1, 2, 3, 5})).isZero();
        assertThat(test.withFuzzy(true).score(new int[] {1, 2, 3, 4}, new int[] {1, 3, 4})).isEqualTo(0.75);
        assertThat(test.withFuzzy(true).score(new int[] {1, 2}, new int[] {1, 2})).isEqualTo(1);
        assertThatThrownBy(() -> test.build(5, List.of(needle(0.5, 3000, Rng.of(1))), Rng.of(1))).hasMessageContaining("6 tokens")
                .hasMessageContaining("has 5");
        assertThatThrownBy(() -> test.build(9, List.of(), Rng.of(1))).hasMessageContaining("no needle");
        assertThatThrownBy(() -> test.withDepths(new double[] {1.1})).hasMessageContaining("1.1");
        assertThatThrownBy(() -> test.withTrials(0)).hasMessageContaining("0 trials");
    }
}
