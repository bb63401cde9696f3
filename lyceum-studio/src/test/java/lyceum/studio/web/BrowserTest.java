package lyceum.studio.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import lyceum.labs.run.LabJson;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Catalogue;
import lyceum.labs.catalogue.Formulas;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;

@Tag("browser")
class BrowserTest extends OpenStudio {

    private static final List<String> PAGES = List.of("/", "/topics?q=regular&level=practitioner", "/topics?q=zzzzzz", "/areas", "/map",
            "/paths", "/paths?goal=multilayer-perceptron", "/status", "/sources", "/t/gradient-descent", "/t/momentum", "/t/svd", "/t/lora",
            "/no-such-page");

    private static Browser browser;

    @BeforeAll static void openBrowser() {
        assumeTrue(Browser.installed(), "Chromium is not installed: apt-get install -y chromium chromium-driver");
        browser = new Browser(studio.port());
        browser.size(1280, 900).open("/t/gradient-descent");
        browser.find("#run").click();
        browser.until("document.querySelector('#result')?.dataset.state === 'done'");
    }

    @AfterAll static void closeBrowser() { if (browser != null) browser.close(); }

    @BeforeEach void usualWindow() {
        browser.size(1280, 900).theme("light");
        browser.complaints();
    }

    @ParameterizedTest
    @ValueSource(strings = {"light", "dark"}) void nothingSeriousKeepsAnybodyOut(String theme) {
        browser.theme(theme);
        for (var page : PAGES) {
            browser.open(page);
            assertThat(browser.barriers()).as(page + " in " + theme).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {360, 768, 1280, 3840}) void nothingSticksOut(int width) {
        browser.size(width, 900);
        for (var page : PAGES) {
            browser.open(page);
            assertThat(browser.sticksOut()).as(page + " at " + width).isEmpty();
        }
    }

    @Test void everyFormulaOfEveryArticleIsDrawn() {
        browser.open("/t/gradient-descent");
        browser.until("window.katex !== undefined");
        for (var topic : Catalogue.load().topics()) {
            var formulas = Article.find(topic.slug()).map(a -> Formulas.of(a.markdown())).orElse(List.of());
            var wrong = browser.run("(" + LabJson.write(formulas)
                    + ").flatMap(tex => { try { katex.renderToString(tex, {throwOnError: true, strict: 'ignore'}); return []; } "
                    + "catch (error) { return [error.message]; } })");
            assertThat((List<?>) wrong).as(topic.slug()).isEmpty();
        }
    }

    @Test void theConsoleStaysSilent() {
        for (var page : PAGES) {
            browser.open(page);
            browser.until("document.readyState === 'complete'");
            assertThat(browser.complaints()).as(page).isEmpty();
        }
    }

    @Test void aLabRunsToItsChecksAndItsFigureIsInteractive() {
        browser.open("/t/gradient-descent?steps=41");
        assertThat(browser.find("#result").getText()).contains("Not run here yet");
        browser.find("#run").click();
        browser.until("document.querySelector('#result')?.dataset.state === 'done'");
        assertThat(browser.count(".checks tbody tr")).isEqualTo(2);
        assertThat(browser.count(".checks .verdict.holds")).as("a run with other parameters proves no clause").isZero();
        assertThat(browser.find(".result").getText()).contains("After 41 steps");
        assertThat(browser.count(".training[open] > .plot > div > svg")).as("one picture, however often it was drawn").isEqualTo(1);
        browser.until("document.querySelector('.plot[data-drawn] svg') !== null");
        assertThat(browser.complaints()).isEmpty();
        assertThat(browser.address()).contains("run=").contains("steps=41");
        browser.open("/t/gradient-descent?steps=41");
        assertThat(browser.find(".result").getText()).contains("After 41 steps");
    }

    @Test void everyKindOfFigureBecomesInteractiveUnderThePolicy() {
        browser.open("/t/pca");
        browser.find("#run").click();
        browser.until("document.querySelector('#result')?.dataset.state === 'done'");
        int figures = browser.count(".figure .plot");
        assertThat(figures).isEqualTo(13);
        for (int i = 0; i < figures; i++) {
            browser.run("document.querySelectorAll('.figure .plot')[" + i + "].scrollIntoView()");
            browser.until("document.querySelectorAll('.figure .plot')[" + i + "].dataset.drawn !== undefined");
        }
        assertThat(browser.complaints()).isEmpty();
        assertThat(browser.barriers()).isEmpty();

        browser.find("[data-frames]").sendKeys(Keys.HOME);
        assertThat(browser.find(".frames output").getText()).isEqualTo("0");
        assertThat(browser.address()).contains("frame9=0");
        browser.until("document.querySelector('.plot[data-leads]') !== null");
        browser.run("document.querySelector('[data-leads] .mark-rect').scrollIntoView({block: 'center'})");
        browser.find("[data-leads] .layer_1_marks text:nth-child(6)").click();
        browser.until("document.querySelectorAll('.frames output')[1].textContent === 'b as c (4)'");
        assertThat(browser.address()).contains("frame10=0");
        browser.open(browser.address());
        browser.until("document.querySelectorAll('.frames output')[1].textContent === 'b as c (4)'");
        assertThat(browser.complaints()).isEmpty();
    }

    @Test void aCloudTurnsASoundPlaysAndAPadDraws() {
        browser.open("/t/pca?shape=");
        assertThat(browser.run("document.querySelector('#p-shape').value")).isEqualTo("");
        var sheet = "document.querySelector('canvas[data-side]').toDataURL()";
        var empty = browser.run(sheet);
        browser.drag("canvas[data-side]", 40, 30);
        browser.until("document.querySelector('#p-shape').value.split(' ').length >= 3");
        assertThat(browser.address()).contains("shape=");
        assertThat(browser.run(sheet)).isNotEqualTo(empty);
        browser.find("[data-clear]").click();
        assertThat(browser.run(sheet)).isEqualTo(empty);
        browser.find("#p-shape").sendKeys("1,2 30,4");
        assertThat(browser.find("#wrong").getText()).contains("two numbers from 0 to 28");
        browser.find("[data-clear]").click();
        browser.find("#run").click();
        browser.until("document.querySelector('#result')?.dataset.state === 'done'");
        assertThat(browser.find(".result").getText()).contains("Ink covers 0.0%");
        browser.run("document.querySelector('audio').scrollIntoView()");
        browser.until("document.querySelector('audio').duration > 0.45");
        var first = "document.querySelectorAll('.figure .plot')[12]";
        browser.run(first + ".scrollIntoView({block: 'center'})");
        browser.until(first + ".dataset.drawn !== undefined");
        var seen = browser.run(first + ".querySelector('svg').innerHTML");
        browser.find("[data-orbit=turn]").sendKeys(Keys.HOME);
        assertThat(browser.address()).contains("turn12=0");
        assertThat(browser.run(first + ".querySelector('svg').innerHTML")).isNotEqualTo(seen);
        browser.drag(".plot[data-turns]", 60, 0);
        assertThat(browser.run("document.querySelector('[data-orbit=turn]').value")).isEqualTo("30");
        browser.open(browser.address());
        assertThat(browser.run("document.querySelector('[data-orbit=turn]').value")).isEqualTo("30");
        assertThat(browser.complaints()).isEmpty();
        assertThat(browser.barriers()).isEmpty();
    }

    @Test void theSnippetsAndTheAddressFollowTheForm() {
        browser.open("/t/gradient-descent?tab=cli");
        var steps = browser.find("#p-steps");
        steps.clear();
        steps.sendKeys("77");
        browser.until("document.querySelector('#code-cli').textContent.includes('--param steps=77')");
        assertThat(browser.address()).contains("steps=77");
    }

    @Test void aWrongValueIsNamedAndNotRun() {
        browser.open("/t/gradient-descent");
        var rate = browser.find("#p-learningRate");
        rate.clear();
        rate.sendKeys("1.4");
        assertThat(browser.find("#wrong").getText()).isEqualTo("learningRate is 1.4; it lies between 0.001 and 0.2.");
    }

    @Test void aReloadAttachesToTheRunAndStopEndsIt() {
        browser.open("/t/k-means");
        browser.find("#run").click();
        browser.until("document.querySelector('#word').textContent.includes('rounds')");
        browser.open(browser.address());
        browser.until("document.querySelector('#word').textContent.includes('rounds')");
        browser.find("#stop").click();
        browser.until("document.querySelector('#result').dataset.state === 'stopped'");
        assertThat(browser.find(".trouble").getText()).contains("Stopped.");
    }

    @Test void aFailureIsShownInItsOwnWords() {
        browser.open("/t/svd");
        browser.find("#run").click();
        browser.until("document.querySelector('#result').dataset.state === 'failed'");
        assertThat(browser.find(".trouble").getText()).contains("rank is -1");
    }

    @Test void theKeyboardIsEnough() {
        browser.open("/topics");
        browser.press("/");
        browser.press("lasso");
        browser.until("location.search === '?q=lasso' && document.querySelectorAll('.row').length < 20");
        browser.escape();
        browser.press("j");
        browser.press(Keys.ENTER);
        browser.until("location.pathname.startsWith('/t/')");
        browser.press("t");
        assertThat(browser.run("document.documentElement.dataset.theme")).isEqualTo("dark");
        browser.open("/map");
        assertThat(browser.run("document.documentElement.dataset.theme")).isEqualTo("dark");
        browser.press("t");
        browser.press("?");
        assertThat(browser.run("document.querySelector('#keys').open")).isEqualTo(true);
        browser.escape();
        browser.open("/t/gradient-descent?steps=50");
        browser.press("r");
        browser.until("document.querySelector('#result')?.dataset.state === 'done'");
    }

    @Test void aFacetFiltersInPlaceAndBackUndoesIt() {
        browser.open("/topics?q=regular");
        browser.find("label:has(> #f-level-practitioner)").click();
        browser.until("location.search.includes('level=practitioner')");
        browser.until("document.querySelector('.chips') !== null");
        assertThat(browser.run("document.activeElement.id")).isEqualTo("f-level-practitioner");
        browser.run("history.back()");
        browser.until("!location.search.includes('level') && document.querySelector('.chips') === null");
    }

    @Test void whatAReaderKnowsShortensThePathAndIsKept() {
        browser.open("/paths?goal=multilayer-perceptron");
        int before = browser.count(".steps > li");
        browser.find(".steps input[name=know]").click();
        browser.until("document.querySelectorAll('.steps > li').length < " + before);
        assertThat(browser.address()).contains("know=");
        browser.open("/paths?goal=multilayer-perceptron");
        browser.until("document.querySelectorAll('.steps > li').length < " + before);
        browser.run("localStorage.clear()");
    }
}
