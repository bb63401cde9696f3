package lyceum.llm.generate;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import lyceum.llm.Continuation;
import lyceum.llm.Continuation.Ending;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class EosTokenTest {
    private static final String TOPIC = "eos-token";
    private static final int END = 3, START = 4;

    /** Three symbols, an end mark, a start mark; rows by the last id, the start mark's last. @param ending about the share of the end mark */
    private static double[][] chain(double ending, int seed) {
        var rng = Rng.of(seed);
        var rows = new double[6][5];
        for (var row : rows) {
            for (int i = 0; i < 3; i++) row[i] = 0.2 + rng.nextDouble();
            double sum = row[0] + row[1] + row[2], end = ending * (0.7 + 0.6 * rng.nextDouble());
            for (int i = 0; i < 3; i++) row[i] *= (1 - end) / sum;
            row[END] = end;
        }
        return rows;
    }

    /** {@code P(no end within the first n tokens)}: the absorbing chain's rows of symbols, multiplied out. */
    private static double[] longer(double[][] rows, int most) {
        double[] at = Arrays.copyOf(rows[5], 3), longer = new double[most + 1];
        longer[0] = 1;
        for (int n = 1; n <= most; n++) {
            longer[n] = at[0] + at[1] + at[2];
            var next = new double[3];
            for (int a = 0; a < 3; a++) for (int b = 0; b < 3; b++) next[b] += at[a] * rows[a][b];
            at = next;
        }
        return longer;
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void stringsUpToALengthHaveAllTheProbabilityButThatOfLongerOnes() {
        var rows = chain(0.7, 1);
        var generator = new CausalGenerator(Toys.bigram(rows, START, END));
        double[] longer = longer(rows, 9);
        double sum = 0, worst = 0;
        int strings = 0;
        for (int length = 0; length <= 8; length++) { // symbols before the end mark
            var all = new ArrayList<int[]>();
            for (int s = 0; s < Math.pow(3, length); s++) {
                var text = new int[length + 1];
                for (int t = 0, rest = s; t < length; t++, rest /= 3) text[t] = rest % 3;
                text[length] = END;
                all.add(text);
            }
            strings += all.size();
            for (double[] logs : generator.scores(Collections.nCopies(all.size(), new int[0]), all))
                sum += Math.exp(Arrays.stream(logs).sum());
            worst = Math.max(worst, Math.abs(sum - (1 - longer[length + 1])));
        }
        Evidence.of("strings", strings, exactly(9841));
        Evidence.of("sum up to each length less 1 - P(longer)", worst, atMost(1e-9));
        Evidence.of("1 - sum at eight symbols", 1 - sum, below(1e-4));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void sampledLengthsFollowTheAbsorbingChain() {
        var rows = chain(0.15, 2);
        var generator = new CausalGenerator(Toys.bigram(rows, START, END)).withStop(new StopCriteria(400));
        double[] longer = longer(rows, 61), law = new double[61], seen = new double[61];
        for (int n = 0; n < 60; n++) law[n] = longer[n] - longer[n + 1]; // n symbols, then the end
        law[60] = longer[60];
        for (var text : generator.generate(List.of(new int[0]), 20_000, Rng.of(297))) {
            assertThat(text.ending()).isEqualTo(Ending.END_MARK);
            seen[Math.min(60, text.ids().length - 1)]++;
        }
        Evidence.of("texts", Arrays.stream(seen).sum(), exactly(20_000));
        Evidence.of("p-value of the lengths", Toys.chiSquare(seen, law, 20_000), above(0.01));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void stopStringsAreCutExactly() {
        var cuts = new StopCuts(2970);
        cuts.run(500);
        Evidence.of("random splits", cuts.texts(), exactly(500));
        Evidence.of("of which the stop string lies over a token border", cuts.overBorders(), above(200));
        Evidence.of("texts not cut exactly", cuts.wrongTexts(), exactly(0));
        Evidence.of("streams not cut exactly", cuts.wrongStreams(), exactly(0));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void finishedRowsEmitPaddingAndChangeNothing() {
        var model = Toys.transformer(40, 6);
        var generator = new CausalGenerator(model);
        var rng = Rng.of(7);
        List<GenerationRequest> uneven = new ArrayList<>(), even = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            var request = new GenerationRequest(new int[] {rng.nextInt(40), rng.nextInt(40), i}, SamplingOptions.DEFAULT,
                    new StopCriteria(40), rng.split(i));
            even.add(request);
            uneven.add(request.withStop(request.stop().withMost(i % 4 == 3 ? 40 : 3 * i + 1)));
        }
        var batch = generator.start(uneven);
        int padding = 0, notPadding = 0, steps = 0;
        var rowsComputed = new ArrayList<Integer>();
        for (boolean more = true; more;) {
            more = batch.step();
            int[] ids = batch.emitted();
            for (int i = 0; i < 12; i++) {
                boolean finished = steps >= uneven.get(i).stop().most();
                if (finished && ids[i] == GenerationBatch.PAD) padding++;
                if (finished != (ids[i] == GenerationBatch.PAD)) notPadding++;
            }
            rowsComputed.add(batch.rows());
            steps++;
        }
        var together = generator.run(even, Progress.SILENT);
        int different = 0, compared = 0;
        for (int i = 0; i < 12; i++) {
            var text = batch.continuations().get(i);
            for (int t = 0; t < text.ids().length; t++, compared++) {
                if (text.ids()[t] != together.get(i).ids()[t] || Double.doubleToLongBits(text.logProbabilities()[t]) != Double
                        .doubleToLongBits(together.get(i).logProbabilities()[t]))
                    different++;
            }
        }
        assertThat(rowsComputed).startsWith(12).contains(6);
        Evidence.of("steps", steps, exactly(40));
        Evidence.of("ids of finished rows that are padding", padding, above(150));
        Evidence.of("finished rows that emit another id, or others that emit padding", notPadding, exactly(0));
        Evidence.of("tokens compared with a batch in which nobody finishes early", compared, above(200));
        Evidence.of("tokens whose id or log-probability differs by a bit", different, exactly(0));
    }

    @Test void unfinishedBatchesSayNothingAndPaddingIsBehind() {
        var model = Toys.bigram(Toys.bigrams(5, 1, Rng.of(1)), -1, -1);
        var generator = new CausalGenerator(model);
        var one = new GenerationRequest(new int[] {1}, SamplingOptions.greedy(), new StopCriteria(2), Rng.of(1));
        var batch = generator.start(List.of(one, one.withStop(new StopCriteria(4))));
        batch.step();
        assertThatThrownBy(batch::continuations).hasMessageContaining("not finished");
        while (batch.step()) continue;
        var padded = Continuation.padded(batch.continuations(), 9);
        assertThat(padded.shape().toArray()).containsExactly(2, 4);
        assertThat(padded.get(0).toIntArray()).endsWith(9, 9);
        assertThat(Set.of(9)).doesNotContain((int) padded.itemLong(1, 3));
    }
}
