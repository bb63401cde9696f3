package lyceum.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import lyceum.FormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Texts and files that are there to hurt. */
class BadTextTest {
    /** A merge that looks at all pairs anew after each one would take hours. */
    @Timeout(value = 60, unit = TimeUnit.SECONDS)
    @Test void aMegabyteWithoutASpaceIsEncoded() {
        for (var letters : List.of("a", "ab", "the", "qzj")) {
            var word = letters.repeat((1 << 20) / letters.length());
            for (Tokenizer tokenizer : List.of(Given.byteLevel8000(), Given.miniLm().whole(),
                    new UnigramTrainer(120).train(Given.verses().subList(0, 50)))) {
                var ids = tokenizer.ids(word);
                assertThat(ids).as(tokenizer + " on " + letters).isNotEmpty();
            }
        }
        var word = "thelord".repeat(150_000);
        assertThat(Given.byteLevel8000().decode(Given.byteLevel8000().ids(word))).isEqualTo(word);
    }

    @Test void tenThousandNormalizersInsideEachOtherAreRefused() {
        var json = new String(Given.byteLevel8000().toJson(), StandardCharsets.UTF_8);
        for (int depth : new int[] {10_000, 100_000}) {
            var nested = "{\"type\":\"Sequence\",\"normalizers\":[".repeat(depth) + "{\"type\":\"NFC\"}" + "]}".repeat(depth);
            var file = json.replaceFirst("\"normalizer\"\\s*:\\s*null", "\"normalizer\":" + nested);
            assertThat(file.length()).isGreaterThan(json.length() + depth);
            assertThatThrownBy(() -> TokenizerPipeline.read(file.getBytes(StandardCharsets.UTF_8))).isInstanceOf(FormatException.class);
        }
    }
}
