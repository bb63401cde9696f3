package lyceum.theory;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Stream;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class StructuralRiskMinimizationTest {
    private static final int LEVELS = 20, DRAWS = 200;
    private static final IntervalUnion TARGET = new IntervalUnion(new double[] {0.15, 0.4, 0.6, 0.85});

    /** Uniform points; a fifth of the labels are flipped. */
    private record Sample(double[] x, boolean[] yes) {
        static Sample draw(Rng rng, int n) {
            var x = rng.doubles(n).toArray();
            var yes = new boolean[n];
            for (int i = 0; i < n; i++) yes[i] = TARGET.test(x[i]) != rng.nextDouble() < 0.2;
            return new Sample(x, yes);
        }

        List<IntervalUnion> fit() { return IntervalUnion.fit(x, yes, LEVELS); }

        double[] risks(List<IntervalUnion> fits) { return fits.stream().mapToDouble(h -> h.error(x, yes)).toArray(); }
    }

    /** 0.2 where it agrees with the target and 0.8 elsewhere, exactly. */
    private static double trueRisk(IntervalUnion h) {
        double[] cuts = Stream.of(h.ends(), TARGET.ends(), new double[] {0, 1}).flatMapToDouble(Arrays::stream)
                .map(c -> Math.clamp(c, 0, 1)).sorted().toArray();
        double apart = 0;
        for (int i = 1; i < cuts.length; i++) {
            double middle = 0.5 * (cuts[i - 1] + cuts[i]);
            if (h.test(middle) != TARGET.test(middle)) apart += cuts[i] - cuts[i - 1];
        }
        return 0.2 + 0.6 * apart;
    }

    private static StructuralRiskMinimization.Choice<IntervalUnion> choose(List<IntervalUnion> fits, Sample sample,
            IntToDoubleFunction penalty) {
        return StructuralRiskMinimization.choose(LEVELS, k -> fits.get(k - 1), h -> h.error(sample.x, sample.yes), penalty);
    }

    @Test
    @Acceptance(topic = "srm", clause = 1) void thePenaltyFindsALevelNearTheBest() {
        int n = 200, alone = 0, below = 0, heldBelow = 0;
        double chosen = 0, held = 0;
        var level = new double[LEVELS];
        var rng = Rng.of(1);
        for (int draw = 0; draw < DRAWS; draw++) {
            var sample = Sample.draw(rng, n);
            var fits = sample.fit();
            var choice = choose(fits, sample, StructuralRiskMinimization.root(k -> 2 * k, n));
            if (choice.risks()[19] < Arrays.stream(choice.risks(), 0, 19).min().orElseThrow()) alone++;
            double risk = trueRisk(choice.model()), most = trueRisk(fits.get(19));
            if (risk < most) below++;
            chosen += risk / DRAWS;
            for (int k = 0; k < LEVELS; k++) level[k] += trueRisk(fits.get(k)) / DRAWS;
            // As many fresh points choose a level too.
            var fresh = Sample.draw(rng, n);
            double byHoldout = trueRisk(
                    StructuralRiskMinimization.holdout(LEVELS, k -> fits.get(k - 1), h -> h.error(fresh.x, fresh.yes), n, 0.05).model());
            held += byHoldout / DRAWS;
            if (byHoldout < most) heldBelow++;
        }
        double oracle = Arrays.stream(level).min().orElseThrow();
        Evidence.of("share of draws in which level 20 alone has the least training error", alone / (double) DRAWS, atLeast(0.95));
        Evidence.of("mean true risk by the penalty over the best level's", chosen / oracle, atMost(1.1));
        Evidence.of("mean true risk by holdout over the best level's", held / oracle, atMost(1.1));
        Evidence.of("share of draws with a true risk below level 20's", below / (double) DRAWS, atLeast(0.95));
        Evidence.of("the same by holdout", heldBelow / (double) DRAWS, atLeast(0.95));
        assertThat(level[1]).isEqualTo(oracle).isCloseTo(0.225, within(0.01));
        assertThat(level[19]).isCloseTo(0.294, within(0.01));
    }

    @Test
    @Acceptance(topic = "srm", clause = 2) void theUnionBoundHoldsForAllLevelsAtOnce() {
        int n = 200;
        var points = Rng.of(2).doubles(n).toArray();
        var complexity = new double[LEVELS]; // of intervals it depends on n alone
        for (int k = 1; k <= LEVELS; k++)
            complexity[k - 1] = RademacherComplexity.monteCarlo(IntervalUnion.hypotheses(points, k), n, 50, Rng.of(k)).value();
        var vc = StructuralRiskMinimization.vc(k -> 2 * k, n, 0.05);
        var rademacher = StructuralRiskMinimization.rademacher(k -> complexity[k - 1], n, 0.05);
        int broken = 0, brokenRademacher = 0, brokenRoot = 0, brokenHoldout = 0;
        var rng = Rng.of(3);
        for (int draw = 0; draw < DRAWS; draw++) {
            var sample = Sample.draw(rng, n);
            var fits = sample.fit();
            if (gap(fits, choose(fits, sample, vc)) > 0) broken++;
            if (gap(fits, choose(fits, sample, rademacher)) > 0) brokenRademacher++;
            if (gap(fits, choose(fits, sample, StructuralRiskMinimization.root(k -> 2 * k, n))) > 0) brokenRoot++;
            var fresh = Sample.draw(rng, n);
            var held = StructuralRiskMinimization.holdout(LEVELS, k -> fits.get(k - 1), h -> h.error(fresh.x, fresh.yes), n, 0.05);
            if (trueRisk(held.model()) > held.bound()) brokenHoldout++;
            // The lowest risk on fresh points and Hoeffding's radius for all 20 levels at once.
            double lowest = Arrays.stream(fresh.risks(fits)).min().orElseThrow();
            assertThat(held.bound()).isCloseTo(lowest + Math.sqrt(Math.log(LEVELS / 0.05) / (2 * n)), within(1e-12));
        }
        Evidence.of("share of draws that break the VC bound at some level", broken / (double) DRAWS, atMost(0.05));
        Evidence.of("the same of the Rademacher bound", brokenRademacher / (double) DRAWS, atMost(0.05));
        Evidence.of("the same of the bound by holdout", brokenHoldout / (double) DRAWS, atMost(0.05));
        Evidence.of("the same of the mild penalty, which promises nothing", brokenRoot / (double) DRAWS, above(0.05));
        double sum = 0;
        for (int k = 1; k < 100_000; k++) sum += StructuralRiskMinimization.share(k, 0.05);
        assertThat(sum).isCloseTo(0.05, within(1e-6));
        // The article's, at n = 200 and delta = 0.05 for one interval and two.
        assertThat(vc.applyAsDouble(1)).isCloseTo(0.80, within(0.01));
        assertThat(vc.applyAsDouble(2)).isCloseTo(1.04, within(0.01));
    }

    /** The largest excess of a level's true risk over its training risk and penalty. */
    private static double gap(List<IntervalUnion> fits, StructuralRiskMinimization.Choice<IntervalUnion> choice) {
        double most = -9;
        for (int k = 0; k < LEVELS; k++) most = Math.max(most, trueRisk(fits.get(k)) - choice.risks()[k] - choice.penalties()[k]);
        return most;
    }

    @Test
    @Acceptance(topic = "srm", clause = 3) void theLevelRisesWithDataAndFallsWithThePenalty() {
        // The prices with a guarantee first, then multiples of the mild one, at last the mild one itself and holdout.
        double[] weights = {2.5, 3, 4, 6}, last = new double[8];
        var leastRise = new double[8];
        Arrays.fill(leastRise, Double.POSITIVE_INFINITY);
        int rises = 0;
        for (int n : new int[] {50, 200, 800}) {
            var rng = Rng.of(4);
            var root = StructuralRiskMinimization.root(k -> 2 * k, n);
            var points = Rng.of(2).doubles(n).toArray();
            var complexity = new double[LEVELS];
            for (int k = 1; k <= LEVELS; k++)
                complexity[k - 1] = RademacherComplexity.monteCarlo(IntervalUnion.hypotheses(points, k), n, 50, Rng.of(k)).value();
            var prices = new ArrayList<IntToDoubleFunction>();
            prices.add(StructuralRiskMinimization.vc(k -> 2 * k, n, 0.05));
            prices.add(StructuralRiskMinimization.rademacher(k -> complexity[k - 1], n, 0.05));
            for (double weight : weights) prices.add(k -> weight * root.applyAsDouble(k));
            prices.add(root);
            var mean = new double[8];
            for (int draw = 0; draw < DRAWS; draw++) {
                var sample = Sample.draw(rng, n);
                var fits = sample.fit();
                var risks = sample.risks(fits);
                for (int p = 0; p < 7; p++) mean[p] += (double) choose(fits, sample, prices.get(p)).level() / DRAWS;
                var fresh = Sample.draw(rng, n);
                mean[7] += (double) StructuralRiskMinimization
                        .holdout(LEVELS, k -> fits.get(k - 1), h -> h.error(fresh.x, fresh.yes), n, 0.05).level() / DRAWS;
                for (int p = 0; p < 7; p += 6) { // by the weight of the VC bound and of the mild price
                    var price = prices.get(p);
                    int before = LEVELS;
                    for (double weight = 0; weight <= 8; weight += 0.25) {
                        double times = weight;
                        int level = StructuralRiskMinimization
                                .choose(LEVELS, k -> k, k -> risks[k - 1], k -> times * price.applyAsDouble(k)).level();
                        if (level > before) rises++;
                        before = level;
                    }
                }
            }
            for (int p = 0; p < 8; p++) {
                if (n > 50) leastRise[p] = Math.min(leastRise[p], mean[p] - last[p]);
                last[p] = mean[p];
            }
        }
        String[] names = {"the VC bound", "the Rademacher bound", "1.25 sqrt(2k/n)", "1.5 sqrt(2k/n)", "2 sqrt(2k/n)", "3 sqrt(2k/n)"};
        for (int p = 0; p < 6; p++)
            Evidence.of("least rise of the mean level from one n to the next: " + names[p], leastRise[p], atLeast(-1e-9));
        Evidence.of("the same of 0.5 sqrt(2k/n), too mild a price", leastRise[6], below(-0.2));
        Evidence.of("the same of holdout", leastRise[7], below(-0.2));
        Evidence.of("draws and weights at which a heavier penalty chose a higher level", rises, below(1));
        assertThat(last[0]).as("the VC bound sees the second interval at last").isGreaterThan(1.02);
        for (int p = 1; p < 6; p++) assertThat(last[p]).as(names[p] + " with 800 points").isCloseTo(2, within(0.05));
    }

    @Test
    @Acceptance(topic = "srm", clause = 4) void theRademacherEstimateIsTheEnumerations() {
        var x = Rng.of(5).doubles(10).toArray();
        int[] order = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
        double[] sorted = x.clone();
        Arrays.sort(sorted);
        for (int i = 0; i < 10; i++) order[i] = Arrays.binarySearch(sorted, x[i]);
        double worst = 0, exact = 0;
        for (int k = 1; k <= 5; k++) {
            // All labellings of the points in order with at most k runs of yes, by brute force.
            double mean = 0;
            for (int signs = 0; signs < 1_024; signs++) {
                int most = 0;
                for (int yes = 0; yes < 1_024; yes++)
                    if (Integer.bitCount(yes & ~(yes << 1)) <= k)
                        most = Math.max(most, Integer.bitCount(yes & signs) - Integer.bitCount(yes & ~signs));
                mean += most / 10.0 / 1_024;
            }
            var estimate = RademacherComplexity.monteCarlo(IntervalUnion.hypotheses(x, k), 10, 5_000, Rng.of(6));
            worst = Math.max(worst, Math.abs(estimate.value() - mean) / estimate.standardError());
            exact = Math.max(exact, Math.abs(RademacherComplexity.exact(IntervalUnion.hypotheses(x, k), 10) - mean));
            // The error of the best union is the brute-force one as well.
            for (int labels = 0; labels < 1_024; labels += 7) {
                var yes = new boolean[10];
                for (int i = 0; i < 10; i++) yes[i] = (labels >> order[i] & 1) == 1;
                int least = 10;
                for (int guess = 0; guess < 1_024; guess++)
                    if (Integer.bitCount(guess & ~(guess << 1)) <= k) least = Math.min(least, Integer.bitCount(guess ^ labels));
                var best = IntervalUnion.fit(x, yes, k).get(k - 1);
                assertThat(best.error(x, yes)).isEqualTo(least / 10.0);
                assertThat(best.count()).isLessThanOrEqualTo(k);
            }
        }
        Evidence.of("largest distance from the enumeration in standard errors, k = 1..5", worst, atMost(3));
        Evidence.of("largest distance of the exact complexity from it", exact, below(1e-12));
    }

    @Test void tiesMarginsAndBadInput() {
        var tied = IntervalUnion.fit(new double[] {1, 1, 2, 2, 2}, new boolean[] {true, false, true, true, false}, 2).get(1);
        assertThat(tied.error(new double[] {1, 1, 2, 2, 2}, new boolean[] {true, false, true, true, false})).isEqualTo(0.4);
        var margin = StructuralRiskMinimization.margin(new double[] {1, 0.5, 0.25}, 1, 400, 0.05);
        assertThat(margin.applyAsDouble(2))
                .isCloseTo(2 * 2 / 20.0 + 3 * Math.sqrt(Math.log(2 / (0.05 * 6 / (4 * Math.PI * Math.PI))) / 800), within(1e-12));
        assertThatThrownBy(() -> StructuralRiskMinimization.choose(0, k -> 1, m -> 0, k -> 0)).hasMessageContaining("0 levels");
        assertThatThrownBy(() -> StructuralRiskMinimization.share(0, 0.1)).hasMessageContaining("level 0");
        assertThatThrownBy(() -> IntervalUnion.fit(new double[] {1}, new boolean[0], 1)).hasMessageContaining("0 labels for 1 points");
    }
}
