package lyceum.learn.metrics;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class MultilabelConfusionTest {
    @Acceptance(topic = "confusion-matrix", clause = 1)
    @Test void matricesOfLabelsEqualScikitLearn() {
        int checked = 0;
        for (var c : Golden.load("golden/confusion-matrix.json").cases("multilabel")) {
            var labelled = ScoresByAverage.Labelled.of(c.at("input"));
            var counts = MultilabelConfusion.of(labelled.truth(), labelled.predicted(), null);
            for (int k = 0; k < counts.size(); k++)
                assertThat(counts.of(k).counts()).as(c.text("name")).isDeepEqualTo(c.matrix("expected.matrices." + k));
            int half = labelled.truth().length / 2, n = labelled.truth().length;
            var merged = MultilabelConfusion.of(Arrays.copyOf(labelled.truth(), half), Arrays.copyOf(labelled.predicted(), half), null)
                    .merge(MultilabelConfusion.of(Arrays.copyOfRange(labelled.truth(), half, n),
                            Arrays.copyOfRange(labelled.predicted(), half, n), null));
            assertThat(merged.truePositives()).isEqualTo(counts.truePositives());
            checked++;
        }
        Evidence.of("cases with equal matrices", checked, above(0));
    }

    @Acceptance(topic = "confusion-matrix", clause = 1)
    @Test void likelihoodRatiosEqualScikitLearn() {
        var gap = Gap.absolute();
        for (var c : Golden.load("golden/confusion-matrix.json").list("cases")) {
            if (!c.has("expected.positiveLikelihoodRatio")) continue;
            var matrix = ConfusionMatrix.of(c.longs("input.truth"), c.longs("input.pred"));
            assertThat(matrix.counts()).isDeepEqualTo(c.matrix("expected.matrix"));
            gap.see(c, "expected.positiveLikelihoodRatio", matrix.positiveLikelihoodRatio(1));
            gap.see(c, "expected.negativeLikelihoodRatio", matrix.negativeLikelihoodRatio(1));
        }
        Evidence.of("largest gap to scikit-learn", gap, atMost(1e-12));
    }

    @Test void raggedOrForeignFlagsAreRefused() {
        assertThatThrownBy(() -> MultilabelConfusion.of(new boolean[2][3], new boolean[1][3], null))
                .hasMessageContaining("2 true rows and 1");
        assertThatThrownBy(
                () -> MultilabelConfusion.of(new boolean[][] {{true}, {true, false}}, new boolean[][] {{true}, {true, false}}, null))
                .hasMessageContaining("row 1 has 2");
    }
}
