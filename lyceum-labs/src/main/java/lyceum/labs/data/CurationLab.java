package lyceum.labs.data;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Corpus;
import lyceum.data.corpus.Document;
import lyceum.data.curation.CurationPipeline;
import lyceum.data.curation.NgramModel;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.random.Rng;

/** Junk goes in, each stage takes its share and says why, and a small model tells what each stage was worth. */
@Lab(topics = {"data-curation", "pretraining-corpus"}, title = "Every rejected page has its reason")
final class CurationLab implements LabBody {
    private static final String[] FOREIGN = {
            "Der Hund lief schnell durch den dunklen Wald, und niemand wusste, warum er nicht nach Hause kam.",
            "Le chat dort sur la chaise pendant que les enfants jouent dans le jardin avec leurs amis.",
            "La casa blanca que est\u00E1 cerca del r\u00EDo fue construida por los abuelos de mis vecinos hace muchos a\u00F1os."},
            MENU = {"Home", "Log in", "Next page >", "We use cookies", "Subscribe", "Top 10", "Share", "Archive"};

    @Override public void run(LabContext lab) {
        int good = lab.param("good documents", 40, 20, 400), each = lab.param("junk of each kind", 10, 5, 100);
        var rng = lab.rng(0);
        var dirty = new ArrayList<>(Corpora.brown().limit(good).toList());
        int clean = dirty.size();
        for (int i = 0; i < each; i++) {
            dirty.add(Document.of("loop-" + i, (dirty.get(rng.nextInt(clean)).text().lines().findFirst().orElse("") + "\n").repeat(60)));
            dirty.add(Document.of("soup-" + i, soup(rng)));
            dirty.add(Document.of("menu-" + i, lines(rng, MENU, 90)));
            dirty.add(Document.of("foreign-" + i, lines(rng, FOREIGN, 1 + rng.nextInt(3)).repeat(8)));
            dirty.add(dirty.get(rng.nextInt(clean)).withId("copy-" + i));
        }
        Collections.shuffle(dirty, new Random(lab.seed()));
        var corpus = Corpus.of(dirty);
        var pipeline = CurationPipeline.standard("en");
        var kept = new ArrayList<Document>();
        var samples = new TreeMap<String, List<Object>>();
        var report = pipeline.run(corpus, kept::add, r -> samples.putIfAbsent(r.stage() + ": " + r.rule(),
                List.of(r.stage(), r.document().id(), r.reason(), brief(r.document().text()))), lab.progress());

        var names = report.stages().stream().map(stage -> stage.name()).toArray(String[]::new);
        lab.figure(Figure
                .bars("The funnel", names, Series.of("goes on", report.stages().stream().mapToDouble(s -> s.in() - s.dropped()).toArray()),
                        Series.of("dropped", report.stages().stream().mapToDouble(s -> s.dropped()).toArray()))
                .axes("stage", "documents")
                .describedAs("Each stage sees what the one before let through; in every bar the two parts add up to what came in."));
        lab.table("One rejected document a rule", List.of("stage", "document", "reason", "begins"), List.copyOf(samples.values()));

        var heldOut = Corpora.brown().filter(d -> d.id().compareTo("cn") > 0).limit(8);
        var model = NgramModel.train(Corpus.of(kept), 3);
        double whole = model.perplexity(heldOut);
        var rows = new ArrayList<List<?>>();
        rows.add(List.of("all stages", kept.size(), whole));
        for (var stage : new String[] {"language", "quality rules", "repetition rules"}) {
            var without = pipeline.without(stage).withDeduplicator(null).keep(corpus);
            rows.add(List.of("without " + stage, without.size(),
                    NgramModel.train(Corpus.of(without), 3, model.words()).perplexity(heldOut)));
        }
        double unfiltered = NgramModel.train(corpus, 3, model.words()).perplexity(heldOut);
        rows.add(List.of("no stage", dirty.size(), unfiltered));
        lab.table("Held-out perplexity of a 3-gram model of equally many words (copies left in where a stage is left out)",
                List.of("pipeline", "documents kept", "perplexity"), rows);
        lab.say("%s", report);
        long in = report.documents() - report.stages().stream().mapToLong(s -> s.dropped()).sum();
        lab.shows("pretraining-corpus", "documents unaccounted for", Math.abs(in - kept.size()), exactly(0));
        lab.shows("data-curation", "perplexity of filtered over unfiltered", whole / unfiltered, below(1));
        lab.shows("data-curation", "share of junk dropped",
                1 - kept.stream().filter(d -> d.id().matches("(loop|soup|menu|foreign)-\\d+")).count() / (4.0 * each), above(0.9));
    }

    private static String soup(Rng rng) {
        var text = new StringBuilder();
        for (int i = 0; i < 1500; i++) text.append("#$%&*+=<>{}|\\/~^@ \n".charAt(rng.nextInt(19)));
        return text.toString();
    }

    private static String lines(Rng rng, String[] choices, int n) {
        var text = new StringBuilder();
        for (int i = 0; i < n; i++) text.append(choices[rng.nextInt(choices.length)]).append('\n');
        return text.toString();
    }

    private static String brief(String text) { return text.substring(0, Math.min(60, text.length())).replace('\n', ' '); }
}
