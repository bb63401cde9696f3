package lyceum.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import lyceum.labs.run.LabJson;
import lyceum.labs.run.LabRunner;
import lyceum.labs.catalogue.Catalogue;
import lyceum.labs.catalogue.Ledger;
import lyceum.labs.catalogue.StatusBoard;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Requests as only a broken or hostile client makes them: the fault is theirs, and costs nobody else anything. */
@Timeout(60)
class FrontierTest extends OpenStudio {

    private static final String FORM = "Content-Type: application/x-www-form-urlencoded\n";

    private static String post(String path, String headers, String body) {
        return answer(
                "POST " + path + " HTTP/1.1\nHost: localhost\n" + headers + "Connection: close\nContent-Length: " + body.length() + "\n\n",
                body);
    }

    /** Everything that comes back for a request as it is written. */
    private static String answer(String head, String body) {
        try (var socket = new Socket("127.0.0.1", studio.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write((head.replace("\n", "\r\n") + body).getBytes(StandardCharsets.UTF_8));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/t/%u0041", "/topics?q=%zz", "/topics?q=%"}) void addressWithABrokenPercentIsTheClientsFault(String path) {
        assertThat(answer("GET " + path + " HTTP/1.1\nHost: localhost\nConnection: close\n\n", "")).startsWith("HTTP/1.1 400")
                .contains("hexadecimal").contains("Content-Security-Policy");
    }

    @Test void formWithABrokenPercentIsTheClientsFault() {
        assertThat(post("/t/gradient-descent/run", FORM, "steps=%zz")).startsWith("HTTP/1.1 400").contains("steps");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json; charset=nope", "application/x-www-form-urlencoded; charset=utf-16", "multipart/form-data",
            "multipart/form-data; boundary=x", "image/png"})
    void bodyOfAKindThatIsNotReadIsRefused(String type) {
        for (var path : List.of("/api/runs", "/t/gradient-descent/run")) {
            assertThat(post(path, "Content-Type: " + type + "\n", "--x\r\nbroken")).startsWith("HTTP/1.1 415").contains("JSON or a form");
        }
    }

    @Test void chunksAreCountedLikeAnyBody() {
        var chunk = "2000\r\n" + "x".repeat(0x2000) + "\r\n";
        assertThat(answer("POST /api/runs HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\nConnection: close\n\n",
                chunk.repeat(12) + "0\r\n\r\n")).startsWith("HTTP/1.1 413").contains("at most 65536 bytes");
    }

    @Test void brokenChunksAreTheClientsFault() {
        assertThat(answer("POST /api/runs HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\n\n", "zz\r\nabc\r\n"))
                .startsWith("HTTP/1.1 400");
    }

    @ParameterizedTest
    @CsvSource({"GARBAGE,400", "GET / HTTP/1.1,400", "GET /t/%ff HTTP/1.1,400",
            "GET /assets/../../x HTTP/1.1,400"})
    void whatNeverReachesAPageCarriesTheHeadersTooAndNamesNoServer(String line, int status) {
        assertThat(answer(line + "\nHost: " + (line.equals("GET / HTTP/1.1") ? "" : "localhost") + "\nConnection: close\n\n", ""))
                .startsWith("HTTP/1.1 " + status).contains("Content-Security-Policy: default-src 'none'").contains("nosniff")
                .doesNotContainIgnoringCase("jetty").doesNotContain("<html");
    }

    @Test void headSaysWhatGetWouldAndNoMore() throws IOException, InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            for (var path : List.of("/", "/t/svd", "/t/no-such-topic", "/nope", "/api/topics/svd", "/assets/x/none.js")) {
                var head = client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + studio.port() + path)).HEAD().build(),
                        HttpResponse.BodyHandlers.ofString());
                var get = http.get(path);
                assertThat(head.statusCode()).as(path).isEqualTo(get.statusCode());
                assertThat(head.body()).isEmpty();
                assertThat(head.headers().firstValue("Content-Type")).isEqualTo(get.headers().firstValue("Content-Type"));
            }
        }
    }

    @Test void parametersThatAreNoObjectAreNotLeftOut() {
        for (var params : List.of("\"k=3\"", "[]", "3")) {
            assertThat(http.post("/api/runs", "{\"slug\":\"gradient-descent\",\"params\":" + params + "}").body())
                    .contains("it is an object");
        }
        assertThat(http.post("/api/runs", "{\"slug\":\"gradient-descent\",\"params\":null}").statusCode()).isEqualTo(202);
    }

    @Test void errorsSayWhatIsWrongInWords() {
        assertThat(http.get("/api/runs/nope").body()).contains("No run of that id");
        assertThat(http.get("/nope").body()).contains("There is no page at this address.").doesNotContain("Endpoint");
        assertThat(http.post("/nope", "").body()).contains("There is no page at this address.").doesNotContain("Endpoint");
        var form = http.post("/t/gradient-descent/run", "steps=1000000", "Content-Type", "application/x-www-form-urlencoded");
        assertThat(form.statusCode()).isEqualTo(400);
        assertThat(form.body()).startsWith("<!doctype html>").contains("steps is 1000000; it lies between 5 and 500.");
    }

    /** Each held one of 24 threads until it was all there or a minute was over. */
    @Test void bodiesThatTrickleHoldNoThread() throws IOException {
        var slow = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 60; i++) {
                var socket = new Socket("127.0.0.1", studio.port());
                slow.add(socket);
                socket.getOutputStream().write(
                        "POST /api/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n{".getBytes(StandardCharsets.UTF_8));
            }
            for (int i = 0; i < 24; i++) {
                assertThat(answer("GET /areas HTTP/1.1\nHost: localhost\nConnection: close\n\n", "")).startsWith("HTTP/1.1 200");
            }
        } finally {
            for (var socket : slow) {
                socket.close();
            }
        }
    }

    /** The head of an answer is sent before its reader is counted, an event behind that: who waited for the head alone could be early, and follow a run without end. */
    private static String firstEvent(Socket socket) throws IOException {
        var lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        var line = lines.readLine();
        while (line != null && !line.startsWith("event:")) line = lines.readLine();
        return line;
    }

    @Test void soManyReadersFollowRunsAndTheNextIsSentAway() throws IOException {
        var id = LabJson.read(http.post("/api/runs", "{\"slug\":\"k-means\"}").body(), JsonNode.class).path("id").stringValue();
        var silent = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 48; i++) {
                var socket = new Socket("127.0.0.1", studio.port());
                silent.add(socket);
                socket.setSoTimeout(10_000);
                socket.getOutputStream()
                        .write(("GET /api/runs/" + id + "/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
                                .getBytes(StandardCharsets.UTF_8));
                assertThat(firstEvent(socket)).isEqualTo("event: started");
            }
            assertThat(http.events("/api/runs/" + id + "/events")).contains("event: busy");
            assertThat(http.get("/areas").statusCode()).isEqualTo(200);
        } finally {
            for (var socket : silent) {
                socket.close();
            }
            http.delete("/api/runs/" + id);
        }
    }

    /** Memory that is used up ended in an empty answer, and nobody heard why. */
    @Test void errorOfTheJvmIsLoggedAndAnswered(@TempDir Path runs) {
        var heard = new ArrayList<LogRecord>();
        var listener = new Handler() {
            @Override public void publish(LogRecord entry) { heard.add(entry); }

            @Override public void flush() {}

            @Override public void close() {}
        };
        var logger = Logger.getLogger(Problems.class.getName());
        logger.addHandler(listener);
        var catalogue = Catalogue.load();
        var exhausted = new Encyclopedia(catalogue, StatusBoard.of(catalogue, Ledger.of(List.of()), slug -> Optional.empty()), query -> {
            throw new OutOfMemoryError("planted");
        }, slug -> Optional.empty());
        try (var broken = Studio.start(new StudioOptions("127.0.0.1", 0, runs, null, false, false), exhausted, new LabRunner(1))) {
            var answer = new Http(broken.port()).get("/topics?q=adam");
            assertThat(answer.statusCode()).isEqualTo(500);
            assertThat(answer.headers().firstValue("Content-Security-Policy")).isPresent();
            assertThat(heard).anySatisfy(entry -> {
                assertThat(entry.getLevel()).isEqualTo(Level.SEVERE);
                assertThat(entry.getThrown()).isInstanceOf(OutOfMemoryError.class).hasMessage("planted");
            });
        } finally {
            logger.removeHandler(listener);
        }
    }
}
