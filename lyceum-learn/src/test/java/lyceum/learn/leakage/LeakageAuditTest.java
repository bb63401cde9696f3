package lyceum.learn.leakage;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.selection.FoldScheme;
import lyceum.learn.selection.KFold;
import lyceum.random.Rng;
import lyceum.stats.learner.Classifier;
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
            double before = byHand(leak.evaluation()), after = Arrays.stream(inflation.after()).average().orElseThrow();
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

    /** The score as evaluated, leak and all, by fitting each fold and counting pairs. */
    private static double byHand(Evaluation e) {
        double sum = 0;
        for (var fold : e.folds()) {
            var prepared = e.preparation().prepare(e.x(), e.y(), fold);
            double[] p = ((Classifier) e.learner()).fit(prepared.train(), e.y().rows(fold.train())).predictProba(prepared.test())
                    .select(1, 1).toDoubleArray();
            long[] y = e.y().rows(fold.test()).toLongArray();
            double right = 0, pairs = 0;
            for (int i = 0; i < p.length; i++) for (int j = 0; j < p.length; j++) {
                if (y[i] != 1 || y[j] != 0) continue;
                right += p[i] > p[j] ? 1 : p[i] == p[j] ? 0.5 : 0;
                pairs++;
            }
            sum += right / pairs;
        }
        return sum / e.folds().size();
    }

    @Acceptance(topic = TOPIC, clause = 5)
    @Test void targetLeakageIsAPartOfDataLeakage() {
        int targets = 0, inTarget = 0, inData = 0, groupsInData = 0, strangers = 0, outside = 0, findings = 0;
        for (var leak : PlantedLeak.sixty()) {
            // two leaks at once: all rows are of one group, which every fold splits; what is which is told by the world and not by the report
            boolean isTarget = leak.name().startsWith("proxy") || leak.name().startsWith("written");
            var report = new LeakageAudit()
                    .audit(leak.evaluation().withLearner(null).withGroups(new int[(int) leak.evaluation().x().size(0)]));
            var target = report.targetLeakage();
            var data = report.dataLeakage();
            if (isTarget) {
                targets++;
                if (target.stream().anyMatch(f -> f.kind() == leak.kind() && f.columns().equals(List.of(leak.empty())))) inTarget++;
            }
            if (data.stream().anyMatch(f -> f.kind() == leak.kind())) inData++;
            if (data.stream().anyMatch(f -> f.kind() == Finding.Kind.SHARED_GROUPS)) groupsInData++;
            for (var f : target) {
                findings++;
                if (!isTarget) strangers++;
                if (!data.contains(f)) outside++;
            }
        }
        Evidence.of("worlds whose column tells the answer", targets, exactly(20));
        Evidence.of("their columns among the target findings", inTarget, exactly(20));
        Evidence.of("worlds of 60 whose leak is among the data-leakage findings", inData, exactly(60));
        Evidence.of("worlds of 60 whose split groups are, too", groupsInData, exactly(60));
        Evidence.of("target findings in worlds whose columns are honest", strangers, exactly(0));
        Evidence.of("target findings", findings, atLeast(20));
        Evidence.of("target findings that are no data-leakage findings", outside, exactly(0));
    }

    @Test void aColumnOfHugeNumbersHidesNoFit() {
        var rng = Rng.of(61);
        var x = new double[200][];
        for (int i = 0; i < 200; i++) x[i] = new double[] {1e15 + 1e12 * rng.nextGaussian(), rng.nextGaussian()};
        var y = Tensor.randint(rng, 0, 2, 200);
        // takes the median of all rows off the second column alone
        Preparation centred = (all, labels, fold) -> {
            var moved = Tensor.stack(1, all.select(1, 0), all.select(1, 1).sub(median(all.select(1, 1).toDoubleArray())));
            return new Preparation.Prepared(moved.rows(fold.train()), moved.rows(fold.test()));
        };
        var evaluation = Evaluation.of(Tensor.of(x), y, new KFold(4).shuffled(1).folds(200));
        assertThat(new LeakageAudit().audit(evaluation.withPreparation(centred)).findings()).extracting(Finding::kind)
                .containsExactly(Finding.Kind.FITTED_ON_TEST_ROWS);
        assertThat(new LeakageAudit().audit(evaluation).isClean()).isTrue();
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    @Test void fewerGroupsThanFoldsAreRepairedInFewerParts() {
        var rng = Rng.of(62);
        var x = Tensor.randn(rng, DType.F64, 300, 3);
        var y = x.select(1, 0).gt(0).to(DType.I64);
        var split = Evaluation.of(x, y, new KFold(5).shuffled(1).folds(300)).withLearner(new LogisticRegression());
        var three = new LeakageAudit().withProxy(1).audit(split.withGroups(IntStream.range(0, 300).map(i -> i % 3).toArray()));
        assertThat(three.of(Finding.Kind.SHARED_GROUPS).getFirst().inflation().after()).hasSize(3);
        var one = new LeakageAudit().withProxy(1).audit(split.withGroups(new int[300]));
        assertThat(one.of(Finding.Kind.SHARED_GROUPS).getFirst().inflation()).isNull();
        // a plain split of one group has nothing left to train on
        var plain = Evaluation.of(x, y, List.of(new KFold(5).folds(300).getFirst())).withLearner(new LogisticRegression())
                .withGroups(new int[300]);
        assertThat(new LeakageAudit().withProxy(1).audit(plain).of(Finding.Kind.SHARED_GROUPS).getFirst().inflation()).isNull();
    }
}
