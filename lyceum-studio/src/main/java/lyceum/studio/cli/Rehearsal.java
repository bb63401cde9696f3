package lyceum.studio.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import lyceum.labs.search.TopicMeanings;
import lyceum.studio.web.Studio;
import lyceum.studio.web.StudioOptions;

/**
 * Does once what users do often, for nobody: the JVM then remembers which classes that takes and starts faster
 * ({@code -XX:AOTCacheOutput}). The launcher calls it after a build.
 */
final class Rehearsal {

    private static final List<String> PAGES = List.of("/", "/topics?q=adam", "/topics?area=Optimisation", "/t/k-means", "/t/ridge",
            "/status", "/map", "/map?by=meaning", "/paths", "/areas", "/api/topics?q=svd", "/api/topics/k-means");
    private static final List<List<String>> COMMANDS = List.of(List.of("--help"), List.of("topics", "adam"),
            List.of("topics", "what makes a huge network cheaper to adapt"), List.of("topics", "--json"),
            List.of("topics", "--status", "works"), List.of("topic", "k-means"), List.of("path", "adam"), List.of("version"));

    private Rehearsal() {}

    static int run(Encyclopedia encyclopedia) throws IOException {
        try {
            TopicMeanings.keep();
        } catch (IOException e) { // a full disk, say: the next start reads the weights from their jar
            System.getLogger("lyceum.studio").log(Level.INFO, "The encoder''s weights were not kept: {0}", e.getMessage());
        }
        var nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        for (var command : COMMANDS) {
            LyceumCommand.run(new Terminal(nowhere, nowhere, true, false, Terminal.DEFAULT_COLUMNS), encyclopedia,
                    command.toArray(String[]::new));
        }
        var folder = Files.createTempDirectory("lyceum-rehearsal");
        try (var studio = Studio.start(new StudioOptions("127.0.0.1", 0, folder, folder.resolve("none"), true, false))) {
            for (var page : PAGES) {
                read(studio.port(), page);
            }
        } finally {
            delete(folder);
        }
        return LyceumCommand.DONE;
    }

    /** A page that is not there is no failure: other things have been rehearsed by then. */
    private static void read(int port, String page) throws IOException {
        var connection = (HttpURLConnection) URI.create("http://127.0.0.1:" + port + page).toURL().openConnection();
        try (var in = connection.getResponseCode() < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            if (in != null) {
                in.transferTo(OutputStream.nullOutputStream());
            }
        } finally {
            connection.disconnect();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
