package lyceum.llm.generate;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class TopKTest {
    private static final String TOPIC = "top-k-sampling";

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void tenThousandRowsAreCutAsTorchAndAStableSortCutThem() {
        var golden = Golden.load("golden/top-k-sampling.json").named("rows").at("expected");
        var sums = golden.doubles("sums");
        int whole = golden.list("whole").size();
        var gap = Gap.absolute();
        int wrongSupport = 0, wrongIds = 0, rows = 0, tied = 0;
        for (int i = 0; i < 10_000; i++, rows++) {
            var r = new Recipe(2_280_000 + i);
            int v = 2 + r.below(60), k = 1 + r.below(70), size = Math.min(k, v);
            double[] z = r.bells(v);
            for (int j = 0; j < v; j++) z[j] = i % 3 == 0 ? Math.rint(2 * z[j]) : 2 * z[j];
            var row = new LogitRow(v).load(z);
            new TokenSampler(SamplingOptions.topK(k), Rng.of(1)).process(row);
            double[] p = row.probabilities(), descending = Arrays.stream(p).filter(x -> x > 0).sorted().toArray();
            if (descending.length != size || row.count() != size) wrongSupport++;
            var first = SamplingReference.order(z).subList(0, size);
            if (!IntStream.range(0, v).filter(id -> p[id] > 0).boxed().toList().equals(first.stream().sorted().toList())) wrongIds++;
            if (size < v && z[first.getLast()] == z[SamplingReference.order(z).get(size)]) tied++;
            double sum = 0;
            for (int j = 0; j < descending.length; j++) sum += r.uniform() * descending[descending.length - 1 - j];
            gap.see("weighted sum of row " + i, sum, sums[i]);
            if (i < whole) gap.see("row " + i, IntStream.range(0, size).mapToDouble(j -> descending[size - 1 - j]).toArray(),
                    golden.doubles("whole." + i));
        }
        Evidence.of("rows", rows, exactly(10_000));
        Evidence.of("rows whose cut goes through a tie", tied, above(500));
        Evidence.of("rows whose support is not min(k, V)", wrongSupport, exactly(0));
        Evidence.of("rows whose ids are not the first k of a stable sort", wrongIds, exactly(0));
        Evidence.of("probabilities less torch's", gap, atMost(1e-7));

        int large = 0, largeTied = 0, wrongLarge = 0; // beyond a heap: by selection
        double largeGap = 0;
        for (int i = 0; i < 500; i++) {
            var r = new Recipe(2_290_000 + i);
            int v = 200 + r.below(2000), k = LogitSelection.HEAP + 1 + r.below(v);
            double[] z = r.bells(v);
            for (int j = 0; j < v; j++) z[j] = i % 3 == 0 ? Math.rint(4 * z[j]) : 2 * z[j];
            var row = new LogitRow(v).load(z);
            new TokenSampler(SamplingOptions.topK(k), Rng.of(1)).process(row);
            double[] p = row.probabilities(), expected = SamplingReference.softmax(SamplingReference.topK(z, k));
            var order = SamplingReference.order(z);
            if (k < v) large++;
            if (k < v && z[order.get(k - 1)] == z[order.get(k)]) largeTied++;
            boolean same = row.count() == Math.min(k, v);
            for (int j = 0; j < v; j++) {
                same &= p[j] > 0 == expected[j] > 0;
                largeGap = Math.max(largeGap, Math.abs(p[j] - expected[j]));
            }
            if (!same) wrongLarge++;
        }
        Evidence.of("rows cut to more than the heap's " + LogitSelection.HEAP, large, above(200));
        Evidence.of("of which the cut goes through a tie", largeTied, above(50));
        Evidence.of("rows whose ids are not the first k of a stable sort, k beyond the heap", wrongLarge, exactly(0));
        Evidence.of("their probabilities less a sort's", largeGap, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void oneIsGreedyAndAllChangeNothing() {
        int notGreedy = 0, changed = 0;
        for (int i = 0; i < 1000; i++) {
            var r = new Recipe(i);
            int v = 2 + r.below(300);
            double[] z = r.bells(v);
            if (i % 2 == 0) for (int j = 0; j < v; j++) z[j] = Math.rint(z[j]);
            int largest = SamplingReference.order(z).getFirst();
            if (new TokenSampler(SamplingOptions.topK(1), Rng.of(i)).next(new LogitRow(v).load(z)) != largest) notGreedy++;
            if (new TokenSampler(SamplingOptions.greedy(), Rng.of(i)).next(new LogitRow(v).load(z)) != largest) notGreedy++;
            var row = new LogitRow(v).load(z);
            new TokenSampler(SamplingOptions.topK(v), Rng.of(i)).process(row);
            for (int j = 0; j < v; j++) if (row.logit(j) != z[j]) changed++;
        }
        Evidence.of("draws that are not the largest logit", notGreedy, exactly(0));
        Evidence.of("logits changed at k = V", changed, exactly(0));
    }
}
