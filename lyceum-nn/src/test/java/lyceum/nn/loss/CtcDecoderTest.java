package lyceum.nn.loss;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class CtcDecoderTest {

    @Test
    @Acceptance(topic = "ctc-rnnt", clause = 3) void fullWidthFindsTheBestOfAllTexts() {
        int right = 0, greedyWrong = 0;
        double gap = 0;
        for (int run = 0; run < 200; run++) {
            var logProbs = Tensor.randn(Rng.of(run), DType.F64, 2 + run % 5, 4).logSoftmax(1).compute();
            var all = CtcLossTest.enumerate(logProbs.toRows());
            var best = all.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
            var found = new CtcDecoder(Integer.MAX_VALUE).decode(logProbs);
            if (list(found.getFirst().labels()).equals(best.getKey())) right++;
            if (!list(CtcDecoder.greedy(logProbs, 0)).equals(best.getKey())) greedyWrong++;
            assertThat(found).hasSize(all.size());
            for (var h : found) gap = Math.max(gap, Math.abs(Math.exp(h.score()) - all.get(list(h.labels()))));
        }
        Evidence.of("best texts found, of 200", right, exactly(200));
        Evidence.of("of these, where the best path reads otherwise", greedyWrong, above(20));
        Evidence.of("probability of any text beside its enumeration", gap, atMost(1e-12));
    }

    private static List<Integer> list(int[] labels) { return Arrays.stream(labels).boxed().toList(); }

    /** The article's: two frames of p(-) = 0.6 and p(a) = 0.4. */
    @Test void theBestPathIsNotTheBestText() {
        var logProbs = Tensor.of(new double[][] {{0.6, 0.4}, {0.6, 0.4}}).log();
        assertThat(CtcDecoder.greedy(logProbs, 0)).isEmpty();
        var best = new CtcDecoder(2).decode(logProbs).getFirst();
        assertThat(best.labels()).containsExactly(1);
        assertThat(Math.exp(best.score())).isCloseTo(0.64, within(1e-12));
    }

    @Test void aModelIsFusedIntoTheScores() {
        LabelModel bigrams = (prefix, next) -> Math.log(prefix.length > 0 && prefix[prefix.length - 1] == next ? 0.1 : 0.45);
        for (int run = 0; run < 30; run++) {
            var logProbs = Tensor.randn(Rng.of(run), DType.F64, 4, 4).logSoftmax(1).compute();
            var found = new CtcDecoder(Integer.MAX_VALUE).withModel(bigrams).withModelWeight(0.7).withLengthBonus(0.3).decode(logProbs);
            var all = CtcLossTest.enumerate(logProbs.toRows());
            double best = Double.NEGATIVE_INFINITY;
            List<Integer> text = null;
            for (var e : all.entrySet()) {
                double score = Math.log(e.getValue()) + 0.3 * e.getKey().size();
                for (int i = 0; i < e.getKey().size(); i++)
                    score += 0.7 * Math.log(i > 0 && e.getKey().get(i).equals(e.getKey().get(i - 1)) ? 0.1 : 0.45);
                if (score > best) {
                    best = score;
                    text = e.getKey();
                }
            }
            assertThat(list(found.getFirst().labels())).isEqualTo(text);
            assertThat(found.getFirst().score()).isCloseTo(best, within(1e-12));
        }
    }

    @Test void aNarrowBeamKeepsAsManyAsItIsWide() {
        var logProbs = Tensor.randn(Rng.of(1), DType.F64, 30, 6).mul(2).logSoftmax(1).compute();
        var found = new CtcDecoder(4).decode(logProbs);
        assertThat(found).hasSize(4);
        double exact = -new CtcLoss().withReduction(Reduction.SUM)
                .of(logProbs.unsqueeze(1), new int[] {30}, new int[][] {found.getFirst().labels()}).item();
        assertThat(found.getFirst().score()).isLessThanOrEqualTo(exact + 1e-9).isGreaterThan(exact - 2);
        assertThat(new CtcDecoder(64).decode(logProbs).getFirst().score()).isGreaterThanOrEqualTo(found.getFirst().score());
    }

    @Test void refusesWhatDoesNotFit() {
        assertThatThrownBy(() -> new CtcDecoder(0)).hasMessage("CtcDecoder: width is 0; it is at least 1");
        assertThatThrownBy(() -> CtcDecoder.greedy(Tensor.zeros(3, 2), 2)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("blank 2");
        assertThat(CtcDecoder.greedy(Tensor.of(new double[][] {{0, 1, 0}, {0, 1, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}}), 0))
                .containsExactly(1, 1, 2);
    }

    @Test void editsAreCountedAsByHand() {
        assertThat(CtcDecoder.edits("kitten".chars().toArray(), "sitting".chars().toArray())).isEqualTo(3);
        assertThat(CtcDecoder.edits("intention".chars().toArray(), "execution".chars().toArray())).isEqualTo(5);
        assertThat(CtcDecoder.edits(new int[0], new int[] {1, 2})).isEqualTo(2);
        assertThat(CtcDecoder.edits(new int[] {1, 2}, new int[0])).isEqualTo(2);
        assertThat(CtcDecoder.edits(new int[] {1, 2, 3}, new int[] {1, 2, 3})).isZero();
    }
}
