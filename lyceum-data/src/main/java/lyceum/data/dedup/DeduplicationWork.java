package lyceum.data.dedup;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import lyceum.LyceumException;
import lyceum.backend.Parallel;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.progress.Progress;

/** One run of a {@link Deduplicator}. */
final class DeduplicationWork implements AutoCloseable {
    private static final int BATCH = 2048;

    /** What is remembered of a document. {@code kept} is the whole of it where somebody's rule may look, else null. */
    private record Item(int position, String id, String hash, long bytes, Document kept) {}

    private final Deduplicator options;
    private final Progress progress;
    private final boolean near;
    private final List<Item> items = new ArrayList<>();
    private final List<long[]> sets = new ArrayList<>();
    private final Map<String, Integer> byHash = new HashMap<>();
    private final HashSet<String> ids = new HashSet<>();
    private final List<Integer> distinct = new ArrayList<>();
    private final MinHashLsh.Index index;
    private int[] exactOf = new int[1024];

    DeduplicationWork(Deduplicator options, Progress progress) {
        this.options = options;
        this.progress = progress;
        near = options.threshold() < 1;
        index = near ? options.lsh().index() : null;
    }

    Deduplication run(Corpus corpus) {
        read(corpus);
        var clusters = new Clusters(items.size());
        for (int i = 0; i < items.size(); i++) if (exactOf[i] != i) clusters.join(i, exactOf[i]);
        var similarities = new HashMap<Long, Double>();
        long compared = near ? nearPairs(clusters, similarities) : 0;
        var order = best();
        var named = new ArrayList<List<String>>();
        var dropped = new ArrayList<Deduplication.Dropped>();
        long exact = 0, exactBytes = 0, nearCount = 0, nearBytes = 0, bytes = 0;
        for (var item : items) bytes += item.bytes;
        for (var cluster : clusters.several()) {
            var sorted = Arrays.stream(cluster).boxed().sorted(Comparator.comparing(items::get, order)).toList();
            named.add(sorted.stream().map(i -> items.get(i).id).toList());
            int kept = sorted.getFirst();
            var seen = new HashSet<String>();
            for (int i : sorted) {
                var item = items.get(i);
                boolean copy = !seen.add(item.hash);
                if (i == kept) continue;
                double similarity = item.hash.equals(items.get(kept).hash) ? 1
                        : similarities.getOrDefault(pair(exactOf[i], exactOf[kept]), Double.NaN);
                dropped.add(new Deduplication.Dropped(item.id, copy ? Deduplication.Reason.EXACT : Deduplication.Reason.NEAR,
                        items.get(kept).id, similarity));
                if (copy) {
                    exact++;
                    exactBytes += item.bytes;
                } else {
                    nearCount++;
                    nearBytes += item.bytes;
                }
            }
        }
        var position = new HashMap<String, Integer>();
        for (var item : items) position.put(item.id, item.position);
        dropped.sort(Comparator.comparing(d -> position.get(d.id())));
        named.sort(Comparator.comparing(cluster -> position.get(cluster.getFirst())));
        Map<String, int[]> cuts = Map.of();
        if (options.run() > 0) {
            var gone = new HashSet<String>();
            for (var d : dropped) gone.add(d.id());
            cuts = RepeatedRuns.cuts(corpus.filter(document -> !gone.contains(document.id())), options.run());
        }
        long spans = cuts.values().stream().mapToLong(cut -> cut.length / 2).sum(), spanBytes = spanBytes(corpus, cuts);
        return new Deduplication(List.copyOf(dropped), List.copyOf(named), cuts,
                new Deduplication.Report(items.size(), bytes, exact, exactBytes, nearCount, nearBytes, spans, spanBytes, compared), corpus);
    }

    private static long spanBytes(Corpus corpus, Map<String, int[]> cuts) {
        if (cuts.isEmpty()) return 0;
        var sum = new long[1];
        corpus.forEach(document -> {
            var cut = cuts.get(document.id());
            if (cut != null) sum[0] += document.bytes() - document.withText(Deduplication.without(document.text(), cut)).bytes();
        });
        return sum[0];
    }

    private void read(Corpus corpus) {
        try (var reader = corpus.open()) {
            var batch = new ArrayList<Document>();
            boolean more = true;
            while (more) {
                batch.clear();
                while (batch.size() < BATCH && more) {
                    var document = reader.next();
                    if (document == null) more = false;
                    else batch.add(document);
                }
                take(batch);
                progress.step("deduplicate: documents read", items.size(), -1);
            }
        }
    }

    private void take(List<Document> batch) {
        var hashes = new String[batch.size()];
        var shingles = new long[batch.size()][];
        Parallel.range(batch.size(), 8, (from, to) -> {
            for (long i = from; i < to; i++) {
                var document = batch.get((int) i);
                hashes[(int) i] = document.hash();
                if (near) shingles[(int) i] = Shingles.words(document.text(), options.shingle());
            }
        });
        var fresh = new ArrayList<long[]>();
        for (int b = 0; b < hashes.length; b++) {
            var document = batch.get(b);
            int i = items.size();
            if (!ids.add(document.id()))
                throw new LyceumException("Deduplicator: two documents have the id '" + document.id() + "'; ids must differ");
            items.add(new Item(i, document.id(), hashes[b], document.bytes(), remembered(document)));
            if (i == exactOf.length) exactOf = Arrays.copyOf(exactOf, 2 * i);
            var first = byHash.putIfAbsent(hashes[b], i);
            exactOf[i] = first == null ? i : first;
            if (first == null && near) {
                distinct.add(i);
                fresh.add(shingles[b]);
                if (options.verify() == Deduplicator.Verify.EXACT) sets.add(shingles[b]);
            }
        }
        if (near) index.addAll(fresh.toArray(long[][]::new));
    }

    private Document remembered(Document document) { return isDefault(options.keep()) ? null : document; }

    private static boolean isDefault(Comparator<Document> keep) { return keep == Deduplicator.NO_PREFERENCE; }

    private Comparator<Item> best() {
        var rest = Comparator.comparingLong((Item item) -> -item.bytes).thenComparing(Item::hash).thenComparing(Item::id);
        if (isDefault(options.keep())) return rest;
        return Comparator.comparing(Item::kept, options.keep().reversed()).thenComparing(rest);
    }

    /** Verifies the candidates in parallel and joins, in order, those that pass. @return how many were compared */
    private long nearPairs(Clusters clusters, Map<Long, Double> similarities) {
        var candidates = index.candidates(ranks());
        var similarity = new float[candidates.length];
        boolean exact = options.verify() == Deduplicator.Verify.EXACT;
        Parallel.range(candidates.length, 64, (from, to) -> {
            for (long c = from; c < to; c++) {
                int a = (int) (candidates[(int) c] >>> 32), b = (int) candidates[(int) c];
                similarity[(int) c] = (float) (exact ? Shingles.jaccard(sets.get(a), sets.get(b)) : index.similarity(a, b));
            }
        });
        for (int c = 0; c < candidates.length; c++) {
            if (similarity[c] < (float) options.threshold()) continue;
            int a = distinct.get((int) (candidates[c] >>> 32)), b = distinct.get((int) candidates[c]);
            clusters.join(a, b);
            similarities.put(pair(a, b), (double) similarity[c]);
        }
        return candidates.length;
    }

    private static long pair(int a, int b) { return (long) Math.min(a, b) << 32 | Math.max(a, b); }

    /** Of the distinct texts, by their hashes: the same whatever order they come in. */
    private int[] ranks() {
        var order = new Integer[distinct.size()];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparing(i -> items.get(distinct.get(i)).hash));
        var ranks = new int[order.length];
        for (int r = 0; r < order.length; r++) ranks[order[r]] = r;
        return ranks;
    }

    @Override public void close() { if (index != null) index.close(); }
}
