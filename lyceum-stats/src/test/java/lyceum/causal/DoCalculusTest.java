package lyceum.causal;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.bayes.Dag;
import lyceum.prob.JointTable;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class DoCalculusTest {
    private static final MixedGraph FRONT_DOOR = MixedGraph.of("x -> m -> y", "x <-> y");

    private static Map<String, Integer> with(Map<String, Integer> a, Map<String, Integer> b) {
        var both = new HashMap<>(a);
        both.putAll(b);
        return both;
    }

    /** Largest distance of the formula to the truth, over all values, with what it must not depend on at random. */
    private static double gap(Estimand estimand, HiddenModel model, Set<String> y, Set<String> x, Set<String> z, Rng rng) {
        var table = model.observed();
        double worst = 0;
        for (var of : HiddenModel.assignments(y))
            for (var action : HiddenModel.assignments(x)) for (var seen : HiddenModel.assignments(z)) {
                var at = with(with(of, action), seen);
                for (String free : estimand.free()) at.putIfAbsent(free, rng.nextInt(2));
                worst = Math.max(worst, Math.abs(estimand.value(table, at) - model.truth(of, action, seen)));
            }
        return worst;
    }

    @Test
    @Acceptance(topic = "do-calculus", clause = 1) void famousGraphs() {
        var rng = Rng.of(754);
        var identified = new MixedGraph[] {MixedGraph.of("w -> x -> y <- w"), FRONT_DOOR,
                MixedGraph.of("w -> z -> x -> y", "w <-> x", "w <-> y"),
                MixedGraph.of("w1 -> x -> y", "w2 -> y2", "w1 <-> w2", "w1 <-> y", "w1 <-> y2", "x <-> w2")};
        var outcomes = List.of(Set.of("y"), Set.of("y"), Set.of("y"), Set.of("y", "y2"));
        double worst = 0;
        int found = 0;
        for (int k = 0; k < 4; k++) {
            var result = new DoCalculus(identified[k]).identify(outcomes.get(k), Set.of("x"));
            if (!result.isIdentified()) continue;
            found++;
            for (int model = 0; model < 10; model++)
                worst = Math.max(worst,
                        gap(result.estimand(), new HiddenModel(identified[k], rng), outcomes.get(k), Set.of("x"), Set.of(), rng));
        }
        assertThat(new DoCalculus(identified[0]).identify(Set.of("y"), Set.of("x")).estimand().text()).isEqualTo("sum_w P(w) P(y | w, x)");
        assertThat(new DoCalculus(identified[0]).backDoorSets("x", "y")).containsExactly(Set.of("w"));
        assertThat(new DoCalculus(FRONT_DOOR).frontDoorSets("x", "y")).containsExactly(Set.of("m"));
        assertThat(new DoCalculus(FRONT_DOOR).backDoorSets("x", "y")).isEmpty();
        assertThat(new DoCalculus(FRONT_DOOR).identify(Set.of("y"), Set.of("x")).estimand().text())
                .isEqualTo("sum_m P(m | x) sum_x' P(x') P(y | m, x')");
        assertThat(new DoCalculus(identified[2]).identify(Set.of("y"), Set.of("x")).estimand().text())
                .isEqualTo("[sum_w P(w) P(x | w, z) P(y | w, x, z)] / [sum_w P(w) P(x | w, z)]");
        assertThat(new DoCalculus(identified[3]).identify(Set.of("y", "y2"), Set.of("x")).estimand().text())
                .isEqualTo("[sum_w1 P(w1) P(y | w1, x)] P(y2)");
        Evidence.of("back-door, front-door, napkin and Shpitser and Pearl's graph identified", found, exactly(4));
        Evidence.of("their formulas against the truth, 10 models each", worst, below(1e-13));
        var hedges = List.of(MixedGraph.of("x -> y", "x <-> y"), MixedGraph.of("x -> m -> y", "x <-> m"),
                MixedGraph.of("z -> x -> y", "x <-> y"), MixedGraph.of("x -> y <- z", "x <-> z", "z <-> y"),
                MixedGraph.of("x -> m -> y", "x <-> y", "m <-> y"), MixedGraph.of("x -> m -> y", "x <-> y", "x <-> m"),
                MixedGraph.of("z -> x -> y", "z <-> y", "x <-> y"));
        int refused = 0, sound = 0;
        for (var graph : hedges) {
            var result = new DoCalculus(graph).identify(Set.of("y"), Set.of("x"));
            if (result.isIdentified()) continue;
            refused++;
            var hedge = result.hedge();
            // A hedge: connected by hidden causes, nested, the action in the difference, leading to the outcome.
            if (graph.induced(hedge.forest()).districts().size() == 1 && graph.induced(hedge.inner()).districts().size() == 1
                    && hedge.forest().containsAll(hedge.inner()) && hedge.forest().contains("x") && !hedge.inner().contains("x")
                    && graph.cutInto(Set.of("x")).ancestors(Set.of("y")).containsAll(hedge.inner()))
                sound++;
            assertThatThrownBy(result::estimand).hasMessageContaining("not identified");
        }
        Evidence.of("bow arc and six hedges refused", refused, exactly(7));
        Evidence.of("hedges that are hedges", sound, exactly(7));
    }

    @Test
    @Acceptance(topic = "do-calculus", clause = 2) void formulasEqualTheTruth() {
        var rng = Rng.of(755);
        double worst = 0, conditional = 0;
        int graphs = 0, identified = 0, refused = 0, conditionals = 0, wrongVerdicts = 0, verdicts = 0, exchanged = 0, wrongExchanges = 0;
        for (; graphs < 300; graphs++) {
            var graph = HiddenModel.randomGraph(rng);
            var model = new HiddenModel(graph, rng);
            var calculus = new DoCalculus(graph);
            for (int query = 0; query < 2; query++) {
                var sets = HiddenModel.deal(rng, graph, 2);
                var result = calculus.identify(sets.get(0), sets.get(1));
                if (!result.isIdentified()) {
                    refused++;
                    continue;
                }
                identified++;
                worst = Math.max(worst, gap(result.estimand(), model, sets.get(0), sets.get(1), Set.of(), rng));
            }
            for (int query = 0; query < 4 && graph.names().size() > 2; query++) {
                var sets = HiddenModel.deal(rng, graph, 3);
                var result = calculus.identify(sets.get(0), sets.get(1), sets.get(2));
                // Identified if and only if rule 2 turns some part of what is seen, or none, into actions that leave an identified joint law.
                boolean plain = calculus.identify(DoQuery.union(sets.get(0), sets.get(2)), sets.get(1)).isIdentified();
                if (result.isIdentified() != (plain || someExchange(graph, sets.get(0), sets.get(1), sets.get(2)))) wrongExchanges++;
                if (result.isIdentified() && !plain) exchanged++;
                if (result.isIdentified() && !sets.get(2).isEmpty()) {
                    conditionals++;
                    conditional = Math.max(conditional, gap(result.estimand(), model, sets.get(0), sets.get(1), sets.get(2), rng));
                }
            }
            // Tian and Pearl (2002): all others under one action are identified unless hidden causes connect it with a child of its own.
            for (String x : graph.names()) {
                var others = DoQuery.minus(graph.names(), Set.of(x));
                boolean bow = graph.arrows().children(x).stream()
                        .anyMatch(c -> graph.districts().stream().anyMatch(d -> d.contains(x) && d.contains(c)));
                if (calculus.identify(others, Set.of(x)).isIdentified() == bow) wrongVerdicts++;
                verdicts++;
            }
        }
        Evidence.of("random graphs", graphs, exactly(300));
        Evidence.of("effects identified", identified, above(250));
        Evidence.of("effects refused", refused, above(50));
        Evidence.of("formula against the truth", worst, below(1e-13));
        Evidence.of("conditional effects identified", conditionals, above(50));
        Evidence.of("their formulas against the truth", conditional, below(1e-13));
        Evidence.of("of these identified only after an exchange by rule 2", exchanged, above(5));
        Evidence.of("conditional verdicts unlike a search over all exchanges", wrongExchanges, exactly(0));
        Evidence.of("of " + verdicts + " effects of one on all others, verdicts unlike Tian and Pearl's", wrongVerdicts, exactly(0));

        int pairs = 0;
        double same = 0, apart = Double.POSITIVE_INFINITY;
        for (int size = 2; size <= 4; size++) for (int k = 0; k < 10; k++, pairs++) {
            assertThat(new DoCalculus(MixedGraph.of("x -> y", "x <-> y")).identify(Set.of("y"), Set.of("x")).isIdentified()).isFalse();
            var p = new double[size][size];
            double all = 0;
            for (var row : p) for (int j = 0; j < size; j++) all += row[j] = rng.nextDoublePositive();
            for (var row : p) for (int j = 0; j < size; j++) row[j] /= all;
            // One model: the hidden cause decides both, y ignores x. The other: it decides x, and y follows x with a noise of its own.
            double[] both = new double[size * size], px = new double[size];
            double[][] first = new double[size * size][size], own = new double[size][size];
            double[][][] deaf = new double[size][size * size][size], follows = new double[size][size][size];
            for (int u = 0; u < size * size; u++) {
                both[u] = p[u / size][u % size];
                px[u / size] += both[u];
                first[u][u / size] = 1;
                for (int x = 0; x < size; x++) deaf[x][u][u % size] = 1;
            }
            for (int u = 0; u < size; u++) {
                own[u][u] = 1;
                for (int x = 0; x < size; x++) for (int y = 0; y < size; y++) follows[x][u][y] = p[x][y] / px[x];
            }
            Bow one = new Bow(both, first, deaf), other = new Bow(px, own, follows);
            double distance = 0;
            for (int x = 0; x < size; x++) for (int y = 0; y < size; y++) {
                same = Math.max(same, Math.abs(one.observed(x, y) - other.observed(x, y)));
                distance = Math.max(distance, Math.abs(one.acted(x, y) - other.acted(x, y)));
            }
            apart = Math.min(apart, distance);
        }
        Evidence.of("bow-arc pairs of models", pairs, atLeast(20));
        Evidence.of("their observational tables differ by", same, below(1e-15));
        Evidence.of("their do-tables differ by at least", apart, above(1e-6));
    }

    private static boolean someExchange(MixedGraph graph, Set<String> y, Set<String> x, Set<String> z) {
        for (var chosen : HiddenModel.assignments(z)) {
            var part = new LinkedHashSet<>(chosen.keySet());
            part.removeIf(name -> chosen.get(name) == 0);
            if (part.isEmpty() || !new DoQuery(graph, y, DoQuery.union(x, part), DoQuery.minus(z, part)).canTurnToObservation(part))
                continue;
            if (new DoCalculus(graph).identify(DoQuery.union(y, DoQuery.minus(z, part)), DoQuery.union(x, part)).isIdentified())
                return true;
        }
        return false;
    }

    /** Every set that the two criteria return makes its formula true, in the table's own sums. */
    @Test void doorsLeadToTheTruth() {
        var rng = Rng.of(758);
        double back = 0, front = 0;
        int backs = 0, fronts = 0, wide = 0;
        for (int k = 0; k < 150; k++) {
            var graph = HiddenModel.randomGraph(rng);
            var model = new HiddenModel(graph, rng);
            double[] joint = model.joint(Map.of());
            for (String x : graph.names()) for (String y : graph.names()) {
                if (x.equals(y)) continue;
                Map<String, Integer> at = Map.of(x, 1), of = Map.of(y, 1);
                double truth = model.truth(of, at, Map.of());
                for (var set : new DoCalculus(graph).backDoorSets(x, y)) {
                    double sum = 0;
                    for (var w : HiddenModel.assignments(set)) sum += model.share(joint, w, Map.of()) * model.share(joint, of, with(w, at));
                    back = Math.max(back, Math.abs(sum - truth));
                    backs++;
                }
                for (var set : new DoCalculus(graph).frontDoorSets(x, y)) {
                    double sum = 0;
                    for (var m : HiddenModel.assignments(set))
                        for (int other = 0; other < 2; other++)
                            sum += model.share(joint, m, at) * model.share(joint, Map.of(x, other), Map.of())
                                    * model.share(joint, of, with(m, Map.of(x, other)));
                    front = Math.max(front, Math.abs(sum - truth));
                    fronts++;
                    if (set.size() > 1) wide++;
                }
            }
        }
        assertThat(backs).isGreaterThan(500);
        assertThat(fronts).isGreaterThan(100);
        assertThat(wide).isGreaterThan(20);
        assertThat(back).isLessThan(1e-13);
        assertThat(front).isLessThan(1e-13);
    }

    /** {@code P(u), P(x | u), P(y | x, u)}: a model on the bow arc. */
    private record Bow(double[] u, double[][] x, double[][][] y) {
        double observed(int a, int b) {
            double sum = 0;
            for (int k = 0; k < u.length; k++) sum += u[k] * x[k][a] * y[a][k][b];
            return sum;
        }

        double acted(int a, int b) {
            double sum = 0;
            for (int k = 0; k < u.length; k++) sum += u[k] * y[a][k][b];
            return sum;
        }
    }

    @Test
    @Acceptance(topic = "do-calculus", clause = 3) void rulesPreserveTheValue() {
        var rng = Rng.of(756);
        int[] applied = new int[3], refused = new int[3], idle = new int[3];
        var worst = new double[3];
        for (int k = 0; k < 1_500; k++) {
            var graph = HiddenModel.randomGraph(rng);
            if (graph.names().size() < 3) continue;
            var model = new HiddenModel(graph, rng);
            var sets = HiddenModel.deal(rng, graph, 4); // y, z, x, w
            Set<String> y = sets.get(0), z = sets.get(1), x = sets.get(2), w = sets.get(3);
            var seeing = new DoQuery(graph, y, x, DoQuery.union(w, z));
            var doing = new DoQuery(graph, y, DoQuery.union(x, z), w);
            DoQuery[] from = {seeing, doing, doing};
            DoQuery[] to = {seeing.canDropObservation(z) ? seeing.dropObservation(z) : null,
                    doing.canTurnToObservation(z) ? doing.actionToObservation(z) : null,
                    doing.canDropAction(z) ? doing.dropAction(z) : null};
            DoQuery[] target = {new DoQuery(graph, y, x, w), seeing, new DoQuery(graph, y, x, w)};
            for (int rule = 0; rule < 3; rule++) {
                double gap = 0;
                for (var at : HiddenModel.assignments(Set.copyOf(DoQuery.union(DoQuery.union(y, z), DoQuery.union(x, w)))))
                    gap = Math.max(gap, Math.abs(value(model, from[rule], at) - value(model, target[rule], at)));
                if (to[rule] != null) {
                    assertThat(to[rule]).isEqualTo(target[rule]);
                    applied[rule]++;
                    worst[rule] = Math.max(worst[rule], gap);
                } else if (gap < 1e-9) idle[rule]++;
                else refused[rule]++;
            }
        }
        for (int rule = 0; rule < 3; rule++) {
            Evidence.of("rule " + (rule + 1) + " applied", applied[rule], above(50));
            Evidence.of("largest change of the value", worst[rule], below(1e-13));
            Evidence.of("refused, and the value changes", refused[rule], above(50));
            // The criteria are complete: where one fails, the value changes in almost every model.
            Evidence.of("refused, and the value does not change", idle[rule], exactly(0));
        }
    }

    private static double value(HiddenModel model, DoQuery query, Map<String, Integer> at) {
        return model.truth(only(at, query.of()), only(at, query.action()), only(at, query.observed()));
    }

    private static Map<String, Integer> only(Map<String, Integer> at, Set<String> names) {
        var only = new HashMap<>(at);
        only.keySet().retainAll(names);
        return only;
    }

    @Test
    @Acceptance(topic = "do-calculus", clause = 4) void frontDoorFromSamples() {
        var rng = Rng.of(757);
        var formula = new DoCalculus(FRONT_DOOR).identify(Set.of("y"), Set.of("x")).estimand();
        double worst = 0, naive = 0, spread = 0;
        int compared = 0;
        for (int k = 0; k < 10; k++) {
            var model = new HiddenModel(FRONT_DOOR, rng);
            var truth = model.observed();
            int[][] rows = truth.sample(rng, 50_000);
            var table = JointTable.observed(truth.names(), new int[] {2, 2, 2}, rows);
            for (int x = 0; x < 2; x++, compared++) {
                var effect = formula.plugIn(table, 50_000, Map.of("x", x, "y", 1));
                worst = Math.max(worst,
                        Math.abs(effect.estimate() - model.truth(Map.of("y", 1), Map.of("x", x), Map.of())) / effect.standardError());
                naive = Math.max(naive, Math.abs(
                        model.truth(Map.of("y", 1), Map.of(), Map.of("x", x)) - model.truth(Map.of("y", 1), Map.of("x", x), Map.of())));
            }
            // The error is that of repeated samples.
            if (k > 0) continue;
            double error = formula.plugIn(truth, 2_000, Map.of("x", 1, "y", 1)).standardError(), mean = 0, square = 0;
            for (int run = 0; run < 400; run++) {
                double value = formula.value(JointTable.observed(truth.names(), new int[] {2, 2, 2}, truth.sample(rng, 2_000)),
                        Map.of("x", 1, "y", 1));
                mean += value / 400;
                square += value * value / 400;
            }
            spread = Math.sqrt(square - mean * mean) / error;
        }
        Evidence.of("effects from 50,000 rows", compared, exactly(20));
        Evidence.of("distance to the truth in standard errors", worst, atMost(3));
        Evidence.of("what conditioning instead would miss by", naive, above(0.05));
        assertThat(spread).isBetween(0.85, 1.15);
    }

    /** The article's numbers: P(m = 1 | x) 0.9 and 0.3, P(y = 1 | m, x) 0.28, 0.58, 0.52, 0.82. */
    @Test void theArticlesFrontDoor() {
        double[] m = {0.3, 0.9}, y = {0.28, 0.52, 0.58, 0.82}, joint = new double[8];
        for (int x = 0; x < 2; x++) for (int a = 0; a < 2; a++) for (int b = 0; b < 2; b++) {
            double py = y[2 * a + x];
            joint[4 * x + 2 * a + b] = 0.5 * (a == 1 ? m[x] : 1 - m[x]) * (b == 1 ? py : 1 - py);
        }
        var table = JointTable.of(List.of("x", "m", "y"), Tensor.of(joint, 2, 2, 2));
        var formula = new DoCalculus(FRONT_DOOR).identify(Set.of("y"), Set.of("x")).estimand();
        assertThat(formula.value(table, Map.of("x", 1, "y", 1))).isCloseTo(0.67, within(1e-12));
        assertThat(formula.value(table, Map.of("x", 0, "y", 1))).isCloseTo(0.49, within(1e-12));
        assertThat(Estimand.probability(Set.of("y"), Set.of("x")).value(table, Map.of("x", 1, "y", 1))).isCloseTo(0.79, within(0.005));
        assertThat(Estimand.probability(Set.of("y"), Set.of("x")).value(table, Map.of("x", 0, "y", 1))).isCloseTo(0.37, within(0.005));
    }

    @Test void mistakesAreNamed() {
        assertThatThrownBy(() -> new DoQuery(FRONT_DOOR, Set.of("y"), Set.of("y"), Set.of())).hasMessageContaining("share no node");
        assertThatThrownBy(() -> new DoQuery(FRONT_DOOR, Set.of("y"), Set.of("x"), Set.of()).actionToObservation(Set.of("x")))
                .hasMessageContaining("rule 2: P(y | do(x)) is not P(y | x)");
        assertThatThrownBy(() -> new MixedGraph(Dag.of("a"), Set.of(Set.of("a")))).hasMessageContaining("it has two effects");
        assertThatThrownBy(() -> new DoQuery(FRONT_DOOR, Set.of("y"), Set.of("x"), Set.of()).dropAction(Set.of("m")))
                .hasMessageContaining("not part of");
        var empty = JointTable.of(List.of("x", "m", "y"), Tensor.of(new double[] {0, 0, 0, 0, 0.5, 0.2, 0.2, 0.1}, 2, 2, 2));
        assertThatThrownBy(() -> Estimand.probability(Set.of("y"), Set.of("x")).value(empty, Map.of("x", 0, "y", 1)))
                .hasMessageContaining("probability 0");
        assertThat(new DoQuery(FRONT_DOOR, Set.of("m"), Set.of("x"), Set.of()).actionToObservation(Set.of("x"))).hasToString("P(m | x)");
    }
}
