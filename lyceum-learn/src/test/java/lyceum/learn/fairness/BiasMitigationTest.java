package lyceum.learn.fairness;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class BiasMitigationTest {
    private static final String TOPIC = "bias-mitigation";

    /** Group 1 is 40% of the rows, has more merit, a proxy column, and a bonus in its labels; the group is the third column. */
    private record World(double[] cells, long[] labels, long[] groups) {
        static World draw(long seed, int n, boolean levels) {
            var rng = Rng.of(seed);
            var world = new World(new double[3 * n], new long[n], new long[n]);
            for (int i = 0; i < n; i++) {
                int g = rng.nextDouble() < 0.4 ? 1 : 0;
                double merit = rng.nextGaussian() + 0.5 * g, proxy = rng.nextGaussian() + g;
                if (levels) {
                    merit = Math.clamp(Math.round(1.5 * merit), -3, 3);
                    proxy = Math.clamp(Math.round(proxy), -1, 2);
                }
                world.cells[3 * i] = merit;
                world.cells[3 * i + 1] = proxy;
                world.cells[3 * i + 2] = g;
                world.groups[i] = 5 + 2 * g;
                double odds = (levels ? 0.8 : 1.2) * merit + 0.3 * proxy + 0.8 * g - 0.7;
                world.labels[i] = rng.nextDouble() < 1 / (1 + Math.exp(-odds)) ? 1 : 0;
            }
            return world;
        }

        Tensor x() { return Tensor.of(cells, labels.length, 3); }

        FairModel fit(BiasMitigation way) { return way.fit(x(), Tensor.of(labels), Tensor.of(groups)); }

        TradeOff tradeOff(FairModel model, FairnessCriterion criterion) {
            return model.tradeOff(x(), Tensor.of(labels), Tensor.of(groups), criterion);
        }
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void reweighingMakesLabelAndGroupIndependent() {
        var world = World.draw(1, 20_000, false);
        double[] w = Reweighing.weights(world.labels, world.groups), joint = new double[4];
        double total = 0, before = 0;
        for (int i = 0; i < w.length; i++) {
            joint[(int) (2 * world.labels[i] + (world.groups[i] == 7 ? 1 : 0))] += w[i];
            total += w[i];
            if (world.labels[i] == 1) before += world.groups[i] == 7 ? 1.0 : 0;
        }
        var gap = Gap.absolute();
        for (int y = 0; y < 2; y++) {
            for (int g = 0; g < 2; g++) {
                double label = (joint[2 * y] + joint[2 * y + 1]) / total, group = (joint[g] + joint[2 + g]) / total;
                gap.see("label " + y + " group " + g, joint[2 * y + g] / total, label * group);
            }
        }
        double labels = Arrays.stream(world.labels).sum(), sevens = Arrays.stream(world.groups).filter(g -> g == 7).count();
        Evidence.of("rows", w.length, exactly(20_000));
        Evidence.of("joint share less product of shares", gap, atMost(1e-12));
        Evidence.of("dependence before", before / 20_000 - labels / 20_000 * sevens / 20_000, above(0.02));
        Evidence.of("label share after less before", Math.abs((joint[2] + joint[3]) / total - labels / 20_000), atMost(1e-12));
        Evidence.of("group share after less before", Math.abs((joint[1] + joint[3]) / total - sevens / 20_000), atMost(1e-12));
        Evidence.of("sum of weights less rows", Math.abs(total - 20_000), atMost(1e-7));
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void reductionsReachParityWithASmallDualityGap() {
        // Columns of few values: a full tree is the best response, and the gap can be computed cell by cell.
        var train = World.draw(2, 20_000, true);
        var test = World.draw(3, 20_000, true);
        var plain = train.fit(BiasMitigation.none(new DecisionTreeClassifier()));
        var reductions = new FairReductions(new DecisionTreeClassifier(), FairnessCriterion.DEMOGRAPHIC_PARITY);
        var mixture = (FairReductions.Mixture) train.fit(reductions);
        double gap = test.tradeOff(mixture, FairnessCriterion.DEMOGRAPHIC_PARITY).gap(), mine = dualityGap(train, mixture, reductions);
        Evidence.of("rows", train.labels.length, exactly(20_000));
        Evidence.of("gap without mitigation", test.tradeOff(plain, FairnessCriterion.DEMOGRAPHIC_PARITY).gap(), above(0.2));
        Evidence.of("demographic-parity gap on test", gap, atMost(0.03));
        Evidence.of("duality gap as reported", mixture.dualityGap(), below(0.01));
        Evidence.of("duality gap by cells", mine, below(0.01));
        Evidence.of("reported less by cells", Math.abs(mixture.dualityGap() - mine), atMost(1e-9));
        Evidence.of("classifiers mixed", Arrays.stream(mixture.weights()).filter(q -> q > 0).count(), atLeast(2));
        Evidence.of("accuracy of the mixture over that of the larger class",
                test.tradeOff(mixture, FairnessCriterion.DEMOGRAPHIC_PARITY).accuracy()
                        - Math.max(rate(test.labels), 1 - rate(test.labels)),
                above(0.05));
    }

    private static double rate(long[] labels) { return (double) Arrays.stream(labels).sum() / labels.length; }

    /** {@code max_lambda L(Q, lambda) - min_h L(h, lambda)} with h any function of the cell of a row. */
    private static double dualityGap(World w, FairReductions.Mixture mixture, FairReductions reductions) {
        double[] q = mixture.acceptance(w.x(), w.groups), m = mixture.multipliers(), rows = new double[2], accepted = new double[2];
        int n = q.length;
        double error = 0;
        for (int i = 0; i < n; i++) {
            int g = w.groups[i] == 7 ? 1 : 0;
            rows[g]++;
            accepted[g] += q[i];
            error += Math.abs(w.labels[i] - q[i]) / n;
        }
        double all = (accepted[0] + accepted[1]) / n, worst = 0, eps = reductions.tolerance(), low = 0;
        for (int g = 0; g < 2; g++) worst = Math.max(worst, Math.abs(accepted[g] / rows[g] - all) - eps);
        Map<String, Double> costOfAccepting = new LinkedHashMap<>();
        for (int i = 0; i < n; i++) {
            int g = w.groups[i] == 7 ? 1 : 0;
            double cost = (1 - 2 * w.labels[i]) / (double) n + m[g] / rows[g] - (m[0] + m[1]) / n;
            low += w.labels[i] / (double) n;
            costOfAccepting.merge(w.cells[3 * i] + "/" + w.cells[3 * i + 1] + "/" + g, cost, Double::sum);
        }
        for (double c : costOfAccepting.values()) low += Math.min(0, c);
        low -= eps * (Math.abs(m[0]) + Math.abs(m[1]));
        assertThat(Math.abs(m[0]) + Math.abs(m[1])).isPositive().isLessThanOrEqualTo(1 / eps + 1e-6);
        return error + worst / eps - low;
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void thresholdsEqualTheLinearProgram() {
        var gap = Gap.absolute();
        var parity = Gap.absolute();
        for (var c : Golden.load("golden/bias-mitigation.json").cases("lp")) {
            double[][] counts = c.matrix("input.counts");
            int n = (int) Arrays.stream(counts).flatMapToDouble(Arrays::stream).sum(), at = 0;
            var scores = new double[n];
            long[] labels = new long[n], groups = new long[n];
            for (int g = 0; g < counts.length; g++) {
                for (int cell = 0; cell < counts[g].length; cell++) {
                    for (int i = 0; i < counts[g][cell]; i++, at++) {
                        scores[at] = (cell / 2) / 10.0;
                        labels[at] = cell % 2;
                        groups[at] = g;
                    }
                }
            }
            for (var criterion : FairnessCriterion.values()) {
                if (criterion == FairnessCriterion.PREDICTIVE_PARITY) continue;
                var rule = ThresholdRule.fit(scores, labels, groups, criterion);
                var reached = TradeOff.of(labels, rule.acceptance(scores, groups), groups, criterion);
                double expected = c.number("expected." + criterion);
                gap.see(c.text("name") + " " + criterion, reached.accuracy(), expected);
                gap.see(c.text("name") + " " + criterion + " as said", rule.accuracy(), expected);
                parity.see(c.text("name") + " " + criterion, reached.gap(), 0);
            }
        }
        Evidence.of("optima compared", gap.seen(), exactly(180));
        Evidence.of("accuracy less the linear program's", gap, atMost(1e-9));
        Evidence.of("gap of the criterion", parity, atMost(1e-12));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void thresholdsHoldOnFreshRows() {
        var calibration = World.draw(4, 200_000, false);
        var test = World.draw(5, 200_000, false);
        var fair = calibration.fit(new GroupThresholds(new LogisticRegression(), FairnessCriterion.EQUALISED_ODDS));
        var plain = test.tradeOff(calibration.fit(BiasMitigation.none(new LogisticRegression())), FairnessCriterion.EQUALISED_ODDS);
        var metrics = test.tradeOff(fair, FairnessCriterion.EQUALISED_ODDS).metrics();
        Evidence.of("test TPR gap", metrics.gap(GroupRate.TRUE_POSITIVE), atMost(0.02));
        Evidence.of("test FPR gap", metrics.gap(GroupRate.FALSE_POSITIVE), atMost(0.02));
        Evidence.of("gap without", plain.gap(), above(0.2));
        Evidence.of("true positive rate above the false one",
                metrics.groups().getFirst().rate(GroupRate.TRUE_POSITIVE) - metrics.groups().getFirst().rate(GroupRate.FALSE_POSITIVE),
                above(0.2));
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void noMethodIsMoreAccurateThanTheUnconstrained() {
        var train = World.draw(6, 20_000, false);
        var test = World.draw(7, 20_000, false);
        var base = new LogisticRegression();
        double[] plain = train.fit(BiasMitigation.none(base)).acceptance(test.x(), test.groups);
        double unconstrained = TradeOff.of(test.labels, plain, test.groups, FairnessCriterion.DEMOGRAPHIC_PARITY).gap();
        var methods = new LinkedHashMap<String, BiasMitigation>();
        methods.put("reweighing", new Reweighing(base));
        methods.put("repair", new DisparateImpactRepair(base));
        methods.put("reductions", new FairReductions(base, FairnessCriterion.DEMOGRAPHIC_PARITY));
        methods.put("reductions for odds", new FairReductions(base, FairnessCriterion.EQUALISED_ODDS));
        methods.put("adversary", new AdversarialDebiasing(FairnessCriterion.DEMOGRAPHIC_PARITY));
        methods.put("adversary for odds", new AdversarialDebiasing(FairnessCriterion.EQUALISED_ODDS));
        methods.put("thresholds", new GroupThresholds(base, FairnessCriterion.DEMOGRAPHIC_PARITY));
        methods.put("thresholds for odds", new GroupThresholds(base, FairnessCriterion.EQUALISED_ODDS));
        for (var m : methods.entrySet()) {
            double[] p = train.fit(m.getValue()).acceptance(test.x(), test.groups);
            double sum = 0, squares = 0;
            for (int i = 0; i < p.length; i++) {
                double more = Math.abs(test.labels[i] - plain[i]) - Math.abs(test.labels[i] - p[i]);
                sum += more;
                squares += more * more;
            }
            double mean = sum / p.length, error = Math.sqrt((squares / p.length - mean * mean) / p.length);
            var criterion = m.getKey().endsWith("odds") ? FairnessCriterion.EQUALISED_ODDS : FairnessCriterion.DEMOGRAPHIC_PARITY;
            double gap = TradeOff.of(test.labels, p, test.groups, criterion).gap(),
                    was = TradeOff.of(test.labels, plain, test.groups, criterion).gap();
            Evidence.of(m.getKey() + ": accuracy above the unconstrained, in paired standard errors", mean / error, atMost(2));
            Evidence.of(m.getKey() + ": gap against that of the unconstrained", gap / was,
                    below(m.getKey().equals("reweighing") ? 1 : 0.5));
        }
        Evidence.of("methods", methods.size(), exactly(8));
        Evidence.of("gap of the unconstrained", unconstrained, above(0.2));
    }

    @Test void repairGivesGroupsTheSameColumnAndKeepsTheOrderWithinThem() {
        double[] cells = {1, 2, 3, 11, 12, 13};
        long[] groups = {0, 0, 0, 1, 1, 1};
        var x = Tensor.of(cells, 6, 1);
        var whole = new DisparateImpactRepair(new LogisticRegression()).repair(x, Tensor.of(groups)).of(x, groups).toDoubleArray();
        assertThat(whole).containsExactly(new double[] {6, 7, 8, 6, 7, 8}, within(1e-12));
        var half = new DisparateImpactRepair(new LogisticRegression(), 0.5).repair(x, Tensor.of(groups)).of(x, groups).toDoubleArray();
        assertThat(half).containsExactly(new double[] {3.5, 4.5, 5.5, 8.5, 9.5, 10.5}, within(1e-12));
    }

    @Test void randomDecisionsAreDrawnAtTheirProbabilities() {
        FairModel coin = (x, _) -> {
            var p = new double[(int) x.size(0)];
            Arrays.fill(p, 0.3);
            return p;
        };
        var x = Tensor.zeros(20_000, 1);
        var none = Tensor.of(new long[20_000]);
        assertThat(rate(coin.decide(x, none, Rng.of(1)))).isBetween(0.29, 0.31);
        assertThat(coin.decide(x, none, Rng.of(1))).isEqualTo(coin.decide(x, none, Rng.of(1)));
    }

    @Test void badInputIsRefusedByName() {
        var x = Tensor.of(new double[] {1, 2, 3, 4}, 4, 1);
        long[] groups = {0, 0, 1, 1};
        var thresholds = new GroupThresholds(new LogisticRegression(), FairnessCriterion.EQUALISED_ODDS);
        assertThatThrownBy(() -> thresholds.fit(x, Tensor.of(new long[] {0, 1, 1, 1}), Tensor.of(groups)))
                .hasMessageContaining("all labels of group 1 are 1");
        var model = thresholds.fit(x, Tensor.of(new long[] {0, 1, 0, 1}), Tensor.of(groups));
        assertThatThrownBy(() -> model.acceptance(x, new long[] {0, 0, 1, 9})).hasMessageContaining("group 9 was not in the training rows");
        assertThatThrownBy(() -> new GroupThresholds(new LogisticRegression(), FairnessCriterion.PREDICTIVE_PARITY))
                .hasMessageContaining("PREDICTIVE_PARITY");
        assertThatThrownBy(() -> new FairReductions(new LogisticRegression(), FairnessCriterion.DEMOGRAPHIC_PARITY, 0, 0.01, 10))
                .hasMessageContaining("tolerance is 0.0");
    }

    @Test void infiniteScoresAndSteepAdversaries() {
        double[] scores = {1, 0, Double.POSITIVE_INFINITY, 0};
        long[] labels = {1, 0, 1, 0}, groups = {0, 0, 1, 1};
        assertThatThrownBy(() -> ThresholdRule.fit(scores, labels, groups, FairnessCriterion.DEMOGRAPHIC_PARITY))
                .hasMessageContaining("score 2 is Infinity");
        // An infinite threshold accepts none.
        assertThat(new ThresholdRule.RandomThreshold(Double.POSITIVE_INFINITY, 0.5, 0.25, 1, 0).acceptance(Double.POSITIVE_INFINITY))
                .isEqualTo(0.25);
        // Logits of thousands: a share of infinity over infinity would leave weights of NaN, which accept nobody.
        var world = World.draw(9, 500, false);
        var steep = world.fit(new AdversarialDebiasing(FairnessCriterion.DEMOGRAPHIC_PARITY).withLearningRate(1_000).withIterations(40));
        assertThat(rate(Arrays.stream(steep.acceptance(world.x(), world.groups)).mapToLong(Math::round).toArray())).isBetween(0.01, 0.99);
    }
}
