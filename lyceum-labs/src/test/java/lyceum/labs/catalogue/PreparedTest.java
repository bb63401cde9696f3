package lyceum.labs.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PreparedTest {

    @Test void whatTheBuildWroteIsWhatItWasMadeFrom() {
        assertThat(Prepared.topics()).contains(Catalogue.source().topics());
        assertThat(Prepared.checks()).contains(Ledger.source().entries());
        var sources = Catalogue.load().topics().stream().map(t -> Article.source(t.slug()).orElse(null)).filter(Objects::nonNull).toList();
        assertThat(Prepared.articles().orElseThrow().values()).containsExactlyInAnyOrderElementsOf(sources);
    }

    @Test void textsWithEveryKindOfSeparatorComeBack() {
        var topic = new Topic(7, "tab\tand\nline", "a-slug", "kind", "core", "Ärea", "level", "back\\slash \\n \u001f end",
                List.of("", "λ", "a\u001fb"), List.of(), List.of(""), List.of("one\ttwo", "\\"));
        assertThat(Packed.parse(Prepared.line(topic).getBytes(StandardCharsets.UTF_8), Prepared::topic)).containsExactly(topic);

        var entry = new LedgerEntry("svd", 2, "a test", true, "gap 4e-12\tand more", "2026-11-25T10:00:00Z", "", "abc");
        assertThat(Packed.parse(Prepared.line(entry).getBytes(StandardCharsets.UTF_8), Prepared::entry)).containsExactly(entry);

        var article = new Article("svd", Map.of("lab", "lyceum.Lab"), "# A\r\n\n\tcode \\(x\\)\n");
        assertThat(Packed.parse(Prepared.line(article).getBytes(StandardCharsets.UTF_8), Prepared::article)).containsExactly(article);
    }

    @Test void aSlugWithoutAnArticleFindsNone() {
        assertThat(Article.find("../catalogue")).isEmpty();
        assertThat(Article.find("no-such-topic")).isEmpty();
    }
}
