package lyceum.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PropertyTest {

    @Test void claimThatHoldsIsCheckedForEveryRun() {
        var seen = new ArrayList<Integer>();
        Property.of(Generator.ints(-5, 5)).withRuns(500).holds(seen::add);
        assertThat(seen).hasSize(500).allMatch(i -> i >= -5 && i <= 5).contains(-5, 0, 5);
    }

    @Test void sameSeedDrawsTheSameValues() { assertThat(drawn(3)).isEqualTo(drawn(3)).isNotEqualTo(drawn(4)); }

    private static List<List<Integer>> drawn(long seed) {
        var seen = new ArrayList<List<Integer>>();
        Property.of(Generator.ints(0, 1000).lists(0, 9)).withSeed(seed).holds(seen::add);
        return seen;
    }

    @Test void brokenNumberShrinksToTheSmallestThatBreaks() {
        assertThatThrownBy(() -> Property.of(Generator.ints(-1_000_000, 1_000_000)).holds(i -> assertThat(i).isLessThan(4711)))
                .isInstanceOf(AssertionError.class).hasMessageStartingWith("the claim breaks for 4711 (seed 1, run ").cause()
                .hasMessageContaining("4711");
        assertThatThrownBy(() -> Property.of(Generator.longs(-1L << 60, 0)).holds(i -> assertThat(i).isGreaterThan(-77)))
                .hasMessageStartingWith("the claim breaks for -77 ");
    }

    @Test void brokenListShrinksToItsCulprits() {
        var lists = Generator.ints(0, 1000).lists(0, 30);
        assertThatThrownBy(() -> Property.of(lists).holds(l -> assertThat(l).allMatch(i -> i < 100)))
                .hasMessageStartingWith("the claim breaks for [100] ");
        assertThatThrownBy(() -> Property.of(lists).holds(l -> assertThat(l).hasSizeLessThan(4)))
                .hasMessageStartingWith("the claim breaks for [0, 0, 0, 0] ");
        assertThatThrownBy(() -> Property.of(lists).holds(l -> assertThat(l.stream().mapToInt(i -> i).sum()).isLessThan(1500)))
                .hasMessageMatching("(?s)the claim breaks for \\[[1-9]\\d*(, [1-9]\\d*){1,3}] .*").cause().hasMessageContaining("1500");
    }

    @Test void mappedNestedAndFilteredGeneratorsShrinkToo() {
        var pairs = Generator.ints(1, 50).flatMap(n -> Generator.ints(0, n).map(k -> List.of(n, k)));
        assertThatThrownBy(() -> Property.of(pairs).holds(p -> assertThat(p.get(1)).isLessThan(7)))
                .hasMessageStartingWith("the claim breaks for [7, 7] ");
        var even = Generator.ints(0, 10_000).filter(i -> i % 2 == 0);
        assertThatThrownBy(() -> Property.of(even).holds(i -> assertThat(i).isLessThan(101)))
                .hasMessageStartingWith("the claim breaks for 102 ");
        assertThatThrownBy(() -> Property.of(Generator.texts("abc", 0, 20)).holds(s -> assertThat(s).doesNotContain("b")))
                .hasMessageStartingWith("the claim breaks for b ");
    }

    @Test void doublesTouchTheirEndsAndStayInside() {
        var seen = new ArrayList<Double>();
        Property.of(Generator.doubles(-2, 3)).withRuns(1000).holds(seen::add);
        assertThat(seen).contains(-2.0, 0.0, 3.0).allMatch(v -> v >= -2 && v <= 3);
        assertThatThrownBy(() -> Generator.doubles(0, Double.POSITIVE_INFINITY)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Generator.ints(2, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test void unwantedDrawsEndInAClearError() {
        assertThatThrownBy(() -> Property.of(Generator.ints(0, 9).filter(i -> i > 9)).holds(i -> {}))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("filter");
    }
}
