package lyceum.causal;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import lyceum.bayes.Dag;
import lyceum.random.Rng;
import lyceum.stats.Glm;
import lyceum.stats.TestResult;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class ConfoundingTest {
    /** Men admitted and rejected, women admitted and rejected, in the departments A to F. */
    private static final StratifiedTable BERKELEY = new StratifiedTable(List.of("A", "B", "C", "D", "E", "F"), new double[][] {
            {512, 313, 89, 19}, {353, 207, 17, 8}, {120, 205, 202, 391}, {138, 279, 131, 244}, {53, 138, 94, 299}, {22, 351, 24, 317}});

    @Test
    @Acceptance(topic = "simpsons-paradox", clause = 1) void berkeleyAdmissions() {
        double[] c = BERKELEY.crude();
        Evidence.of("men admitted, %", Math.rint(1000 * c[0] / (c[0] + c[1])) / 10, exactly(44.5));
        Evidence.of("women admitted, %", Math.rint(1000 * c[2] / (c[2] + c[3])) / 10, exactly(30.4));
        Evidence.of("pooled odds ratio less 0.9047", Math.abs(BERKELEY.mantelHaenszelOddsRatio() - 0.9047), below(1e-4));
        double worst = 0;
        int compared = 0;
        for (var g : Golden.load("golden/simpsons-paradox.json").list("cases")) {
            double[][] counts = g.matrix("input.counts");
            var table = new StratifiedTable(IntStream.range(0, counts.length).mapToObj(i -> "s" + i).toList(), counts);
            TestResult plain = table.test(false), corrected = table.test(true);
            double[] theirs = g.doubles("expected.test");
            double[] ours = {table.mantelHaenszelOddsRatio(), plain.interval().low(), plain.interval().high(), plain.statistic(),
                    plain.pValue(), corrected.statistic(), corrected.pValue()};
            for (int k = 0; k < 7; k++) worst = Math.max(worst, Math.abs(ours[k] - theirs[k]) / Math.max(1, Math.abs(theirs[k])));
            if (compared++ == 0) {
                Evidence.of("Berkeley's counts that differ from R's", Arrays.deepEquals(counts, BERKELEY.counts()) ? 0 : 1, exactly(0));
                Evidence.of("odds ratio by R's mantelhaen.test less 0.9047", Math.abs(theirs[0] - 0.9047), below(1e-4));
            }
        }
        Evidence.of("tables against R, Berkeley's the first", compared, exactly(13));
        Evidence.of("odds ratio, interval, statistics, p: largest relative gap", worst, below(1e-12));
        // Department lies between sex and admission: strata answer another question than the whole.
        var question = new Confounding(Dag.of("sex -> department -> admission <- sex"), "sex", "admission");
        assertThat(question.answer(Set.of("department"))).isEqualTo(Confounding.Answer.CRUDE);
    }

    /** A model {@code x_i = sum w_ij x_j + e_i} over nodes v0, v1, ... in an order of its own. */
    private record Linear(Dag graph, double[][] weights, int[] order) {
        static Linear random(Rng rng, int n) {
            int[] order = rng.permutation(n);
            var edge = new boolean[n][n];
            var weights = new double[n][n];
            for (int a = 0; a < n; a++) for (int b = 0; b < a; b++) if (rng.nextDouble() < 0.45) {
                edge[order[b]][order[a]] = true;
                weights[order[a]][order[b]] = (rng.nextDouble() < 0.5 ? -1 : 1) * (0.5 + rng.nextDouble());
            }
            return new Linear(Dag.of(IntStream.range(0, n).mapToObj(i -> "v" + i).toList(), edge), weights, order);
        }

        double[][] sample(Rng rng, int n) {
            var rows = new double[n][order.length];
            for (var row : rows) for (int i : order) {
                row[i] = rng.nextGaussian();
                for (int j = 0; j < row.length; j++) row[i] += weights[i][j] * row[j];
            }
            return rows;
        }

        /** What one unit more of x adds to y, along the arrows. */
        double effect(int x, int y) {
            var moved = new double[order.length];
            boolean after = false;
            for (int i : order) {
                if (i == x) {
                    moved[i] = 1;
                    after = true;
                } else if (after) for (int j = 0; j < moved.length; j++) moved[i] += weights[i][j] * moved[j];
            }
            return moved[y];
        }
    }

    /** Coefficient of x in the regression of y on x and the named others, over the whole population: from the covariance {@code A A^T}, no sample. */
    private static double populationCoefficient(Linear model, int x, int y, Set<String> others) {
        int n = model.order.length;
        var load = new double[n][n]; // of each variable on the noises
        for (int i : model.order) {
            load[i][i] = 1;
            for (int j = 0; j < n; j++)
                for (int u = 0; u < n && model.weights[i][j] != 0; u++) load[i][u] += model.weights[i][j] * load[j][u];
        }
        int[] columns = IntStream.concat(IntStream.of(x), others.stream().mapToInt(s -> s.charAt(1) - '0')).toArray();
        int k = columns.length;
        var m = new double[k][k + 1];
        for (int a = 0; a < k; a++)
            for (int b = 0; b <= k; b++) for (int u = 0; u < n; u++) m[a][b] += load[columns[a]][u] * load[b == k ? y : columns[b]][u];
        for (int a = k - 1; a >= 0; a--) for (int b = 0; b < a; b++) { // Gauss upwards: the first unknown is left alone
            double factor = m[b][a] / m[a][a];
            for (int c = 0; c <= k; c++) m[b][c] -= factor * m[a][c];
        }
        return m[0][k] / m[0][0];
    }

    /**
     * Which colliders spoil the comparison, by the population's own coefficients, for every minimal set: all that are flagged and no other. Some biases are small:
     * with six nodes 7% are below 0.03, which is about 3 errors of 10,000 units.
     */
    @Test void flagsAreTheBiases() {
        var rng = Rng.of(733);
        int flagged = 0, harmless = 0, wrong = 0, spoilt = 0;
        for (int k = 0; k < 2_000; k++) {
            var model = Linear.random(rng, 4 + k % 4);
            int[] pair = rng.sample(model.order.length, 2);
            int x = pair[0], y = pair[1];
            if (model.effect(x, y) == 0) continue;
            var question = new Confounding(model.graph, "v" + x, "v" + y);
            for (var set : question.minimalAdjustmentSets()) {
                if (Math.abs(populationCoefficient(model, x, y, set) - model.effect(x, y)) > 1e-9) spoilt++;
                var harmful = question.harmfulColliders(set);
                for (var path : question.paths()) for (String collider : path.colliders()) {
                    if (set.contains(collider)) continue;
                    var with = new HashSet<>(set);
                    with.add(collider);
                    boolean biased = Math.abs(populationCoefficient(model, x, y, with) - model.effect(x, y)) > 1e-9;
                    if (biased != harmful.contains(collider)) wrong++;
                    if (biased) flagged++;
                    else harmless++;
                }
            }
        }
        assertThat(spoilt).isZero();
        assertThat(wrong).isZero();
        assertThat(flagged).isGreaterThan(1_000);
        assertThat(harmless).isGreaterThan(100);
    }

    /** Coefficient of x and its error in a regression of y on x, a constant and the named others. */
    private static double[] regression(double[][] rows, int x, int y, Set<String> others) {
        int[] columns = others.stream().mapToInt(s -> s.charAt(1) - '0').toArray();
        var design = new double[rows.length][columns.length + 2];
        var response = new double[rows.length];
        for (int i = 0; i < rows.length; i++) {
            design[i][0] = rows[i][x];
            design[i][1] = 1;
            for (int k = 0; k < columns.length; k++) design[i][k + 2] = rows[i][columns[k]];
            response[i] = rows[i][y];
        }
        var fit = new Glm(Glm.Family.GAUSSIAN).fit(design, response);
        return new double[] {fit.coefficients()[0], fit.standardErrors()[0]};
    }

    @Test
    @Acceptance(topic = "simpsons-paradox", clause = 2) void adjustmentRecoversTheCoefficient() {
        var rng = Rng.of(1);
        int models = 0, within = 0, biased = 0, needed = 0;
        double worst = 0;
        for (int k = 0; models < 200; k++) {
            var model = Linear.random(rng, 5);
            int[] pair = rng.sample(5, 2);
            int x = pair[0], y = pair[1];
            var question = new Confounding(model.graph, "v" + x, "v" + y);
            var sets = question.minimalAdjustmentSets();
            if (sets.isEmpty() || model.effect(x, y) == 0) continue;
            var set = sets.get(rng.nextInt(sets.size()));
            var harmful = new ArrayList<>(question.harmfulColliders(set));
            if (harmful.isEmpty()) continue;
            if (models % 2 == 0 && set.isEmpty()) continue;
            double[][] rows = model.sample(rng.split(k), 10_000);
            double[] adjusted = regression(rows, x, y, set);
            double gap = Math.abs(adjusted[0] - model.effect(x, y)) / adjusted[1];
            worst = Math.max(worst, gap);
            if (gap <= 4) within++;
            if (!set.isEmpty()) needed++;
            var spoiled = new HashSet<>(set);
            spoiled.add(harmful.getFirst());
            double[] wrong = regression(rows, x, y, spoiled);
            if (Math.abs(wrong[0] - model.effect(x, y)) > 3 * wrong[1]) biased++;
            models++;
        }
        Evidence.of("models with an effect, an adjustment set and a flagged collider", models, exactly(200));
        Evidence.of("of these with something to adjust for", needed, atLeast(100));
        Evidence.of("within 4 standard errors of the causal coefficient", within, exactly(200));
        Evidence.of("largest distance in standard errors", worst, atMost(4));
        Evidence.of("share biased by more than 3 standard errors by the flagged collider", biased / 200.0, atLeast(0.95));
    }

    /** Whether a set blocks every path of the skeleton that begins with an arrow into x: no reachability, just paths. */
    private static boolean blocksBackDoors(boolean[][] edge, int x, int y, int set) {
        var reach = reach(edge);
        for (int v = 0; v < edge.length; v++) if ((set >> v & 1) == 1 && reach[x][v]) return false;
        return !open(edge, reach, new int[] {x}, y, set, true);
    }

    /** Whether a set blocks every path that is not causal and holds nothing that follows from a node on a causal one. */
    private static boolean blocksWhatIsNotCausal(boolean[][] edge, int x, int y, int set) {
        var reach = reach(edge);
        for (int v = 0; v < edge.length; v++)
            for (int on = 0; on < edge.length; on++)
                if ((set >> v & 1) == 1 && on != x && reach[x][on] && reach[on][y] && reach[on][v]) return false;
        return !open(edge, reach, new int[] {x}, y, set, false);
    }

    private static boolean[][] reach(boolean[][] edge) {
        int n = edge.length;
        var reach = new boolean[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) reach[i][j] = edge[i][j] || i == j;
        for (int k = 0; k < n; k++) for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) reach[i][j] |= reach[i][k] && reach[k][j];
        return reach;
    }

    private static boolean open(boolean[][] edge, boolean[][] reach, int[] path, int y, int set, boolean backDoors) {
        int last = path[path.length - 1], n = edge.length;
        if (last == y) {
            if (IntStream.range(1, path.length).allMatch(i -> edge[path[i - 1]][path[i]])) return false;
            for (int i = 1; i + 1 < path.length; i++) {
                boolean collider = edge[path[i - 1]][path[i]] && edge[path[i + 1]][path[i]];
                boolean passes = false;
                if (!collider) passes = (set >> path[i] & 1) == 0;
                else for (int d = 0; d < n; d++) passes |= reach[path[i]][d] && (set >> d & 1) == 1;
                if (!passes) return false;
            }
            return true;
        }
        for (int next = 0; next < n; next++) {
            int to = next;
            boolean joined = backDoors && path.length == 1 ? edge[next][last] : edge[next][last] || edge[last][next];
            if (!joined || IntStream.of(path).anyMatch(v -> v == to)) continue;
            int[] longer = Arrays.copyOf(path, path.length + 1);
            longer[path.length] = next;
            if (open(edge, reach, longer, y, set, backDoors)) return true;
        }
        return false;
    }

    @Test
    @Acceptance(topic = "simpsons-paradox", clause = 3) void setsEqualBruteForce() {
        var rng = Rng.of(731);
        int graphs = 0, questions = 0, wrong = 0, found = 0, none = 0, wrongValid = 0, validSets = 0;
        for (; graphs < 300; graphs++) {
            int[] order = rng.permutation(5);
            double density = 0.2 + 0.6 * rng.nextDouble();
            var edge = new boolean[5][5];
            for (int a = 0; a < 5; a++) for (int b = 0; b < a; b++) edge[order[b]][order[a]] = rng.nextDouble() < density;
            var graph = Dag.of(IntStream.range(0, 5).mapToObj(i -> "v" + i).toList(), edge);
            for (int x = 0; x < 5; x++) for (int y = 0; y < 5; y++) {
                if (x == y) continue;
                var expected = new HashSet<Set<String>>();
                for (int set = 0; set < 32; set++) {
                    if ((set >> x & 1) == 1 || (set >> y & 1) == 1) continue;
                    int s = set;
                    var named = new HashSet<>(IntStream.range(0, 5).filter(v -> (s >> v & 1) == 1).mapToObj(v -> "v" + v).toList());
                    if (blocksBackDoors(edge, x, y, set)) expected.add(named);
                    boolean valid = blocksWhatIsNotCausal(edge, x, y, set);
                    if (valid != new Confounding(graph, "v" + x, "v" + y).isValid(named)) wrongValid++;
                    if (valid) validSets++;
                }
                var sets = new Confounding(graph, "v" + x, "v" + y).adjustmentSets();
                if (!new HashSet<>(sets).equals(expected) || sets.size() != expected.size()) wrong++;
                found += sets.size();
                if (sets.isEmpty()) none++;
                questions++;
            }
        }
        Evidence.of("graphs", graphs, exactly(300));
        Evidence.of("questions that have no set", none, above(100));
        Evidence.of("sets found in " + questions + " questions", found, above(5_000));
        Evidence.of("questions answered otherwise than by brute force", wrong, exactly(0));
        Evidence.of("sets that meet the adjustment criterion", validSets, above(found));
        Evidence.of("of 48,000 sets judged otherwise by paths", wrongValid, exactly(0));
    }

    @Test
    @Acceptance(topic = "simpsons-paradox", clause = 4) void kidneyStones() {
        var stones = new StratifiedTable(List.of("small", "large"), new double[][] {{81, 6, 234, 36}, {192, 71, 55, 25}});
        double[] c = stones.crude();
        Evidence.of("open, successes", c[0], exactly(273));
        Evidence.of("open, patients", c[0] + c[1], exactly(350));
        Evidence.of("percutaneous, successes", c[2], exactly(289));
        Evidence.of("percutaneous, patients", c[2] + c[3], exactly(350));
        double[][] told = {{93, 87}, {73, 69}};
        for (int s = 0; s < 2; s++) {
            double[] n = stones.counts()[s];
            assertThat(Math.rint(100 * n[0] / (n[0] + n[1]))).isEqualTo(told[s][0]);
            assertThat(Math.rint(100 * n[2] / (n[2] + n[3]))).isEqualTo(told[s][1]);
            Evidence.of("open less percutaneous, in points, " + stones.names().get(s), 100 * stones.difference(s), above(3));
        }
        Evidence.of("open less percutaneous, in points, crude", Math.rint(100 * stones.crudeDifference()), exactly(-5));
        Evidence.that("the table reverses", stones.reverses() && stones.standardisationReverses());
        Evidence.of("standardised, open", Math.rint(1000 * stones.standardisedRate(true)) / 1000, exactly(0.833));
        Evidence.of("standardised, percutaneous", Math.rint(1000 * stones.standardisedRate(false)) / 1000, exactly(0.779));
        var question = new Confounding(Dag.of("stone -> treatment -> success <- stone"), "treatment", "success");
        assertThat(question.answer(Set.of("stone"))).isEqualTo(Confounding.Answer.ADJUSTED);
        assertThat(question.adjustmentSets()).containsExactly(Set.of("stone"));
        // A table that does not reverse.
        assertThat(new StratifiedTable(List.of("a", "b"), new double[][] {{10, 5, 5, 10}, {4, 8, 3, 9}}).reverses()).isFalse();
        assertThat(BERKELEY.reverses()).isFalse();
        assertThat(BERKELEY.standardisationReverses()).isTrue();
    }

    @Test void pathsAndKinds() {
        var graph = Dag.of("x -> m -> y", "x <- a -> w <- b -> y", "x -> c <- y", "x <- u -> y");
        var question = new Confounding(graph, "x", "y", Set.of("u"));
        assertThat(question.paths().stream().map(p -> p + ": " + p.kind()).toList()).containsExactly("x -> m -> y: CAUSAL",
                "x <- u -> y: CONFOUNDING", "x -> c <- y: COLLIDER", "x <- a -> w <- b -> y: COLLIDER");
        assertThat(question.adjustmentSets()).isEmpty();
        var seen = new Confounding(graph, "x", "y");
        assertThat(seen.minimalAdjustmentSets()).containsExactly(Set.of("u"));
        assertThat(seen.harmfulColliders(Set.of("u"))).containsExactlyInAnyOrder("c", "w");
        assertThat(seen.harmfulColliders(Set.of("u", "a"))).containsExactly("c");
        assertThat(seen.answer(Set.of("a"))).isEqualTo(Confounding.Answer.NEITHER);
        assertThat(new Confounding(Dag.of("z -> x -> y"), "x", "y").answer(Set.of("z"))).isEqualTo(Confounding.Answer.EITHER);
        assertThatThrownBy(() -> seen.isAdjustmentSet(Set.of("y"))).hasMessageContaining("the treatment or the outcome");
        assertThatThrownBy(() -> new StratifiedTable(List.of("a"), new double[][] {{0, 0, 1, 1}}))
                .hasMessageContaining("nobody is treated");
    }

    /** The dice of the article: sums of 9 or more. */
    @Test void selectionOnASum() {
        double n = 0, sx = 0, sxx = 0, sxy = 0;
        for (int a = 1; a <= 6; a++) for (int b = 1; b <= 6; b++) if (a + b >= 9) {
            n++;
            sx += a;
            sxx += a * a;
            sxy += a * b;
        }
        assertThat(n).isEqualTo(10);
        assertThat((sxy / n - sx * sx / n / n) / (sxx / n - sx * sx / n / n)).isCloseTo(-0.5, within(1e-12));
    }
}
