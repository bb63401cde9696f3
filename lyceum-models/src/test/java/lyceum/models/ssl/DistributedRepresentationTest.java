package lyceum.models.ssl;

import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import lyceum.DType;
import lyceum.linalg.Svd;
import lyceum.models.ssl.FamilyTrees.Relation;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DistributedRepresentationTest {
    /** The facts as the paper's figure has them: the children of each marriage, and who else is married. */
    @Test void familiesHaveThePapersFacts() {
        var queries = FamilyTrees.queries();
        assertThat(queries).hasSize(104);
        assertThat(queries.stream().mapToInt(q -> q.answers().length).sum()).isEqualTo(112);
        var answers = new HashMap<String, List<String>>();
        for (var query : queries) answers.put(query.toString(), Arrays.stream(query.answers()).mapToObj(FamilyTrees.PEOPLE::get).toList());
        assertThat(answers.get("Colin's aunt")).containsExactly("Margaret", "Jennifer");
        assertThat(answers.get("Colin's uncle")).containsExactly("Arthur", "Charles");
        assertThat(answers.get("Charlotte's mother")).containsExactly("Victoria");
        assertThat(answers.get("Penelope's son")).containsExactly("Arthur");
        assertThat(answers.get("Andrew's daughter")).containsExactly("Jennifer");
        assertThat(answers.get("Margaret's niece")).containsExactly("Charlotte");
        assertThat(answers.get("Emilio's wife")).containsExactly("Gina");
        assertThat(answers.get("Lucia's husband")).containsExactly("Marco");
        assertThat(answers.get("Sophia's brother")).containsExactly("Alfonso");
        assertThat(answers.get("Alfonso's aunt")).containsExactly("Gina", "Angela");
        assertThat(answers).doesNotContainKeys("Colin's wife", "Roberto's father", "Charles's brother");
        assertThat(FamilyTrees.generation()).hasSize(24).containsOnly(0, 1, 2);
        assertThat(Arrays.stream(FamilyTrees.nationality()).sum()).isEqualTo(12);
    }

    @Acceptance(topic = "distributed-representation", clause = 3)
    @Test void binaryUnitsSeparateTwoToTheKAndLocalUnitsK() {
        int wrong = 0, looked = 0;
        for (int k = 1; k <= 12; k++) {
            Tensor binary = DistributedRepresentation.binaryPatterns(k), local = DistributedRepresentation.localPatterns(k);
            var reached = new HashSet<Integer>();
            for (double[] row : binary.toRows()) reached.add(number(row, k));
            var single = new HashSet<Integer>();
            for (double[] row : local.toRows()) single.add(number(row, k));
            // by enumeration: each of the 2^k numbers of k bits is there once, and of them those with one bit are the local ones
            for (int bits = 0; bits < 1 << k; bits++) {
                if (!reached.contains(bits) || single.contains(bits) != (Integer.bitCount(bits) == 1)) wrong++;
                looked++;
            }
            if (binary.size(0) != 1L << k || DistributedRepresentation.distinct(binary) != 1 << k) wrong++;
            if (local.size(0) != k || DistributedRepresentation.distinct(local) != k) wrong++;
            if (DistributedRepresentation.distinct(Tensor.concat(0, binary, local)) != 1 << k) wrong++;
        }
        Evidence.of("of all patterns of 1 to 12 units, those that miss or do not belong", wrong, exactly(0));
        Evidence.of("patterns looked at", looked, exactly((1 << 13) - 2));
    }

    /** The number whose bits are the units, or -1 where one is neither 0 nor 1. */
    private static int number(double[] row, int k) {
        int bits = 0;
        if (row.length != k) return -1;
        for (int unit = 0; unit < k; unit++) {
            if (row[unit] != 0 && row[unit] != 1) return -1;
            if (row[unit] == 1) bits |= 1 << unit;
        }
        return bits;
    }

    @Test void readoutIsRidgeRefittedWithoutEachRow() {
        var rng = Rng.of(3);
        var codes = Tensor.randn(rng, DType.F64, 14, 4).compute();
        double[][] raw = codes.toRows();
        int[] labels = new int[14];
        for (int i = 0; i < 14; i++) labels[i] = raw[i][0] + 0.5 * rng.nextGaussian() > 0.4 ? 2 : raw[i][1] > 0 ? 1 : 0;
        double[][] z = new double[14][5];
        for (int j = 0; j < 4; j++) {
            double mean = 0, square = 0;
            for (double[] row : raw) mean += row[j] / 14;
            for (double[] row : raw) square += (row[j] - mean) * (row[j] - mean) / 14;
            for (int i = 0; i < 14; i++) z[i][j] = (raw[i][j] - mean) / Math.sqrt(square);
        }
        for (double[] row : z) row[4] = 1;
        var expected = new int[14];
        for (int out = 0; out < 14; out++) {
            var best = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < 3; c++) {
                double[] w = fitted(z, labels, c, out);
                double score = 0;
                for (int j = 0; j < 5; j++) score += w[j] * z[out][j];
                if (score > best) {
                    best = score;
                    expected[out] = c;
                }
            }
        }
        assertThat(LinearReadout.of(codes).leaveOneOut(labels)).containsExactly(expected);
        assertThat(expected).contains(0, 1, 2);
        assertThatThrownBy(() -> LinearReadout.of(codes).leaveOneOut(new int[3])).hasMessageContaining("3 labels for 14 rows");
        assertThat(LinearReadout.of(Tensor.ones(6, 2)).leaveOneOutAccuracy(new int[] {0, 0, 0, 0, 1, 1})).isCloseTo(4 / 6.0, within(1e-12));
    }

    /** Ridge with a free constant, without one row, by descent along single weights until nothing moves. */
    private static double[] fitted(double[][] z, int[] labels, int c, int out) {
        var w = new double[5];
        for (int sweep = 0; sweep < 3000; sweep++) for (int j = 0; j < 5; j++) {
            double top = 0, bottom = j < 4 ? 14e-3 : 0;
            for (int i = 0; i < 14; i++) if (i != out) {
                double rest = labels[i] == c ? 1 : 0;
                for (int m = 0; m < 5; m++) if (m != j) rest -= w[m] * z[i][m];
                top += rest * z[i][j];
                bottom += z[i][j] * z[i][j];
            }
            w[j] = top / bottom;
        }
        return w;
    }

    @Test void participationRatioCountsEvenDirections() {
        var x = Tensor.randn(Rng.of(1), DType.F64, 30, 5).mul(Tensor.of(1.0, 3, 0.2, 2, 1)).compute();
        var centred = x.sub(x.mean(0));
        double[] values = Svd.values(centred).square().toDoubleArray();
        double sum = Arrays.stream(values).sum(), squares = Arrays.stream(values).map(v -> v * v).sum();
        assertThat(DistributedRepresentation.participationRatio(x)).isCloseTo(sum * sum / squares, within(1e-9));
        assertThat(DistributedRepresentation.participationRatio(DistributedRepresentation.localPatterns(24))).isCloseTo(23, within(1e-9));
        assertThat(DistributedRepresentation.participationRatio(DistributedRepresentation.binaryPatterns(6))).isCloseTo(6, within(1e-9));
        assertThatThrownBy(() -> DistributedRepresentation.participationRatio(Tensor.ones(3))).hasMessageContaining("codes (3,)");
        assertThatThrownBy(() -> DistributedRepresentation.binaryPatterns(0)).hasMessageContaining("k is 0");
        assertThatThrownBy(() -> new DistributedConfig().withCode(0)).hasMessageContaining("code 0");
    }

    @Test void learnsSavesAndForgetsWithoutAUnit(@TempDir Path folder) throws IOException {
        var queries = FamilyTrees.queries();
        var net = new DistributedRepresentation(new DistributedConfig().withSteps(150), Rng.of(1));
        int before = FamilyTrees.right(net, queries);
        net.fit(queries, Rng.of(2), Progress.SILENT);
        int after = FamilyTrees.right(net, queries);
        assertThat(after).isGreaterThan(before + 30);
        int[] ablated = net.ablation(queries);
        assertThat(ablated).hasSize(6);
        assertThat(Arrays.stream(ablated).min().orElseThrow()).isLessThan(after);
        net.save(folder.resolve("trees.safetensors"));
        var other = new DistributedRepresentation(net.config(), Rng.of(9));
        other.load(folder.resolve("trees.safetensors"));
        assertThat(FamilyTrees.answers(other, queries)).containsExactly(FamilyTrees.answers(net, queries));
        assertThat(other.personCodes().shape().toArray()).containsExactly(24, 6);
        assertThat(net.relationCodes().size(0)).isEqualTo(Relation.values().length);
        assertThatThrownBy(() -> net.forward(Tensor.of(1L, 2))).hasMessageContaining("(n, 2)");
    }
}
