package lyceum.data.scenes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

class DateTextsTest {

    @Test void sixFormatsSayTheSameDay() {
        var day = LocalDate.of(1979, 5, 3);
        assertThat(IntStream.range(0, DateTexts.FORMATS).mapToObj(f -> DateTexts.of(day, f).text())).containsExactly("3 May 1979",
                "May 3, 1979", "3rd of May, 1979", "1979 May 3", "03.05.1979", "Thursday, May 3rd 1979");
        assertThat(DateTexts.of(day, 2).iso()).isEqualTo("1979-05-03");
        assertThat(List.of(1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 30).stream()
                .map(d -> DateTexts.of(LocalDate.of(2000, 1, d), 2).text().split(" ")[0]))
                .containsExactly("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "30th");
    }

    @Test void heldOutDaysAreNeverLearned() {
        var learned = DateTexts.learned(5000, Rng.of(1)).stream().map(DateTexts.Pair::iso).collect(Collectors.toSet());
        var held = DateTexts.heldOut(2000, Rng.of(2));
        assertThat(held).noneMatch(p -> learned.contains(p.iso()));
        assertThat(held.stream().map(DateTexts.Pair::iso).distinct().count()).isGreaterThan(1000);
        assertThat(DateTexts.heldOut(2000, Rng.of(2))).isEqualTo(held);
    }

    @Test void codesAreReadBack() {
        for (var pair : DateTexts.learned(500, Rng.of(3))) {
            assertThat(DateTexts.text(DateTexts.codes(pair.text()))).isEqualTo(pair.text());
            assertThat(Arrays.stream(DateTexts.codes(pair.iso())).allMatch(c -> c >= 3 && c < DateTexts.symbols())).isTrue();
        }
        assertThat(DateTexts.text(3, DateTexts.PAD, DateTexts.END, 4)).hasSize(1);
        assertThatThrownBy(() -> DateTexts.codes("3 Mai 1979 é")).hasMessageContaining("'é'");
        assertThatThrownBy(() -> DateTexts.of(LocalDate.EPOCH, 6)).hasMessageContaining("format 6");
    }
}
