package lyceum.labs.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ArticleTest {

    private static final Catalogue CATALOGUE = Catalogue.load();
    private static final ArticleRules RULES = new ArticleRules(CATALOGUE, file -> Article.svg(file).orElse(null));
    private static final List<Article> ALL = CATALOGUE.topics().stream().flatMap(t -> Article.find(t.slug()).stream()).toList();
    private static final String GOOD = """
            ---
            api: lyceum.learn.cluster.KMeans
            lab: lyceum.labs.dummy.GoodLab
            see: pca, svd
            sources:
              - Lloyd (1982), Least Squares Quantization in PCM: a Title, IEEE 28
              - 'Hamerly (2010), Making k-means Even Faster, SDM'
            amended:
              - "2: |a| never rises | It was false: see below."
            remarks: "Clause 1: on few rows."
            ---
            The *idea* is simple. $x_1 + x_2$ is one word, and so is [a link](svd).

            ![Two heaps.](figures/no-such.svg)

            ---

            $$a = b$$
            """;

    @TestFactory Stream<DynamicTest> everyArticleKeepsTheRules() {
        return ALL.stream()
                .map(a -> DynamicTest.dynamicTest(a.slug(), () -> assertThat(RULES.problems(CATALOGUE.bySlug(a.slug()), a)).isEmpty()));
    }

    @Test void noTwoArticlesOpenWithTheSameFourWords() { assertThat(SharedWords.openings(ALL)).isEmpty(); }

    @Test void noTwoArticlesShareEightWordsInARow() { assertThat(SharedWords.runs(ALL)).isEmpty(); }

    @Test void noBoldLeadInStandsInMoreThanThreePercentOfTheTopics() {
        assertThat(SharedWords.leadIns(ALL))
                .allSatisfy((lead, count) -> assertThat(count).as(lead).isLessThanOrEqualTo(CATALOGUE.topics().size() * 3 / 100));
    }

    @Test void noParagraphOpensAlikeInMoreThanTenArticles() {
        assertThat(SharedWords.paragraphs(ALL)).allSatisfy((opening, count) -> assertThat(count).as(opening).isLessThanOrEqualTo(10));
    }

    @Test void everyTopicHasAnArticleThatTheTextOfAnotherLinksTo() {
        var reached = new HashSet<String>();
        ALL.forEach(a -> reached.addAll(a.links()));
        assertThat(ALL).hasSameSizeAs(CATALOGUE.topics());
        assertThat(reached).containsAll(CATALOGUE.topics().stream().map(Topic::slug).toList());
    }

    @Test void everyFileUnderTopicsBelongsToATopicAndEveryFigureToAnArticle() throws IOException {
        var shown = new HashSet<String>();
        ALL.forEach(a -> a.pictures().forEach(p -> shown.add(p.file())));
        try (var files = Files.walk(Path.of("src/main/resources/topics"))) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                var name = Path.of("src/main/resources/topics").relativize(file).toString().replace('\\', '/');
                boolean article = name.endsWith(".md") && CATALOGUE.find(name.substring(0, name.length() - 3)).isPresent();
                assertThat(article || shown.contains(name)).as(name).isTrue();
            }
        }
    }

    @Test void frontMatterAndTextAreTakenApart() {
        var article = Article.parse("k-means", GOOD);
        assertThat(article.fields().keySet()).containsExactly("api", "lab", "see", "sources", "amended", "remarks");
        assertThat(article.see()).containsExactly("pca", "svd");
        assertThat(article.lab()).contains("lyceum.labs.dummy.GoodLab");
        assertThat(article.sources()).containsExactly("Lloyd (1982), Least Squares Quantization in PCM: a Title, IEEE 28",
                "Hamerly (2010), Making k-means Even Faster, SDM");
        assertThat(article.amendments()).containsExactly(new Amendment(2, "|a| never rises", "It was false: see below."));
        assertThat(article.remarks()).isEqualTo("Clause 1: on few rows.");
        assertThat(article.markdown()).startsWith("The *idea*").endsWith("$$a = b$$\n");
        assertThat(article.links()).containsExactly("svd");
        assertThat(article.pictures()).containsExactly(new Article.Picture("figures/no-such.svg", "Two heaps."));
        assertThat(article.words()).isEqualTo(14);
        assertThat(article.minutes()).isEqualTo(1);
    }

    @Test void mentionsAreTheSentencesThatLinkToATopic() {
        var article = Article.parse("one",
                "Not this. Cut by [SVD](svd), then [rotate](qr)! Nor this.\n\n![A cut.](figures/one.svg) Or [again](svd).\n");
        assertThat(article.mentions()).isEqualTo(Map.of("svd", "Cut by SVD, then rotate! Or again.", "qr", "Cut by SVD, then rotate!"));
    }

    @Test void articleWithoutFrontMatterHasNoFields() {
        var article = Article.parse("k-means", "Just text.\n");
        assertThat(article.fields()).isEmpty();
        assertThat(article.markdown()).isEqualTo("Just text.\n");
        assertThat(article.lab()).isEmpty();
        assertThat(article.see()).isEmpty();
        assertThat(article.sources()).isEmpty();
        assertThat(article.amendments()).isEmpty();
    }

    @Test void formulasAreFoundAndCodeAndMoneyAreNot() {
        var found = new ArrayList<String>();
        var rest = Formulas.replaced("a $x_1$ b $$y\n= z$$ `$c$` \\$5 and \\$6, a 3$\\times$3 kernel", (tex, display) -> {
            found.add((display ? "!" : "") + tex);
            return "#";
        });
        assertThat(found).containsExactly("x_1", "!y\n= z", "\\times");
        assertThat(rest).isEqualTo("a # b # `$c$` \\$5 and \\$6, a 3#3 kernel");
    }

    @Test void rulesNameWhatIsWrong() {
        var topic = CATALOGUE.bySlug("k-means");
        assertThat(RULES.problems(topic, Article.parse("k-means", GOOD.replace("svd", "no-such").replace("remarks", "notes"))))
                .containsExactly("notes does not belong in the front matter", "see names no-such, which is no topic",
                        "it has 14 words; 150 to 600 are right", "a link names no-such, which is no topic",
                        "it links to 1 topics; two are the least", "figures/no-such.svg is described in 10 characters; 40 are the least",
                        "figures/no-such.svg is not there");
        assertThat(RULES.problems(topic, Article.parse("k-means", "x $a}$ is \\$5"))).containsExactly("see is missing",
                "it has 0 sources; 2 to 4 are right", "it has 4 words; 150 to 600 are right", "it links to 0 topics; two are the least",
                "braces do not pair in $a}$");
        assertThat(RULES.problems(topic, Article.parse("k-means", GOOD.replace("(1982)", ""))))
                .contains("a source without a year: Lloyd , Least Squares Quantization in PCM: a Title, IEEE 28");
        assertThat(RULES.problems(topic, Article.parse("k-means", GOOD.replace("$$a = b$$", "$$a = b$"))))
                .contains("a dollar sign without a partner; money is \\$5");
        var other = CATALOGUE.bySlug("svd");
        assertThat(RULES.problems(other, Article.parse("svd", GOOD))).contains("@Lab of lyceum.labs.dummy.GoodLab does not name the topic",
                "see names the topic itself");
        var article = Article.parse("svd", GOOD.replace("GoodLab", "NoLab"));
        assertThat(StatusBoard.of(CATALOGUE, Ledger.of(List.of()), slug -> Optional.of(article)).of("svd").left()).contains("no lab");
    }

    @Test void amendmentNamesAClauseOnceAndSaysWhy() {
        var topic = CATALOGUE.bySlug("k-means");
        assertThat(RULES.problems(topic, Article.parse("k-means", GOOD.replace("2: |a|", "9: |a|")))).contains("it amends clause 9 of 5");
        assertThat(RULES.problems(topic, Article.parse("k-means", GOOD.replace("below.\"", "below.\"\n  - 2: again | why"))))
                .contains("it amends clause 2 twice");
        assertThat(RULES.problems(topic, Article.parse("k-means", GOOD.replace("|a| never rises", topic.clause(2)))))
                .contains("the amendment of clause 2 says what the clause says");
        assertThatThrownBy(() -> Amendment.parse("2: what holds"))
                .hasMessage("amended: '2: what holds'; an amendment reads 'N: what holds instead | why'");
        assertThat(RULES.problems(topic, Article.parse("k-means", GOOD.replace(" | It was false: see below.", ""))))
                .anyMatch(p -> p.contains("an amendment reads"));
    }

    @Test void sharedWordsAreFoundAndAFormulaEndsARun() {
        var one = new Article("one", Map.of(), "A ball rolls down into the next deep valley today. **Use it** now.");
        var two = new Article("two", Map.of(),
                "A ball rolls [down](x) quickly. Then it rolls down into the next deep valley today.\n\n**Use it.** Later.");
        var three = new Article("three", Map.of(), "Then it rolls down into $x$ the next deep valley today.");
        assertThat(SharedWords.openings(List.of(one, two, three))).containsExactly(Map.entry("a ball rolls down", Set.of("one", "two")));
        assertThat(SharedWords.runs(List.of(one, two, three)))
                .containsExactly(Map.entry("rolls down into the next deep valley today", Set.of("one", "two")));
        assertThat(SharedWords.leadIns(List.of(one, two, three))).containsExactly(Map.entry("use it", 1));
        assertThat(SharedWords.paragraphs(List.of(one, two, three))).containsExactly(Map.entry("ball rolls down", 2),
                Map.entry("rolls down next", 1));
    }

    @Test void onlySlugsFindArticles() {
        assertThat(Article.find("../lyceum/labs/catalogue")).isEmpty();
        assertThat(Article.find("k-means/../svd")).isEmpty();
        assertThat(Article.find("")).isEmpty();
    }
}
