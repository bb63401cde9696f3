package lyceum.data.curation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import lyceum.data.corpus.Cleaning;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.data.dedup.Deduplicator;
import lyceum.progress.Progress;

/**
 * Takes documents through stages, each of which keeps, changes or drops them, and then, where there is one, through a deduplicator; every rejected document
 * has its reason.
 *
 * {@snippet :
 * var pipeline = CurationPipeline.standard("en").then(ScoreFilter.atLeast("quality", classifier, 0.5));
 * var report = pipeline.run(corpus, kept::add, rejected -> log(rejected.document().id(), rejected.reason()));
 * System.out.println(report);
 * }
 *
 * <p>Documents stream: five hundred are in memory at a time, judged in parallel and handed on in their order. With a deduplicator the corpus is read twice,
 * as a copy can only be chosen once all are known, and ids must differ. The outcome does not depend on the number of threads.
 *
 * @param stages       in order; put those that change texts before those that measure them, then what comes out comes out again unchanged
 * @param deduplicator last; null for none
 */
public record CurationPipeline(List<Stage> stages, Deduplicator deduplicator) {
    private static final Set<String> POLICY = Set.of("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies",
            "use cookies", "accept cookies", "javascript", "lorem ipsum", "all rights reserved", "sign up for our newsletter");
    private static final int POLICY_LINE = 200;

    /** A document that went no further. {@code document} is as the stage saw it. */
    public record Rejection(Document document, String stage, String rule, String reason) {}

    public CurationPipeline { stages = List.copyOf(stages); }

    /** Without a deduplicator. */
    public CurationPipeline(Stage... stages) { this(List.of(stages), null); }

    /**
     * What FineWeb and its kin do, in this order: controls and spaces cleaned, lines of cookie banners and the like removed (as in C4, Raffel and others
     * 2020), personal data replaced, language, quality rules, repetition rules (with a tolerance of 1.5: laws, liturgies and
     * genealogies go beyond bounds that were set on web pages), exact and near copies.
     */
    public static CurationPipeline standard(String... languages) {
        var cleaning = new Cleaning().then(Cleaning.lineEnds()).then(Cleaning.controls()).then(Cleaning.spaces())
                .then(Cleaning.lines("policy lines", CurationPipeline::isPolicy)).then(Cleaning.spaces());
        return new CurationPipeline(List.of(Stage.cleaning(cleaning), new PersonalData(), new LanguageFilter(languages), new QualityRules(),
                new RepetitionRules().withTolerance(1.5)), new Deduplicator());
    }

    /** A line of a cookie banner, a page's foot or the like: short, with one of a few phrases. */
    public static boolean isPolicy(String line) {
        if (line.length() > POLICY_LINE) return false;
        var lower = line.toLowerCase(Locale.ROOT);
        for (var phrase : POLICY) if (lower.contains(phrase)) return true;
        return false;
    }

    /** One more stage, after the others and before the deduplicator. */
    public CurationPipeline then(Stage stage) {
        var more = new ArrayList<>(stages);
        more.add(stage);
        return new CurationPipeline(more, deduplicator);
    }

    /** Without the stage of this name: to see what it does. */
    public CurationPipeline without(String stage) {
        var fewer = stages.stream().filter(s -> !s.name().equals(stage)).toList();
        if (fewer.size() == stages.size()) throw new IllegalArgumentException(
                "CurationPipeline.without: no stage '" + stage + "'; there are " + stages.stream().map(Stage::name).toList());
        return new CurationPipeline(fewer, deduplicator);
    }

    public CurationPipeline withDeduplicator(Deduplicator deduplicator) { return new CurationPipeline(stages, deduplicator); }

    /** Hands on what is kept, and every rejection, both in the order of the corpus. */
    public CurationReport run(Corpus corpus, Consumer<Document> kept, Consumer<Rejection> rejected) {
        return run(corpus, kept, rejected, Progress.SILENT);
    }

    /** As {@link #run(Corpus, Consumer, Consumer)}; {@code progress} hears of documents and may stop the run. */
    public CurationReport run(Corpus corpus, Consumer<Document> kept, Consumer<Rejection> rejected, Progress progress) {
        var copies = deduplicator == null ? null : deduplicator.deduplicate(staged(corpus), progress);
        return new CurationPass(this, copies, progress).run(corpus, kept, rejected);
    }

    /** What the stages keep, without the deduplicator; judged anew at each pass. */
    public Corpus staged(Corpus corpus) { return () -> new CurationPass(this, null, Progress.SILENT).reader(corpus); }

    /** What is kept, in memory. */
    public List<Document> keep(Corpus corpus) {
        var kept = new ArrayList<Document>();
        run(corpus, kept::add, rejection -> {});
        return kept;
    }
}
