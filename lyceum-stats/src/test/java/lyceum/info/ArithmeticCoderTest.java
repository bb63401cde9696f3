package lyceum.info;

import static lyceum.testing.Bound.atMost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ArithmeticCoderTest {
    private static int[] draw(Rng rng, int n, double... p) {
        var symbols = new int[n];
        for (int i = 0; i < n; i++) {
            double u = rng.nextDouble();
            int k = 0;
            while (k < p.length - 1 && (u -= p[k]) >= 0) k++;
            symbols[i] = k;
        }
        return symbols;
    }

    @Test
    @Acceptance(topic = "cross-entropy", clause = 5) void lengthIsTheCrossEntropyAndTheMessageComesBack() {
        double most = 0;
        for (int run = 0; run < 20; run++) {
            var rng = Rng.of(run);
            int k = 2 + rng.nextInt(40);
            double[] p = new double[k], q = new double[k];
            double total = 0;
            for (int i = 0; i < k; i++) total += p[i] = Math.exp(2 * rng.nextGaussian());
            for (int i = 0; i < k; i++) {
                p[i] /= total;
                q[i] = run % 2 == 0 ? p[i] : Math.exp(2 * rng.nextGaussian()); // the right code, and a wrong one
            }
            int[] symbols = draw(rng, 10_000, p);
            var coder = new ArithmeticCoder(q);
            var message = coder.encode(symbols);
            assertThat(coder.decode(message, symbols.length)).isEqualTo(symbols);
            most = Math.max(most, Math.abs(message.bits() - coder.idealBits(symbols)));
        }
        Evidence.of("bits beside the summed -log2 q", most, atMost(32));
    }

    @Test void adaptiveModelsLearnOnBothSides() {
        int[] symbols = draw(Rng.of(1), 3000, 0.9, 0.05, 0.05);
        var adaptive = new ArithmeticCoder((seen, position) -> {
            var counts = new double[] {1, 1, 1};
            for (int i = Math.max(0, position - 200); i < position; i++) counts[seen[i]]++;
            return counts;
        });
        var message = adaptive.encode(symbols);
        assertThat(adaptive.decode(message, symbols.length)).isEqualTo(symbols);
        assertThat(message.bits()).isLessThan((long) (3000 * Math.log(3) / Math.log(2) / 2));
    }

    @Test void extremesComeBack() {
        for (double[] q : new double[][] {{1}, {1, 0}, {0, 1e-12, 1, 0}, {1e-300, 1}, {0.5, 0.5}}) {
            var coder = new ArithmeticCoder(q);
            int rare = 0;
            while (q[rare] == 0) rare++;
            var symbols = new int[200];
            for (int i = 0; i < 200; i++)
                symbols[i] = i % 50 == 7 ? rare : q.length == 1 || q.length == 2 && q[1] == 0 ? 0 : q.length == 4 ? 2 : 1;
            assertThat(coder.decode(coder.encode(symbols), 200)).isEqualTo(symbols);
        }
        assertThat(new ArithmeticCoder(1, 2).encode(new int[0]).bits()).isZero();
        assertThat(new ArithmeticCoder(1.0).encode(new int[1000]).bits()).isLessThanOrEqualTo(2);
    }

    @Test void refusesWhatHasNoCode() {
        var coder = new ArithmeticCoder(0.5, 0, 0.5);
        assertThatThrownBy(() -> coder.encode(new int[] {0, 1})).hasMessage("encode: symbol 1 at 1 has probability 0 and so no code");
        assertThatThrownBy(() -> coder.encode(new int[] {3})).hasMessage("encode: symbol 3 at 0; there are 0 to 2");
        assertThatThrownBy(() -> new ArithmeticCoder(0.0, 0.0)).hasMessageContaining("all weights are 0");
        assertThatThrownBy(() -> new ArithmeticCoder(0.5, Double.NaN)).hasMessageContaining("weight 1 is NaN");
    }

    @Test void anyBitsDecodeWithoutACrash() {
        var rng = Rng.of(5);
        var bytes = new byte[40];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) rng.nextInt(256);
        assertThat(new ArithmeticCoder(0.2, 0.3, 0.5).decode(new ArithmeticCoder.Message(bytes, 10_000), 500)).hasSize(500);
    }
}
