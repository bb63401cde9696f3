package lyceum.data.curation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Shards;
import lyceum.data.dedup.Contamination;
import lyceum.data.mixture.DataMixture;
import lyceum.progress.Progress;
import lyceum.withers.Withers;

/**
 * From sources to shards: documents are read, cleaned, filtered, scrubbed and deduplicated across all sources, those that share text with a test set are taken
 * out, what is left is mixed by weight, and shards with a manifest and an account are written.
 *
 * {@snippet :
 * var build = new PretrainingCorpus(CurationPipeline.standard("en")).withHeldOut(Contamination.of(testSet, 13))
 *         .withWeights(Map.of("web", 0.7, "books", 0.3)).withTokens(1_000_000_000)
 *         .build(Map.of("web", web, "books", books), folder);
 * System.out.println(build.report());                        // how many documents went at each stage, and why
 * }
 *
 * <p>Sources are read in the order of their names, and documents get the source's name as their domain, and as a prefix of their ids: {@code "web/17"}. The
 * same sources give the same manifest, bit by bit, for any number of threads.
 *
 * @param pipeline   stages and deduplicator
 * @param heldOut    what must not be learned from; null for nothing
 * @param weights    of the sources, by tokens; empty, the default, for every kept document once, in order
 * @param tokens     words to draw by those weights
 * @param mostEpochs a source is drawn so often at most, 4 by default (Muennighoff and others 2023)
 * @param shardBytes of a shard, unpacked, 256 MiB by default
 * @param seed       of the mixture
 */
@Withers
public record PretrainingCorpus(CurationPipeline pipeline, Contamination heldOut, Map<String, Double> weights, long tokens, long mostEpochs,
        long shardBytes, long seed) implements PretrainingCorpusWithers {

    /** No test set, no weights. */
    public PretrainingCorpus(CurationPipeline pipeline) { this(pipeline, null, Map.of(), Long.MAX_VALUE, 4, 256L << 20, 0); }

    public PretrainingCorpus {
        weights = Map.copyOf(weights);
        if (tokens < 1 || mostEpochs < 1 || shardBytes < 1) throw new IllegalArgumentException("PretrainingCorpus: " + tokens + " tokens, "
                + mostEpochs + " epochs, " + shardBytes + " bytes a shard; each is at least 1");
        if (!weights.isEmpty() && tokens == Long.MAX_VALUE && mostEpochs == Long.MAX_VALUE)
            throw new IllegalArgumentException("PretrainingCorpus: weights without tokens or mostEpochs would never end");
    }

    /** What was built: the account of the curation, the documents drawn from each source, the manifest of the shards. */
    public record Build(CurationReport report, Map<String, Long> drawn, Shards.Manifest manifest) {}

    /** Builds into a folder, in which {@code curated} and {@code shards} arise. */
    public Build build(Map<String, Corpus> sources, Path folder) { return build(sources, folder, rejection -> {}, Progress.SILENT); }

    /** As {@link #build(Map, Path)}; {@code rejected} hears of every rejected document, {@code progress} may stop the work. */
    public Build build(Map<String, Corpus> sources, Path folder, Consumer<CurationPipeline.Rejection> rejected, Progress progress) {
        for (var name : weights.keySet())
            if (!sources.containsKey(name)) throw new IllegalArgumentException(
                    "PretrainingCorpus: a weight for '" + name + "'; the sources are " + sources.keySet().stream().sorted().toList());
        var names = sources.keySet().stream().sorted().toList();
        var all = Corpus.concat(names.stream()
                .map(name -> sources.get(name).map(document -> document.withId(name + "/" + document.id()).withDomain(name))).toList());
        var stages = new ArrayList<>(pipeline.stages());
        if (heldOut != null) stages.add(Stage.contamination(heldOut));
        var curated = folder.resolve("curated");
        var report = curate(new CurationPipeline(stages, pipeline.deduplicator()), all, curated, rejected, progress);
        var kept = Shards.read(curated);
        var drawn = new LinkedHashMap<String, Long>();
        for (var name : names) drawn.put(name, 0L);
        var mixed = (weights.isEmpty() ? kept : mixture(kept, names)).map(document -> {
            drawn.merge(document.domain(), 1L, Long::sum);
            return document;
        });
        var manifest = Shards.write(mixed, folder.resolve("shards"), shardBytes);
        account(folder, report, manifest);
        return new Build(report, drawn, manifest);
    }

    private static CurationReport curate(CurationPipeline pipeline, Corpus all, Path folder, Consumer<CurationPipeline.Rejection> rejected,
            Progress progress) {
        try (var writer = Shards.writer(folder, 64L << 20)) {
            var report = pipeline.run(all, writer::add, rejected, progress);
            writer.finish();
            return report;
        }
    }

    private Corpus mixture(Corpus kept, List<String> names) {
        var sources = new ArrayList<DataMixture.Source>();
        for (var name : names) {
            var corpus = kept.domain(name);
            double weight = weights.getOrDefault(name, 0.0);
            if (weight > 0 && corpus.limit(1).count() > 0) sources.add(new DataMixture.Source(name, corpus, weight, mostEpochs));
        }
        var mixture = new DataMixture(sources).withUnit(DataMixture.Unit.TOKENS).withSeed(seed);
        return mixture.corpusOfTokens(tokens);
    }

    private static void account(Path folder, CurationReport report, Shards.Manifest manifest) {
        var text = String.format(Locale.ROOT, "%s%n%d documents, %d bytes in %d shards, manifest %s%n", report, manifest.documents(),
                manifest.bytes(), manifest.shards().size(), manifest.hash());
        try {
            Files.writeString(folder.resolve("account.txt"), text);
        } catch (IOException e) {
            throw new UncheckedIOException("PretrainingCorpus: cannot write to " + folder, e);
        }
    }
}
