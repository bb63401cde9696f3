package lyceum.backend.tile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.backend.tile.Autotuner.Trial;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

/** That the choice holds against the clock is a row of {@code ./lyceum bench acceptance}. */
class AutotunerTest {
    private static final TileDevice INTERPRETER = TileDevice.named("interpreter");

    /** Disturbances only ever make a run longer: of one run in three by half, of one in ten fourfold. */
    @Test void theChoiceIsWithinATenthOfTheBestUnderDisturbances() {
        for (int seed = 0; seed < 200; seed++) {
            var rng = Rng.of(33_900 + seed);
            var costs = IntStream.range(0, 16).mapToDouble(i -> 1 + 3 * rng.nextDouble()).toArray();
            double best = IntStream.range(0, 16).mapToDouble(i -> costs[i]).min().orElseThrow();
            var trials = new Autotuner<>(IntStream.range(0, 16).boxed().toList()).halve(c -> () -> {
                double u = rng.nextDouble();
                return costs[c] * (1 + 0.02 * rng.nextDouble()) * (u < 0.1 ? 4 : u < 0.4 ? 1.5 : 1);
            });
            assertThat(costs[trials.getFirst().configuration()]).as("seed " + seed).isLessThanOrEqualTo(1.1 * best);
            assertThat(trials).extracting(Trial::configuration)
                    .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 16).boxed().toList());
        }
    }

    /** 16 are run 3 times, 8 another 6, 4 another 12, 2 another 24: each round costs the same. */
    @Test void eachRoundHalvesTheFieldAndDoublesTheRuns() {
        var trials = new Autotuner<>(IntStream.range(0, 16).boxed().toList()).halve(c -> () -> 1 + c);
        assertThat(trials).extracting(Trial::configuration).containsExactly(IntStream.range(0, 16).boxed().toArray(Integer[]::new));
        assertThat(trials).extracting(Trial::runs).containsExactly(45, 45, 21, 21, 9, 9, 9, 9, 3, 3, 3, 3, 3, 3, 3, 3);
        assertThat(new Autotuner<>(List.of("only")).halve(c -> () -> 2)).containsExactly(new Trial<>("only", 2, 3));
    }

    @Test void aKernelThatReadsWhatItWritesIsTunedOnCopies() {
        var twice = TileKernel.of("twice", k -> {
            var x = k.buffer("x");
            Tile i = k.columns(4);
            x.store(i, x.load(i).mul(2));
        });
        var x = new float[] {1, 2, 3, 4};
        new Autotuner<>(List.of(1)).tune(INTERPRETER, c -> twice.bind(new int[] {1}, x));
        assertThat(x).containsExactly(1, 2, 3, 4);
    }

    @Test void eachKeyIsTunedOnce() {
        var add = TileKernels.add(16);
        var x = new float[16];
        var tuned = new ArrayList<String>();
        var tuner = new Autotuner<>(List.of("one"));
        for (int key : new int[] {1, 2, 1}) {
            assertThat(tuner.choose(key, INTERPRETER, c -> {
                tuned.add(c + " for " + key);
                return add.bind(new int[] {1}, x, x, new float[16], 16);
            })).isEqualTo("one");
        }
        assertThat(tuned).containsExactly("one for 1", "one for 2");
    }

    @Test void noConfigurationsAreRefused() {
        assertThatThrownBy(() -> new Autotuner<>(List.of())).hasMessage("Autotuner: no configurations; it takes at least one");
    }
}
