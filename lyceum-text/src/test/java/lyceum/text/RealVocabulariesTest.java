package lyceum.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Published vocabularies give the ids of Hugging Face tokenizers, by committed hashes of them; {@code tools/golden/RealTextIds.java} made these. */
@Tag("heavy")
class RealVocabulariesTest {
    private static final Path HOME = Path.of("../.lyceum/tokenizers");
    private static final Golden GOLDEN = Golden.load("golden/text_real_ids.json");
    static final List<String> VOCABULARIES = RealTexts.VOCABULARIES;

    @ParameterizedTest
    @FieldSource("VOCABULARIES") void idsAreTheReferences(String name) throws IOException {
        var file = HOME.resolve(name + ".json");
        assumeTrue(Files.exists(file), "not here: " + file + " (tools/fetch-tokenizers)");
        assertThat(RealTexts.hash(file)).as("the file that the reference read").isEqualTo(GOLDEN.text(name + ".file"));
        var tokenizer = TokenizerPipeline.read(file).whole();
        // to the reference the control strings in a text are control tokens
        var options = EncodeOptions.DEFAULT.withControls(Controls.ALL);
        for (var texts : RealTexts.all(HOME).entrySet()) {
            var expected = GOLDEN.texts(name + "." + texts.getKey());
            var found = Hashes.of(texts.getValue(), text -> tokenizer.ids(text, options));
            assertThat(found).as(texts.getKey()).isEqualTo(expected);
        }
        var again = TokenizerPipeline.read(tokenizer.toJson());
        for (var verse : Given.verses().subList(0, 200)) assertThat(again.ids(verse)).isEqualTo(tokenizer.ids(verse));
    }
}
