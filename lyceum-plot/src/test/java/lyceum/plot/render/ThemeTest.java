package lyceum.plot.render;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ThemeTest {
    /** Ten classes are common: digits, images of ten kinds. */
    @Test void tenSeriesHaveTenColoursThatStandOutFromThePaper() {
        for (var theme : List.of(Theme.LIGHT, Theme.DARK)) {
            assertThat(theme.series()).hasSize(10).doesNotHaveDuplicates();
            for (int i = 8; i < 10; i++)
                assertThat(Theme.contrast(Theme.rgb(theme.series(i)), Theme.rgb(theme.paper()))).as(theme.series(i)).isGreaterThan(4.5);
        }
        assertThat(SeriesColors.dash(9)).isZero();
        assertThat(SeriesColors.dash(10)).isPositive();
    }
}
