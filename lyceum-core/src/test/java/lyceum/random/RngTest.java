package lyceum.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class RngTest {

    /** Known answers of Random123's kat_vectors file for philox4x32-10. */
    @Test void philoxGivesTheKnownAnswersOfItsAuthors() {
        assertThat(Philox.block(new int[4], new int[2])).containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
        int f = 0xffffffff;
        assertThat(Philox.block(new int[] {f, f, f, f}, new int[] {f, f})).containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
        assertThat(Philox.block(new int[] {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, new int[] {0xa4093822, 0x299f31d0}))
                .containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
    }

    @Test void wordsAreTheHalvesOfBlocks() {
        for (long index = 0; index < 10; index++) {
            var block = Philox.block(new int[] {(int) (index / 2), 0, 0, 0}, new int[] {7, 9});
            int half = (int) (index % 2) * 2;
            assertThat(Philox.word(7L | 9L << 32, index)).isEqualTo((block[half] & 0xFFFFFFFFL) | (long) block[half + 1] << 32);
        }
    }

    @Test void sameSeedSameBitsAndSplitsDoNotDependOnWhatWasDrawn() {
        var a = Rng.of(5);
        var b = Rng.of(5);
        for (int i = 0; i < 100; i++) assertThat(a.nextLong()).isEqualTo(b.nextLong());
        a.nextGaussian();
        assertThat(a.split(3).nextLong()).isEqualTo(Rng.of(5).split(3).nextLong()).isNotEqualTo(Rng.of(5).split(4).nextLong());
    }

    @Test void momentsAreThoseOfTheDistributions() {
        int n = 200_000;
        var u = Tensor.rand(Rng.of(1), DType.F64, n);
        assertThat(u.mean().item()).isCloseTo(0.5, within(3 * Math.sqrt(1 / 12.0 / n)));
        assertThat(u.var().item()).isCloseTo(1 / 12.0, within(0.001));
        var z = Tensor.randn(Rng.of(2), DType.F64, n);
        assertThat(z.mean().item()).isCloseTo(0, within(3 / Math.sqrt(n)));
        assertThat(z.var().item()).isCloseTo(1, within(0.01));
        assertThat(z.pow(4).mean().item()).isCloseTo(3, within(0.1));
        var rng = Rng.of(3);
        double sum = 0, squares = 0;
        for (int i = 0; i < n; i++) {
            double g = rng.nextGaussian();
            sum += g;
            squares += g * g;
        }
        assertThat(sum / n).isCloseTo(0, within(3 / Math.sqrt(n)));
        assertThat(squares / n).isCloseTo(1, within(0.01));
    }

    @Test void boundedIntegersAreUniform() {
        var rng = Rng.of(4);
        var counts = new int[6];
        for (int i = 0; i < 60_000; i++) counts[rng.nextInt(6)]++;
        double chi = 0;
        for (int c : counts) chi += (c - 10_000.0) * (c - 10_000) / 10_000;
        assertThat(chi).isLessThan(20.5); // 0.999 quantile of chi-square with 5 degrees of freedom
        assertThatThrownBy(() -> rng.nextInt(0)).hasMessageContaining("bound is 0");
    }

    @Test void permutationsAndSamplesHoldEachOnce() {
        assertThat(Rng.of(6).permutation(100)).doesNotHaveDuplicates().hasSize(100);
        assertThat(Rng.of(6).sample(100, 30)).doesNotHaveDuplicates().hasSize(30);
        assertThatThrownBy(() -> Rng.of(6).sample(3, 4)).hasMessageContaining("4 distinct values of 3");
    }

    @Test void drawsDoNotDependOnTheNumberOfThreads() {
        var parallel = Tensor.rand(Rng.of(9), 300_000).toFloatArray();
        var sequential = new float[1][];
        Parallel.sequentially(() -> sequential[0] = Tensor.rand(Rng.of(9), 300_000).toFloatArray());
        assertThat(parallel).isEqualTo(sequential[0]);
    }
}
