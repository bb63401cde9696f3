package lyceum.studio.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.regex.Pattern;
import lyceum.labs.catalogue.Catalogue;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StaticSiteTest {

    private static final Pattern ADDRESS = Pattern.compile("(?:href|src|action)=\"([^\"]*)\"");

    @TempDir static Path folder;
    private static StaticSite.Written written;

    @BeforeAll static void write() throws IOException { written = StaticSite.write(Shelf.encyclopedia(), folder); }

    @Test void everyTopicHasAPageAndAllOfItIsSmall() throws IOException {
        try (var topics = Files.list(folder.resolve("t"))) {
            assertThat(topics.count()).isEqualTo(757);
        }
        assertThat(written.bytes()).isLessThan(60_000_000);
        assertThat(written.files()).isGreaterThan(757);
    }

    @Test void everyLinkIsRelativeAndLeadsToAFile() throws IOException {
        var broken = new ArrayList<String>();
        try (var pages = Files.walk(folder)) {
            for (var page : pages.filter(p -> p.toString().endsWith(".html")).toList()) {
                ADDRESS.matcher(Files.readString(page)).results().map(m -> m.group(1))
                        .filter(a -> !a.startsWith("https://") && !a.startsWith("data:image/") && !a.startsWith("#")).distinct()
                        .filter(a -> a.startsWith("/") || !Files.isRegularFile(page.resolveSibling(a.replaceFirst("[?#].*", ""))))
                        .forEach(a -> broken.add(folder.relativize(page) + ": " + a));
            }
        }
        assertThat(broken).isEmpty();
    }

    @Test void addressesBecomeFiles() {
        assertThat(RelativeLinks.of(
                "<a href=\"/t/svd#clauses\"> <a href=\"/\"> <a href=\"/topics?area=Linear%20Algebra\"> <form action=\"/topics\"> <a href=\"#x\"> <link href=\"/assets/katex/katex.min.css\">",
                "../")).isEqualTo(
                        "<a href=\"../t/svd.html#clauses\"> <a href=\"../index.html\"> <a href=\"../index.html?area=Linear%20Algebra\"> <form action=\"../index.html\"> <a href=\"#x\"> <link href=\"../assets/katex/katex.min.css\">");
    }

    @Test void aPageNeedsNoServer() throws IOException {
        assertThat(Files.readString(folder.resolve("t/momentum.html"))).doesNotContain("htmx").contains("A heavy ball")
                .contains("href=\"../t/gradient-descent.html\">gradient descent</a>").contains("href=\"../paths.html?goal=momentum\"")
                .contains("<figure class=\"drawing\">");
    }

    /** Minutes for all topics; a page that fits when it is written keeps fitting. */
    @Test
    @Tag("heavy") void everyTopicFitsAPhoneAndDrawsItsFormulas(@TempDir Path whole) throws IOException {
        assumeTrue(Browser.installed(), "Chromium is not installed: apt-get install -y chromium chromium-driver");
        StaticSite.write(whole);
        try (var browser = Browser.fromDisk(whole)) {
            browser.size(360, 800);
            for (var topic : Catalogue.load().topics()) {
                browser.open("/t/" + topic.slug() + ".html");
                browser.until("document.readyState === 'complete' && document.querySelectorAll('.math:not(.set)').length === 0");
                assertThat(browser.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")).as(topic.slug())
                        .isEqualTo(true);
            }
        }
    }

    @Test
    @Tag("browser") void searchAndFormulasWorkFromTheDisk() {
        assumeTrue(Browser.installed(), "Chromium is not installed: apt-get install -y chromium chromium-driver");
        try (var browser = Browser.fromDisk(folder)) {
            browser.size(1280, 900).open("/index.html");
            for (var query : new String[][] {{"gradeint descent", "gradient-descent"}, {"svd", "svd"}, {"GQA", "gqa"},
                    {"heavy ball", "momentum"}, {"k means", "k-means"}}) {
                browser.run("(() => { const q = document.querySelector('#q'); q.value = '" + query[0]
                        + "'; q.dispatchEvent(new Event('input')); return true; })()");
                assertThat(browser.find("#found .row a").getDomAttribute("href")).isEqualTo("t/" + query[1] + ".html");
            }
            browser.open("/paths.html?goal=lora");
            assertThat(browser.count("#way .row")).isGreaterThan(5);
            browser.open("/t/gradient-descent.html");
            browser.until("document.querySelectorAll('.math').length > 0 && document.querySelectorAll('.math:not(.set)').length === 0");
            assertThat(browser.complaints()).isEmpty();
            browser.size(360, 800);
            assertThat(browser.sticksOut()).isEmpty();
        }
    }
}
