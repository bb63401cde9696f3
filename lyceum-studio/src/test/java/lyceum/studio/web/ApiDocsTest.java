package lyceum.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lyceum.labs.run.LabRunner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiDocsTest {

    @TempDir Path folder;

    private void write(String name, String text) throws IOException {
        var file = folder.resolve("docs").resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    @Test void servesWhatWasBuiltAndNothingBesides() throws IOException {
        write("index.html", "<h1>All</h1>");
        write("lyceum/plot/Table.html", "<h1>Table</h1>");
        Files.writeString(folder.resolve("secret.html"), "secret");
        try (var studio = Studio.start(new StudioOptions("127.0.0.1", 0, folder.resolve("store"), folder.resolve("docs"), false, false),
                Shelf.encyclopedia(), new LabRunner(1))) {
            var http = new Http(studio.port());
            assertThat(http.get("/api-docs/").body()).contains("All");
            assertThat(http.get("/api-docs/lyceum/plot/Table.html").body()).contains("Table");
            assertThat(http.get("/api-docs/lyceum/plot/None.html").statusCode()).isEqualTo(404);
            assertThat(http.raw("GET /api-docs/../secret.html HTTP/1.1\nHost: localhost\nConnection: close\n\n")).contains(" 4");
            assertThat(http.raw("GET /api-docs/..%2fsecret.html HTTP/1.1\nHost: localhost\nConnection: close\n\n")).contains(" 4");
            assertThat(http.get("/t/gradient-descent").body()).contains("href=\"/api-docs/lyceum/plot/Table.html\"");
            assertThat(http.get("/").body()).contains("href=\"/api-docs/\"");
        }
    }

    @Test void withoutBuiltPagesItSaysHowToBuildThem() {
        try (var studio = Shelf.open(folder.resolve("store"))) {
            var answer = new Http(studio.port()).get("/api-docs/");
            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(answer.body()).contains("./lyceum javadoc");
        }
    }

    @Test void anOutlineShowsWhatIsPublic() {
        assertThat(ApiOutline.of("lyceum.plot.Table#toCsv")).get().asString()
                .startsWith("public record Table(List<String> columns, List<List<Object>> rows)").contains("String toCsv()");
        assertThat(ApiOutline.of("lyceum.NoSuchClass")).isEmpty();
        assertThat(ApiOutline.of("java.lang.Runtime")).isEmpty();
    }
}
