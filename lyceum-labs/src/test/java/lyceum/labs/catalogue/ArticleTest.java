package lyceum.labs.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ArticleTest {

    private static final Catalogue CATALOGUE = Catalogue.load();
    private static final String GOOD = """
            ---
            number: 12
            title: A title: with a colon
            kind: algorithm
            area: Clustering and Density
            api: lyceum.learn.cluster.KMeans
            see: pca, svd
            lab: lyceum.labs.dummy.GoodLab
            ---
            The *idea* is simple. $x_1 + x_2$ is one word.

            ---

            $$a = b$$
            """;

    @TestFactory
    Stream<DynamicTest> everyArticleKeepsTheRules() {
        return CATALOGUE.topics().stream().filter(t -> Article.find(t.slug()).isPresent())
                .map(t -> DynamicTest.dynamicTest(t.slug(), () -> assertThat(ArticleRules.problems(t, Article.find(t.slug()).orElseThrow(), CATALOGUE)).isEmpty()));
    }

    @Test
    void everyFileUnderTopicsBelongsToATopic() throws IOException {
        var folder = Path.of("src/main/resources/topics");
        if (Files.isDirectory(folder)) {
            try (var files = Files.list(folder)) {
                assertThat(files.map(f -> f.getFileName().toString())).allMatch(f -> f.endsWith(".md") && CATALOGUE.find(f.substring(0, f.length() - 3)).isPresent());
            }
        }
    }

    @Test
    void frontMatterAndTextAreTakenApart() {
        var article = Article.parse("k-means", GOOD);
        assertThat(article.fields().keySet()).containsExactly("number", "title", "kind", "area", "api", "see", "lab");
        assertThat(article.fields()).containsEntry("title", "A title: with a colon");
        assertThat(article.see()).containsExactly("pca", "svd");
        assertThat(article.lab()).contains("lyceum.labs.dummy.GoodLab");
        assertThat(article.markdown()).startsWith("The *idea*").endsWith("$$a = b$$\n");
        assertThat(article.words()).isEqualTo(9);
    }

    @Test
    void articleWithoutFrontMatterHasNoFields() {
        var article = Article.parse("k-means", "Just text.\n");
        assertThat(article.fields()).isEmpty();
        assertThat(article.markdown()).isEqualTo("Just text.\n");
        assertThat(article.lab()).isEmpty();
        assertThat(article.see()).isEmpty();
    }

    @Test
    void rulesNameWhatIsWrong() {
        var topic = CATALOGUE.bySlug("k-means");
        var problems = ArticleRules.problems(topic, Article.parse("k-means", GOOD.replace("svd", "no-such")), CATALOGUE);
        assertThat(problems).containsExactly("number is 12 and the catalogue says " + topic.number(),
                "title is A title: with a colon and the catalogue says " + topic.title(),
                "see names no-such, which is no topic", "it has 9 words; 120 to 300 are right");
        var missing = ArticleRules.problems(topic, Article.parse("k-means", "x"), CATALOGUE);
        assertThat(missing).contains("api is missing", "see is missing", "area is null and the catalogue says " + topic.area());
        var other = CATALOGUE.bySlug("svd");
        assertThat(ArticleRules.problems(other, Article.parse("svd", GOOD), CATALOGUE)).contains("@Lab of lyceum.labs.dummy.GoodLab does not name the topic");
        var article = Article.parse("svd", GOOD.replace("GoodLab", "NoLab"));
        assertThat(StatusBoard.of(CATALOGUE, Ledger.of(java.util.List.of()), slug -> java.util.Optional.of(article)).of("svd").left()).contains("no lab");
    }

    @Test
    void onlySlugsFindArticles() {
        assertThat(Article.find("../lyceum/labs/catalogue")).isEmpty();
        assertThat(Article.find("k-means/../svd")).isEmpty();
        assertThat(Article.find("")).isEmpty();
    }
}
