package lyceum.retrieval;

import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class JudgedRankingTest {
    /** In the order of the golden file. */
    private static final List<ToDoubleFunction<JudgedRanking>> MEASURES = List.of(q -> q.precisionAt(1), q -> q.precisionAt(5),
            q -> q.precisionAt(10), q -> q.precisionAt(20), q -> q.recallAt(5), q -> q.recallAt(20), JudgedRanking::averagePrecision,
            JudgedRanking::reciprocalRank, q -> q.ndcg(5), q -> q.ndcg(10), q -> q.ndcg(1_000_000), JudgedRanking::rPrecision);

    @Acceptance(topic = "information-retrieval", clause = 2)
    @Test void measuresAreThoseOfTrecEval() {
        var golden = Golden.load("golden/search.json");
        Map<String, List<SearchHit>> run = new HashMap<>();
        Map<String, Map<String, Integer>> judgements = new HashMap<>();
        double gap = 0;
        int values = 0, ties = 0;
        for (var each : golden.cases("query")) {
            var hits = new ArrayList<SearchHit>();
            double[] scores = each.doubles("input.scores");
            for (var id : each.texts("input.ids")) hits.add(new SearchHit(id, scores[hits.size()]));
            ties += (int) (scores.length - Arrays.stream(scores).distinct().count());
            var grades = new HashMap<String, Integer>();
            int[] numbers = each.ints("input.grades");
            for (var id : each.texts("input.judgedIds")) grades.put(id, numbers[grades.size()]);
            var name = each.text("name");
            if (!hits.isEmpty()) run.put(name, hits);
            judgements.put(name, grades);
            double[] expected = each.doubles("expected.measures");
            for (int m = 0; m < expected.length; m++, values++)
                gap = Math.max(gap, Math.abs(MEASURES.get(m).applyAsDouble(new JudgedRanking(hits, grades)) - expected[m]));
        }
        double[] means = golden.named("mean").doubles("expected.measures");
        for (int m = 0; m < means.length; m++)
            gap = Math.max(gap, Math.abs(JudgedRanking.mean(JudgedRanking.of(run, judgements), MEASURES.get(m)) - means[m]));
        Evidence.of("values of 12 measures of 40 queries, some with ties, without hits or without relevant documents", values,
                exactly(480));
        Evidence.of("largest gap to trec_eval's definitions", gap, below(1e-10));
        assertThat(ties).isGreaterThan(50);
    }

    @Test void ordersAndErrors() {
        var hits = List.of(new SearchHit("a", 1), new SearchHit("b", 2));
        assertThat(new JudgedRanking(hits, Map.of("a", 1)).reciprocalRank()).isEqualTo(0.5);
        assertThat(JudgedRanking.inOrder(hits, Map.of("a", 1)).reciprocalRank()).isEqualTo(1);
        assertThat(new JudgedRanking(hits, Map.of("a", -1)).ndcg(2)).isZero();
        assertThatThrownBy(() -> new JudgedRanking(List.of(hits.get(0), hits.get(0)), Map.of())).hasMessageContaining("'a' occurs twice");
        assertThatThrownBy(() -> new JudgedRanking(List.of(new SearchHit("a", Double.NaN)), Map.of())).hasMessageContaining("'a' is NaN");
        assertThatThrownBy(() -> new JudgedRanking(hits, Map.of()).precisionAt(0)).hasMessageContaining("k is 0");
        assertThatThrownBy(() -> JudgedRanking.mean(List.of(), JudgedRanking::rPrecision)).hasMessageContaining("no queries");
    }
}
