package lyceum.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Locale;
import java.util.TimeZone;
import org.junit.jupiter.api.Test;

class LocaleHarnessTest {

    @Test void everyHardLocaleIsTriedAndTheOldOneComesBack() {
        var locale = Locale.getDefault();
        var zone = TimeZone.getDefault();
        var tried = new ArrayList<String>();
        LocaleHarness.everywhere(() -> tried.add("TITLE".toLowerCase(Locale.getDefault()) + String.format("%.1f", 1.5)));
        assertThat(tried).hasSize(3).contains("tıtle1,5", "title1,5");
        assertThat(Locale.getDefault()).isEqualTo(locale);
        assertThat(TimeZone.getDefault()).isEqualTo(zone);
    }

    @Test void failureNamesTheLocale() {
        assertThatThrownBy(() -> LocaleHarness.everywhere(() -> assertThat("I".toLowerCase(Locale.getDefault())).isEqualTo("i")))
                .isInstanceOf(AssertionError.class).hasMessageStartingWith("under tr-TR in Asia/Kolkata: ");
    }
}
