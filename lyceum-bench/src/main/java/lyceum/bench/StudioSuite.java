package lyceum.bench;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import lyceum.labs.catalogue.Catalogue;

/** Starts the studio as a user would, and measures what a reader feels: the first answer, search, pages, and the memory it holds. */
final class StudioSuite {
    private final List<Row> rows = new ArrayList<>();
    private final Consumer<Row> listener;
    private final HttpClient client = HttpClient.newHttpClient();

    StudioSuite(Consumer<Row> listener) { this.listener = listener; }

    List<Row> run() throws IOException, InterruptedException {
        var root = Path.of(System.getProperty("lyceum.root", "."));
        int port;
        try (var socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        long start = System.nanoTime();
        var studio = new ProcessBuilder(root.resolve("lyceum").toString(), "studio", "--port", Integer.toString(port))
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        try {
            var base = "http://127.0.0.1:" + port;
            while (!answers(base + "/")) Thread.sleep(5);
            add("start to the first answer", (System.nanoTime() - start) * 1e-9, 2, "s");
            requests(base);
            weight(base);
            Thread.sleep(2000);
            add("resident size, idle", resident(studio) / 1048576.0, 400, "MiB");
            besideTwoLabs(base);
        } finally {
            studio.descendants().forEach(ProcessHandle::destroy);
            studio.destroy();
            studio.waitFor();
        }
        return rows;
    }

    private boolean answers(String uri) {
        try {
            return get(uri).length > 0;
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }

    private byte[] get(String uri) throws IOException, InterruptedException {
        var answer = client.send(HttpRequest.newBuilder(URI.create(uri)).header("Accept-Encoding", "gzip").build(),
                BodyHandlers.ofByteArray());
        if (answer.statusCode() != 200) throw new IOException(uri + " answered " + answer.statusCode());
        return answer.body();
    }

    private void requests(String base) throws IOException, InterruptedException {
        var topics = Catalogue.load().topics();
        var pages = new ArrayList<String>();
        for (int i = 0; i < 1050; i++) pages.add(base + "/t/" + topics.get(i * 37 % topics.size()).slug());
        add("search page, p95 of 1000", percentile(searches(base, 1050)), 50, "ms");
        add("topic page, p95 of 1000", percentile(pages), 100, "ms");
    }

    /** Searches for the first letters of titles, none twice in a row. */
    private static List<String> searches(String base, int count) {
        var topics = Catalogue.load().topics();
        var searches = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            var title = topics.get(i * 37 % topics.size()).title();
            searches.add(base + "/topics?q="
                    + URLEncoder.encode(title.substring(0, Math.min(title.length(), 4 + i % 12)), StandardCharsets.UTF_8));
        }
        return searches;
    }

    /** Searches while two labs burn both cores and others queue. */
    private void besideTwoLabs(String base) throws IOException, InterruptedException {
        String last = null;
        for (int seed = 1; seed <= 20; seed++) {
            var body = "{\"slug\": \"multilayer-perceptron\", \"seed\": " + seed + "}";
            var answer = client.send(HttpRequest.newBuilder(URI.create(base + "/api/runs")).header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
            if (answer.statusCode() != 202) throw new IOException("a run was answered " + answer.statusCode() + ": " + answer.body());
            last = answer.headers().firstValue("Location").orElseThrow();
        }
        double p95 = percentile(searches(base, 350));
        var state = new String(get(base + last), StandardCharsets.UTF_8);
        if (!state.contains("queued") && !state.contains("running")) throw new IOException("the labs ended before the searches: " + state);
        add("search page beside two labs, p95 of 300", p95, 150, "ms");
    }

    private double percentile(List<String> uris) throws IOException, InterruptedException {
        var times = new double[uris.size() - 50];
        for (int i = 0; i < uris.size(); i++) {
            long start = System.nanoTime();
            get(uris.get(i));
            if (i >= 50) times[i - 50] = (System.nanoTime() - start) * 1e-6;
        }
        Arrays.sort(times);
        return times[(int) (0.95 * times.length)];
    }

    /** The page and all that it links to from this server, as sent, without the figures' library and the figures offered for download. */
    private void weight(String base) throws IOException, InterruptedException {
        for (var page : new String[] {"/", "/t/k-means", "/topics?q=attention"}) {
            var body = get(base + page);
            long bytes = body.length;
            var html = new String(unzip(body), StandardCharsets.UTF_8);
            var links = Pattern.compile("(?:src|href)=\"(/[^\"]+\\.(?:css|js|woff2|svg|png)[^\"]*)\"").matcher(html);
            var seen = new HashSet<String>();
            while (links.find())
                if (!links.group(1).contains("vega") && !links.group(1).startsWith("/runs/") && seen.add(links.group(1)))
                    bytes += get(base + links.group(1).replace("&amp;", "&")).length;
            add("page weight of " + page, bytes / 1024.0, 400, "KiB");
        }
    }

    private static byte[] unzip(byte[] body) throws IOException {
        if (body.length < 2 || body[0] != 0x1f) return body;
        try (var in = new GZIPInputStream(new ByteArrayInputStream(body))) {
            return in.readAllBytes();
        }
    }

    private static double resident(Process studio) throws IOException {
        double most = 0;
        var processes = Stream.concat(Stream.of(studio.toHandle()), studio.descendants()).toList();
        for (var process : processes) {
            var status = Path.of("/proc/" + process.pid() + "/status");
            if (!Files.exists(status)) continue;
            for (var line : Files.readAllLines(status))
                if (line.startsWith("VmRSS:")) most = Math.max(most, Double.parseDouble(line.replaceAll("[^0-9]", "")) * 1024);
        }
        return most;
    }

    private void add(String name, double value, double limit, String unit) {
        var row = new Row("studio", name, "", "", Runtime.getRuntime().availableProcessors(), value, Double.NaN, unit, Double.NaN, "",
                Cpu.name(), Double.NaN, Double.NaN, Double.NaN, "", limit, Verdict.atMost(limit, value));
        rows.add(row);
        listener.accept(row);
    }
}
