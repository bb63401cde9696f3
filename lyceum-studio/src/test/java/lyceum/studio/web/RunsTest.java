package lyceum.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import lyceum.labs.run.LabEvent;
import lyceum.labs.run.LabExecutor;
import lyceum.labs.run.LabJson;
import lyceum.labs.run.LabRequest;
import lyceum.labs.run.LabResult;
import lyceum.labs.run.LabRun;
import lyceum.labs.run.RunStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Each test has a studio of its own: what one has run or stored, the others would see. */
@Timeout(60)
class RunsTest {

    @TempDir Path store;
    private Studio studio;
    private Http http;

    @BeforeEach void open() {
        studio = Shelf.open(store);
        http = new Http(studio.port());
    }

    @AfterEach void close() { studio.close(); }

    private String start(String body) {
        var answer = http.post("/api/runs", body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        return LabJson.read(answer.body(), JsonNode.class).path("id").stringValue();
    }

    /** Follows a run to its end; returns the lines of its stream. */
    private List<String> follow(String id, String... headers) { return http.events("/api/runs/" + id + "/events", headers).toList(); }

    @Test void aRunStreamsItsEventsAndEndsWithItsResult() {
        var id = start("{\"slug\":\"gradient-descent\",\"params\":{\"learningRate\":0.1,\"steps\":\"30\"},\"seed\":7}");
        var lines = follow(id);
        assertThat(lines).contains("event: started", "event: said", "event: figure", "event: check", "event: finished")
                .anyMatch(l -> l.startsWith("id: "));
        var run = http.json("/api/runs/" + id);
        assertThat(run.path("state").stringValue()).isEqualTo("done");
        assertThat(run.path("result").path("params").path("steps").intValue()).isEqualTo(30);
        assertThat(run.path("result").path("seed").intValue()).isEqualTo(7);
        assertThat(run.path("result").path("checks").size()).isEqualTo(2);
        assertThat(run.path("result").path("checks").get(0).path("verdict").asString()).isEqualTo("not the clause's setting");
    }

    @Test void aTrainingIsSeenWhileItGoesOnAndStaysWithItsRun() {
        var id = start("{\"slug\":\"gradient-descent\"}");
        var drawn = http.events("/api/runs/" + id + "/events?as=html").filter(l -> l.contains("\"slot\":\"training\"")).toList();
        assertThat(drawn).isNotEmpty().last().asString().contains("Loss, gradient norm by step.", "<svg");
        assertThat(http.get("/t/gradient-descent?run=" + id).body()).contains("<details class=\"training\" open>",
                "aria-label=\"Loss, gradient norm by step.\"");
        assertThat(follow(id)).anyMatch(l -> l.contains("\"metrics\":{") && l.contains("\"gradient norm\":"));
    }

    @Test void aReaderWhoComesBackGetsOnlyWhatWasMissed() {
        var id = start("{\"slug\":\"gradient-descent\"}");
        var whole = follow(id).stream().filter(l -> l.startsWith("id: ")).toList();
        var missed = whole.get(whole.size() - 2).substring(4);
        var rest = follow(id, "Last-Event-ID", missed).stream().filter(l -> l.startsWith("id: ")).toList();
        assertThat(rest).containsExactly(whole.getLast());
    }

    @Test void theFiguresOfARunComeAsFiles() {
        var id = start("{\"slug\":\"gradient-descent\"}");
        follow(id);
        assertThat(http.get("/runs/" + id + "/figures/0.svg").body()).startsWith("<svg");
        assertThat(http.get("/runs/" + id + "/figures/0.csv").body()).contains("\r\n");
        assertThat(http.get("/runs/" + id + "/figures/0.png").headers().firstValue("Content-Type")).contains("image/png");
        assertThat(http.get("/runs/" + id + "/figures/0.json").body()).contains("vega-lite").contains("\"config\"");
        assertThat(http.get("/runs/" + id + "/figures/9.svg").statusCode()).isEqualTo(404);
        assertThat(http.get("/runs/" + id + "/figures/x").statusCode()).isEqualTo(404);
    }

    @Test void aPlayerMayJumpWithinASound() {
        var id = start("{\"slug\":\"pca\"}");
        follow(id);
        var sound = "/runs/" + id + "/figures/11.wav";
        assertThat(http.get(sound).headers().firstValue("Accept-Ranges")).contains("bytes");
        var part = http.get(sound, "Range", "bytes=0-3");
        assertThat(part.statusCode()).isEqualTo(206);
        assertThat(part.body()).isEqualTo("RIFF");
        assertThat(part.headers().firstValue("Content-Range")).contains("bytes 0-3/8044");
        assertThat(http.get(sound, "Range", "bytes=8040-").headers().firstValue("Content-Range")).contains("bytes 8040-8043/8044");
        assertThat(http.get(sound, "Range", "bytes=8044-").statusCode()).isEqualTo(416);
    }

    @Test void aRunThatIsNoLongerKeptInMemoryIsShownFromTheStore() {
        var first = start("{\"slug\":\"gradient-descent\"}");
        follow(first);
        for (int seed = 2; seed < 30; seed++) {
            follow(start("{\"slug\":\"gradient-descent\",\"seed\":" + seed + "}"));
        }
        assertThat(http.json("/api/runs/" + first).path("state").stringValue()).isEqualTo("done");
        assertThat(http.get("/runs/" + first + "/figures/0.svg").body()).startsWith("<svg");
        assertThat(http.get("/t/gradient-descent?run=" + first).body()).contains("data-state=\"done\"");
    }

    @Test void runsThatEndedTakeTwelveMegabytesOfMemoryAtMost() {
        var runs = new Runs(new Speaking(5 << 20), new RunStore(store));
        var kept = IntStream.range(0, 6).mapToObj(i -> runs.start(LabRequest.of("svd", "a.Lab"))).toList();
        assertThat(kept.getFirst().bytes()).isGreaterThan(5 << 20);
        assertThat(kept.stream().filter(run -> runs.live(run.id()).isPresent())).hasSize(2).contains(kept.getLast());
    }

    /** Runs that end at once and say as much as they are told to. */
    private record Speaking(int letters) implements LabExecutor {
        @Override public LabRun submit(LabRequest request, Consumer<LabEvent> listener) {
            listener.accept(new LabEvent.Said("x".repeat(letters)));
            listener.accept(new LabEvent.Cancelled("said"));
            return new Said(UUID.randomUUID().toString(), request);
        }

        @Override public void close() {}
    }

    private record Said(String id, LabRequest request) implements LabRun {
        @Override public boolean waiting() { return false; }

        @Override public void cancel() {}

        @Override public CompletableFuture<LabResult> result() { return new CompletableFuture<>(); }

        @Override public LabResult join() { throw new UnsupportedOperationException(); }
    }

    @Test void aStoredRunThatIsDamagedCostsItselfAlone() throws IOException {
        follow(start("{\"slug\":\"gradient-descent\"}"));
        var whole = new RunStore(store).latest(1).getFirst().id();
        var r = new RunStore(store).find(whole).orElseThrow();
        var damaged = new RunStore(store).save(new LabResult(r.slug(), r.lab(), r.title(), r.seed(), r.params(), r.seconds(), r.checks(),
                r.figures(), r.tables(), r.images(), r.said(), r.testMode(), r.version(), r.machine(), "2030-01-01T00:00:00Z")).id();
        var file = store.resolve(damaged + ".json");
        Files.writeString(file, Files.readString(file).replaceFirst("\"figures\":\\[\\{", "\"figures\":[{\"a\":1},{"));
        try (var again = Shelf.open(store)) {
            var there = new Http(again.port());
            assertThat(there.get("/runs/" + damaged + "/figures/0.svg").statusCode()).isEqualTo(404);
            assertThat(there.get("/t/gradient-descent?run=" + damaged).body()).contains("data-state=\"done\"");
            assertThat(there.get("/t/gradient-descent").body()).contains("/runs/" + whole + "/figures/0");
            assertThat(there.get("/status").statusCode()).isEqualTo(200);
        }
    }

    @Test void aTopicOpensWithItsLastRun() {
        follow(start("{\"slug\":\"gradient-descent\"}"));
        assertThat(http.get("/t/gradient-descent").body()).contains("data-state=\"done\"").contains("After 60 steps").contains("holds");
        assertThat(http.get("/t/gradient-descent?steps=61").body()).contains("Not run here yet");
        assertThat(http.get("/status").body()).contains("2 of 2 hold");
    }

    @Test void stoppingReallyStops() {
        var id = start("{\"slug\":\"k-means\"}");
        assertThat(http.events("/api/runs/" + id + "/events").anyMatch(l -> l.equals("event: progress"))).isTrue();
        assertThat(http.delete("/api/runs/" + id).statusCode()).isEqualTo(202);
        assertThat(follow(id)).contains("event: cancelled");
        assertThat(http.json("/api/runs/" + id).path("state").stringValue()).isEqualTo("stopped");
    }

    @Test void aRunGoesOnWhenItsReaderIsGone() {
        var id = start("{\"slug\":\"k-means\"}");
        try (var lines = http.events("/api/runs/" + id + "/events")) {
            assertThat(lines.anyMatch(l -> l.equals("event: progress"))).isTrue();
        }
        assertThat(http.json("/api/runs/" + id).path("state").stringValue()).isEqualTo("running");
        assertThat(http.get("/t/k-means?run=" + id).body()).contains("data-state=\"running\"");
        http.delete("/api/runs/" + id);
        assertThat(follow(id)).contains("event: cancelled");
    }

    @Test void twoRunsOfALabGoOnAtOnce() {
        var first = start("{\"slug\":\"k-means\"}");
        var second = start("{\"slug\":\"k-means\"}");
        assertThat(first).isNotEqualTo(second);
        for (var id : List.of(first, second)) {
            assertThat(http.events("/api/runs/" + id + "/events").anyMatch(l -> l.equals("event: progress"))).isTrue();
        }
        for (var id : List.of(first, second)) {
            http.delete("/api/runs/" + id);
            assertThat(follow(id)).contains("event: cancelled");
        }
    }

    @Test void aLabThatThrowsFailsWithItsMessageAndTheStudioLives() {
        var id = start("{\"slug\":\"svd\"}");
        assertThat(follow(id)).contains("event: failed");
        assertThat(http.json("/api/runs/" + id).path("error").stringValue()).isEqualTo("rank is -1; it is at least 0");
        assertThat(http.get("/t/svd?run=" + id).body()).contains("The run failed.").contains("rank is -1; it is at least 0")
                .doesNotContain("at lyceum.");
        assertThat(http.get("/").statusCode()).isEqualTo(200);
    }

    @Test void aParameterOutOfBoundsIsNamedWithItsBounds() {
        var answer = http.post("/api/runs", "{\"slug\":\"gradient-descent\",\"params\":{\"learningRate\":1.4}}");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("learningRate is 1.4; it lies between 0.001 and 0.2").contains("\"parameter\":\"learningRate\"");
        assertThat(http.post("/api/runs", "{\"slug\":\"gradient-descent\",\"params\":{\"steps\":\"many\"}}").body())
                .contains("whole number between 5 and 500");
        assertThat(http.post("/api/runs", "{\"slug\":\"gradient-descent\",\"params\":{\"alpha\":1}}").statusCode()).isEqualTo(400);
        assertThat(http.post("/api/runs", "{\"slug\":\"gradient-descent\",\"seed\":\"x\"}").statusCode()).isEqualTo(400);
    }

    @Test void whatCannotRunIsSaid() {
        assertThat(http.post("/api/runs", "{\"slug\":\"lora\"}").statusCode()).isEqualTo(409);
        assertThat(http.post("/api/runs", "{\"slug\":\"no-such-topic\"}").statusCode()).isEqualTo(404);
        assertThat(http.post("/api/runs", "{").statusCode()).isEqualTo(400);
        assertThat(http.post("/api/runs", "[]").statusCode()).isEqualTo(400);
        assertThat(http.get("/api/runs/nothing").statusCode()).isEqualTo(404);
        assertThat(http.delete("/api/runs/nothing").statusCode()).isEqualTo(404);
    }

    @Test void theThirtyThirdWaitingRunIsAskedToComeBack() {
        var ids = new ArrayList<String>();
        int refused = 0;
        for (int i = 0; i < 36 && refused == 0; i++) {
            var answer = http.post("/api/runs", "{\"slug\":\"k-means\",\"seed\":" + i + "}");
            if (answer.statusCode() == 429) {
                refused = i;
                assertThat(answer.headers().firstValue("Retry-After")).isPresent();
                assertThat(answer.body()).contains("32");
            } else {
                ids.add(LabJson.read(answer.body(), JsonNode.class).path("id").stringValue());
            }
        }
        assertThat(refused).isBetween(32, 35);
        ids.forEach(id -> http.delete("/api/runs/" + id));
    }

    @Test void aStoreThatCannotBeWrittenStopsNothing() throws IOException {
        var file = Files.createFile(store.resolve("a-file"));
        try (var readOnly = Shelf.open(file.resolve("runs"))) {
            var there = new Http(readOnly.port());
            var id = LabJson.read(there.post("/api/runs", "{\"slug\":\"gradient-descent\"}").body(), JsonNode.class).path("id")
                    .stringValue();
            assertThat(there.events("/api/runs/" + id + "/events").toList()).contains("event: finished");
            assertThat(there.get("/t/gradient-descent").body()).contains("After 60 steps");
            assertThat(there.json("/api/runs/" + id).path("warning").stringValue()).startsWith("The run is not stored: ");
            assertThat(there.get("/t/gradient-descent?run=" + id).body()).contains("The run is not stored: ");
        }
    }

    @Test void theFormWorksWithoutScripts() {
        var answer = http.post("/t/gradient-descent/run", "learningRate=0.1&steps=20&start=near&momentum=false&momentum=true&seed=3",
                "Content-Type", "application/x-www-form-urlencoded");
        assertThat(answer.statusCode()).isEqualTo(303);
        var page = answer.headers().firstValue("Location").orElseThrow();
        follow(page.replaceAll(".*run=(\\w+).*", "$1"));
        assertThat(http.get(page).body()).contains("After 20 steps")
                .contains("name=\"learningRate\" min=\"0.001\" max=\"0.2\" step=\"any\" value=\"0.1\"");
    }
}
