package lyceum.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class PayloadFilterTest {
    private static boolean in(Object value, Object... values) { return PayloadFilter.in("n", values).matches(Map.of("n", value)); }

    @Test void numbersAreEqualIfTheyAreTheSameNumber() {
        long great = (1L << 53) + 1;
        assertThat(in(great, great)).isTrue();
        assertThat(in(great, great - 1)).isFalse();
        assertThat(in(great, (double) great)).isFalse();
        assertThat(in(4L, 4, 4)).isTrue();
        assertThat(in(4L, 4.0)).isTrue();
        assertThat(in(4.0, 4)).isTrue();
        assertThat(in(0.5, 0.5f)).isTrue();
        assertThat(in(-0.0, 0)).isTrue();
        assertThat(in(Double.NaN, Double.NaN)).isTrue();
        assertThat(in(Long.MAX_VALUE, 0x1p63)).isFalse();
        assertThat(in(0x1p63, 0x1p63)).isTrue();
    }

    private static boolean between(double least, double most, Object value) {
        return PayloadFilter.range("n", least, most).matches(Map.of("n", value));
    }

    @Test void rangesOfWholeNumbersAreExact() {
        double bound = 0x1p53;
        assertThat(between(0, bound, 1L << 53)).isTrue();
        assertThat(between(0, bound, (1L << 53) + 1)).isFalse();
        assertThat(between(bound, 1e300, (1L << 53) - 1)).isFalse();
        assertThat(between(0.5, 1.5, 1L)).isTrue();
        assertThat(between(1.5, 2.5, 1L)).isFalse();
        assertThat(between(-1.5, -0.5, -1L)).isTrue();
        assertThat(between(-1.5, -0.5, -2L)).isFalse();
        assertThat(between(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, Long.MIN_VALUE)).isTrue();
        assertThat(between(0, 0, -0.0)).isTrue();
        assertThat(between(0, 1, Double.NaN)).isFalse();
        assertThat(between(0, 1, "0.5")).isFalse();
    }
}
