package lyceum.testing;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.equalTo;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class EvidenceTest {

    @Test void boundsHoldOnTheirSideOnlyAndSayWhatTheyExpect() {
        for (var bound : List.of(below(2), atMost(2), above(2), atLeast(2), between(1, 2), exactly(2), equalTo(2, 0.5))) {
            assertThat(bound.holds(Double.NaN)).as(bound.expected()).isFalse();
        }
        assertThat(below(2).holds(2)).isFalse();
        assertThat(atMost(2).holds(2)).isTrue();
        assertThat(above(2).holds(2)).isFalse();
        assertThat(atLeast(2).holds(2)).isTrue();
        assertThat(between(1, 2).holds(2.1)).isFalse();
        assertThat(exactly(2).holds(2)).isTrue();
        assertThat(equalTo(2, 0.5).holds(1.5)).isTrue();
        assertThat(List.of(below(1e-9), atMost(2.5e-4), between(-1, 300), equalTo(0.5, 0.05))).extracting(Bound::expected)
                .containsExactly("below 1e-9", "at most 2.5e-4", "between -1 and 300", "0.5 within 0.05");
        assertThatThrownBy(() -> between(2, 1)).hasMessage("between 2.0 and 1.0: the lower end comes first");
    }

    @Test void evidenceIsRecordedAndAssertsItsBound() {
        var outer = Evidence.end(); // this test is no acceptance test; begin and end as the listener does
        Evidence.begin();
        assertThat(Evidence.missing()).isTrue();
        Evidence.of("gap", 1e-12, below(1e-9));
        assertThatThrownBy(() -> Evidence.of("gap", 1, below(1e-9))).isInstanceOf(AssertionError.class)
                .hasMessage("gap is 1.0; it should be below 1e-9");
        assertThatThrownBy(() -> Evidence.that("ranks are kept", false)).isInstanceOf(AssertionError.class)
                .hasMessage("ranks are kept is false; it should be true");
        assertThat(Evidence.missing()).isFalse();
        assertThat(Evidence.end()).hasSize(3).last().isEqualTo(new Evidence.Entry("ranks are kept", 0, "true"));
        assertThat(outer).isEmpty();
        assertThat(Evidence.missing()).isFalse();
    }

    @Test void gapNamesThePlaceOfTheWorst() {
        var golden = Golden.parse("g", "{\"cases\": [{\"name\": \"a\", \"b\": [[1, 2], [3, null]]}]}");
        var gap = Gap.absolute().see(golden.named("a"), "b", 1, 2.5, 3, 99);
        assertThat(gap).hasToString("0.5 at g:cases.0:b.0.1: 2.5 for 2.0");
        assertThat(gap.seen()).isEqualTo(3);
        assertThatThrownBy(() -> Evidence.of("largest gap", gap, below(0.1)))
                .hasMessage("largest gap is 0.5 at g:cases.0:b.0.1: 2.5 for 2.0; it should be below 0.1");
        assertThatThrownBy(() -> Evidence.of("largest gap", Gap.absolute(), below(0.1))).hasMessage("largest gap: nothing was compared");
        assertThatThrownBy(() -> gap.see(golden, "cases.0.b", 1)).hasMessage("g:cases.0.b: 1 numbers for 4");
        assertThatThrownBy(() -> golden.named("c")).hasMessage("g has no case c; it has a");
        assertThat(golden.isOpen("cases.0.b.1.1")).isTrue();
        assertThat(golden.isOpen("cases.0.b.1.0")).isFalse();
    }

    @Test void gapKnowsScalesNanAndInfinity() {
        assertThat(Gap.relative().see("x", 110, 100).worst()).isEqualTo(0.1);
        assertThat(Gap.overLargest().see("x", new double[] {1.5, 100}, new double[] {1, 100}).worst()).isEqualTo(0.005);
        assertThat(Gap.relative().see("x", 0, 0).worst()).isZero();
        assertThat(Gap.relative().see("x", 1e-300, 0).worst()).isInfinite();
        assertThat(Gap.relativeBeyondOne().see("x", 0.6, 0.5).see("y", 110, 100).worst()).isEqualTo(0.1, within(1e-15));
        assertThat(Gap.absolute().see("x", Double.NaN, Double.NaN).see("y", Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY).worst())
                .isZero();
        for (double[] pair : new double[][] {{Double.NaN, 1}, {1, Double.NaN}, {Double.POSITIVE_INFINITY, 1},
                {1, Double.NEGATIVE_INFINITY}}) {
            assertThat(Gap.relative().see("x", pair[0], pair[1]).worst()).isInfinite();
        }
        assertThatThrownBy(() -> Gap.absolute().see("x", new double[1], new double[2])).hasMessage("x: 1 numbers for 2");
    }
}
