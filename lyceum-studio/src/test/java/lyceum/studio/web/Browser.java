package lyceum.studio.web;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

/** Debian's Chromium, driven at a studio. */
final class Browser implements AutoCloseable {

    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final String AXE = read("/lyceum/studio/axe.min.js");

    private final ChromeDriver driver;
    private final String base;

    Browser(int port) { this("http://127.0.0.1:" + port); }

    /** Opens files below a folder. */
    static Browser fromDisk(Path folder) { return new Browser(folder.toUri().toString().replaceFirst("/$", "")); }

    private Browser(String base) {
        this.base = base;
        var logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        var options = new ChromeOptions();
        options.setBinary(CHROMIUM.toFile());
        options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage");
        options.setCapability("goog:loggingPrefs", logs);
        driver = new ChromeDriver(new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build(), options);
    }

    static boolean installed() { return Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER); }

    Browser size(int width, int height) {
        driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
        return this;
    }

    Browser theme(String theme) {
        driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List
                .of(Map.of("name", "prefers-color-scheme", "value", theme), Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
        return this;
    }

    Browser open(String path) {
        driver.get(base + path);
        return this;
    }

    String address() { return driver.getCurrentUrl().substring(base.length()); }

    WebElement find(String selector) { return driver.findElement(By.cssSelector(selector)); }

    int count(String selector) { return driver.findElements(By.cssSelector(selector)).size(); }

    /** Presses keys where the focus is. */
    void press(CharSequence... keys) { driver.switchTo().activeElement().sendKeys(keys); }

    /** Presses the pointer in the middle of something, moves it so many pixels, and lets go. */
    void drag(String selector, int right, int down) {
        new Actions(driver).moveToElement(find(selector)).clickAndHold().moveByOffset(right / 2, down / 2)
                .moveByOffset(right - right / 2, down - down / 2).release().perform();
    }

    void escape() { press(Keys.ESCAPE); }

    void until(String script) {
        new WebDriverWait(driver, Duration.ofSeconds(20)).until(d -> Boolean.TRUE.equals(driver.executeScript("return " + script)));
    }

    Object run(String script) { return driver.executeScript("return " + script); }

    /** What stands there, as PNG. */
    byte[] picture(String selector) { return find(selector).getScreenshotAs(OutputType.BYTES); }

    /** What is wrong with the page for people who cannot see, hear or point well: rules of weight, each with where it is broken. */
    @SuppressWarnings("unchecked") List<String> barriers() {
        driver.executeScript(AXE);
        return (List<String>) driver.executeAsyncScript("""
            const done = arguments[arguments.length - 1];
            axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}).then(result => done(result.violations
                .filter(v => v.impact === 'serious' || v.impact === 'critical')
                .map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + (n.any[0]?.message ?? n.all[0]?.message ?? '')).join(' | '))));
            """);
    }

    /** Elements that stick out of the page to the right. */
    @SuppressWarnings("unchecked")
    List<String> sticksOut() { return (List<String>) driver.executeScript("""
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return [];
            return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > width + 1).slice(0, 3).map(e => e.outerHTML.slice(0, 120));
            """); }

    /** Errors and warnings of the console since the last look, but for pages that are not there. */
    List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(e -> e.getLevel().intValue() >= Level.WARNING.intValue()).map(e -> e.getMessage())
                .filter(m -> !m.contains("404 (Not Found)")).toList();
    }

    @Override public void close() { driver.quit(); }

    private static String read(String resource) {
        try (var in = Browser.class.getResourceAsStream(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
