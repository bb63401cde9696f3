package lyceum.text;

import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ids against those of Hugging Face tokenizers and jtokkit, by committed hashes; {@code tools/golden/TextIds.java} made them. */
class ReferenceIdsTest {
    private static final Golden GOLDEN = Golden.load("golden/text_ids.json");

    @Test void miniLmGivesTheReferencesIdsOnAllVerses() { same("minilm.kjv", Given.verses()); }

    /** Clause 1: ids equal the DJL Hugging Face tokenizer for the MiniLM vocabulary on 10,000 Brown sentences. */
    @Acceptance(topic = "subword-tokenizers", clause = 1)
    @Test void miniLmGivesTheReferencesIdsOnBrown() {
        var sentences = Given.brownSentences().subList(0, 10_000);
        Evidence.of("sentences", sentences.size(), exactly(10_000));
        Evidence.of("blocks of a hundred that differ",
                Hashes.different(Hashes.of(sentences, Given.miniLm()::ids), GOLDEN.texts("minilm.brown")), exactly(0));
    }

    @Test void miniLmGivesTheReferencesIdsOnRandomUnicode() {
        same("minilm.random", RandomTexts.of(21, 10_000).stream().map(text -> text.replace("[CLS]", "").replace("[MASK]", "")).toList());
    }

    private static void same(String name, List<String> texts) {
        var expected = GOLDEN.texts(name);
        assertThat(expected).hasSize((texts.size() + 99) / 100);
        assertThat(Hashes.of(texts, Given.miniLm()::ids)).isEqualTo(expected);
    }

    @Tag("slow")
    @Test void tiktokensFourVocabulariesGiveJtokkitsIdsOnBrown() throws IOException {
        check("r50k_base", PreTokenizer.GPT2);
        check("p50k_base", PreTokenizer.GPT2);
        check("cl100k_base", PreTokenizer.GPT4);
        check("o200k_base", PreTokenizer.GPT4O);
    }

    private static void check(String name, String pattern) throws IOException {
        try (var in = ReferenceIdsTest.class.getResourceAsStream("/com/knuddels/jtokkit/" + name + ".tiktoken")) {
            var tokenizer = Tiktoken.read(in.readAllBytes(), pattern, Map.of());
            assertThat(Hashes.of(Given.brownSentences(), tokenizer::ids)).as(name).isEqualTo(GOLDEN.texts(name + ".brown"));
        }
    }
}
