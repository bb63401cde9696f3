package lyceum.prob;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.prob.Event.Outcome;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class JointTableTest {
    /** Sensitivity 0.9 and false alarms 0.09 at prevalence 0.01. */
    private static JointTable screening() {
        return JointTable.of(List.of("ill"), Tensor.of(0.99, 0.01))
                .times(ConditionalTable.of(List.of("ill"), List.of("positive"), Tensor.of(new double[][] {{0.91, 0.09}, {0.1, 0.9}})));
    }

    /** Door 0 is chosen; the host knows the car, opens a goat's door and tosses a fair coin if he has two. */
    private static JointTable montyHall() {
        return JointTable.ofCounts(List.of("car"), Tensor.of(1, 1, 1)).times(
                ConditionalTable.of(List.of("car"), List.of("opened"), Tensor.of(new double[][] {{0, 0.5, 0.5}, {0, 0, 1}, {0, 1, 0}})));
    }

    @Test
    @Acceptance(topic = "conditional-probability", clause = 1) void theRulesHoldInAThousandRandomJoints() {
        var rng = Rng.of(156);
        double product = 0, total = 0, bayes = 0, rows = 0, chain = 0;
        int joints = 0, orders = 0;
        for (; joints < 1_000; joints++) {
            int n = 2 + rng.nextInt(3);
            var sizes = new int[n];
            for (int i = 0; i < n; i++) sizes[i] = 2 + rng.nextInt(3);
            var dense = DenseJoint.random(rng, 0.3 * rng.nextDouble(), sizes);
            var table = dense.table();
            int a = rng.nextInt(n), b = (a + 1 + rng.nextInt(n - 1)) % n;
            List<String> nameA = List.of("v" + a), nameB = List.of("v" + b);
            ConditionalTable aGivenB = table.conditional(nameA, nameB), inverse = aGivenB.invert(table.marginal("v" + b));
            for (int i = 0; i < sizes[a]; i++) {
                int x = i;
                double pa = dense.sum(v -> v[a] == x), sum = 0;
                for (int j = 0; j < sizes[b]; j++) {
                    int y = j;
                    double pb = dense.sum(v -> v[b] == y), both = dense.sum(v -> v[a] == x && v[b] == y);
                    if (pb == 0) continue;
                    double conditional = aGivenB.row(y)[x];
                    product = Math.max(product, Math.abs(conditional * pb - both));
                    product = Math.max(product,
                            Math.abs(table.given(Event.is("v" + b, y)).probability(Event.is("v" + a, x)) - conditional));
                    sum += conditional * pb;
                    rows = Math.max(rows, Math.abs(Arrays.stream(aGivenB.row(y)).sum() - 1));
                    if (pa > 0) bayes = Math.max(bayes, Math.abs(inverse.row(x)[y] - both / pa));
                }
                total = Math.max(total, Math.abs(sum - pa));
                total = Math.max(total, Math.abs(table.marginal("v" + a).probability(x) - pa));
            }
            for (int[] order : DenseJoint.permutations(n)) {
                var rebuilt = table.factorize(Arrays.stream(order).mapToObj(i -> "v" + i).toArray(String[]::new)).joint()
                        .marginal(dense.names().toArray(new String[0])).probabilities().toDoubleArray();
                for (int c = 0; c < rebuilt.length; c++) chain = Math.max(chain, Math.abs(rebuilt[c] - dense.p()[c]));
                orders++;
            }
        }
        Evidence.of("random joints", joints, exactly(1_000));
        Evidence.of("P(A|B) P(B) against P(A, B)", product, below(1e-12));
        Evidence.of("total probability", total, below(1e-12));
        Evidence.of("Bayes' rule", bayes, below(1e-12));
        Evidence.of("sums of conditionals less 1", rows, below(1e-12));
        Evidence.of("chain products against the joint, " + orders + " orders", chain, below(1e-12));
        // events that are no single values, on one more joint
        var dense = DenseJoint.random(rng, 0.1, 3, 4, 2);
        Event event = Event.is("v0", 2).or(o -> o.get("v1") >= 2).and(Event.is("v2", 0).not());
        assertThat(dense.table().probability(event)).isCloseTo(dense.sum(v -> (v[0] == 2 || v[1] >= 2) && v[2] != 0), within(1e-15));
    }

    @Test
    @Acceptance(topic = "conditional-probability", clause = 2) void screeningAndMontyHall() {
        double ill = screening().given(Event.is("positive", 1)).probability(Event.is("ill", 1));
        Evidence.of("ill after a positive test, to four digits", Math.rint(1e4 * ill) / 1e4, exactly(0.0917));
        Evidence.of("less 9/981 * 10", Math.abs(ill - 90.0 / 981), below(1e-15));
        var games = montyHall();
        int exact = 0;
        for (int opened = 1; opened <= 2; opened++) {
            int other = 3 - opened;
            // The posterior as a quotient of masses that are exact up to the common factor 1/3: 1 to 1/2.
            if (games.given(Event.is("opened", opened)).probability(Event.is("car", other)) == 2.0 / 3) exact++;
        }
        Evidence.of("doors opened after which switching wins with exactly 2/3", exact, exactly(2));
        double wins = games.probability(o -> o.get("car") != 0 && o.get("opened") != 0 && o.get("car") != o.get("opened"));
        Evidence.of("switching wins", wins, exactly(2.0 / 3));
        // A host who opens one of the two doors blindly and happens to show a goat says nothing.
        var blind = JointTable.ofCounts(List.of("car"), Tensor.of(1, 1, 1)).times(JointTable.of(List.of("opened"), Tensor.of(0, 0.5, 0.5)));
        var goat = blind.given(o -> o.get("car") != o.get("opened"));
        assertThat(goat.given(Event.is("opened", 2)).probability(Event.is("car", 1))).isEqualTo(0.5);
    }

    @Test
    @Acceptance(topic = "conditional-probability", clause = 3) void rejectionSamplingAgrees() {
        var rng = Rng.of(31);
        double worst = 0;
        int compared = 0;
        for (int k = 0; k < 10; k++) {
            var table = k == 0 ? screening() : k == 1 ? montyHall() : DenseJoint.random(rng, 0, 3, 2, 4).table();
            String of = k == 0 ? "ill" : k == 1 ? "car" : "v0", given = k == 0 ? "positive" : k == 1 ? "opened" : "v2";
            int value = k == 1 ? 2 : 1; // the car is never behind the door that was opened
            double expected = table.given(Event.is(given, 1)).probability(Event.is(of, value));
            int a = table.names().indexOf(of), b = table.names().indexOf(given);
            long kept = 0, hits = 0;
            for (int[] row : table.sample(rng, 100_000)) {
                if (row[b] != 1) continue;
                kept++;
                if (row[a] == value) hits++;
            }
            worst = Math.max(worst, Math.abs((double) hits / kept - expected) / Math.sqrt(expected * (1 - expected) / kept));
            compared++;
        }
        Evidence.of("problems compared", compared, exactly(10));
        Evidence.of("largest gap in standard errors", worst, atMost(3));
    }

    @Test
    @Acceptance(topic = "conditional-probability", clause = 4) void oneByOneIsAllAtOnce() {
        var rng = Rng.of(4);
        double worst = 0;
        int compared = 0;
        for (int k = 0; k < 200; k++) {
            var dense = DenseJoint.random(rng, 0.2, 3, 3, 2, 2);
            var table = dense.table();
            int x = rng.nextInt(3), y = rng.nextInt(2);
            double pb = dense.sum(v -> v[1] == x && v[3] == y);
            if (pb == 0) continue;
            Event first = Event.is("v1", x), second = Event.is("v3", y);
            double[] sequential = table.given(first).given(second).probabilities().toDoubleArray(),
                    other = table.given(second).given(first).probabilities().toDoubleArray(),
                    simultaneous = table.given(first.and(second)).probabilities().toDoubleArray();
            for (int c = 0; c < sequential.length; c++) {
                int[] v = dense.values(c);
                double truth = v[1] == x && v[3] == y ? dense.p()[c] / pb : 0;
                for (double ours : new double[] {sequential[c], other[c], simultaneous[c]}) worst = Math.max(worst, Math.abs(ours - truth));
            }
            compared++;
        }
        Evidence.of("joints compared", compared, exactly(200));
        Evidence.of("sequential, reversed and simultaneous against a loop", worst, below(1e-14));
    }

    @Test void whatIsImpossibleIsNamed() {
        var games = montyHall();
        assertThatThrownBy(() -> games.given(Event.is("opened", 0)))
                .hasMessage("given: the event has probability 0; nothing can be conditioned on it");
        var carGivenOpened = games.conditional(List.of("car"), List.of("opened"));
        assertThat(carGivenOpened.isDefined(0)).isFalse();
        assertThat(carGivenOpened.isDefined(1)).isTrue();
        assertThat(carGivenOpened.undefined()).isEqualTo(1);
        assertThatThrownBy(() -> carGivenOpened.row(0))
                .hasMessage("ConditionalTable: P(opened = 0) is 0; nothing can be conditioned on it");
        assertThatThrownBy(() -> JointTable.ofCounts(List.of("opened"), Tensor.of(1, 1, 1)).times(carGivenOpened))
                .hasMessageContaining("opened = 0");
        assertThatThrownBy(() -> JointTable.of(List.of("a"), Tensor.of(0.5, 0.4))).hasMessageContaining("sum to 0.9 and not to 1");
        assertThatThrownBy(() -> JointTable.of(List.of("a"), Tensor.of(1.5, -0.5)))
                .hasMessage("JointTable: the weight of a = 1 is -0.5; it is finite and at least 0");
        assertThatThrownBy(() -> games.marginal("goat")).hasMessage("JointTable: there is no variable 'goat' among [car, opened]");
        assertThatThrownBy(() -> games.marginal("car", "car")).hasMessageContaining("occurs twice");
        assertThatThrownBy(() -> ConditionalTable.of(List.of("a"), List.of("b"), Tensor.of(new double[][] {{1, 0}, {0.5, 0.4}})))
                .hasMessageContaining("the row at a = 1 sums to 0.9");
    }

    @Test void sparseTablesHoldManyVariables() {
        var rng = Rng.of(60);
        int n = 60;
        var names = IntStream.range(0, n).mapToObj(i -> "bit" + i).toList();
        var sizes = new int[n];
        Arrays.fill(sizes, 2);
        var rows = new int[500][n];
        for (var row : rows) for (int i = 0; i < n; i++) row[i] = i > 0 && rng.nextDouble() < 0.9 ? row[i - 1] : rng.nextInt(2);
        var table = JointTable.observed(names, sizes, rows);
        double both = 0, first = 0;
        for (var row : rows) {
            first += row[10];
            both += row[10] * row[11];
        }
        assertThat(table.given(Event.is("bit10", 1)).probability(Event.is("bit11", 1))).isCloseTo(both / first, within(1e-12));
        assertThat(table.independencePValue(500, "bit10", "bit11")).isLessThan(1e-9);
        assertThat(table.independencePValue(500, "bit0", "bit50")).isGreaterThan(1e-3);
    }

    @Test void independenceIsSeenAndMeasured() {
        var rng = Rng.of(9);
        // a and b depend on each other, and not once c is known.
        double[][] a = {{0.2, 0.8}, {0.7, 0.3}}, b = {{0.5, 0.3, 0.2}, {0.1, 0.1, 0.8}};
        var table = JointTable.of(List.of("c"), Tensor.of(0.4, 0.6)).times(ConditionalTable.of(List.of("c"), List.of("a"), Tensor.of(a)))
                .times(ConditionalTable.of(List.of("c"), List.of("b"), Tensor.of(b)));
        assertThat(table.dependence("a", "b", "c")).isLessThan(1e-15);
        assertThat(table.mutualInformation("a", "b", "c")).isLessThan(1e-15);
        double worst = 0, information = 0;
        for (int i = 0; i < 2; i++) for (int j = 0; j < 3; j++) {
            double pa = 0.4 * a[0][i] + 0.6 * a[1][i], pb = 0.4 * b[0][j] + 0.6 * b[1][j],
                    both = 0.4 * a[0][i] * b[0][j] + 0.6 * a[1][i] * b[1][j];
            worst = Math.max(worst, Math.abs(both - pa * pb));
            information += both * Math.log(both / (pa * pb));
        }
        assertThat(table.dependence("a", "b")).isCloseTo(worst, within(1e-15));
        assertThat(table.mutualInformation("a", "b")).isCloseTo(information, within(1e-15));
        // p values of independent pairs are uniform: 400 of them below 0.05 about 20 times
        int low = 0;
        for (int k = 0; k < 400; k++) {
            var rows = table.sample(rng, 500);
            if (JointTable.observed(table.names(), new int[] {2, 2, 3}, rows).independencePValue(500, "a", "b", "c") < 0.05) low++;
        }
        assertThat(low).isBetween(7, 36);
        assertThat(table.expectation(o -> o.get("a") + o.get(2))).isCloseTo(0.4 * (0.8 + 0.7) + 0.6 * (0.3 + 1.7), within(1e-15));
        assertThat(table.variance((Outcome o) -> o.get("a"))).isCloseTo(0.5 * 0.5, within(1e-15));
    }
}
