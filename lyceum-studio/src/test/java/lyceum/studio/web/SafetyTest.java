package lyceum.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetyTest extends OpenStudio {

    private static final String RUN = "{\"slug\":\"gradient-descent\"}";

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "169.254.1.1",
            ""})
    void aHostThatIsNotLoopbackIsRefused(String host) {
        assertThat(http.raw("GET / HTTP/1.1\nHost: " + host + "\nConnection: close\n\n")).contains(host.isEmpty() ? " 4" : " 421");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "localhost:1", "LOCALHOST", "127.0.0.1", "[::1]:80"})
    void loopbackByAnyOfItsNamesIsAnswered(
            String host) {
        assertThat(http.raw("GET / HTTP/1.1\nHost: " + host + "\nConnection: close\n\n")).contains(" 200");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1",
            "not an origin"})
    void anotherOriginCannotStartOrStopRuns(String origin) {
        assertThat(http.post("/api/runs", RUN, "Origin", origin).statusCode()).isEqualTo(403);
        assertThat(http.delete("/api/runs/abc", "Origin", origin).statusCode()).isEqualTo(403);
        assertThat(http.post("/t/gradient-descent/run", "seed=1", "Origin", origin).statusCode()).isEqualTo(403);
    }

    @Test void aCrossSiteFetchIsRefusedEvenWithoutAnOrigin() {
        assertThat(http.post("/api/runs", RUN, "Sec-Fetch-Site", "cross-site").statusCode()).isEqualTo(403);
    }

    @Test void anotherSiteMakesNoPageWithoutAClick() {
        for (var path : List.of("/t/svd", "/topics?q=zzzz", "/t/no-such-topic", "/paths?goal=x", "/api/topics")) {
            assertThat(http.get(path, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors").statusCode()).as(path).isEqualTo(403);
            assertThat(http.get(path, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate").statusCode()).as(path).isEqualTo(403);
        }
        assertThat(http.get("/t/svd", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-User", "?1").statusCode())
                .isEqualTo(200);
        assertThat(http.get("/t/svd", "Sec-Fetch-Site", "none").statusCode()).isEqualTo(200);
    }

    /** Six requests that took 12 to over 60 s each when every name was compared with the whole text, many times over. */
    @Test
    @Timeout(30) void noRequestIsLongToAnswer() {
        var text = "abcdefghij".repeat(400);
        assertThat(http.get("/t/" + text).statusCode()).isEqualTo(404);
        assertThat(http.get("/api/topics/" + text).statusCode()).isEqualTo(404);
        assertThat(http.get("/paths?goal=" + text).body()).hasSizeLessThan(200_000);
        assertThat(http.get("/topics?q=" + "xqzvkw".repeat(33)).statusCode()).isEqualTo(200);
        assertThat(http.post("/api/runs", "{\"slug\":\"" + text + "\"}").body()).hasSizeLessThan(500);
        assertThat(http.post("/t/" + text + "/run", "", "Content-Type", "application/x-www-form-urlencoded").statusCode()).isEqualTo(404);
    }

    @Test void theStudiosOwnOriginMay() {
        assertThat(http.post("/api/runs", RUN, "Origin", "http://127.0.0.1:" + studio.port()).statusCode()).isEqualTo(202);
    }

    @Test void thePolicyAllowsNoInlineScriptAndNoOtherHost() {
        var policy = http.get("/").headers().firstValue("Content-Security-Policy").orElseThrow();
        assertThat(policy).contains("default-src 'none'").contains("script-src 'self';").contains("frame-ancestors 'none'")
                .doesNotContain("unsafe").doesNotContain("http");
        assertThat(http.get("/t/svd").headers().firstValue("X-Content-Type-Options")).contains("nosniff");
    }

    @Test void aLongBodyIsRefused() {
        assertThat(http.raw("POST /api/runs HTTP/1.1\nHost: localhost\nContent-Length: 100000\nConnection: close\n\n")).contains(" 413");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/assets/x/../../etc/passwd", "/assets/x/..%2f..%2fetc%2fpasswd", "/api-docs/..%2f..%2fpom.xml",
            "/runs/..%2f..%2fx/figures/0.svg", "/t/..%2f..%2fpom"})
    void noPathReachesTheDisk(String path) {
        assertThat(http.raw("GET " + path + " HTTP/1.1\nHost: localhost\nConnection: close\n\n")).contains(" 4");
    }
}
