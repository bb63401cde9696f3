package lyceum.backend.x86.recurrence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.backend.x86.machine.Cpu;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel beside the recurrence as it is written, in doubles. */
class SelectiveScansTest {
    private record Operands(Tensor u, Tensor d, Tensor a, Tensor b, Tensor c, Tensor state, Tensor y) {
        static Operands of(int batch, int length, int channels, int states) {
            var rng = Rng.of(7L * length + channels);
            return new Operands(Tensor.randn(rng, batch, length, channels).compute(),
                    Tensor.rand(rng, batch, length, channels).mul(0.5).compute(), Tensor.rand(rng, channels, states).mul(-20).compute(),
                    Tensor.randn(rng, batch, length, states).compute(), Tensor.randn(rng, batch, length, states).compute(),
                    Tensor.randn(rng, batch, channels, states).compute(),
                    Tensor.full(DType.F32, Double.NaN, batch, length, channels).copy().compute());
        }

        boolean run(SelectiveScans scans) { return scans.scan(u.view(), d.view(), a.view(), b.view(), c.view(), state.view(), y.view()); }

        /** The state, changed, and y. */
        double[][] expected() {
            double[] u = this.u.toDoubleArray(), d = this.d.toDoubleArray(), a = this.a.toDoubleArray(), b = this.b.toDoubleArray(),
                    c = this.c.toDoubleArray(), h = state.toDoubleArray(), y = new double[u.length];
            int batch = (int) this.u.size(0), length = (int) this.u.size(1), channels = (int) this.u.size(2), states = (int) this.a.size(1);
            for (int n = 0; n < batch; n++) for (int t = 0; t < length; t++) for (int k = 0; k < channels; k++) {
                int at = (n * length + t) * channels + k;
                for (int i = 0; i < states; i++) {
                    int one = (n * channels + k) * states + i, step = (n * length + t) * states + i;
                    h[one] = Math.exp(d[at] * a[k * states + i]) * h[one] + d[at] * u[at] * b[step];
                    y[at] += c[step] * h[one];
                }
            }
            return new double[][] {h, y};
        }
    }

    @BeforeEach void onlyWhereMachineCodeRuns() { Assumptions.assumeTrue(Cpu.unavailable() == null, () -> Cpu.unavailable()); }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "all"}) void statesAndOutputsAreThoseOfTheRecurrence(String level) {
        var scans = new SelectiveScans(Cpu.current().limitedTo(level));
        for (int[] s : new int[][] {{1, 1, 1, 1}, {2, 5, 16, 16}, {1, 40, 33, 16}, {3, 300, 7, 3}, {2, 9, 50, 21}}) {
            var operands = Operands.of(s[0], s[1], s[2], s[3]);
            var expected = operands.expected();
            assertThat(operands.run(scans)).isTrue();
            assertThat(operands.state.toDoubleArray()).as("state, %s steps of %s channels", s[1], s[2]).containsExactly(expected[0],
                    within(2e-5));
            assertThat(operands.y.toDoubleArray()).as("y, %s steps of %s channels", s[1], s[2]).containsExactly(expected[1], within(1e-4));
        }
    }

    @Test void aStateThatHasBeenForgottenIsZeroAndOneThatStaysStays() {
        var scans = new SelectiveScans(Cpu.current());
        for (double rate : new double[] {Double.NEGATIVE_INFINITY, -1e30, 0}) {
            var o = Operands.of(1, 3, 4, 2);
            var still = new Operands(o.u.mul(0).compute(), o.d.mul(0).add(1).compute(),
                    o.a.mul(0).add(rate == 0 ? 0 : 1).mul(rate == 0 ? 1 : rate).compute(), o.b, o.c, o.state.copy().compute(), o.y);
            var before = still.state.toDoubleArray();
            assertThat(still.run(scans)).isTrue();
            assertThat(still.state.toDoubleArray()).containsExactly(rate == 0 ? before : new double[before.length], within(0.0));
        }
    }

    /** Beyond 2^127 by either way to compute powers. */
    @ParameterizedTest
    @ValueSource(strings = {"avx2", "all"}) void aStateThatGrowsBeyondFloatsIsInfinite(String level) {
        var scans = new SelectiveScans(Cpu.current().limitedTo(level));
        for (double rate : new double[] {91, 100, 1e30, Double.POSITIVE_INFINITY}) {
            var o = Operands.of(1, 2, 20, 2);
            var grown = new Operands(o.u.mul(0).compute(), o.d.mul(0).add(1).compute(), o.a.mul(0).add(rate).compute(), o.b, o.c,
                    o.state.mul(0).add(1).compute(), o.y);
            assertThat(grown.run(scans)).isTrue();
            assertThat(grown.state.toDoubleArray()).as("rate %s", rate).containsOnly(Double.POSITIVE_INFINITY);
        }
    }

    @Test void bitsDoNotDependOnTheThreads() {
        var scans = new SelectiveScans(Cpu.current());
        Operands one = Operands.of(3, 50, 70, 16), other = Operands.of(3, 50, 70, 16);
        Parallel.sequentially(() -> one.run(scans));
        other.run(scans);
        assertThat(other.y.toFloatArray()).isEqualTo(one.y.toFloatArray());
        assertThat(other.state.toFloatArray()).isEqualTo(one.state.toFloatArray());
    }

    @Test void otherTypesAreLeftAlone() {
        var x = Tensor.zeros(DType.F64, 1, 2, 3).compute().view();
        assertThat(new SelectiveScans(Cpu.current()).scan(x, x, x, x, x, x, x)).isFalse();
    }
}
