package lyceum.learn.leakage;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.KFold;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LeakageAuditTest {
    private static final String TOPIC = "leakage-audit";

    /** Clauses 1, 2, 3 and 5 on the same sixty worlds. */
    @Acceptance(topic = TOPIC, clause = 1)
    @Tag("slow")
    @Test void sixtyPlantedLeaksAreNamedAndFortyCleanWorldsPass() {
        int named = 0, otherType = 0;
        var kinds = new LinkedHashMap<Finding.Kind, Integer>();
        for (var leak : PlantedLeak.sixty()) {
            var report = new LeakageAudit().audit(leak.evaluation().withLearner(null));
            assertThat(report.has(leak.kind())).as(leak.name() + ": " + report).isTrue();
            named++;
            otherType += (int) report.findings().stream().filter(f -> f.type() != leak.kind().type()).count();
            kinds.merge(leak.kind(), 1, Integer::sum);
        }
        assertThat(kinds).isEqualTo(Map.of(Finding.Kind.PROXY, 10, Finding.Kind.WRITTEN_LATER, 10, Finding.Kind.DUPLICATES, 5,
                Finding.Kind.NEAR_DUPLICATES, 5, Finding.Kind.SHARED_GROUPS, 5, Finding.Kind.TIME_ORDER, 5,
                Finding.Kind.FITTED_ON_TEST_ROWS, 5, Finding.Kind.FITTED_ON_TEST_LABELS, 15));
        var flagged = new ArrayList<String>();
        int clean = 0;
        for (var world : PlantedLeak.forty()) {
            var report = new LeakageAudit().audit(world.evaluation().withLearner(null));
            clean++;
            for (var f : report.findings()) flagged.add(world.name() + ": " + f);
        }
        Evidence.of("planted leaks of 60 found, by kind and type", named, exactly(60));
        Evidence.of("findings of the other type among them", otherType, exactly(0));
        Evidence.of("clean worlds", clean, exactly(40));
        assertThat(flagged).hasSizeLessThanOrEqualTo(2);
        Evidence.of("flags on them", flagged.size(), atMost(2));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Acceptance(topic = TOPIC, clause = 3)
    @Tag("slow")
    @Test void estimatedInflationIsTheDropOnFreshRowsAndRepairedScoresAreTheFreshOnes() {
        double gap = 0, drop = 0;
        int within = 0, cases = 0;
        for (var leak : PlantedLeak.sixty()) {
            var finding = new LeakageAudit().audit(leak.evaluation()).of(leak.kind()).getFirst();
            var inflation = finding.inflation();
            var fresh = leak.freshArea();
            assertThat(leak.fresh()).hasNumberOfRows(PlantedLeak.FRESH);
            double before = Arrays.stream(inflation.before()).average().orElseThrow(),
                    after = Arrays.stream(inflation.after()).average().orElseThrow();
            gap += Math.abs(inflation.value() - (before - fresh.auc()));
            drop += before - fresh.auc();
            // Nadeau and Bengio's error of a mean over folds that share training rows
            double spread = 0;
            int k = inflation.after().length;
            for (double s : inflation.after()) spread += (s - after) * (s - after) / (k - 1);
            double error = Math.sqrt((1.0 / k + 1.0 / (k - 1)) * spread + fresh.variance());
            if (Math.abs(after - fresh.auc()) <= 2 * error) within++;
            cases++;
        }
        Evidence.of("cases", cases, exactly(60));
        Evidence.of("mean drop in area", drop / cases, above(0.05));
        Evidence.of("mean distance of the estimate from it", gap / cases, atMost(0.03));
        Evidence.of("cases of 60 whose repaired score is the fresh one within 2 errors", within, atLeast(54));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void targetEncodingInsideTheFoldsPassesAndGlobalDoesNot() {
        int passed = 0, failed = 0;
        for (int seed = 0; seed < 10; seed++) {
            var rng = Rng.of(40 + seed);
            var x = new double[1_000][2];
            var y = new long[1_000];
            for (int i = 0; i < 1_000; i++) {
                x[i] = new double[] {rng.nextInt(500), rng.nextGaussian()};
                y[i] = rng.nextInt(2);
            }
            var evaluation = Evaluation
                    .of(Tensor.of(x), Tensor.of(y), new KFold(5).shuffled(seed).folds(new FoldScheme.Rows(1_000, y, null)))
                    .withLearner(new LogisticRegression());
            if (new LeakageAudit().audit(evaluation.withPreparation(Preparation.inside(new TargetMeans()))).isClean()) passed++;
            var global = new LeakageAudit().audit(evaluation.withPreparation(Preparation.outside(new TargetMeans())));
            assertThat(global.findings()).extracting(Finding::kind).containsExactly(Finding.Kind.FITTED_ON_TEST_LABELS);
            assertThat(global.findings().getFirst().inflation().value()).isBetween(0.3, 0.5);
            failed++;
        }
        Evidence.of("worlds of 10 where in-fold encoding passes", passed, exactly(10));
        Evidence.of("worlds of 10 where global encoding fails", failed, exactly(10));
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void targetLeakageIsAPartOfDataLeakage() {
        int target = 0, all = 0, outside = 0;
        for (var leak : PlantedLeak.sixty()) {
            // two leaks at once: each world's groups are split as well
            int n = leak.honest().length;
            var report = new LeakageAudit()
                    .audit(leak.evaluation().withLearner(null).withGroups(new int[(int) leak.evaluation().x().size(0)]));
            assertThat(n).isPositive();
            target += report.targetLeakage().size();
            all += report.dataLeakage().size();
            for (var f : report.targetLeakage()) if (!new HashSet<>(report.dataLeakage()).contains(f)) outside++;
            for (var f : report.dataLeakage())
                assertThat(report.targetLeakage().contains(f))
                        .isEqualTo(f.kind() == Finding.Kind.PROXY || f.kind() == Finding.Kind.WRITTEN_LATER);
        }
        Evidence.of("target findings", target, atLeast(20));
        Evidence.of("data-leakage findings", all, atLeast(target + 60));
        Evidence.of("target findings that are no data-leakage findings", outside, exactly(0));
    }
}
