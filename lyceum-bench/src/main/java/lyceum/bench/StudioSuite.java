package lyceum.bench;

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
import java.util.List;
import java.util.function.Consumer;
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
        var studio = new ProcessBuilder(root.resolve("lyceum").toString(), "studio", "--port", Integer.toString(port)).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        try {
            var base = "http://127.0.0.1:" + port;
            while (!answers(base + "/")) Thread.sleep(5);
            add("start to the first answer", "", (System.nanoTime() - start) * 1e-9, "s");
            requests(base);
            weight(base);
            Thread.sleep(2000);
            add("resident size, idle", "", resident(studio) / 1048576.0, "MiB");
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
        var answer = client.send(HttpRequest.newBuilder(URI.create(uri)).header("Accept-Encoding", "gzip").build(), BodyHandlers.ofByteArray());
        if (answer.statusCode() != 200) throw new IOException(uri + " answered " + answer.statusCode());
        return answer.body();
    }

    private void requests(String base) throws IOException, InterruptedException {
        var topics = Catalogue.load().topics();
        var searches = new ArrayList<String>();
        var pages = new ArrayList<String>();
        for (int i = 0; i < 1050; i++) {
            var topic = topics.get(i * 37 % topics.size());
            var title = topic.title();
            searches.add(base + "/topics?q=" + URLEncoder.encode(title.substring(0, Math.min(title.length(), 4 + i % 12)), StandardCharsets.UTF_8));
            pages.add(base + "/t/" + topic.slug());
        }
        percentile("search page, p95 of 1000", searches);
        percentile("topic page, p95 of 1000", pages);
    }

    private void percentile(String name, List<String> uris) throws IOException, InterruptedException {
        var times = new double[uris.size() - 50];
        for (int i = 0; i < uris.size(); i++) {
            long start = System.nanoTime();
            get(uris.get(i));
            if (i >= 50) times[i - 50] = (System.nanoTime() - start) * 1e-6;
        }
        Arrays.sort(times);
        add(name, "", times[(int) (0.95 * times.length)], "ms");
    }

    /** The page and all that it links to from this server, as sent, without the figures' library and the figures offered for download. */
    private void weight(String base) throws IOException, InterruptedException {
        for (var page : new String[] {"/", "/t/k-means", "/topics?q=attention"}) {
            var body = get(base + page);
            long bytes = body.length;
            var html = new String(unzip(body), StandardCharsets.UTF_8);
            var links = java.util.regex.Pattern.compile("(?:src|href)=\"(/[^\"]+\\.(?:css|js|woff2|svg|png)[^\"]*)\"").matcher(html);
            var seen = new java.util.HashSet<String>();
            while (links.find()) if (!links.group(1).contains("vega") && !links.group(1).startsWith("/runs/") && seen.add(links.group(1))) bytes += get(base + links.group(1).replace("&amp;", "&")).length;
            add("page weight of " + page, "", bytes / 1024.0, "KiB");
        }
    }

    private static byte[] unzip(byte[] body) throws IOException {
        if (body.length < 2 || body[0] != 0x1f) return body;
        try (var in = new java.util.zip.GZIPInputStream(new java.io.ByteArrayInputStream(body))) {
            return in.readAllBytes();
        }
    }

    private static double resident(Process studio) throws IOException {
        double most = 0;
        var processes = java.util.stream.Stream.concat(java.util.stream.Stream.of(studio.toHandle()), studio.descendants()).toList();
        for (var process : processes) {
            var status = Path.of("/proc/" + process.pid() + "/status");
            if (!Files.exists(status)) continue;
            for (var line : Files.readAllLines(status)) if (line.startsWith("VmRSS:")) most = Math.max(most, Double.parseDouble(line.replaceAll("[^0-9]", "")) * 1024);
        }
        return most;
    }

    private void add(String name, String shape, double value, String unit) {
        var row = new Row("studio", name, shape, "", Runtime.getRuntime().availableProcessors(), value, Double.NaN, unit, Double.NaN, "", Cpu.name());
        rows.add(row);
        listener.accept(row);
    }
}
