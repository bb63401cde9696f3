package lyceum.bayes;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import lyceum.prob.ConditionalTable;
import lyceum.prob.MultivariateNormal;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class BayesianNetworkTest {
    /** Murphy's: clouds, a sprinkler that is seldom on under them, rain that is likely, wet grass. */
    static BayesianNetwork sprinkler() {
        return BayesianNetwork.of(
                ConditionalTable.of(List.of("sprinkler", "rain"), List.of("wet"),
                        Tensor.of(new double[] {1, 0, 0.1, 0.9, 0.1, 0.9, 0.01, 0.99}, 2, 2, 2)),
                ConditionalTable.of(List.of("cloudy"), List.of("rain"), Tensor.of(new double[][] {{0.8, 0.2}, {0.2, 0.8}})),
                ConditionalTable.of(List.of("cloudy"), List.of("sprinkler"), Tensor.of(new double[][] {{0.5, 0.5}, {0.9, 0.1}})),
                ConditionalTable.of(List.of(), List.of("cloudy"), Tensor.of(0.5, 0.5)));
    }

    @Test
    @Acceptance(topic = "bayesian-network", clause = 1) void murphysSprinkler() {
        var net = sprinkler();
        double rain = net.query(List.of("rain"), Map.of("wet", 1)).probability(1),
                sprinkler = net.query(List.of("sprinkler"), Map.of("wet", 1)).probability(1);
        Evidence.of("P(rain | wet) less 0.7079", Math.abs(rain - 0.7079), below(1e-4));
        Evidence.of("P(sprinkler | wet) less 0.4298", Math.abs(sprinkler - 0.4298), below(1e-4));
        // By hand: P(wet) = 0.5 (0.5 0.2 0.99 + 0.5 0.2 0.9 + 0.5 0.8 0.9) + 0.5 (0.1 0.8 0.99 + 0.9 0.8 0.9 + 0.1 0.2 0.9) = 0.6471
        assertThat(Math.exp(net.logProbability(Map.of("wet", 1)))).isCloseTo(0.6471, within(1e-14));
        assertThat(net.query(List.of("sprinkler"), Map.of("rain", 1, "wet", 1)).probability(1)).isCloseTo(0.08910 / 0.4581, within(1e-12));
    }

    @Test
    @Acceptance(topic = "bayesian-network", clause = 2) void eliminationIsEnumeration() {
        var rng = Rng.of(574);
        double worst = 0, evidenceGap = 0;
        int nets = 0, hidden = 0;
        for (; nets < 300; nets++) {
            var dense = DenseNet.random(rng, 7, 0.2 + 0.6 * rng.nextDouble(), 3, 0, 1);
            var net = dense.network();
            int[] order = rng.permutation(7);
            int asked = 1 + rng.nextInt(3), known = rng.nextInt(4);
            var evidence = new HashMap<String, Integer>();
            for (int k = asked; k < asked + known; k++) evidence.put("v" + order[k], rng.nextInt(dense.sizes()[order[k]]));
            hidden += 7 - asked - known;
            double all = dense.sum(v -> evidence.entrySet().stream().allMatch(e -> v[e.getKey().charAt(1) - '0'] == e.getValue()));
            evidenceGap = Math.max(evidenceGap, Math.abs(net.logProbability(evidence) - Math.log(all)));
            var of = Arrays.stream(order, 0, asked).mapToObj(i -> "v" + i).toList();
            var answer = net.query(of, evidence);
            var values = new int[asked];
            for (int cell = 0; cell < Arrays.stream(order, 0, asked).map(i -> dense.sizes()[i]).reduce(1, (a, b) -> a * b); cell++) {
                for (int k = asked - 1, c = cell; k >= 0; c /= dense.sizes()[order[k--]]) values[k] = c % dense.sizes()[order[k]];
                double both = dense.sum(v -> evidence.entrySet().stream().allMatch(e -> v[e.getKey().charAt(1) - '0'] == e.getValue())
                        && IntStream.range(0, asked).allMatch(k -> v[order[k]] == values[k]));
                worst = Math.max(worst, Math.abs(answer.probability(values) - both / all));
            }
            double[] joint = net.joint().probabilities().toDoubleArray(), loop = dense.joint();
            int cell = rng.nextInt(loop.length);
            worst = Math.max(worst, Math.abs(joint[cell] - loop[cell]));
            worst = Math.max(worst, Math.abs(Math.exp(net.logProbability(dense.values(cell))) - loop[cell]));
        }
        Evidence.of("networks", nets, exactly(300));
        Evidence.of("variables summed out, over all of them", hidden, above(600));
        Evidence.of("P(query | evidence) against enumeration", worst, below(1e-12));
        Evidence.of("log P(evidence) against enumeration", evidenceGap, below(1e-12));
    }

    @Test
    @Acceptance(topic = "bayesian-network", clause = 3) void separationIsIndependence() {
        var rng = Rng.of(575);
        int separated = 0, connected = 0, wrong = 0;
        double largestSeparated = 0, smallestConnected = 1;
        for (int k = 0; k < 200; k++) {
            var dense = DenseNet.random(rng, 5, 0.2 + 0.5 * rng.nextDouble(), 2, 0.1, 0.9);
            var graph = dense.network().graph();
            double[] joint = dense.joint();
            for (int i = 0; i < 5; i++) for (int j = i + 1; j < 5; j++) for (int s = 0; s < 32; s++) {
                if ((s >> i & 1) == 1 || (s >> j & 1) == 1) continue;
                int set = s;
                var given = IntStream.range(0, 5).filter(v -> (set >> v & 1) == 1).mapToObj(v -> "v" + v).toArray(String[]::new);
                boolean says = graph.separated("v" + i, "v" + j, given);
                double gap = dependence(dense, joint, i, j, s);
                if (says) largestSeparated = Math.max(largestSeparated, gap);
                else smallestConnected = Math.min(smallestConnected, gap);
                if (says) separated++;
                else connected++;
                if (says != gap < 1e-9 || says != graph.separated("v" + j, "v" + i, given)) wrong++;
            }
        }
        Evidence.of("triples compared", separated + connected, exactly(200 * 10 * 8));
        Evidence.of("of these separated", separated, above(3_000));
        Evidence.of("of these connected", connected, above(3_000));
        Evidence.of("triples on which graph and probabilities disagree", wrong, exactly(0));
        Evidence.of("largest dependence of a separated triple", largestSeparated, below(1e-9));
        Evidence.of("smallest dependence of a connected triple", smallestConnected, atLeast(1e-9));
    }

    /** {@code max |p(x, y | z) - p(x | z) p(y | z)|} of binary variables. */
    private static double dependence(DenseNet dense, double[] joint, int i, int j, int set) {
        double worst = 0;
        for (int z = 0; z < 32; z++) {
            if ((z & ~set) != 0) continue;
            var p = new double[4];
            for (int cell = 0; cell < 32; cell++) {
                int[] v = dense.values(cell);
                boolean matches = true;
                for (int k = 0; k < 5; k++) if ((set >> k & 1) == 1 && v[k] != (z >> k & 1)) matches = false;
                if (matches) p[2 * v[i] + v[j]] += joint[cell];
            }
            double all = p[0] + p[1] + p[2] + p[3];
            for (int x = 0; x < 2; x++)
                for (int y = 0; y < 2; y++)
                    worst = Math.max(worst, Math.abs(p[2 * x + y] / all - (p[2 * x] + p[2 * x + 1]) / all * (p[y] + p[2 + y]) / all));
        }
        return worst;
    }

    @Test
    @Acceptance(topic = "bayesian-network", clause = 4) void tablesFromFiftyThousandSamples() {
        var rng = Rng.of(576);
        double worst = 0;
        int compared = 0, rare = 0;
        for (int k = 0; k < 6; k++) {
            var net = k == 0 ? sprinkler() : DenseNet.random(rng, 5, 0.4, 3, 0.05, 0.95).network();
            var sizes = net.names().stream().mapToInt(net::size).toArray();
            int[][] rows = net.sample(rng.split(k), 50_000);
            var fit = BayesianNetwork.fit(net.graph(), sizes, rows, 0);
            for (String name : net.names()) {
                int[] family = Arrays.copyOf(net.graph().parents(net.graph().at(name)), net.graph().parents(name).size() + 1);
                int last = family.length - 1;
                family[last] = net.graph().at(name);
                double[] truth = net.table(name).probabilities().toDoubleArray(), learnt = fit.table(name).probabilities().toDoubleArray();
                var visits = new int[truth.length / sizes[family[last]]];
                for (var row : rows) {
                    int context = 0;
                    for (int p = 0; p < last; p++) context = context * sizes[family[p]] + row[family[p]];
                    visits[context]++;
                }
                for (int cell = 0; cell < truth.length; cell++) {
                    if (visits[cell / sizes[family[last]]] < 10_000) {
                        rare++;
                        continue;
                    }
                    worst = Math.max(worst, Math.abs(truth[cell] - learnt[cell]));
                    compared++;
                }
            }
        }
        Evidence.of("entries compared", compared, above(60));
        Evidence.of("largest error of an entry with 10,000 visits; " + rare + " entries had fewer", worst, atMost(0.02));
    }

    @Test void pseudoCountsAreTheModeUnderDirichletPriors() {
        var graph = Dag.of("a -> b");
        int[][] rows = {{0, 0}, {0, 0}, {0, 1}, {1, 2}};
        var fit = BayesianNetwork.fit(graph, new int[] {3, 3}, rows, 0.5);
        assertThat(fit.table("a").row()).containsExactly(new double[] {3.5 / 5.5, 1.5 / 5.5, 0.5 / 5.5}, within(1e-15));
        assertThat(fit.table("b").row(0)).containsExactly(new double[] {2.5 / 4.5, 1.5 / 4.5, 0.5 / 4.5}, within(1e-15));
        assertThat(BayesianNetwork.fit(graph, new int[] {3, 3}, rows, 0).table("b").row(2))
                .containsExactly(new double[] {1 / 3.0, 1 / 3.0, 1 / 3.0}, within(1e-15));
    }

    @Test
    @Acceptance(topic = "bayesian-network", clause = 5) void emClimbsAndReachesTheTruth() {
        var rng = Rng.of(577);
        double fall = 0, shortfall = Double.NEGATIVE_INFINITY, gap = 0;
        int runs = 0, problems = 0, rising = 0;
        for (int k = 0; k < 6; k++) {
            var dense = k < 2 ? latentClass(rng) : DenseNet.random(rng, 5, 0.5, 3, 0.1, 0.9);
            var net = dense.network();
            int[][] rows = net.sample(rng.split(k), 400);
            for (var row : rows) for (int v = 0; v < 5; v++) if (k < 2 ? v == 0 : v == k - 2 || rng.nextDouble() < 0.2) row[v] = -1;
            var model = new NetworkEm(net.graph(), dense.sizes(), rows, 0);
            double truth = logLikelihood(dense, rows);
            gap = Math.max(gap, Math.abs(truth - model.objective(model.theta(net))) / Math.abs(truth));
            double best = Double.NEGATIVE_INFINITY;
            for (int start = 0; start <= 10; start++) {
                double[] theta = start == 10 ? model.theta(net) : model.randomStart(rng.split(100 * k + start));
                var fit = new ExpectationMaximization().withMaxIterations(200).withTolerance(1e-6).fit(model, theta);
                var path = fit.path();
                for (int i = 1; i < path.size(); i++) fall = Math.max(fall, (path.get(i - 1) - path.get(i)) / Math.abs(path.get(i - 1)));
                if (path.getLast() > path.getFirst() + 1) rising++;
                var fitted = model.network(fit.theta());
                var tables = fitted.names().stream().map(n -> fitted.table(n).probabilities().toDoubleArray()).toArray(double[][]::new);
                double reached = logLikelihood(new DenseNet(dense.sizes(), dense.parents(), tables), rows);
                gap = Math.max(gap, Math.abs(reached - path.getLast()) / Math.abs(reached));
                best = Math.max(best, reached);
                runs++;
            }
            shortfall = Math.max(shortfall, truth - best);
            problems++;
        }
        Evidence.of("problems", problems, exactly(6));
        Evidence.of("runs of which the likelihood rose by more than 1", rising, above(60));
        Evidence.of("largest relative fall in " + runs + " runs", fall, atMost(1e-10));
        Evidence.of("truth's log-likelihood less the best run's", shortfall, atMost(0));
        Evidence.of("log-likelihood against enumeration, relative", gap, below(1e-13));
    }

    private static DenseNet latentClass(Rng rng) {
        var net = DenseNet.random(rng, 5, 0, 2, 0.3, 0.7);
        var tables = net.tables();
        for (int i = 1; i < 5; i++) {
            double a = 0.1 + 0.3 * rng.nextDouble(), b = 0.6 + 0.3 * rng.nextDouble();
            tables[i] = new double[] {a, 1 - a, b, 1 - b};
        }
        return new DenseNet(net.sizes(), new int[][] {{}, {0}, {0}, {0}, {0}}, tables);
    }

    private static double logLikelihood(DenseNet net, int[][] rows) {
        double sum = 0;
        double[] joint = net.joint();
        for (var row : rows) {
            double p = 0;
            for (int cell = 0; cell < joint.length; cell++) {
                int[] v = net.values(cell);
                boolean matches = true;
                for (int i = 0; i < v.length; i++) matches &= row[i] < 0 || row[i] == v[i];
                if (matches) p += joint[cell];
            }
            sum += Math.log(p);
        }
        return sum;
    }

    @Test void theBoundTouchesTheObjective() {
        var graph = Dag.of("h -> a", "h -> b");
        var model = new NetworkEm(graph, new int[] {2, 2, 2}, new int[][] {{-1, 0, 1}, {-1, 1, 1}, {-1, 0, -1}, {1, 0, 0}}, 0.5);
        double[] theta = model.randomStart(Rng.of(1)), other = model.randomStart(Rng.of(2));
        assertThat(model.bound(theta, theta)).isCloseTo(model.objective(theta), within(1e-13));
        assertThat(model.bound(theta, other)).isLessThan(model.objective(theta) - 1e-3);
        assertThat(model.allows(theta)).isTrue();
        theta[0] += 0.1;
        assertThat(model.allows(theta)).isFalse();
    }

    @Test void linearGaussianNetworksAreJointlyNormal() {
        var rng = Rng.of(5);
        var graph = Dag.of("d <- b", "a -> b -> c <- a", "c -> d");
        double[][] weights = {{0.7, -1.2}, {0.5}, {}, {1.5, -0.4}};
        assertThat(graph.names()).containsExactly("d", "b", "a", "c");
        var net = new LinearGaussianNetwork(graph, new double[] {1, -2, 0.5, 3}, weights, new double[] {0.5, 2, 1, 0.3});
        var joint = net.joint();
        // By hand: a, then b = -2 + a/2 + e, c = 3 + 1.5 b - 0.4 a + e, d = 1 + 0.7 b - 1.2 c + e, as rows over the noises of d, b, a, c.
        double[] a = {0, 0, 1, 0}, b = {0, 1, 0.5, 0}, c = {0, 1.5, 0.75 - 0.4, 1}, v = {0.5, 2, 1, 0.3};
        var d = new double[] {1, 0.7 - 1.2 * 1.5, 0.35 - 1.2 * 0.35, -1.2};
        double[][] load = {d, b, a, c};
        for (int i = 0; i < 4; i++) for (int j = 0; j < 4; j++) {
            double sum = 0;
            for (int k = 0; k < 4; k++) sum += load[i][k] * v[k] * load[j][k];
            assertThat(joint.covariance()[i][j]).isCloseTo(sum, within(1e-14));
        }
        for (var x : net.sample(rng, 20)) assertThat(net.logDensity(x)).isCloseTo(joint.logDensity(x), within(1e-10));
        // p(d, a | b, c) = p(all) / p(b, c)
        MultivariateNormal both = net.query(List.of("b", "c"), Map.of()), rest = net.query(List.of("d", "a"), Map.of("b", 0.3, "c", -1.0));
        for (double[] x : new double[][] {{0, 0}, {1, -2}, {-3, 0.5}}) {
            double expected = net.logDensity(new double[] {x[0], 0.3, x[1], -1}) - both.logDensity(new double[] {0.3, -1});
            assertThat(rest.logDensity(x)).isCloseTo(expected, within(1e-10));
        }
        var fit = LinearGaussianNetwork.fit(graph, net.sample(rng, 100_000));
        for (int i = 0; i < 4; i++) {
            assertThat(fit.weights()[i]).containsExactly(weights[i], within(0.02));
            assertThat(fit.variances()[i]).isCloseTo(v[i], within(0.03 * v[i]));
            assertThat(fit.intercepts()[i]).isCloseTo(net.intercepts()[i], within(0.05));
        }
    }

    @Test void mistakesAreNamed() {
        assertThatThrownBy(() -> Dag.of("a -> b -> c", "c -> a"))
                .hasMessage("Dag: there is a cycle among [a, b, c]; every path of arrows must end");
        assertThatThrownBy(() -> Dag.of("a -> ")).hasMessageContaining("cannot read 'a -> '");
        assertThatThrownBy(() -> Dag.of("a -> b").separated("a", "b", "a")).hasMessageContaining("a stands on two sides");
        assertThatThrownBy(() -> Dag.of("a -> b").parents("c")).hasMessage("Dag: there is no node 'c' among [a, b]");
        assertThatThrownBy(() -> sprinkler().query(List.of("rain"), Map.of("sprinkler", 0, "rain", 0)))
                .hasMessageContaining("asked for and known");
        assertThatThrownBy(() -> sprinkler().query(List.of("cloudy"), Map.of("sprinkler", 0, "rain", 0, "wet", 1)))
                .hasMessageContaining("has probability 0");
        assertThatThrownBy(() -> sprinkler().query(List.of("cloudy"), Map.of("wet", 2))).hasMessageContaining("wet = 2; it is from 0 to 1");
        assertThatThrownBy(
                () -> BayesianNetwork.of(ConditionalTable.of(List.of("a"), List.of("b"), Tensor.of(new double[][] {{1, 0}, {0, 1}}))))
                .hasMessageContaining("a, a parent of b, has no table");
        assertThatThrownBy(() -> BayesianNetwork.fit(Dag.of("a"), new int[] {2}, new int[][] {{-1}}, 0)).hasMessageContaining("NetworkEm");
        assertThat(sprinkler().logProbability(Map.of("sprinkler", 0, "rain", 0, "wet", 1))).isEqualTo(Double.NEGATIVE_INFINITY);
    }

    @Test void mostProbableIsTheLargestCell() {
        var rng = Rng.of(579);
        int differ = 0;
        for (int k = 0; k < 100; k++) {
            var dense = DenseNet.random(rng, 7, 0.2 + 0.6 * rng.nextDouble(), 3, 0, 1);
            var net = dense.network();
            var evidence = new HashMap<String, Integer>();
            for (int v = 0; v < 7; v++) if (rng.nextDouble() < 0.3) evidence.put("v" + v, rng.nextInt(dense.sizes()[v]));
            double[] joint = dense.joint();
            int best = -1;
            for (int cell = 0; cell < joint.length; cell++) {
                int[] v = dense.values(cell);
                if (evidence.entrySet().stream().allMatch(e -> v[e.getKey().charAt(1) - '0'] == e.getValue())
                        && (best < 0 || joint[cell] > joint[best]))
                    best = cell;
            }
            var values = net.mostProbable(evidence);
            assertThat(values).hasSize(7 - evidence.size());
            int[] at = dense.values(best);
            values.forEach((name, value) -> assertThat(value).isEqualTo(at[name.charAt(1) - '0']));
            for (String name : values.keySet()) {
                var own = net.query(List.of(name), evidence);
                for (int x = 0; x < net.size(name); x++) if (own.probability(x) > own.probability(values.get(name))) differ++;
            }
        }
        assertThat(differ).isGreaterThan(20); // it is not each variable's own mode
        assertThatThrownBy(() -> sprinkler().mostProbable(Map.of("sprinkler", 0, "rain", 0, "wet", 1)))
                .hasMessageContaining("probability 0");
    }

    /** A hub of 40 hidden children, each with a child that was seen: summing the hub's neighbours out one by one is cheap, the hub first is 2^40 cells. */
    @Test void cheapVariablesAreSummedFirst() {
        var tables = new ArrayList<ConditionalTable>();
        tables.add(ConditionalTable.of(List.of(), List.of("hub"), Tensor.of(0.3, 0.7)));
        tables.add(ConditionalTable.of(List.of("hub"), List.of("asked"), Tensor.of(new double[][] {{0.9, 0.1}, {0.2, 0.8}})));
        var evidence = new HashMap<String, Integer>();
        double[] p = {0.3, 0.7};
        for (int i = 0; i < 40; i++) {
            tables.add(ConditionalTable.of(List.of("hub"), List.of("c" + i), Tensor.of(new double[][] {{0.6, 0.4}, {0.3, 0.7}})));
            tables.add(ConditionalTable.of(List.of("c" + i), List.of("g" + i), Tensor.of(new double[][] {{0.8, 0.2}, {0.4, 0.6}})));
            evidence.put("g" + i, i % 2);
            p[0] *= i % 2 == 0 ? 0.6 * 0.8 + 0.4 * 0.4 : 0.6 * 0.2 + 0.4 * 0.6;
            p[1] *= i % 2 == 0 ? 0.3 * 0.8 + 0.7 * 0.4 : 0.3 * 0.2 + 0.7 * 0.6;
        }
        double expected = (p[0] * 0.1 + p[1] * 0.8) / (p[0] + p[1]);
        assertThat(BayesianNetwork.of(tables.toArray(ConditionalTable[]::new)).query(List.of("asked"), evidence).probability(1))
                .isCloseTo(expected, within(1e-12));
    }

    @Test void manyVariablesDoNotUnderflow() {
        var tables = new ArrayList<ConditionalTable>();
        tables.add(ConditionalTable.of(List.of(), List.of("x0"), Tensor.of(0.5, 0.5)));
        var evidence = new HashMap<String, Integer>();
        for (int i = 1; i < 1_500; i++) {
            tables.add(ConditionalTable.of(List.of("x0"), List.of("x" + i), Tensor.of(new double[][] {{0.4, 0.6}, {0.5, 0.5}})));
            evidence.put("x" + i, i % 2);
        }
        var net = BayesianNetwork.of(tables.toArray(ConditionalTable[]::new));
        double odds = 750 * Math.log(0.6 / 0.5) + 749 * Math.log(0.4 / 0.5);
        assertThat(net.query(List.of("x0"), evidence).probability(0)).isCloseTo(1 / (1 + Math.exp(-odds)), within(1e-10));
    }
}
