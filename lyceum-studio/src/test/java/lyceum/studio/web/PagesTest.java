package lyceum.studio.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Catalogue;
import lyceum.labs.catalogue.Ledger;
import lyceum.labs.catalogue.LedgerEntry;
import lyceum.labs.catalogue.StatusBoard;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.plot.render.Theme;
import lyceum.studio.Compilation;
import lyceum.studio.web.view.RunView;
import lyceum.studio.web.view.Site;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PagesTest extends OpenStudio {

    @ParameterizedTest
    @ValueSource(strings = {"/", "/topics", "/topics?q=lasso", "/areas", "/map", "/map?by=meaning", "/paths", "/paths?goal=lasso",
            "/status", "/sources", "/t/gradient-descent", "/t/momentum", "/t/dpo", "/live", "/quick?q=svd"})
    void everyPageAnswers(
                    String path) {
        var answer = http.get(path);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("text/html;charset=utf-8");
        assertThat(answer.body()).doesNotContain(" style=").doesNotContain("<script>").doesNotContain("onclick");
    }

    @Test void everyGuideIsListedAndShownWithItsPictures() throws IOException {
        var list = http.get("/guides").body();
        int shown = 0, pictures = 0;
        try (var guides = Files.newDirectoryStream(Path.of("../docs/guides"), "*.md")) {
            for (var guide : guides) {
                var markdown = Files.readString(guide);
                var title = markdown.lines().findFirst().orElseThrow().substring(2);
                var name = guide.getFileName().toString().replace(".md", "");
                assertThat(list).contains("<a href=\"/guides/" + name + "\">" + title + "</a>");
                var page = http.get("/guides/" + name);
                assertThat(page.statusCode()).as(name).isEqualTo(200);
                assertThat(page.body()).contains("<h1>" + title + "</h1>");
                assertThat(page.body().split("<pre", -1)).as(name)
                        .hasSize((int) markdown.lines().filter(line -> line.startsWith("```")).count() / 2 + 1);
                int own = markdown.split("!\\[", -1).length - 1;
                assertThat(page.body().split("<img src=\"data:image/png;base64,", -1)).as(name).hasSize(own + 1);
                pictures += own;
                shown++;
            }
        }
        assertThat(shown).isEqualTo(Guides.NAMES.size());
        assertThat(pictures).isGreaterThanOrEqualTo(3);
        assertThat(http.get("/guides/no-such-guide").statusCode()).isEqualTo(404);
    }

    @Test void everyTopicHasAPage() {
        for (var topic : Shelf.encyclopedia().catalogue().topics()) {
            assertThat(http.get("/t/" + topic.slug()).statusCode()).as(topic.slug()).isEqualTo(200);
        }
    }

    @Test void searchFindsByWordsAndSaysHowMany() {
        var page = http.get("/topics?q=lasso").body();
        assertThat(page).contains("href=\"/t/lasso\"").contains("value=\"lasso\"").contains("of 757");
    }

    @Test void whatIsFoundByWordsAloneIsSaidWhereTheyNameNothing() {
        var finder = new Finder() {
            @Override public List<Found> find(String query) { return List.of(); }

            @Override public Optional<String> wordsAlone(String query) {
                return query.equals("lasso") ? Optional.empty() : Optional.of("it loads");
            }
        };
        var shelf = Shelf.encyclopedia();
        var shown = new TopicsPage(new Encyclopedia(shelf.catalogue(), shelf.board(), finder, s -> Optional.empty()), null);
        assertThat(shown.view(new TopicQuery("how far is it", Map.of(), "", 5)).note()).isEqualTo("Found by words alone: it loads.");
        assertThat(shown.view(new TopicQuery("lasso", Map.of(), "", 5)).note()).isEmpty();
        assertThat(shown.view(new TopicQuery("", Map.of(), "", 5)).note()).isEmpty();
        assertThat(http.get("/topics?q=how+far+is+it+to+there").body()).doesNotContain("Found by words alone");
    }

    @Test void theMapByMeaningShowsEveryTopic() {
        var page = http.get("/map?by=meaning").body();
        assertThat(page).contains("<h1>Map by meaning</h1>").contains("href=\"/map\"").contains(">Reinforcement Learning</text>");
        assertThat(page.split("data-t=\"")).hasSize(758);
        assertThat(http.get("/map").body()).contains("href=\"/map?by=meaning\"");
    }

    @Test void facetsCountWhatTheOtherFiltersLeave() {
        var both = http.json("/api/topics?kind=metric&level=beginner");
        assertThat(both.size()).isPositive();
        both.forEach(topic -> assertThat(topic.path("kind").stringValue() + topic.path("level").stringValue()).isEqualTo("metricbeginner"));
        var page = http.get("/topics?kind=metric&level=beginner").body();
        assertThat(page).contains("<b class=\"nums\">" + both.size() + "</b>");
        var count = Pattern.compile("name=\"kind\" value=\"theory\"[^>]*><span>theory</span><span>(\\d+)</span>").matcher(page);
        assertThat(count.find()).isTrue();
        assertThat(Integer.parseInt(count.group(1))).isEqualTo(http.json("/api/topics?kind=theory&level=beginner").size());
    }

    @Test void severalValuesOfAFacetAreAllWanted() {
        var both = http.json("/api/topics?kind=metric&kind=history").size();
        assertThat(both).isEqualTo(http.json("/api/topics?kind=metric").size() + http.json("/api/topics?kind=history").size());
    }

    @Test void whileTypingOnlyTheListIsSentAndTheAddressFollows() {
        var answer = http.get("/topics?q=svd&sort=&kind=", "HX-Request", "true", "HX-Trigger", "q");
        assertThat(answer.body()).doesNotContain("<html").contains("id=\"results\"").contains("hx-swap-oob");
        assertThat(answer.headers().firstValue("HX-Replace-Url")).contains("/topics?q=svd");
        assertThat(http.get("/topics?kind=metric", "HX-Request", "true", "HX-Trigger", "filter").headers().firstValue("HX-Push-Url"))
                .contains("/topics?kind=metric");
    }

    @Test void theListGrowsByAnAddressOfItsOwn() {
        assertThat(rows("/topics")).isEqualTo(50);
        assertThat(http.get("/topics").body()).contains("href=\"/topics?show=100\"");
        assertThat(rows("/topics?show=100")).isEqualTo(100);
    }

    private static long rows(String path) { return Pattern.compile("class=\"row\"").matcher(http.get(path).body()).results().count(); }

    @Test void nothingFoundOffersTheNearestNames() { assertThat(http.get("/topics?q=qqqqxxxx").body()).contains("Nearest names"); }

    @Test void anUnknownTopicIs404WithNearestNamesAndSearch() {
        var answer = http.get("/t/gradient-descnt");
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).contains("href=\"/t/gradient-descent\"").contains("type=\"search\"");
        assertThat(http.get("/no/such/page").statusCode()).isEqualTo(404);
        assertThat(http.get("/no/such/page").body()).contains("type=\"search\"");
    }

    @Test void theApiAnswersInTheShapesOfTheCommandLine() {
        var topic = http.json("/api/topics?q=lasso").get(0);
        assertThat(topic.propertyNames()).containsExactly("number", "title", "slug", "kind", "area", "module", "level", "status", "amended",
                "words", "summary");
        assertThat(http.json("/api/topics").size()).isEqualTo(757);
        assertThat(http.json("/api/topics/gradient-descent").path("params").size()).isEqualTo(4);
        var unknown = http.get("/api/topics/gradient-descnt");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body()).contains("\"nearest\":[\"gradient-descent\"");
    }

    @Test void aTopicShowsItsArticleItsLabAndItsClauses() {
        var page = http.get("/t/gradient-descent?learningRate=0.1&steps=40").body();
        assertThat(page).contains("<span class=\"math display\">x_{t+1} = x_t").contains("One step size, two slopes")
                .contains("name=\"learningRate\"").contains("./lyceum run gradient-descent --param learningRate=0.1 --param steps=40")
                .contains("id=\"clause-3\"").contains("Next");
    }

    @Test void aWrongValueInTheAddressTakesTheDefault() {
        assertThat(http.get("/t/gradient-descent?learningRate=9&steps=many").body()).contains("value=\"0.05\"").contains("value=\"60\"");
    }

    @Test void aPlannedTopicShowsItsClausesAndWhatItNeeds() {
        var page = http.get("/t/lora").body();
        assertThat(page).contains("Not running yet. It will count as working when").contains("Read before").doesNotContain("id=\"run\"");
    }

    @Test void aPlannedTopicWithAnArticleShowsItFirst() {
        var page = http.get("/t/momentum").body();
        assertThat(page.indexOf("A heavy ball")).isPositive().isLessThan(page.indexOf("Not running yet. It will count as working when"));
        assertThat(page).contains("<a href=\"/t/gradient-descent\">gradient descent</a>")
                .contains("<a rel=\"nofollow\" href=\"https://example.org\">outside</a>").contains("1 min to read")
                .contains(
                        "<a href=\"https://arxiv.org/abs/1904.09237\" rel=\"noreferrer\">Descent and Slope (2019), A Title, arXiv:1904.09237</a>")
                .contains("planned");
        assertThat(http.get("/t/gradient-descent").body()).contains("<dt>Cited by</dt><dd><ul><li><a href=\"/t/momentum\">");
    }

    @Test void aFigureStandsInThePageInItsColoursAndSaysWhatItShows() {
        assertThat(http.get("/t/momentum").body()).contains(
                "<figure class=\"drawing\"><svg role=\"img\" aria-label=\"Two straight slopes, one of them steep, both falling to the right.\" xmlns")
                .contains("y2=\"20\" stroke=\"var(--fig-1,#0072B2)\" stroke-width=\"2\"/>").doesNotContain("style=")
                .doesNotContain("<title>Two slopes").contains("<figcaption aria-hidden=\"true\">Two straight slopes");
        assertThat(new ArticleHtml(slug -> slug).of("![Not there](figures/no-such.svg)")).isEqualTo("<p>Not there</p>\n");
    }

    @Test void anAmendedClauseIsShownInBothTextsWithTheReason() {
        var page = http.get("/t/svd").body();
        assertThat(page).contains("1 clause amended").contains("Singular values equal LAPACK to 1e-12 relative")
                .contains("To 1e-12 of the largest").contains("The small ones carry less.").contains("Clause 2 is slow.");
        var json = http.json("/api/topics/svd");
        assertThat(json.path("amended").intValue()).isEqualTo(1);
        assertThat(json.path("amendments").get(0).propertyNames()).containsExactly("clause", "asked", "holds", "why");
        assertThat(json.path("amendments").get(0).path("holds").stringValue()).isEqualTo("to 1e-12 of the largest");
        assertThat(json.path("sources").size()).isEqualTo(1);
        assertThat(http.json("/api/topics/gradient-descent").path("citedBy").get(0).stringValue()).isEqualTo("momentum");
    }

    @Test void statusCountsTopicsWithAmendedClausesApart() {
        var catalogue = Catalogue.load();
        var topic = catalogue.bySlug("svd");
        var entries = IntStream.rangeClosed(1, topic.clauses().size())
                .mapToObj(n -> new LedgerEntry("svd", n, "test", true, "", "2026-11-25", "", "")).toList();
        Function<String, Optional<Article>> articles = slug -> slug.equals("svd")
                ? Optional.of(Article.parse(slug,
                        "---\nlab: lyceum.studio.web.DescentLab\namended:\n  - 1: nearly | It was too much.\n---\ntext"))
                : Optional.empty();
        var shelf = new Encyclopedia(catalogue, StatusBoard.of(catalogue, Ledger.of(entries), articles), query -> List.of(), articles);
        try (var studio = Studio.start(new StudioOptions("127.0.0.1", 0, store, null, false, false), shelf, new Queueing(1, 1))) {
            assertThat(new Http(studio.port()).get("/status").body()).contains("1 of the 1 topics that run do so with a clause amended")
                    .contains("It was too much.").contains("<td>Nearly.</td>");
        }
        assertThat(http.get("/status").body()).doesNotContain("Amended clauses");
    }

    @Test void statusTellsOfOnnxOperatorByOperator() {
        var page = http.get("/status").body();
        assertThat(page).contains("ONNX, operator by operator").contains("<td><code>ImageDecoder</code></td><td class=\"r\">0</td>")
                .contains("is refused").contains("<td><code>LayerNormalization</code></td>");
        int rows = (int) Pattern.compile("<td><code>[\\w.]+</code></td>").matcher(page).results().count();
        assertThat(page).contains("operators; of the others some model does not");
        assertThat(rows).isGreaterThan(180);
    }

    @Test void sourcesListEachWorkOnceWithTheTopicsThatNameIt() {
        var page = http.get("/sources").body();
        assertThat(Pattern.compile("Descent and Slope").matcher(page).results().count()).isEqualTo(1);
        assertThat(page).contains("id=\"letter-P\"").contains("<a href=\"/t/momentum\">").contains("<a href=\"/t/gradient-descent\">");
    }

    @Test void aPathShortensByWhatIsKnown() {
        var all = steps("/paths?goal=multilayer-perceptron");
        assertThat(all).endsWith("multilayer-perceptron").hasSizeGreaterThan(3);
        var first = all.getFirst();
        assertThat(steps("/paths?goal=multilayer-perceptron&know=" + first)).doesNotContain(first).hasSize(all.size() - 1);
        assertThat(http.get("/paths?goal=no+such+thing").body()).contains("No topic is called");
    }

    private static List<String> steps(String path) {
        return Pattern.compile("<h3><a href=\"/t/([^\"]+)\"").matcher(http.get(path).body()).results().map(m -> m.group(1)).toList();
    }

    @Test void statusSaysFailingClausesFirst() {
        var page = http.get("/status").body();
        assertThat(page.indexOf(">fails<")).isPositive().isLessThan(page.indexOf(">no check yet<"));
    }

    @Test void markupInAnArticleIsShownAndNotObeyed() {
        assertThat(new ArticleHtml(slug -> "/t/" + slug).of("a <script>alert(1)</script> [x](javascript:alert(1)) $a<b$ `$x$`"))
                .contains("&lt;script&gt;").doesNotContain("href=\"javascript").contains("<span class=\"math\">a&lt;b</span>")
                .contains("<code>$x$</code>");
    }

    @Test void punctuationStaysWithTheShortFormulaBeforeIt() {
        assertThat(new ArticleHtml(slug -> "/t/" + slug).of("the misses, $\\lVert y - Xb \\rVert^2$. It is ($a$), $b$ and so on."))
                .contains("<span class=\"cling\"><span class=\"math\">\\lVert y - Xb \\rVert^2</span>.</span>")
                .contains("<span class=\"cling\">(<span class=\"math\">a</span>),</span> <span class=\"math\">b</span> and");
    }

    @Test void theFirstPageShowsAFigureThatCanBeReadSmall() {
        var plot = Figure.line("plot", new double[] {1, 2});
        var last = Figure.line("last", new double[] {2, 1});

        var map = Figure.heatmap("map", new double[][] {{1}});

        assertThat(((Plot) Featured.telling(plot.equalScales())).equalScale()).as("it fills the card").isFalse();
        assertThat(Featured.telling(plot)).isEqualTo(plot);
        assertThat(Featured.telling(Figure.row("grid", plot, last))).isEqualTo(last);
        assertThat(Featured.telling(Figure.row("grid", plot, map))).isEqualTo(plot);
        assertThat(Featured.telling(Figure.frames("steps", "step", List.of(plot, last)))).isEqualTo(last);
        assertThat(Featured.telling(Figure.frames("steps", "step", List.of(plot, last)).startingAt(0))).isEqualTo(plot);
    }

    @Test void statusSaysWhatChangedSinceTheLastVersion() {
        assertThat(http.get("/status").body()).contains("Since the last version", "is the first version: the ");
        assertThat(Words.runs(new int[] {1, 2, 3, 5, 7, 8})).isEqualTo("1 to 3, 5, 7, 8");
        var last = LastVersion.parse(List.of("0.1.0", "ols works", "relu partial", ""));
        assertThat(last.version()).isEqualTo("0.1.0");
        assertThat(last.of("ols")).isEqualTo("works");
        assertThat(last.of("relu")).isEqualTo("partial");
        assertThat(last.of("new-topic")).isEqualTo("planned");
    }

    @Test void aSequenceIsOneFigureUnderTheSliderOfThePage() {
        var steps = Figure.frames("steps", "step", List.of(Figure.line("a", new double[] {1, 2}), Figure.line("b", new double[] {3, 4})));
        var panels = Figure.frames("steps", "step",
                List.of(Figure.row("a", Figure.line("one", new double[] {1})), Figure.row("b", Figure.line("two", new double[] {1}))));

        assertThat(Figures.vegaLite(steps, Theme.LIGHT, 500, Figures.View.at(0))).contains("\"params\":[{\"name\":\"frame\",\"value\":0}]")
                .doesNotContain("bind");
        assertThat(Figures.vegaLite(panels, Theme.LIGHT, 500, Figures.View.at(0))).contains("\"one\"").doesNotContain("\"two\"");
        assertThat(Figures.vegaLite(panels, Theme.LIGHT, 500, Figures.View.at(9_999))).contains("\"two\"").doesNotContain("\"one\"");
        assertThat(Figures.labels(steps)).containsExactly("0", "1");
        assertThat(Figures.labels(Figure.line("a", new double[] {1, 2}))).isEmpty();
        assertThat(new RunView.Said("The rules:\nif a\n  b")).extracting(RunView.Said::lead, RunView.Said::rest)
                .containsExactly("The rules:", "if a\n  b");
    }

    @Test void javaInAnArticleIsColouredAndStillText() {
        assertThat(new ArticleHtml(slug -> "/t/" + slug).of("```java\nvar a = b < c ? \"<i>\" : 1; // why\n```"))
                .contains("<span class=\"k\">var</span>").contains("<span class=\"s\">&quot;&lt;i&gt;&quot;</span>")
                .contains("<span class=\"c\">// why</span>").doesNotContain("<i>");
    }

    @Test void assetsAreCompressedAndKept() {
        var address = Pattern.compile("href=\"(/assets/[^\"]+/base.css)\"").matcher(http.get("/").body());
        assertThat(address.find()).isTrue();
        var answer = http.get(address.group(1), "Accept-Encoding", "gzip");
        assertThat(answer.headers().firstValue("Content-Encoding")).contains("gzip");
        assertThat(answer.headers().firstValue("Cache-Control")).contains("public, max-age=31536000, immutable");
        assertThat(http.get("/assets/x/no-such-file.js").statusCode()).isEqualTo(404);
    }

    @Test void aPageThatDidNotChangeIsNotSentAgain() {
        var tag = http.get("/areas").headers().firstValue("ETag").orElseThrow();
        assertThat(http.get("/areas", "If-None-Match", tag).statusCode()).isEqualTo(304);
    }

    @Test void aPageWeighsLittle() {
        long bytes = weight("/t/gradient-descent");
        assertThat(bytes).isLessThan(400_000);
    }

    /** Compressed bytes of a page with its sheets, scripts and fonts, but for the figures' library. */
    private static long weight(String path) {
        var page = http.get(path).body();
        long sum = page.length() / 3;
        var assets = new Assets();
        for (var found : Pattern.compile("(?:href|src)=\"/assets/[^/]+/([^\"]+)\"").matcher(page).results().map(m -> m.group(1)).distinct()
                .toList()) {
            var asset = assets.find(found).orElseThrow();
            sum += asset.compressible() ? assets.gzip(found).length : asset.bytes().length;
        }
        for (var font : List.of("Main-Regular", "Math-Italic", "Size1-Regular", "Size2-Regular", "Size3-Regular", "Main-Bold")) {
            sum += assets.find("katex/fonts/KaTeX_" + font + ".woff2").orElseThrow().bytes().length;
        }
        return sum + assets.find("fonts/source-serif-italic.woff2").orElseThrow().bytes().length;
    }

    @Test void aTakenPortIsNamedWithTheWayOut() {
        var options = new StudioOptions("127.0.0.1", studio.port(), store, null, false, false);
        assertThatThrownBy(() -> Studio.start(options)).isInstanceOf(PortInUseException.class).hasMessageContaining("--port");
    }

    @Test void theFootNamesWhatLabsComputeWith() {
        var site = new Site("1", () -> "x86", 2, () -> 3, false);
        assertThat(site.kernels()).isEqualTo("machine code");
        assertThat(new Site("1", () -> "vector", 2, () -> 3, false).kernels()).isEqualTo("vector kernels");
        assertThat(new Site("1", () -> "", 2, () -> 3, false).kernels()).isEmpty();
        assertThat(http.get("/").body()).contains("Labs compute");
    }

    /** What is copied from the tab of a lab stands at the margin and compiles. */
    @Test void theJavaOfALabCompiles(@TempDir Path classes) {
        var page = http.get("/t/gradient-descent?steps=50&seed=7").body();
        var html = page.substring(page.indexOf("id=\"code-java\""), page.indexOf("id=\"code-cli\""));
        var code = html.substring(html.indexOf("<code>") + 6, html.indexOf("</code>")).replaceAll("<[^>]*>", "").replace("&quot;", "\"")
                .replace("&#34;", "\"").replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&");
        assertThat(code).startsWith("import ").contains(".withParams(Map.of(\"steps\", \"50\"))").contains(".withSeed(7)");
        var lines = code.lines().collect(Collectors.partitioningBy(line -> line.startsWith("import ")));
        assertThat(lines.get(true)).hasSize(3);
        assertThat(Compilation.problems(classes, Map.of("Copied",
                String.join("\n", lines.get(true)) + "\nclass Copied { void run() {\n" + String.join("\n", lines.get(false)) + "\n} }")))
                .isEmpty();
    }
}
