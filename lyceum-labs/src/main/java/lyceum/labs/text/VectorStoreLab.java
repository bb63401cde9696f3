package lyceum.labs.text;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.exactly;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.retrieval.PayloadFilter;
import lyceum.retrieval.StoreHit;
import lyceum.retrieval.VectorMetric;
import lyceum.retrieval.VectorRecord;
import lyceum.retrieval.VectorStore;
import lyceum.retrieval.VectorStoreOptions;

/** Records go in and are found; the process dies in the middle of a write; nothing that was acknowledged is lost. */
@Lab(topics = "vector-database", title = "Pull the plug")
final class VectorStoreLab implements LabBody {
    private static final int D = 8;

    @Override public void run(LabContext lab) {
        int n = lab.param("records", 3000, 200, 20_000), tenants = lab.param("tenants", 100, 2, 1000);
        try {
            var folder = Files.createTempDirectory("lyceum-store");
            try {
                run(lab, folder, n, tenants);
            } finally {
                try (var files = Files.walk(folder)) {
                    for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(LabContext lab, Path folder, int n, int tenants) throws IOException {
        var rng = lab.rng(1);
        var records = new ArrayList<VectorRecord>();
        for (int i = 0; i < n; i++) {
            var vector = new float[D];
            for (int j = 0; j < D; j++) vector[j] = (float) rng.nextGaussian();
            records.add(new VectorRecord("r" + i, vector, Map.of("tenant", rng.nextInt(tenants), "year", 2000 + i % 25)));
        }
        var options = new VectorStoreOptions(D).withMetric(VectorMetric.L2).withSegmentSize(n / 3);
        Path live = folder.resolve("live"), dead = folder.resolve("dead");
        var query = records.getFirst().vector();
        List<StoreHit> before;
        try (var store = VectorStore.open(live, options)) {
            for (int from = 0; from < n; from += 50) store.upsert(records.subList(from, Math.min(n, from + 50)));
            store.delete("r1");
            lab.say("%d records in %d sealed segments and a log.", store.size(), store.segments());
            int[] candidates = {10, 30, 100, 300, 1000};
            double[] x = new double[candidates.length], left = new double[x.length];
            for (int c = 0; c < x.length; c++) {
                x[c] = candidates[c];
                left[c] = Math.min(10,
                        store.search(query, candidates[c]).stream().filter(h -> h.payload().get("tenant").equals(7L)).count());
            }
            before = store.search(query, 10, PayloadFilter.equal("tenant", 7));
            lab.figure(Figure.line("Search first, then filter", x, left).named("of tenant 7 among the nearest")
                    .points("filtered in the search", new double[] {10}, new double[] {before.size()}).axes("candidates", "answers of ten")
                    .describedAs(
                            "Answers of one tenant that are left when the nearest are filtered afterwards; the cross is a search that filters."));
            lab.table("The nearest of tenant 7", List.of("record", "distance", "year"),
                    before.stream().map(h -> List.of(h.id(), Math.sqrt(-h.score()), h.payload().get("year"))).toList());
            store.upsert(new VectorRecord("last", query, Map.of("tenant", 7)));
            store.snapshot(dead);
        }
        // what a disk holds when the plug is pulled within the last write
        var log = newest(dead);
        try (var file = Files.newByteChannel(log, StandardOpenOption.WRITE)) {
            file.truncate(Files.size(log) - 5);
        }
        try (var store = VectorStore.open(dead)) {
            lab.say("The last write was cut 5 bytes before its end: it was never acknowledged, and is gone; all others are there.");
            lab.shows("records after the crash", store.size(), exactly(n - 1));
            lab.shows("the deleted record is gone, and so is the cut one", store.get("r1").isEmpty() && store.get("last").isEmpty());
            lab.shows("the filtered search answers as before", store.search(query, 10, PayloadFilter.equal("tenant", 7)).equals(before));
            lab.shows("answers of the filtered search", before.size(), atLeast(Math.min(10, n / tenants / 3)));
        }
    }

    private static Path newest(Path folder) throws IOException {
        try (var files = Files.newDirectoryStream(folder, "log-*")) {
            return files.iterator().next();
        }
    }
}
