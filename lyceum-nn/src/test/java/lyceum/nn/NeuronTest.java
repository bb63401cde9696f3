package lyceum.nn;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class NeuronTest {

    private static boolean[] table(int inputs, int code) {
        var table = new boolean[1 << inputs];
        for (int i = 0; i < table.length; i++) table[i] = (code >> i & 1) == 1;
        return table;
    }

    @Acceptance(topic = "neuron", clause = 1)
    @Test void fourteenOfSixteenAndAHundredAndFourOf256AreRealisable() {
        int[] counts = new int[3];
        var refused = new ArrayList<Integer>();
        for (int inputs = 2; inputs <= 3; inputs++) {
            int functions = 1 << (1 << inputs);
            for (int code = 0; code < functions; code++) {
                if (Neuron.realising(table(inputs, code)).isPresent()) counts[inputs - 1]++;
                else if (inputs == 2) refused.add(code);
            }
            Evidence.of("functions of " + inputs + " inputs", functions, exactly(inputs == 2 ? 16 : 256));
        }
        Evidence.of("realisable of two inputs", counts[1], exactly(14));
        Evidence.of("realisable of three inputs", counts[2], exactly(104));
        // Bits of the table from (0,0) on: XOR is 0110, XNOR 1001.
        assertThat(refused).containsExactly(0b0110, 0b1001);
    }

    @Acceptance(topic = "neuron", clause = 2)
    @Test void everyReturnedWeightVectorReproducesItsTable() {
        int checked = 0, wrong = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int inputs = 2; inputs <= 3; inputs++) for (int code = 0; code < 1 << (1 << inputs); code++) {
            var table = table(inputs, code);
            var unit = Neuron.realising(table);
            if (unit.isEmpty()) continue;
            double[] w = unit.get().weights();
            for (int i = 0; i < table.length; i++, checked++) {
                double z = unit.get().bias();
                for (int j = 0; j < inputs; j++) z += w[j] * (i / (1 << inputs - 1 - j) % 2);
                if (z > 0 != table[i]) wrong++;
                least = Math.min(least, Math.abs(z));
            }
        }
        Evidence.of("entries", checked, exactly(14 * 4 + 104 * 8));
        Evidence.of("entries that differ", wrong, exactly(0));
        Evidence.of("least distance of a sum from 0", least, above(1 - 1e-6));
    }

    @Acceptance(topic = "neuron", clause = 3)
    @Test void outputAndGradientsAreThoseOfTheLayersRow() {
        var gap = Gap.absolute();
        int cases = 0;
        for (var activation : Activation.values()) for (int draw = 0; draw < 3; draw++, cases++) {
            var rng = Rng.of(100 * draw + activation.ordinal());
            int inputs = 1 + rng.nextInt(9), outputs = 1 + rng.nextInt(6), row = rng.nextInt(outputs);
            var layer = new Linear(inputs, outputs, draw != 1, DType.F64, Init.normal(1), rng);
            var twin = Module.copy(layer);
            var upstream = Tensor.randn(rng, DType.F64, 5).compute();
            Tensor mine = Tensor.randn(rng, DType.F64, 5, inputs).compute().requiresGrad(), theirs = mine.detach().copy().requiresGrad();
            var y = new Neuron(layer, row, activation).forward(mine);
            var expected = activation.apply(twin.forward(theirs)).select(1, row);
            y.mul(upstream).sum().backward();
            expected.mul(upstream).sum().backward();
            var name = activation + " " + draw;
            gap.see(name, y.toDoubleArray(), expected.toDoubleArray());
            gap.see(name + " x", gradient(mine), gradient(theirs));
            gap.see(name + " w", gradient(layer.weight()), gradient(twin.weight()));
            if (layer.bias() != null) gap.see(name + " b", gradient(layer.bias()), gradient(twin.bias()));
        }
        Evidence.of("layers", cases, exactly(3 * Activation.values().length));
        Evidence.of("largest gap", gap, atMost(1e-12));
    }

    /** A step passes nothing on. */
    private static double[] gradient(Tensor x) { return (x.grad() == null ? x.zerosLike() : x.grad()).toDoubleArray(); }

    @Acceptance(topic = "neuron", clause = 4)
    @Test void aSigmoidUnitLearnsAndOrAndNand() {
        var x = Tensor.of(new double[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}});
        double[][] tables = {{0, 0, 0, 1}, {0, 1, 1, 1}, {1, 1, 1, 0}, {0, 1, 1, 0}};
        int wrong = 0, xor = 0;
        for (int seed = 0; seed < 5; seed++) for (int t = 0; t < 4; t++) {
            var rng = Rng.of(seed);
            var unit = Neuron.of(new double[] {rng.nextDouble() - 0.5, rng.nextDouble() - 0.5}, rng.nextDouble() - 0.5, Activation.SIGMOID);
            double[] errors = unit.learn(x, Tensor.of(tables[t]), 2, 300);
            double[] w = unit.weights();
            for (int i = 0; i < 4; i++) {
                double y = 1 / (1 + Math.exp(-(w[0] * (i / 2) + w[1] * (i % 2) + unit.bias())));
                if (y > 0.5 == tables[t][i] > 0.5) continue;
                if (t < 3) wrong++;
                else xor++;
            }
            assertThat(errors[299]).isLessThan(errors[0]);
        }
        Evidence.of("wrong entries of AND, OR and NAND over five starts", wrong, exactly(0));
        Evidence.of("wrong entries of XOR", xor, above(4));
    }

    @Test void theDeltaRuleIsTheGradientOfHalfTheSquaredError() {
        var unit = Neuron.of(new double[] {0.3, -0.2}, 0.1, Activation.TANH);
        Tensor x = Tensor.of(new double[][] {{1, 2}, {-1, 0.5}}), t = Tensor.of(0.2, -0.7);
        unit.forward(x).sub(t).square().sum().mul(0.5).backward();
        double[] slope = unit.layer().weight().grad().toDoubleArray(), before = unit.weights();
        double bias = unit.bias(), slopeOfBias = unit.layer().bias().grad().item(0);
        unit.learn(x, t, 0.25, 1);
        for (int j = 0; j < 2; j++) assertThat(unit.weights()[j]).isCloseTo(before[j] - 0.25 * slope[j], within(1e-12));
        assertThat(unit.bias()).isCloseTo(bias - 0.25 * slopeOfBias, within(1e-12));
    }

    @Test void geometry() {
        var and = Neuron.of(new double[] {1, 1}, -1.5, Activation.STEP);
        assertThat(and.distance(1, 1)).isCloseTo(0.5 / Math.sqrt(2), within(1e-15));
        assertThat(and.distance(0, 0)).isCloseTo(-1.5 / Math.sqrt(2), within(1e-15));
        assertThat(and.border(0.5)).isCloseTo(1, within(1e-15));
        assertThat(and.fires(1, 1)).isTrue();
        assertThat(and.fires(1, 0.5)).isFalse();
        assertThat(and.response(new double[] {0, 0}, new double[] {1, 1}, 3)).containsExactly(0, 0, 1);
        assertThat(and.forward(Tensor.of(new double[][] {{1, 1}, {0, 1}})).toDoubleArray()).containsExactly(1, 0);
    }

    @Test void pointsAreSeparatedWhateverTheirScaleAndPlace() {
        var rng = Rng.of(3);
        double[][] points = new double[60][2];
        var fires = new boolean[60];
        for (int i = 0; i < 60; i++) {
            double u = rng.nextGaussian(), v = rng.nextGaussian();
            fires[i] = u + 2 * v > 0.3;
            points[i][0] = 1e6 + 1e4 * u;
            points[i][1] = 1e-5 * v;
        }
        var unit = Neuron.separating(points, fires).orElseThrow();
        for (int i = 0; i < 60; i++) assertThat(unit.fires(points[i])).isEqualTo(fires[i]);
        // A point of one class between two of the other.
        assertThat(Neuron.separating(new double[][] {{0, 0}, {1, 1}, {2, 2}}, new boolean[] {true, false, true})).isEmpty();
        assertThat(Neuron.separating(new double[][] {{0}, {0}}, new boolean[] {true, false})).isEmpty();
    }

    @Test void refusals() {
        assertThatThrownBy(() -> Neuron.realising(true, false, true)).hasMessageContaining("a table of 3 values");
        assertThatThrownBy(() -> new Neuron(new Linear(3, 2, Rng.of(1)), 2, Activation.RELU)).hasMessageContaining("row 2 of a layer of 2");
        assertThatThrownBy(() -> Neuron.separating(new double[][] {{1, Double.NaN}}, new boolean[] {true})).hasMessageContaining("point 0");
        assertThatThrownBy(() -> Neuron.of(new double[] {1, 2}, 0, Activation.TANH).forward(Tensor.of(1.0, 2, 3)))
                .isInstanceOf(ShapeException.class);
    }
}
